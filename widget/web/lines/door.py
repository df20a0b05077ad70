"""Who may enter, and what every change here begins with: a line, locked, and where to tell of it."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from widget.db import SAFE_METHODS
from widget.problems import Problem
from widget.tickets import Place
from widget.web import picture_forms, places, sessions, staff, visible

bp = Blueprint("lines", __name__)


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Staff only. A supplier's people may follow a link to a line, which leads them on to their own page of it."""
    person = sessions.find_person()
    if person is not None and person.supplier_id is not None and request.endpoint == "lines.line_GET":
        return None
    if person is not None and visible.is_staff(person) and request.method not in SAFE_METHODS:
        picture_forms.set_limits()
    return staff.refuse_strangers()


def take_line(reference: str) -> tuple[Problem, Place]:
    """A line, locked for a change, and where to tell of it: nowhere if the form says so. Raises NotFound."""
    return places.take_line(reference, is_silent=bool(request.form.get("silent")))
