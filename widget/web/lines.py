"""The open lines and the story of one line, to read, for whoever is signed in: staff and suppliers' people."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request

from widget import history, tickets
from widget.web import sessions, visible

bp = Blueprint("lines", __name__)


@bp.before_request
def guard() -> tuple[str, int] | None:
    """Whoever is not signed in is told how to, and comes back here afterwards."""
    if sessions.find_person() is not None:
        return None
    if request.path == sessions.HOME:
        return render_template("signin/needed.html"), 200
    sessions.come_back_here()
    return render_template("signin/needed.html"), 401


@bp.get("/")
def open_GET() -> str:
    """The open lines the person may see, most urgent first."""
    return render_template("lines/open.html", is_staff=visible.is_staff(g.person), open=visible.open_lines(g.person))


@bp.get("/lines/<reference>")
def line_GET(reference: str) -> str:
    """All about one line; what happened to it and what was posted about it only for staff."""
    line = visible.get_line(g.person, reference)
    is_staff = visible.is_staff(g.person)
    return render_template(
        "lines/line.html",
        line=line,
        is_staff=is_staff,
        changes=history.of("problem", line.id) if is_staff else [],
        notes=tickets.notes_about(line.order_id, line.reference) if is_staff else [],
    )
