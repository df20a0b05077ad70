"""The ticket page under /app."""

from flask import Blueprint, Response, abort

from sandbox.desk import desk

bp = Blueprint("pages", __name__)


@bp.get("/attachments/<key>/<_name>")
def attachment(key: str, _name: str) -> Response:
    """An uploaded file, for whoever knows its address."""
    found = desk().store.file(key)
    if not found:
        abort(404)
    return Response(found[1], mimetype=found[0], headers={"X-Content-Type-Options": "nosniff"})
