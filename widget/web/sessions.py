"""Who is signed in: what the cookie holds, how long it lasts, and that forms come from pages of ours.

The cookie holds the person's id and the hash of the link that was opened. Both are looked up with every request, so
whoever is revoked, or got a new link, is out with the next one.
"""

from __future__ import annotations

import hmac
import secrets
import time
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Request, abort, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature

from widget import credentials
from widget.config import Config
from widget.people import Person

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
# The cookie is written anew no more often than this: answers to parallel requests would bring a session back to life
# that was just ended.
RENEWED_EVERY = timedelta(minutes=10)
# How far the clocks of two hosts may be apart.
LEEWAY = timedelta(minutes=1)
HOME = "/"


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie without its look at the clock, which refuses what another host signed a second ahead."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie says, or an empty session. How old it may be is decided in `find_person`."""
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
        PERMANENT_SESSION_LIFETIME=IDLE,
    )
    app.jinja_env.globals["form_key"] = form_key


def sign_in(person_id: int, link_hash: str) -> str:
    """Begin a session for somebody who came in through that link; where that person was going."""
    going_to: str = session.get("next", HOME)
    now = int(time.time())
    session.clear()
    session.permanent = True
    session.update(person=person_id, link=link_hash, since=now, seen=now, form=secrets.token_urlsafe(16))
    return going_to


def sign_out() -> None:
    """End the session."""
    session.clear()


def find_person() -> Person | None:
    """Who is signed in. Asks the store once per request."""
    if "person" not in g:
        g.person = _look_up()
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


def _look_up() -> Person | None:
    if not session.keys() >= {"person", "link", "since", "seen"} or not _is_young():
        return None
    person = credentials.find_signed_in(session["person"], session["link"])
    if person is not None and time.time() - session["seen"] > RENEWED_EVERY.total_seconds():
        session["seen"] = int(time.time())
    return person


def _is_young() -> bool:
    now, earliest = time.time(), -LEEWAY.total_seconds()
    idle: float = now - session["seen"]
    age: float = now - session["since"]
    return earliest <= idle <= IDLE.total_seconds() and earliest <= age <= LONGEST.total_seconds()
