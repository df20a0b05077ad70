"""The password, and where somebody is signed in."""

from __future__ import annotations

import logging
from typing import Any

from flask import make_response, request
from marshmallow import EXCLUDE, Schema, fields, validate
from werkzeug.wrappers import Response

from widget import credentials
from widget.credentials import SignIn, Throttled, WrongPassword
from widget.db import db
from widget.errors import Refused
from widget.web import forms, language, sessions
from widget.web.account import page
from widget.web.account.door import bp
from widget.web.forms import Form
from widget.web.language import N_, ngettext

LARGEST = 2**63 - 1
NO_PASSWORD = N_("Write the new password.")

log = logging.getLogger(__name__)


class PasswordSchema(Schema):
    """The form for a password."""

    class Meta:
        """The form key is looked at elsewhere."""

        unknown = EXCLUDE

    old = fields.String(load_default="")
    new = fields.String(
        required=True,
        validate=validate.Length(min=1, error=NO_PASSWORD),
        error_messages={"required": NO_PASSWORD},
    )


@bp.post("/password")
def password_POST() -> Response:
    """Choose a password or another one; every other session ends."""
    form, wanted = forms.read(PasswordSchema(), request.form)
    if wanted is None:
        return _back(422, form)
    session = page.own_session()
    try:
        _set_password(session, wanted)
    except Throttled as error:
        log.warning("throttled")
        response = _back(429, form, _too_many(-(-error.seconds // 60)))
        response.headers["Retry-After"] = str(error.seconds)
        return response
    except Refused as error:
        field = "old" if isinstance(error, WrongPassword) else "new"
        return _back(409, Form({}, {field: language.in_words(error)}))
    db.session.commit()
    log.info("password set", extra={"person": session.person_id})
    return page.done("password")


@bp.post(f"/sessions/<int(max={LARGEST}):session_id>/end")
def session_end_POST(session_id: int) -> Response:
    """Sign the own person out in one browser; ending it twice is fine."""
    own = page.own_session()
    is_this_one = own.id == session_id
    credentials.end_session(own.person, session_id)
    db.session.commit()
    if is_this_one:
        sessions.sign_out()
    return page.done("ended")


@bp.post("/sessions/end-others")
def sessions_end_POST() -> Response:
    """Sign the own person out everywhere but here."""
    own = page.own_session()
    credentials.end_all(own.person, but=own.id)
    db.session.commit()
    return page.done("others")


def _set_password(session: SignIn, wanted: dict[str, Any]) -> None:
    """A shown password is one more try, counted before it is looked at. Raises Refused."""
    if not credentials.needs_old_password(session):
        credentials.set_password(session, wanted["new"])
        return
    account = credentials.account_of(session.person.email)
    tried = credentials.begin_try(account, "", known_browser=f"session {session.id}")
    db.session.commit()
    credentials.set_password(session, wanted["new"], wanted["old"])
    credentials.succeeded(tried)


def _back(status: int, form: Form, sentence: str = "") -> Response:
    return make_response(page.show({"password": sentence}, password_form=form), status)


def _too_many(minutes: int) -> str:
    return ngettext(
        "There were too many tries with a wrong password. Try again in %(num)s minute.",
        "There were too many tries with a wrong password. Try again in %(num)s minutes.",
        minutes,
    )
