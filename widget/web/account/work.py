"""Whose lines somebody looks after, and the days he is away."""

from __future__ import annotations

from typing import Any

from flask import g, make_response, request
from marshmallow import EXCLUDE, Schema, fields
from werkzeug.wrappers import Response

from widget import people
from widget.db import db
from widget.errors import NotFound, Refused
from widget.people import Person
from widget.web import forms, language
from widget.web.account import page
from widget.web.account.door import bp
from widget.web.forms import Form
from widget.web.language import N_

LARGEST = 2**31 - 1
FIRST_DAY, LAST_DAY = N_("Choose the first day."), N_("Choose the last day.")


class StoresSchema(Schema):
    """The stores that are ticked."""

    class Meta:
        """The form key is looked at elsewhere."""

        unknown = EXCLUDE

    stores = fields.List(fields.Integer(), load_default=[])


class AbsenceSchema(Schema):
    """Days away, and who covers: a person's id, or nothing."""

    class Meta:
        """The form key is looked at elsewhere."""

        unknown = EXCLUDE

    first_day = fields.Date(required=True, error_messages={"invalid": FIRST_DAY, "required": FIRST_DAY})
    last_day = fields.Date(required=True, error_messages={"invalid": LAST_DAY, "required": LAST_DAY})
    cover = fields.String(load_default="")


@bp.post("/stores")
def stores_POST() -> Response:
    """Look after these stores from now on."""
    _form, wanted = forms.read(StoresSchema(), request.form)
    if wanted is None or not all(0 < number <= LARGEST for number in wanted["stores"]):
        raise NotFound("There is no such store.")
    people.look_after(g.person, wanted["stores"])
    db.session.commit()
    return page.done("stores")


@bp.post("/absences")
def absences_POST() -> Response:
    """Say when one is away."""
    form, wanted = forms.read(AbsenceSchema(), request.form)
    if wanted is None:
        return _back(422, form)
    try:
        cover = _cover(wanted["cover"])
        people.add_absence(g.person, wanted["first_day"], wanted["last_day"], cover, by=g.person.as_actor())
    except Refused as error:
        return _back(409, form, language.in_words(error))
    db.session.commit()
    return page.done("away")


@bp.post(f"/absences/<int(max={LARGEST}):absence_id>/remove")
def absence_remove_POST(absence_id: int) -> Response:
    """Not away after all. The page offers to put it back."""
    gone = people.drop_absence(g.person, absence_id, by=g.person.as_actor())
    told = {"first_day": gone.first_day, "last_day": gone.last_day, "cover": gone.cover_id or ""}
    db.session.commit()
    return page.done("back", **told)


@bp.context_processor
def removed() -> dict[str, Any]:
    """The absence that was just removed, for the button that puts it back."""
    form, wanted = forms.read(AbsenceSchema(), request.args)
    return {"removed": form if wanted is not None and request.args.get("done") == "back" else None}


def _cover(number: str) -> Person | None:
    """Who was chosen to cover. Raises Refused for whoever is not to choose from any more."""
    if not number:
        return None
    chosen = next((person for person in people.staff() if str(person.id) == number), None)
    if chosen is None:
        raise Refused("Choose again who covers: this person cannot sign in any more.")
    return chosen


def _back(status: int, form: Form, sentence: str = "") -> Response:
    return make_response(page.show({"absences": sentence}, absence_form=form), status)
