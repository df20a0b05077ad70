"""How the forms of the admin side are saved, and how what was refused comes back: with the reason and what was typed.

What was done is told on the next page. The address names it by a code and an id, never by words of somebody's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import make_response, redirect, request, url_for
from marshmallow import EXCLUDE, Schema, fields, validate
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from widget.db import db
from widget.errors import NotFound, Refused
from widget.history import Change, Outdated, Versioned
from widget.web import forms, language
from widget.web.forms import Form
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.typed import clean

RELOAD = N_("Reload the page, then try again.")
AT_ONCE = N_("Somebody else saved something at the same moment. Look at it, then save again.")
LARGEST = 2**31 - 1


class Line(fields.String):
    """One line as it was typed, cleaned; `missing` says what to write where something has to be."""

    def __init__(self, longest: int, too_long: str, missing: str = "") -> None:
        checks: list[Any] = [validate.Length(max=longest, error=too_long)]
        if missing:
            checks.append(validate.Length(min=1, error=missing))
        needed: dict[str, Any] = {"required": True} if missing else {"load_default": ""}
        super().__init__(**needed, error_messages={"required": missing}, validate=checks)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return " ".join(clean(super()._deserialize(value, attr, data, **kwargs)).split())


class Paragraphs(Line):
    """The same with its line ends."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return clean(fields.String._deserialize(self, value, attr, data, **kwargs))


class EditSchema(Schema):
    """What every form sends that changes a thing: the version it was shown. What nobody asked for is left alone."""

    class Meta:
        unknown = EXCLUDE

    version = fields.Integer(
        load_default=0, validate=validate.Range(0, LARGEST, error=RELOAD), error_messages={"invalid": RELOAD}
    )


@dataclass(frozen=True)
class Shown:
    """A form as the page shows it: filled in, or as it comes back with why it was refused.

    `changes` are what somebody else saved meanwhile.
    """

    form: Form = field(default_factory=Form)
    sentence: str = ""
    is_outdated: bool = False
    changes: Sequence[Change] = ()

    def version_of(self, thing: Versioned) -> Any:
        """Which version the form goes on with: whoever was told of a newer one may replace it."""
        return thing.version if self.is_outdated else self.form.values.get("version", thing.version)


def save(
    schema: Schema, show: Callable[[Shown], str], act: Callable[[dict[str, Any]], str | Response]
) -> str | Response:
    """Read the form, do it, commit.

    What was refused comes back as `show` makes it: 422 where it was malformed, 409 where a rule forbids it.
    """
    form, wanted = forms.read(schema, request.form)
    if wanted is None:
        return make_response(show(Shown(form)), 422)
    try:
        answer = act(wanted)
    except NotFound:
        raise
    except IntegrityError:
        db.session.rollback()
        return make_response(show(Shown(form, _(AT_ONCE))), 409)
    except Refused as error:
        db.session.rollback()
        is_outdated = isinstance(error, Outdated)
        changes = error.changes if isinstance(error, Outdated) else ()
        return make_response(show(Shown(form, language.in_words(error), is_outdated, changes)), 409)
    db.session.commit()
    return answer


def done(endpoint: str, code: str, thing: int, **where: Any) -> Response:
    """Go on to that page, which says what was done."""
    return redirect(url_for(endpoint, saved=code, of=thing, **where), 303)


def said(sentences: Mapping[str, str], names: Mapping[int, str]) -> str:
    """What was just done, in words; empty when nothing was."""
    words = sentences.get(request.args.get("saved", ""), "")
    name = names.get(request.args.get("of", 0, type=int))
    return _(words, name=name) if words and name is not None else ""
