"""API tokens of one's own: make one, see it once, revoke it. For everybody who is signed in, a supplier's people too.

A door of its own beside the account page: that one is for staff only, and the supplier's software needs tokens as well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from marshmallow import EXCLUDE, Schema, fields, validate
from werkzeug.wrappers import Response

from widget.credentials import api_tokens
from widget.credentials.api_tokens import LIFETIMES_IN_DAYS, LONGEST_NAME, SCOPES
from widget.db import SAFE_METHODS, db
from widget.errors import Refused
from widget.web import language, sessions
from widget.web.forms import Form, read
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.scopes import SCOPES_IN_WORDS
from widget.web.typed import Typed

bp = Blueprint("tokens", __name__, url_prefix="/account/tokens")

USUAL_DAYS = 90
LARGEST = 2**31 - 1
NOTHING_CHOSEN = N_("Choose at least one thing the program may do.")


class TokenSchema(Schema):
    """The form of a new token."""

    class Meta:
        unknown = EXCLUDE

    name = Typed("its purpose", LONGEST_NAME, missing=N_("Write what the token is for."))
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES, error=NOTHING_CHOSEN)),
        required=True,
        validate=validate.Length(min=1, error=NOTHING_CHOSEN),
    )
    days = fields.Integer(
        required=True,
        validate=validate.OneOf(LIFETIMES_IN_DAYS, error=N_("Choose for how long the token lives.")),
        error_messages={"invalid": N_("Choose for how long the token lives.")},
    )


class Made(NamedTuple):
    """A token that was just made, and its secret, shown this once."""

    name: str
    secret: str


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Whoever is signed in, each to the own tokens: nobody can ask for another one's."""
    if sessions.find_person() is None:
        if request.method in SAFE_METHODS:
            sessions.come_back_here()
        return make_response(render_template("signin/needed.html"), 401)
    if request.method not in SAFE_METHODS:
        sessions.refuse_foreign_form()
    return None


@bp.get("", strict_slashes=False)
def tokens_GET() -> str:
    """The tokens that work, and a form for another one."""
    return _page(_empty_form(), revoked=request.args.get("revoked", "")[:LONGEST_NAME])


@bp.post("", strict_slashes=False)
def tokens_POST() -> Response:
    """Make one. Its secret is on the answer and nowhere else, so there is no redirect."""
    form, wanted = read(TokenSchema(), request.form)
    if wanted is None:
        return make_response(_page(form), 422)
    try:
        _token, secret = api_tokens.make(
            g.person, wanted["name"], wanted["scopes"], wanted["days"], by=g.person.as_actor()
        )
    except Refused as error:
        db.session.rollback()
        return make_response(_page(form, trouble=language.in_words(error)), 409)
    answer = make_response(_page(_empty_form(), made=Made(wanted["name"], secret)))
    db.session.commit()
    return answer


@bp.post(f"/<int(max={LARGEST}):token_id>/revoke")
def revoke_POST(token_id: int) -> Response:
    """The program is out with its next request."""
    token = api_tokens.revoke(g.person, token_id, by=g.person.as_actor())
    name = token.name
    db.session.commit()
    return redirect(url_for("tokens.tokens_GET", revoked=name), 303)


def _empty_form() -> Form:
    return Form({"days": USUAL_DAYS, "scopes": list(SCOPES[:3])})


def _page(form: Form, **more: Any) -> str:
    return render_template(
        "account/tokens_page.html",
        form=form,
        tokens=api_tokens.tokens_of(g.person),
        scopes=[(scope, _(words)) for scope, words in SCOPES_IN_WORDS.items()],
        days=[(days, _("%(days)s days", days=days)) for days in LIFETIMES_IN_DAYS],
        zone=g.person.supplier.timezone if g.person.supplier else "UTC",
        **more,
    )
