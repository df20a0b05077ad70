"""Writing in the agents' columns, and taking it back: each row is one form with a button per field.

Without scripts a button leads back to the view it was pressed in. For a script the answer is the row as it is now. What
was refused comes back with the reason and with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import g, make_response, redirect, render_template, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from widget import presses, problems
from widget.db import db
from widget.errors import NotFound, Refused
from widget.problems import UNDO_WITHIN, Problem
from widget.tickets import Place
from widget.web.desk import listing
from widget.web.desk.door import bp
from widget.web.desk.shown import Shown, count, get_shown
from widget.web.desk.wanted import Wanted
from widget.web.language import N_
from widget.web.line_forms import Cleaned, Version, all_wrong, in_words, take_back
from widget.web.places import take_line
from widget.web.staff import me
from widget.web.typed import clean

NOTHING_SAID = N_("Write a comment first.")
NO_ADDRESS = N_("Write the address first.")
NOTHING_TICKED = N_("Tick the box, then press Save.")
TICKED, UNTICKED = "informed", "uninformed"


class RowSchema(Schema):
    """What the form of a row sends. Everything else is left alone."""

    class Meta:
        unknown = EXCLUDE

    informed = fields.String(load_default="")
    address = Cleaned()
    comment = Cleaned()
    silent = fields.String(load_default="")
    act = fields.String(load_default="", validate=validate.OneOf(["", TICKED, UNTICKED, "address", "comment"]))
    version = Version()


@dataclass
class Press:
    """One press on a row: the line, locked, where to tell of it, and what was sent along."""

    line: Problem
    at: Place
    sent: dict[str, Any]

    @property
    def version(self) -> int:
        """The one that was shown."""
        return int(self.sent["version"])


def tick(press: Press) -> str:
    """Tick or untick Customer informed."""
    line, at = press.line, press.at
    if press.sent["informed"]:
        problems.mark_informed(line, by=me(), at=at, shown=press.version, wait=UNDO_WITHIN)
        return TICKED
    if line.informed_at is None:
        raise ValidationError({"informed": [NOTHING_TICKED]})
    problems.undo_informed(line, by=me(), at=at, shown=press.version)
    return UNTICKED


def save_address(press: Press) -> str:
    """Write down the address."""
    if not press.sent["address"]:
        raise ValidationError({"address": [NO_ADDRESS]})
    address, line = press.sent["address"], press.line
    problems.save_address(line, address, by=me(), at=press.at, shown=press.version, wait=UNDO_WITHIN)
    return "address"


def say(press: Press) -> str:
    """Write to the supplier."""
    if not press.sent["comment"]:
        raise ValidationError({"comment": [NOTHING_SAID]})
    problems.comment(press.line, press.sent["comment"], by=me(), at=press.at, wait=UNDO_WITHIN)
    return "comment"


def remind(press: Press) -> str:
    """Ask the supplier to look at the line."""
    problems.remind_supplier(press.line, by=me(), at=press.at)
    return "remind"


def reopen(press: Press) -> str:
    """Bring a handled line back."""
    problems.reopen(press.line, by=me(), at=press.at)
    return "reopen"


def undo(press: Press) -> str:
    """Take back what the same person just did."""
    if press.sent["act"] == UNTICKED:
        problems.mark_informed(press.line, by=me(), at=press.at, shown=press.version, wait=UNDO_WITHIN)
    else:
        take_back(press.line, press.sent["act"], by=me(), at=press.at, shown=press.version)
    return "undo"


@bp.post("/lines/<reference>/informed")
def informed_POST(reference: str) -> Response:
    """Tick or untick Customer informed."""
    return _press(reference, "informed", tick)


@bp.post("/lines/<reference>/address")
def address_POST(reference: str) -> Response:
    """Save the address."""
    return _press(reference, "address", save_address)


@bp.post("/lines/<reference>/comment")
def comment_POST(reference: str) -> Response:
    """Write to the supplier."""
    return _press(reference, "comment", say)


@bp.post("/lines/<reference>/remind")
def remind_POST(reference: str) -> Response:
    """Ask the supplier to look at the line."""
    return _press(reference, "remind", remind)


@bp.post("/lines/<reference>/reopen")
def reopen_POST(reference: str) -> Response:
    """Bring a handled line back."""
    return _press(reference, "reopen", reopen)


@bp.post("/lines/<reference>/undo")
def undo_POST(reference: str) -> Response:
    """Take back what was just done."""
    return _press(reference, "undo", undo)


def _press(reference: str, name: str, act: Callable[[Press], str]) -> Response:
    """Do it once, however often it is pressed within a minute, and answer."""
    try:
        did = _act(reference, name, act)
    except NotFound:
        raise
    except Refused as error:
        return _refused(reference, name, 409, in_words(error), getattr(error, "change", None))
    except ValidationError as error:
        return _refused(reference, name, 422, all_wrong(error))
    answer = _answer(reference, name, did)
    db.session.commit()
    return answer


def _act(reference: str, name: str, act: Callable[[Press], str]) -> str:
    sent = RowSchema().load(request.form)
    line, at = take_line(reference, is_silent=bool(sent["silent"]))
    content = [sent[each] for each in ("version", "informed", "address", "comment", "act")]
    fingerprint = presses.fingerprint_of("desk", me().email, name, line.id, *content)
    return presses.once(fingerprint, lambda: act(Press(line, at, sent)))


def _answer(reference: str, name: str, did: str) -> Response:
    """The row as it is now for a script, the view it was sent from otherwise."""
    wanted = Wanted.read_back(request.form.get("back", ""))
    is_silent = bool(request.form.get("silent"))
    if "HX-Request" not in request.headers:
        shown = get_shown(reference)
        if _keep_typed(shown, name):
            done = listing.Done(act=did, lines=[shown], is_silent=is_silent)
            return make_response(listing.list_page(wanted, typed=shown, done=done))
        told = {"done": reference, "did": did, **({"silent": "yes"} if is_silent else {})}
        return redirect(wanted.url_with(told) + f"#{shown.line.reference}", 303)
    shown = get_shown(reference)
    _keep_typed(shown, name)
    numbers = count(g.person, wanted)
    return make_response(
        render_template("desk/changed.html", wanted=wanted, shown=shown, did=did, is_silent=is_silent, numbers=numbers)
    )


def _refused(reference: str, name: str, status: int, sentence: str, change: Any = None) -> Response:
    """The row with its fresh values, the reason, and what was typed."""
    db.session.rollback()
    wanted = Wanted.read_back(request.form.get("back", ""))
    shown = get_shown(reference)
    shown.trouble, shown.about, shown.change = sentence, name, change
    _keep_typed(shown, "")
    if "HX-Request" in request.headers:
        return make_response(render_template("desk/line.html", wanted=wanted, shown=shown), status)
    return make_response(listing.list_page(wanted, typed=shown), status)


def _keep_typed(shown: Shown, done: str) -> bool:
    """Have the row hold what was typed in it and is not done by this press; whether there is anything."""
    typed = {name: clean(request.form[name]) for name in ("address", "comment") if name in request.form}
    typed.pop(done, None)
    if typed.get("address") == shown.line.address:
        del typed["address"]
    shown.typed = {name: words for name, words in typed.items() if words}
    return bool(shown.typed)
