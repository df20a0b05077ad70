"""What becomes of what goes wrong below our address: always a problem that programs can read, never a page."""

from __future__ import annotations

import logging

from flask import Response, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from widget.db import db, is_busy
from widget.errors import NotFound, Refused
from widget.web.api.door import bp
from widget.web.api.refusals import KINDS, RequestRefused, problem

log = logging.getLogger(__name__)

UNDER = f"{bp.url_prefix}/"
KIND_OF_STATUS = {405: "method", 404: "not-found", 413: "too-large", 415: "not-json", 400: "bad-request"}


@bp.before_app_request
def refuse_unknown_addresses() -> Response | None:
    """What is below our address but no address of ours is answered as programs expect it, not by a page."""
    error = request.routing_exception
    if error is None or not request.path.startswith(UNDER) or not isinstance(error, HTTPException):
        return None
    return http_error(error)


@bp.errorhandler(RequestRefused)
def request_refused(error: RequestRefused) -> Response:
    return problem(error.kind, error.detail, errors=error.errors, changes=error.changes, headers=error.headers)


@bp.errorhandler(NotFound)
def not_found(_error: NotFound) -> Response:
    return problem("not-found", KINDS["not-found"].advice)


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    return problem("refused", error.sentence)


@bp.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    """What Flask itself refuses."""
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    kind = KIND_OF_STATUS.get(error.code or 500, "bad-request")
    response = problem(kind, KINDS[kind].advice)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


@bp.errorhandler(PoolTimeout)
@bp.errorhandler(DBAPIError)
def store_trouble(error: Exception) -> Response:
    """503 when the store did not answer in time; anything else is a defect."""
    db.session.rollback()
    if isinstance(error, DBAPIError) and not is_busy(error):
        return defect(error)
    log.warning("store did not answer in time", extra={"error": type(error).__name__})
    return problem("busy", KINDS["busy"].advice, headers={"Retry-After": "2"})


@bp.errorhandler(Exception)
def defect(error: Exception) -> Response:
    db.session.rollback()
    log.error("defect in %s", request.endpoint, exc_info=error)
    return problem("defect", KINDS["defect"].advice)
