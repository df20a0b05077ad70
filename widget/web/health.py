"""What the load balancer asks: alive, and ready. No data, no sign-in."""

from __future__ import annotations

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app
from sqlalchemy.exc import DBAPIError

from widget.db import open_reading

bp = Blueprint("health", __name__)


@bp.before_request
def nobody_has_to_sign_in() -> None:
    """Open to everyone on purpose: the answers say nothing."""


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz() -> Response:
    """The store is reachable and its schema is the one this code was written for."""
    try:
        with open_reading() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError:
        return Response("store not reachable\n", status=503, mimetype="text/plain")
    if current != newest_revision():
        return Response("schema not current\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


def newest_revision() -> str | None:
    """The revision `flask db upgrade` leads to."""
    return ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()
