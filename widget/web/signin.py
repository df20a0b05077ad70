"""The door everybody comes through: signing in by personal link or password, signing out, and choosing a language.

A link shows a page with one button, and only pressing it signs in: chat apps and mail scanners open every link they
see.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from marshmallow import EXCLUDE, Schema, fields, validate
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from widget import credentials, people
from widget.credentials import CameBy, Throttled
from widget.db import SAFE_METHODS, db
from widget.errors import NotFound
from widget.people import Person
from widget.web import browsers, forms, guesses, known_browsers, sessions, visible
from widget.web.forms import Form
from widget.web.language import LANGUAGES, N_, ngettext
from widget.web.language import gettext as _

log = logging.getLogger(__name__)
bp = Blueprint("signin", __name__)
DESK = "/desk"
LONGEST_ADDRESS = 64


def _asks_for(words: str) -> dict[str, Any]:
    return {"validate": validate.Length(min=1, error=words), "error_messages": {"required": words}}


class PasswordSchema(Schema):
    """What is typed to sign in with a password."""

    class Meta:
        """The form key is looked at elsewhere."""

        unknown = EXCLUDE

    email = fields.String(required=True, **_asks_for(N_("Write your e-mail address.")))
    password = fields.String(required=True, **_asks_for(N_("Write your password.")))


@bp.before_request
def guard() -> None:
    """Open to everyone: the link is the proof. Only pages of ours may send a form."""
    if request.method not in SAFE_METHODS:
        sessions.refuse_foreign_form()


@bp.get("/")
def home_GET() -> Response | str | tuple[str, int]:
    """Leads everybody to the own door."""
    person = sessions.find_person()
    if person is None:
        return _sign_in_page(Form())
    if person.supplier_id is not None:
        return redirect(url_for("supplier.lines_GET"), 303)
    if not visible.is_staff(person):
        return render_template("signin/no_role.html"), 403
    return redirect(DESK, 303)


@bp.get("/sign-in")
def password_GET() -> Response | str:
    """Both ways in."""
    if sessions.find_person() is not None:
        return redirect(sessions.HOME, 303)
    return _sign_in_page(Form())


@bp.post("/sign-in")
def password_POST() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Sign in with e-mail and password. Whatever is wrong with them, the answer is the same and takes as long."""
    form, read = forms.read(PasswordSchema(), request.form)
    if read is None:
        return _sign_in_page(form), 422
    account = credentials.account_of(read["email"])
    try:
        tried = credentials.begin_try(account, _address(), known_browsers.name_for(account))
    except Throttled as error:
        log.warning("throttled")
        minutes = -(-error.seconds // 60)
        return _sign_in_page(form, _too_many(minutes)), 429, {"Retry-After": str(error.seconds)}
    # A try counts from its beginning, and nobody waits for the store while a password is looked at.
    db.session.commit()
    person_id = credentials.find_by_password(read["email"], read["password"])
    if person_id is None:
        log.warning("sign-in refused")
        return _sign_in_page(form, _("This e-mail address and this password do not belong together.")), 401
    credentials.succeeded(tried)
    return _let_in(db.session.get_one(Person, person_id), CameBy.PASSWORD)


@bp.get("/l/<token>")
def link_GET(token: str) -> str:
    """The page with the button. Signs nobody in."""
    link = credentials.find_link(token)
    if link is None:
        raise NotFound("This link does not work.")
    return render_template("signin/link.html", name=link.person.name)


@bp.post("/l/<token>")
def link_POST(token: str) -> Response:
    """Sign in, and go on to an address without the secret: the page of ours that `next` names, if it does."""
    link = credentials.open_link(token)
    return _let_in(link.person, CameBy.LINK, _own_page(request.args.get("next", "")))


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


def _let_in(person: Person, came_by: CameBy, to: str = sessions.HOME) -> Response:
    """Begin a session and lead on. One that this browser had before ends, whosever it was."""
    if before := sessions.find_session():
        credentials.end_session(before.person, before.id)
    browser = browsers.told(request.user_agent.string)
    secret = credentials.begin_session(person.id, came_by, browser=browser, address=_address())
    number, account = person.id, credentials.account_of(person.email) if visible.is_staff(person) else ""
    db.session.commit()
    log.info("signed in", extra={"person": number, "by": came_by.value})
    going_to = sessions.sign_in(secret)
    response = redirect(to if to != sessions.HOME else going_to, 303)
    if account:
        known_browsers.remember(response, account)
    return response


def _address() -> str:
    return (request.remote_addr or "")[:LONGEST_ADDRESS]


def _sign_in_page(form: Form, sentence: str = "") -> str:
    return render_template("signin/needed.html", form=form, sentence=sentence)


def _too_many(minutes: int) -> str:
    return ngettext(
        "There were too many tries with a wrong password. Try again in %(num)s minute, or open your personal link.",
        "There were too many tries with a wrong password. Try again in %(num)s minutes, or open your personal link.",
        minutes,
    )


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
