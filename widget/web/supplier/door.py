"""Who may enter, and who acts."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request
from werkzeug.wrappers import Response

from widget.db import SAFE_METHODS
from widget.people import Actor
from widget.web import picture_forms, sessions

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
