"""What is done to a person at one press: a new link, revoked, back again; sessions, tokens and absences."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import g
from marshmallow import fields
from werkzeug.wrappers import Response

from widget import credentials, history, people
from widget.credentials import api_tokens
from widget.errors import Refused
from widget.web import staff
from widget.web.admin.door import bp
from widget.web.admin.people import ONE, link_page, person_page
from widget.web.admin.saving import LARGEST, EditSchema, Shown, done, save
from widget.web.language import N_

A_DAY = N_("Choose a day.")


class PressSchema(EditSchema):
    """A press that needs nothing typed."""


class AbsenceSchema(EditSchema):
    """Days away, and who covers."""

    first_day = fields.Date(required=True, error_messages={"invalid": A_DAY, "required": A_DAY})
    last_day = fields.Date(required=True, error_messages={"invalid": A_DAY, "required": A_DAY})
    cover = fields.String(load_default="")


@bp.post(f"{ONE}/link")
def person_link_POST(person_id: int) -> str | Response:
    """Make a new link; the old one and all sessions end."""

    def act(_sent: dict[str, Any]) -> str:
        if person_id == g.person.id:
            raise Refused("A new link would sign you out here. Another admin can make one for you.")
        person = people.note_new_link(person_id, by=staff.me())
        return link_page(person, credentials.new_link(person))

    return _press(person_id, act)


@bp.post(f"{ONE}/revoke")
def person_revoke_POST(person_id: int) -> str | Response:
    """Let the person in no more."""

    def act(_sent: dict[str, Any]) -> Response:
        credentials.revoke(people.shut_out(person_id, by=staff.me()))
        return done("admin.people_GET", "revoked", person_id)

    return _press(person_id, act)


@bp.post(f"{ONE}/restore")
def person_restore_POST(person_id: int) -> str | Response:
    """Let the person in again, with a new link."""

    def act(_sent: dict[str, Any]) -> str:
        person = people.let_in(person_id, by=staff.me())
        return link_page(person, credentials.new_link(person))

    return _press(person_id, act)


@bp.post(f"{ONE}/sessions/<int(max={LARGEST}):session_id>/end")
def person_session_POST(person_id: int, session_id: int) -> str | Response:
    """Sign the person out in one browser."""

    def act(_sent: dict[str, Any]) -> Response:
        ended = credentials.end_session(people.get_by_id(person_id), session_id)
        by = staff.me()
        history.record("person", person_id, "session", ended.browser, "ended", by=(by.name, by.email))
        return done("admin.person_GET", "ended", person_id, person_id=person_id)

    return _press(person_id, act)


@bp.post(f"{ONE}/tokens/<int(max={LARGEST}):token_id>/revoke")
def person_token_POST(person_id: int, token_id: int) -> str | Response:
    """The person's program is out with its next request."""

    def act(_sent: dict[str, Any]) -> Response:
        api_tokens.revoke(people.get_by_id(person_id), token_id, by=staff.me())
        return done("admin.person_GET", "token", person_id, person_id=person_id)

    return _press(person_id, act)


@bp.post(f"{ONE}/absences")
def person_absence_POST(person_id: int) -> str | Response:
    """Say that somebody is away."""

    def act(wanted: dict[str, Any]) -> Response:
        cover = people.get_by_id(int(wanted["cover"])) if re.fullmatch("[0-9]{1,9}", wanted["cover"]) else None
        person = people.get_by_id(person_id)
        people.add_absence(person, wanted["first_day"], wanted["last_day"], cover, by=staff.me())
        return done("admin.person_GET", "absent", person_id, person_id=person_id)

    return save(AbsenceSchema(), lambda shown: person_page(person_id, absence=shown), act)


@bp.post(f"{ONE}/absences/<int(max={LARGEST}):absence_id>/remove")
def person_absence_remove_POST(person_id: int, absence_id: int) -> str | Response:
    """Somebody is not away after all."""

    def act(_sent: dict[str, Any]) -> Response:
        people.drop_absence(people.get_by_id(person_id), absence_id, by=staff.me())
        return done("admin.person_GET", "back", person_id, person_id=person_id)

    return _press(person_id, act)


def _press(person_id: int, act: Callable[[dict[str, Any]], str | Response]) -> str | Response:
    return save(PressSchema(), lambda shown: person_page(person_id, Shown(sentence=shown.sentence)), act)
