"""The page itself, and how its forms come back to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_interval
from flask import g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from widget import credentials, people
from widget.credentials import SignIn
from widget.db import db
from widget.people import Role
from widget.stores import Store
from widget.web import language, sessions
from widget.web.account.door import bp
from widget.web.forms import Form
from widget.web.language import N_
from widget.web.language import gettext as _

ROLES = {Role.AGENT: N_("Agent"), Role.APPROVER: N_("Approver"), Role.ADMIN: N_("Admin")}
SAID = {
    "password": N_("Your password is saved. Everywhere else you are signed out."),
    "stores": N_("Your stores are saved."),
    "away": N_("Your absence is noted."),
    "back": N_("The absence is removed."),
    "ended": N_("That browser is signed out."),
    "others": N_("Everywhere else you are signed out."),
}


@bp.get("")
def account_GET() -> str:
    """What we know of whoever is signed in, and what may be changed."""
    return show()


def own_session() -> SignIn:
    """The session that asks. The guard let nobody in without one."""
    session = sessions.find_session()
    assert session is not None
    return session


def show(sentences: Mapping[str, str] | None = None, **parts: Any) -> str:
    """The page. `parts` are the forms that come back as they were typed; `sentences` why, by the part's name."""
    session = own_session()
    looked_after = people.stores_looked_after(session.person_id)
    return render_template(
        "account/page.html",
        **{
            "said": _(SAID.get(request.args.get("done", ""), "")),
            "refusals": sentences or {},
            "roles": [_(words) for role, words in ROLES.items() if role in g.person.roles],
            "store_choices": db.session.execute(select(Store.id, Store.name).order_by(Store.code)).all(),
            "stores_form": Form({"stores": sorted(looked_after)}),
            "absences": people.absences_of(session.person_id),
            "absence_form": Form(),
            "cover_choices": [(each.id, each.name) for each in people.staff() if each.id != session.person_id],
            "password": credentials.find_password(session.person),
            "needs_old": credentials.needs_old_password(session),
            "password_form": Form(),
            "own_session": session,
            "sessions": credentials.sessions_of(session.person),
            "days": days,
            **parts,
        },
    )


def done(what: str, **told: Any) -> Response:
    """Back to the page, which says what was done."""
    return redirect(url_for("account.account_GET", done=what, **told), 303)


def days(first: date, last: date) -> str:
    """Both days and what is between them: `1–5 Dec 2026`."""
    return format_interval(first, last, skeleton="yMMMd", locale=language.locale())
