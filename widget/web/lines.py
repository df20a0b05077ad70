"""The open lines and the story of one line, for staff; and which ticket an order's is, where several may be.

A supplier's people have a page of their own: what leads them here, such as the link in a note, leads on to it.
"""

from __future__ import annotations

import re

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from widget import history, problems, tickets
from widget.db import SAFE_METHODS, db
from widget.errors import NotFound
from widget.problems import Problem
from widget.tickets import SearchState, TicketSearch
from widget.web import sessions, visible

bp = Blueprint("lines", __name__)

# How we know which ticket it is, before it is linked.
CHOSEN = "choice"
STILL_SEARCHED = {SearchState.SEARCHING, SearchState.OPENING}


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Whoever is not signed in is told how to, and comes back here afterwards."""
    person = sessions.find_person()
    if person is None:
        if request.path == sessions.HOME:
            return render_template("signin/needed.html"), 200
        if request.method in SAFE_METHODS:
            sessions.come_back_here()
        return render_template("signin/needed.html"), 401
    if request.method not in SAFE_METHODS:
        sessions.refuse_foreign_form()
    return None


@bp.get("/")
def open_GET() -> str | Response:
    """The open lines, most urgent first."""
    if g.person.supplier_id is not None:
        return redirect(url_for("supplier.lines_GET"), 303)
    return render_template("lines/open.html", open=visible.open_lines(g.person))


@bp.get("/lines/<reference>")
def line_GET(reference: str) -> str | Response:
    """All about one line: its pictures, what happened to it, and what was posted about it."""
    line = visible.get_line(g.person, reference)
    if g.person.supplier_id is not None:
        return redirect(url_for("supplier.line_GET", reference=reference), 303)
    search = db.session.get(TicketSearch, line.order_id)
    return render_template(
        "lines/line.html",
        line=line,
        pictures=visible.pictures_of(line),
        changes=history.of("problem", line.id),
        notes=tickets.notes_about(line.order, line.reference),
        candidates=tickets.candidates_for(line.order_id),
        is_searching=search is not None and search.state in STILL_SEARCHED,
    )


@bp.post("/lines/<reference>/ticket")
def ticket_POST(reference: str) -> Response:
    """Say which of the tickets that were found is the order's: what waited for that is posted there."""
    if not visible.is_staff(g.person):
        raise NotFound("There is no such line.")
    line = visible.get_line(g.person, reference)
    _link(line, request.form.get("ticket_id", ""))
    db.session.commit()
    return redirect(url_for("lines.line_GET", reference=reference), 303)


def _link(line: Problem, chosen: str) -> None:
    number = int(chosen) if re.fullmatch(r"[0-9]{1,18}", chosen, re.ASCII) else 0
    candidate = tickets.check_candidate(line.order_id, number)
    ticket = tickets.find_for(line.order, candidate.gorgias_id, candidate.customer_id, CHOSEN)
    problems.link_ticket(ticket, line.order)
