"""Signing in and out: a personal link shows a page with one button, and only pressing it signs in.

Chat apps and mail scanners open every link they see, so opening one changes nothing.
"""

from __future__ import annotations

import logging

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from widget import people
from widget.db import SAFE_METHODS, db
from widget.errors import NotFound
from widget.web import sessions

log = logging.getLogger(__name__)
bp = Blueprint("signin", __name__)


@bp.before_request
def guard() -> None:
    """Open to everyone: the link is the proof. Only pages of ours may send a form."""
    if request.method not in SAFE_METHODS:
        sessions.refuse_foreign_form()


@bp.get("/l/<token>")
def link_GET(token: str) -> str:
    """The page with the button. Signs nobody in."""
    link = people.find_link(token)
    if link is None:
        raise NotFound("This link does not work.")
    return render_template("signin/link.html", name=link.person.name)


@bp.post("/l/<token>")
def link_POST(token: str) -> Response:
    """Sign in, and go on to an address without the secret."""
    link = people.open_link(token)
    person_id, link_hash = link.person_id, link.token_hash
    db.session.commit()
    log.info("signed in", extra={"person": person_id})
    return redirect(sessions.sign_in(person_id, link_hash), 303)


@bp.post("/sign-out")
def sign_out_POST() -> Response:
    """End the session; doing it twice is fine."""
    sessions.sign_out()
    return redirect(sessions.HOME, 303)


@bp.errorhandler(NotFound)
def link_does_not_work(_error: NotFound) -> tuple[str, int]:
    """The same page whether the link is unknown, revoked, expired or used."""
    log.warning("sign-in link refused")
    return render_template("signin/no_link.html"), 404
