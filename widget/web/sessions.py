"""Who is signed in: what the cookie holds, and that forms come from pages of ours.

The cookie holds a random secret, and where somebody was going before signing in. Which person it stands for, and until
when, is looked up with every request, so whoever is signed out elsewhere or revoked is out with the next one.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, after_this_request, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature
from sqlalchemy.exc import SQLAlchemyError

from widget import credentials
from widget.config import Config
from widget.credentials import LONGEST, NOTED_EVERY, SignIn
from widget.db import db, utcnow
from widget.people import Person

log = logging.getLogger(__name__)
HOME = "/"


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie without its look at the clock, which refuses what another host signed a second ahead."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie says, or an empty session. How old it may be, the store knows."""
        # Programs show no cookie, and looking for one would show in the widget's time.
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        shown = request.cookies.get(self.get_cookie_name(app), "")
        serializer = self.get_signing_serializer(app) if shown else None
        if serializer is None:
            return self.session_class()
        try:
            return self.session_class(serializer.loads(shown))
        except BadSignature:
            return self.session_class()


def init_sessions(app: Flask, config: Config) -> None:
    """Say how the cookie is written. Browsers tie a __Host- cookie to this host and to https."""
    app.session_interface = Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="sd" if config.is_loopback else "__Host-sd",
        SESSION_COOKIE_SECURE=not config.is_loopback,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=LONGEST,
    )
    app.jinja_env.globals["form_key"] = form_key


def sign_in(secret: str) -> str:
    """Have this browser show that session's secret from now on; where the person was going."""
    going_to: str = session.get("next", HOME)
    session.clear()
    session.permanent = True
    session.update(secret=secret, form=secrets.token_urlsafe(16))
    return going_to


def sign_out() -> None:
    """Have this browser forget whose it is. The door ends the session itself."""
    session.clear()


def find_session() -> SignIn | None:
    """The session of this browser, while it lasts. Asks the store once per request."""
    if "sign_in" not in g:
        secret = session.get("secret")
        g.sign_in = credentials.find_session(secret) if isinstance(secret, str) else None
        if g.sign_in is not None and utcnow() - g.sign_in.seen_at > NOTED_EVERY:
            _note_seen(g.sign_in.id)
    found: SignIn | None = g.sign_in
    return found


def find_person() -> Person | None:
    """Who is signed in."""
    if "person" not in g:
        found = find_session()
        g.person = found.person if found else None
    person: Person | None = g.person
    return person


def come_back_here() -> None:
    """Have signing in lead to this address, filters included: a view can be sent as a link."""
    session["next"] = request.full_path.removesuffix("?")


def form_key() -> str:
    """What our own forms carry in `form_key`; empty for whoever is not signed in."""
    return str(session.get("form", ""))


def refuse_foreign_form() -> None:
    """403 for a form that another site sent.

    Browsers say where a form comes from. Old ones do not, or say "null" because our pages send no referrer; what they
    send has to carry the form key, once somebody is signed in.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin", "null")
    if site is not None:
        is_own = site in ("same-origin", "none")
    elif origin != "null":
        is_own = urlsplit(origin).netloc == request.host
    else:
        is_own = hmac.compare_digest(form_key().encode(), request.form.get("form_key", "").encode())
    if not is_own:
        abort(403)


def _note_seen(session_id: int) -> None:
    """Remember, once this was answered, that somebody is still there: whatever comes of that, he has his page."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def note() -> None:
        try:
            with app.app_context():
                credentials.note_seen(session_id)
                db.session.commit()
        except SQLAlchemyError as error:
            log.info("session not noted as seen", extra={"error": type(error).__name__})

    @after_this_request
    def note_later(response: Response) -> Response:
        response.call_on_close(note)
        return response
