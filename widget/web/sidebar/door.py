"""The blueprint, its guard, and the one form errors take for Gorgias: {"error": {"msg": …}}."""

from __future__ import annotations

import logging
from typing import Any

import orjson
from flask import Blueprint, Response, abort, g, request
from marshmallow import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from widget.db import db, is_busy, open_reading
from widget.errors import NotFound, Refused
from widget.installation import SECRET_HEADER
from widget.stores import is_secret_of
from widget.tokens import TokenRefused
from widget.web.sidebar import catalogue
from widget.web.sidebar.catalogue import Catalogue

log = logging.getLogger(__name__)
bp = Blueprint("sidebar", __name__, url_prefix="/gorgias")

LARGEST_BODY = 256 * 1024
BUSY = "Supplier Desk is busy. Nothing was changed; press again in a moment."


def reply(data: dict[str, Any], status: int = 200) -> Response:
    """JSON, made by orjson: Flask's own way takes twenty times as long on the hot answer."""
    return Response(orjson.dumps(data), status=status, mimetype="application/json")


@bp.before_request
def guard() -> None:
    """Bound the body; let only Gorgias ask for answers. Actions prove themselves by their token."""
    request.max_content_length = LARGEST_BODY
    if request.endpoint == "sidebar.widget_POST":
        helpdesk_id = int((request.view_args or {})["helpdesk_id"])
        g.catalogue = catalogue.remembered(helpdesk_id)
        # Memory may be behind: before anybody is refused, and in every answer, the store has the last word.
        if not shows_secret(g.catalogue):
            g.catalogue = catalogue.read(open_for_reading(), helpdesk_id)
            check_secret(g.catalogue)


def shows_secret(found: Catalogue | None) -> bool:
    """Whether the request carries the helpdesk's secret."""
    return found is not None and is_secret_of(found.secret_hash, request.headers.get(SECRET_HEADER, ""))


def check_secret(found: Catalogue | None) -> None:
    """Whoever does not show the helpdesk's secret gets 401 and nothing else."""
    if not shows_secret(found):
        log.warning("integration call refused", extra={"path": request.path})
        abort(Response(status=401))


def open_for_reading() -> Connection:
    """The request's one reading connection: guard and view share it, since opening two shows in the answer's time."""
    if "connection" not in g:
        g.connection = open_reading()
    connection: Connection = g.connection
    return connection


@bp.teardown_request
def close_reading(_error: BaseException | None) -> None:
    """Give the connection back."""
    connection: Connection | None = g.pop("connection", None)
    if connection is not None:
        connection.close()


def refuse(status: int, sentence: str, fields: dict[str, Any] | None = None) -> Response:
    """The error form Gorgias shows to the agent."""
    error: dict[str, Any] = {"msg": sentence}
    if fields:
        error["data"] = fields
    return reply({"error": error}, status)


@bp.errorhandler(TokenRefused)
def token_refused(_error: TokenRefused) -> Response:
    return refuse(403, "This button is no longer valid. Reload the ticket and press again.")


@bp.errorhandler(NotFound)
def not_found(error: NotFound) -> Response:
    return refuse(404, error.sentence)


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    return refuse(409, error.sentence)


@bp.errorhandler(ValidationError)
def malformed(error: ValidationError) -> Response:
    fields: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    sentences = [f"{field.replace('_', ' ')}: {' '.join(map(str, messages))}" for field, messages in fields.items()]
    return refuse(422, " ".join(sentences), fields)


@bp.errorhandler(PoolTimeout)
@bp.errorhandler(DBAPIError)
def store_trouble(error: Exception) -> Response:
    """503 when the store did not answer in time, so that Gorgias tries again; a defect of ours stays a 500."""
    db.session.rollback()
    if isinstance(error, DBAPIError) and not is_busy(error):
        raise error
    log.warning("store did not answer in time", extra={"error": type(error).__name__})
    response = refuse(503, BUSY)
    response.headers["Retry-After"] = "2"
    return response


@bp.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return Response(status=error.response.status_code)
    return refuse(error.code or 500, error.description or error.name)


@bp.errorhandler(Exception)
def defect(error: Exception) -> Response:
    log.error("defect in the sidebar", exc_info=error)
    return refuse(500, "Something went wrong on our side. Nothing was changed.")
