"""Who may enter the admin side: admins, and only with forms of our own pages."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from widget.people import Role
from widget.web import staff

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Only admins."""
    return staff.refuse_strangers(Role.ADMIN)
