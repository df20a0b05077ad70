"""Signing in and out: a personal link shows a page with one button, and only pressing it signs in. Choosing a language.

Chat apps and mail scanners open every link they see, so opening one changes nothing.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from widget import credentials, people
from widget.credentials import CameBy
from widget.db import SAFE_METHODS, db
from widget.errors import NotFound
from widget.people import Person
from widget.web import browsers, guesses, sessions
from widget.web.language import LANGUAGES

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
    link = credentials.find_link(token)
    if link is None:
        raise NotFound("This link does not work.")
    return render_template("signin/link.html", name=link.person.name)


@bp.post("/l/<token>")
def link_POST(token: str) -> Response:
    """Sign in, and go on to an address without the secret."""
    link = credentials.open_link(token)
    return _let_in(link.person, CameBy.LINK)


@bp.post("/sign-out")
def sign_out_POST() -> Response:
    """End the session; doing it twice is fine."""
    if own := sessions.find_session():
        credentials.end_session(own.person, own.id)
        db.session.commit()
    sessions.sign_out()
    return redirect(sessions.HOME, 303)


@bp.post("/language")
def language_POST() -> Response:
    """Show this person all pages in that language, beginning with the one that was open."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(422)
    person = sessions.find_person()
    if person is not None:
        people.choose_language(person, chosen)
        db.session.commit()
    return redirect(_own_page(request.form.get("next", "")), 303)


@bp.errorhandler(NotFound)
def link_does_not_work(_error: NotFound) -> tuple[str, int, dict[str, str]]:
    """The same page whether the link is unknown, revoked, expired or used."""
    log.warning("sign-in link refused")
    if guesses.too_many(request.remote_addr or ""):
        return render_template("signin/no_link.html"), 429, {"Retry-After": str(int(guesses.WINDOW_SECONDS))}
    return render_template("signin/no_link.html"), 404, {}


def _let_in(person: Person, came_by: CameBy) -> Response:
    """Begin a session and lead on. One that this browser had before ends, whosever it was."""
    if before := sessions.find_session():
        credentials.end_session(before.person, before.id)
    browser = browsers.told(request.user_agent.string)
    secret = credentials.begin_session(person.id, came_by, browser=browser, address=request.remote_addr or "")
    number = person.id
    db.session.commit()
    log.info("signed in", extra={"person": number, "by": came_by.value})
    return redirect(sessions.sign_in(secret), 303)


def _own_page(address: str) -> str:
    """The address if it is a page of ours that can be opened, else the start page."""
    is_path = address.startswith("/") and not address.startswith("//")
    adapter = current_app.create_url_adapter(request)
    if not is_path or "\\" in address or not address.isprintable() or adapter is None:
        return sessions.HOME
    try:
        adapter.match(urlsplit(address).path, method="GET")
    except HTTPException:
        return sessions.HOME
    return address
