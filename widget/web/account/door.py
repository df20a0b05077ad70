"""Who may enter: staff, each to the own page, and only with forms of our own pages."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from widget.web import staff

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Only staff. Nobody can ask for another one's page: it has no address."""
    return staff.refuse_strangers()
