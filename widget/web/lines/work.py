"""Answering a line: one form for all that an agent fills in, so that one press loses nothing of it.

Ticked, typed and chosen becomes one act each, and their notes join into one. The same form closes a line and brings it
back. What was refused comes back with the reason and everything that was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import g, make_response, redirect, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from widget import pictures, presses, problems
from widget.db import db
from widget.errors import NotFound, Refused
from widget.pictures import Picture
from widget.problem_types import Board
from widget.problems import Problem
from widget.tickets import Place
from widget.web import language, picture_forms, visible
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.lines import listing
from widget.web.lines.door import bp, take_line
from widget.web.lines.listing import Typed
from widget.web.lines.way import Way
from widget.web.picture_forms import FormRefused
from widget.web.staff import me
from widget.web.typed import LONGEST_TYPED, clean

LONGEST_ADDRESS = 500
LARGEST_VERSION = 2**31
NOTHING_CHANGED = N_("Nothing was changed. Tick Informed customer, or write an address or a comment.")
WORDS_WITH_PICTURES = N_("Write a comment that says what the pictures are for.")
NO_EMPTY_ADDRESS = N_("An address cannot be left empty. Write the right one.")
TOO_LONG = N_("At most 5,000 characters, please.")
ADDRESS_TOO_LONG = N_("An address has at most 500 characters.")
RELOAD = N_("Reload the page, then press again.")


class Cleaned(fields.String):
    """What somebody typed, cleaned; nothing is fine."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs))


class WorkSchema(Schema):
    """What the form of a line sends: what was typed, and what it showed before."""

    class Meta:
        unknown = EXCLUDE

    comment = Cleaned(load_default="", validate=validate.Length(max=LONGEST_TYPED, error=TOO_LONG))
    address = Cleaned(load_default="", validate=validate.Length(max=LONGEST_ADDRESS, error=ADDRESS_TOO_LONG))
    address_was = Cleaned(load_default="")
    informed = fields.String(load_default="")
    informed_was = fields.String(load_default="")
    version = fields.Integer(
        load_default=0, validate=validate.Range(0, LARGEST_VERSION, error=RELOAD), error_messages={"invalid": RELOAD}
    )


@dataclass
class Work:
    """One press on a line: the line, locked, where to tell of it, and what was sent."""

    line: Problem
    at: Place
    sent: dict[str, Any]
    drafts: list[Picture]

    @property
    def is_answered(self) -> bool:
        """Whether anything of the form was filled in."""
        return bool(self.sent["comment"] or self.drafts) or self.has_address or self.has_tick

    @property
    def has_address(self) -> bool:
        """Whether the address was changed, on a line that has one."""
        return self.line.board == Board.PROBLEM_SHEET and self.sent["address"] != self.sent["address_was"]

    @property
    def has_tick(self) -> bool:
        """Whether Informed customer was ticked."""
        return bool(self.sent["informed"]) and not self.sent["informed_was"]


def _answer(work: Work) -> None:
    """Do what was filled in. Raises ValidationError when that is nothing, or half of something."""
    line, at, sent = work.line, work.at, work.sent
    if not work.is_answered:
        raise ValidationError({"comment": [NOTHING_CHANGED]})
    if work.drafts and not sent["comment"]:
        raise ValidationError({"comment": [WORDS_WITH_PICTURES]})
    if work.has_address and not sent["address"]:
        raise ValidationError({"address": [NO_EMPTY_ADDRESS]})
    # What hands the turn over comes first: then the tags go ahead of the note, and the others' words join it.
    if work.has_address:
        problems.save_address(line, sent["address"], by=me(), at=at, shown=sent["version"])
    if sent["comment"]:
        along = pictures.attachments(work.drafts, line.order.name, after=line.picture_count)
        problems.comment(line, sent["comment"], by=me(), at=at, pictures=along)
        pictures.attach(work.drafts, line)
    if work.has_tick:
        problems.mark_informed(line, by=me(), at=at, shown=sent["version"])


def _close(work: Work) -> None:
    """Close a line that needs nothing of the supplier, and before that do what was filled in."""
    if work.is_answered:
        _answer(work)
    problems.mark_handled(work.line, by=me(), at=work.at, shown=work.sent["version"])


def _undo(work: Work) -> None:
    problems.undo_handled(work.line, by=me(), at=work.at)


def _reopen(work: Work) -> None:
    problems.reopen(work.line, by=me(), at=work.at)
    if work.is_answered:
        _answer(work)


def _remind(work: Work) -> None:
    if work.is_answered:
        _answer(work)
    problems.remind_supplier(work.line, by=me(), at=work.at)


@bp.post("/lines/<reference>")
def line_POST(reference: str) -> Response:
    """Informed customer, address, comment and pictures: whatever of them was filled in."""
    return _press(reference, "saved", _answer)


@bp.post("/lines/<reference>/close")
def close_POST(reference: str) -> Response:
    """Close a line that was reported by mistake or has settled itself."""
    return _press(reference, "closed", _close)


@bp.post("/lines/<reference>/undo")
def undo_POST(reference: str) -> Response:
    """Take back what the same person has just closed."""
    return _press(reference, "undone", _undo)


@bp.post("/lines/<reference>/reopen")
def reopen_POST(reference: str) -> Response:
    """Bring a handled line back, with a comment if one was written."""
    return _press(reference, "reopened", _reopen)


@bp.post("/lines/<reference>/remind")
def remind_POST(reference: str) -> Response:
    """Ask the supplier to look at a line that waits for him."""
    return _press(reference, "reminded", _remind)


def _press(reference: str, did: str, act: Callable[[Work], None]) -> Response:
    """Do it once, however often it is pressed within a minute, and lead back to the line."""
    drafts: list[Picture] = []
    keys: list[str] = []
    try:
        visible.get_line(g.person, reference)
        drafts = picture_forms.take(g.person)
        keys = [draft.key for draft in drafts]
        _act(reference, did, act, drafts)
    except NotFound:
        raise
    except FormRefused as error:
        return _refused(reference, error.status, language.in_words(error), [draft.key for draft in error.kept])
    except Refused as error:
        return _refused(reference, getattr(error, "status", 409), language.in_words(error), keys)
    except ValidationError as error:
        return _refused(reference, 422, " ".join(_(words) for words in _sentences(error)), keys)
    db.session.commit()
    way = Way.read(request.form)
    return redirect(way.url(reference, at=way.at, done=reference, did=did), 303)


def _act(reference: str, did: str, act: Callable[[Work], None], drafts: list[Picture]) -> None:
    sent = WorkSchema().load(request.form)
    line, at = take_line(reference)
    typed = [sent[name] for name in ("comment", "address", "informed", "version")]
    fingerprint = presses.fingerprint_of("story", me().email, did, line.id, *typed)
    if presses.find_answer(fingerprint) is None:
        act(Work(line, at, sent, drafts))
        presses.keep(fingerprint, did)


def _sentences(error: ValidationError) -> list[str]:
    messages: dict[str, list[str]] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return [str(words) for each in messages.values() for words in each]


def _refused(reference: str, status: int, sentence: str, drafts: list[str]) -> Response:
    """The line as it is now, the reason, and what was typed."""
    db.session.rollback()
    line = visible.get_line(g.person, reference)
    typed = Typed(
        trouble=sentence,
        comment=clean(request.form.get("comment", "")),
        address=clean(request.form["address"]) if "address" in request.form else None,
        informed=bool(request.form.get("informed")),
        is_silent=bool(request.form.get("silent")),
        drafts=pictures.drafts_of(g.person, drafts or request.form.getlist(picture_forms.KEYS_FIELD)),
    )
    return make_response(listing.page(line, Way.read(request.form), typed), status)
