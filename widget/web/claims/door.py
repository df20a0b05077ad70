"""Who may enter, and what every change of a claim begins with."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from widget.db import SAFE_METHODS
from widget.web import picture_forms, sessions, staff, visible

bp = Blueprint("claims", __name__, url_prefix="/claims")


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Staff only. A supplier's people may follow a link to a claim, which leads them on to their own page of it."""
    person = sessions.find_person()
    if person is not None and person.supplier_id is not None and request.endpoint == "claims.claim_GET":
        return None
    if person is not None and visible.is_staff(person) and request.method not in SAFE_METHODS:
        picture_forms.set_limits()
    return staff.refuse_strangers()
