"""Who may enter, and what every change here begins with: a line, locked, and where to tell of it."""

from __future__ import annotations

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from widget import problems, tickets
from widget.db import SAFE_METHODS
from widget.problems import Problem
from widget.tickets import Place
from widget.web import picture_forms, sessions, staff, visible

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
    """A line, locked for a change, and the ticket to tell of it in. Raises NotFound.

    The ticket is locked first, as everywhere: two who lock in different order would wait for each other.
    """
    seen = visible.get_line(g.person, reference)
    home = tickets.lock_home(seen.order_id)
    is_silent = bool(request.form.get("silent"))
    return problems.get(seen.id, lock=True), Place(home, staff.public_url(), is_silent=is_silent)
