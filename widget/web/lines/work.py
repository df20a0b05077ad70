"""Answering a line: one form for all that an agent fills in, so that one press loses nothing of it.

Ticked, typed and chosen becomes one act each, and their notes join into one. The same form closes a line and brings it
back. What was refused comes back with the reason and everything that was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import g, make_response, redirect, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.wrappers import Response

from widget import pictures, presses, problems
from widget.db import db
from widget.errors import NotFound, Refused
from widget.pictures import Picture
from widget.problem_types import Board
from widget.problems import ChangedMeanwhile, Problem
from widget.tickets import Place
from widget.web import language, picture_forms, visible
from widget.web.language import N_
from widget.web.line_forms import Cleaned, Version, all_wrong, in_words, take_back
from widget.web.lines import listing, story
from widget.web.lines.door import bp, take_line
from widget.web.lines.listing import Typed
from widget.web.lines.story import Event
from widget.web.lines.way import Way
from widget.web.picture_forms import FormRefused
from widget.web.staff import me
from widget.web.typed import clean

LONGEST_ADDRESS = 500
NOTHING_CHANGED = N_("Nothing was changed. Tick Informed customer, or write an address or a comment.")
WORDS_WITH_PICTURES = N_("Write a comment that says what the pictures are for.")
NO_EMPTY_ADDRESS = N_("An address cannot be left empty. Write the right one.")
ADDRESS_TOO_LONG = N_("An address has at most 500 characters.")


class WorkSchema(Schema):
    """What the form of a line sends: what was typed, and what it showed before."""

    class Meta:
        unknown = EXCLUDE

    comment = Cleaned()
    address = Cleaned(LONGEST_ADDRESS, ADDRESS_TOO_LONG)
    address_was = Cleaned()
    informed = fields.String(load_default="")
    informed_was = fields.String(load_default="")
    version = Version()


@dataclass
class Work:
    """One press on a line: the line, locked, where to tell of it, and what was sent."""

    line: Problem
    at: Place
    sent: dict[str, Any]
    drafts: list[Picture]

    @property
    def acts(self) -> list[str]:
        """What was filled in: a comment, an address on a line that has one, a tick that was set or taken away."""
        sent, has_address = self.sent, self.line.board == Board.PROBLEM_SHEET
        filled_in = {
            "comment": bool(sent["comment"] or self.drafts),
            "address": has_address and sent["address"] != sent["address_was"],
            "informed": bool(sent["informed"]) and not sent["informed_was"],
            "uninformed": bool(sent["informed_was"]) and not sent["informed"],
        }
        return [act for act, is_filled_in in filled_in.items() if is_filled_in]


def _answer(work: Work) -> str:
    """Do what was filled in. Raises ValidationError when that is nothing, or half of something."""
    line, at, sent, acts = work.line, work.at, work.sent, work.acts
    if not acts:
        raise ValidationError({"comment": [NOTHING_CHANGED]})
    if work.drafts and not sent["comment"]:
        raise ValidationError({"comment": [WORDS_WITH_PICTURES]})
    if "address" in acts and not sent["address"]:
        raise ValidationError({"address": [NO_EMPTY_ADDRESS]})
    # One act alone can be taken back before its note goes out; several share a note.
    wait = problems.UNDO_WITHIN if len(acts) == 1 else timedelta()
    # What hands the turn over comes first: then the tags go ahead of the note, and the others' words join it.
    if "address" in acts:
        problems.save_address(line, sent["address"], by=me(), at=at, shown=sent["version"], wait=wait)
    if "comment" in acts:
        along = pictures.attachments(work.drafts, line.order.name, after=line.picture_count)
        problems.comment(line, sent["comment"], by=me(), at=at, pictures=along, wait=wait)
        pictures.attach(work.drafts, line)
    if "informed" in acts:
        problems.mark_informed(line, by=me(), at=at, shown=sent["version"], wait=wait)
    if "uninformed" in acts:
        problems.undo_informed(line, by=me(), at=at, shown=sent["version"])
    return acts[0] if len(acts) == 1 and not work.drafts else "saved"


def _close(work: Work) -> str:
    """Close a line that needs nothing of the supplier, and before that do what was filled in."""
    if work.acts:
        _answer(work)
    problems.mark_handled(work.line, by=me(), at=work.at, shown=work.sent["version"])
    return "closed"


def _reopen(work: Work) -> str:
    problems.reopen(work.line, by=me(), at=work.at)
    if work.sent["comment"] or work.drafts:
        _answer(work)
    return "reopened"


def _remind(work: Work) -> str:
    if work.acts:
        _answer(work)
    problems.remind_supplier(work.line, by=me(), at=work.at)
    return "reminded"


def _undo(work: Work) -> str:
    undone = request.form.get("undo", "")
    if undone == "closed":
        problems.undo_handled(work.line, by=me(), at=work.at)
        return "reopened"
    take_back(work.line, undone, by=me(), at=work.at, shown=work.sent["version"])
    return "undone"


@bp.post("/lines/<reference>")
def line_POST(reference: str) -> Response:
    """Informed customer, address, comment and pictures: whatever of them was filled in."""
    return _press(reference, "answer", _answer)


@bp.post("/lines/<reference>/close")
def close_POST(reference: str) -> Response:
    """Close a line that was reported by mistake or has settled itself."""
    return _press(reference, "close", _close)


@bp.post("/lines/<reference>/undo")
def undo_POST(reference: str) -> Response:
    """Take back what the same person has just done."""
    return _press(reference, "undo", _undo)


@bp.post("/lines/<reference>/reopen")
def reopen_POST(reference: str) -> Response:
    """Bring a handled line back, with a comment if one was written."""
    return _press(reference, "reopen", _reopen)


@bp.post("/lines/<reference>/remind")
def remind_POST(reference: str) -> Response:
    """Ask the supplier to look at a line that waits for him."""
    return _press(reference, "remind", _remind)


@bp.post("/lines/<reference>/reload")
def reload_POST(reference: str) -> Response:
    """The page with what changed meanwhile, and with what is typed. Changes nothing. Raises NotFound."""
    return _refused(reference, 200, "", [])


def _press(reference: str, name: str, act: Callable[[Work], str]) -> Response:
    """Do it once, however often it is pressed within a minute, and lead back to the line."""
    keys: list[str] = []
    try:
        visible.get_line(g.person, reference)
        drafts = picture_forms.take(g.person)
        keys = [draft.key for draft in drafts]
        did = _act(reference, name, act, drafts)
    except NotFound:
        raise
    except FormRefused as error:
        return _refused(reference, error.status, language.in_words(error), [draft.key for draft in error.kept])
    except ChangedMeanwhile as error:
        return _refused(reference, 409, in_words(error), keys, story.of_change(error.change))
    except Refused as error:
        return _refused(reference, getattr(error, "status", 409), language.in_words(error), keys)
    except ValidationError as error:
        return _refused(reference, 422, all_wrong(error), keys)
    db.session.commit()
    way = Way.read(request.form)
    return redirect(way.url(reference, at=way.at, done=reference, did=did), 303)


def _act(reference: str, name: str, act: Callable[[Work], str], drafts: list[Picture]) -> str:
    """What was done, now or by the same press a moment ago."""
    sent = WorkSchema().load(request.form)
    line, at = take_line(reference)
    typed = [sent[field] for field in ("comment", "address", "informed", "version")]
    fingerprint = presses.fingerprint_of("story", me().email, name, line.id, *typed, request.form.get("undo", ""))
    did = presses.find_answer(fingerprint)
    if did is None:
        did = act(Work(line, at, sent, drafts))
        presses.keep(fingerprint, did)
    return did


def _refused(reference: str, status: int, sentence: str, drafts: list[str], meanwhile: Event | None = None) -> Response:
    """The line as it is now, the reason if there is one, and what was typed."""
    db.session.rollback()
    line = visible.get_line(g.person, reference)
    typed = Typed(
        trouble=sentence,
        meanwhile=meanwhile,
        comment=clean(request.form.get("comment", "")),
        address=clean(request.form["address"]) if "address" in request.form else None,
        informed=bool(request.form.get("informed")) if "informed_was" in request.form else None,
        is_silent=bool(request.form.get("silent")),
        drafts=pictures.drafts_of(g.person, drafts or request.form.getlist(picture_forms.KEYS_FIELD)),
    )
    return make_response(listing.page(line, Way.read(request.form), typed), status)
