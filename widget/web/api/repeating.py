"""Idempotency-Key: a program that does not know whether its request arrived sends it again, and it is done once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, g, request
from sqlalchemy.exc import DBAPIError

from widget import presses
from widget.credentials import ApiAnswer, api_answers
from widget.db import db, is_busy
from widget.web.api import reading
from widget.web.api.refusals import KINDS, RequestRefused

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
KEPT_HEADERS = {"location": "Location", "etag": "ETag"}


def once(body: dict[str, Any], act: Callable[[], Response]) -> Response:
    """Do it and commit; or answer what the same request with the same key was answered within the last 24 hours.

    What was refused is not kept, since it changed nothing: a corrected request may use the same key.
    """
    key = request.headers.get(HEADER)
    kept = _take(key, body) if key is not None else None
    if kept is not None and kept.status != api_answers.NOT_YET:
        return _again(kept)
    response = act()
    if kept is not None:
        kept.status, kept.body = response.status_code, response.get_data(as_text=True)
        kept.location = response.headers.get("Location", "")
        kept.etag = response.headers.get("ETag", "")
    db.session.commit()
    return response


def _take(key: str, body: dict[str, Any]) -> ApiAnswer:
    if not KEY.fullmatch(key):
        reading.refuse("header", {HEADER: ["Has to be 1 to 200 letters, digits and signs, without blanks."]})
    fingerprint = presses.fingerprint_of(request.method, request.path, json.dumps(body, sort_keys=True))
    try:
        kept, is_new = api_answers.take(g.token.id, key, fingerprint)
    except DBAPIError as error:
        if not is_busy(error):
            raise
        db.session.rollback()
        raise RequestRefused("in-flight", KINDS["in-flight"].advice, headers={"Retry-After": "2"}) from error
    if not is_new and kept.fingerprint != fingerprint:
        raise RequestRefused("key-reused", KINDS["key-reused"].advice)
    return kept


def _again(kept: ApiAnswer) -> Response:
    response = Response(kept.body, status=kept.status, mimetype="application/json")
    response.headers[REPLAYED] = "true"
    for name, header in KEPT_HEADERS.items():
        if value := getattr(kept, name):
            response.headers[header] = value
    return response
