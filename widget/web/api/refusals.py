"""What a program is told when something does not work: application/problem+json (RFC 9457), in English.

Each kind has one status and one anchor on the documentation page, where `type` leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from flask import Response, request

from widget.web import places

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """What can be wrong: the status, a title that never changes, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS: dict[str, Kind] = {
    "bad-request": Kind(
        400, "The request cannot be read", "The body has to be one JSON object: no duplicate keys, no NaN, not nested."
    ),
    "no-token": Kind(401, "No token that works", "Send `Authorization: Bearer sd_…` with a token that still works."),
    "scope-missing": Kind(403, "The token may not do this", "Make a token with the scope that is named."),
    "not-yours": Kind(403, "The person may not do this", "Some fields are customer service's, some the supplier's."),
    "not-found": Kind(404, "There is no such thing", "It does not exist, or it is not yours to see."),
    "method": Kind(405, "No such method here", "The header Allow says which there are."),
    "refused": Kind(409, "The rules forbid it", "`detail` says why. Read the line again before you decide what to do."),
    "in-flight": Kind(
        409, "The same request is still being worked on", "Ask again with the same key after Retry-After seconds."
    ),
    "changed": Kind(
        412,
        "The line was changed since it was read",
        "`changes` says what was changed, by whom and when. Read the line again, then send the change anew.",
    ),
    "too-large": Kind(413, "The body is too large", "Bodies have at most 64 KiB."),
    "not-json": Kind(415, "The body is not JSON", "Send `Content-Type: application/json`."),
    "invalid": Kind(422, "Some values are not right", "`errors` names each of them."),
    "key-reused": Kind(422, "This key belongs to another request", "Use a new Idempotency-Key for each new request."),
    "no-condition": Kind(428, "If-Match is missing", "Send the ETag of the line as you read it in If-Match."),
    "too-fast": Kind(429, "Too many requests", "Wait for Retry-After seconds."),
    "defect": Kind(500, "Something went wrong on our side", "Nothing was changed."),
    "busy": Kind(503, "The store is busy", "Nothing was changed. Ask again after Retry-After seconds."),
}


@dataclass
class RequestRefused(Exception):
    """A request that is not done. `errors` name what is wrong: where it was sent, its name, and why."""

    kind: str
    detail: str
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] | None = None
    changes: Sequence[Mapping[str, Any]] = ()


def problem(kind: str, detail: str, **more: Any) -> Response:
    """The one form all of it takes. `more`: `errors`, `changes`, `headers`."""
    of = KINDS[kind]
    headers = more.pop("headers", None)
    told: dict[str, Any] = {
        "type": f"{places.public_url()}/api/docs#{kind}",
        "title": of.title,
        "status": of.status,
        "detail": detail,
    }
    # What does not exist and what is not yours look the same, to the last byte.
    if of.status != 404:
        told["instance"] = request.path
    told.update({name: value for name, value in more.items() if value})
    response = Response(orjson.dumps(told), status=of.status, mimetype=MEDIA_TYPE)
    response.headers.update(headers or {})
    return response
