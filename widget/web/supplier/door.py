"""Who may enter, and what every view here begins with: the person, a line of his supplier, and where to tell of it."""

from __future__ import annotations

from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from widget import problems, tickets
from widget.db import SAFE_METHODS
from widget.people import Actor
from widget.problems import Problem
from widget.tickets import Place
from widget.web import picture_forms, sessions, visible

bp = Blueprint("supplier", __name__, url_prefix="/supplier")


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Only a supplier's people, and only forms of our own pages. Customer service has a door of its own."""
    person = sessions.find_person()
    if person is None:
        if request.method in SAFE_METHODS:
            sessions.come_back_here()
        return render_template("signin/needed.html"), 401
    if person.supplier_id is None:
        return redirect(sessions.HOME, 303)
    if request.method not in SAFE_METHODS:
        picture_forms.set_limits()
        sessions.refuse_foreign_form()
    return None


def me() -> Actor:
    """The person who is signed in, as the one who does something."""
    actor: Actor = g.person.as_actor()
    return actor


def take_line(reference: str) -> tuple[Problem, Place]:
    """A line of the person's supplier, locked for a change, and the ticket to tell of it in. Raises NotFound.

    The ticket is locked first, as everywhere: two who lock in different order would wait for each other.
    """
    seen = visible.get_line(g.person, reference)
    home = tickets.lock_home(seen.order_id)
    return problems.get(seen.id, lock=True), Place(home, public_url())


def public_url() -> str:
    """How links to us begin."""
    url: str = current_app.extensions["config"].public_url
    return url
