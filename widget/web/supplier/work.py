"""Working on a line: comment, handled and its undo, reopen, and having seen a new address.

Each is one form that works by itself: it leads back to the view it was sent from. For a script the answer is the line
as it is now, or what is left of it where it no longer belongs to the view. What was refused comes back with the reason
beside what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import g, make_response, redirect, render_template, request
from marshmallow import EXCLUDE, Schema, ValidationError
from werkzeug.wrappers import Response

from widget import pictures, presses, problems
from widget.db import db
from widget.errors import NotFound, Refused
from widget.pictures import Picture
from widget.problems import Problem
from widget.tickets import Place
from widget.web import language, picture_forms
from widget.web.language import N_
from widget.web.line_forms import Cleaned, Version, all_wrong
from widget.web.picture_forms import FormRefused
from widget.web.places import take_line
from widget.web.supplier import listing
from widget.web.supplier.door import bp, me
from widget.web.supplier.shown import Shown, count, get_shown
from widget.web.supplier.wanted import Wanted
from widget.web.typed import clean

# These take along what is in the line's field.
SENDING = {"comment", "handled"}
NOTHING_SAID = N_("Write a comment or choose a picture.")


class WorkSchema(Schema):
    """What the form of a line sends. Everything else is left alone."""

    class Meta:
        unknown = EXCLUDE

    comment = Cleaned()
    version = Version()


@dataclass
class Work:
    """One press on a line: the line, locked, and what was sent along."""

    line: Problem
    at: Place
    words: str
    drafts: list[Picture]
    version: int


def _say(work: Work) -> None:
    """Comment; on a line that was handled meanwhile only if it is to be reopened for that."""
    if not work.words and not work.drafts:
        raise ValidationError({"comment": [NOTHING_SAID]})
    if work.line.handled_at is not None and request.form.get("reopen"):
        problems.reopen(work.line, by=me(), at=work.at)
    _send(work)


def _handle(work: Work) -> None:
    """Mark as handled, and before that send what the line's form holds: nothing that was typed is lost."""
    if work.words or work.drafts:
        _send(work)
    problems.mark_handled(work.line, by=me(), at=work.at, shown=work.version)


def _send(work: Work) -> None:
    line = work.line
    going_along = pictures.attachments(work.drafts, line.order.name, after=line.picture_count)
    if work.words:
        problems.comment(line, work.words, by=me(), at=work.at, pictures=going_along)
    else:
        problems.add_pictures(line, going_along, by=me(), at=work.at)
    pictures.attach(work.drafts, line)


def _undo(work: Work) -> None:
    problems.undo_handled(work.line, by=me(), at=work.at)


def _reopen(work: Work) -> None:
    problems.reopen(work.line, by=me(), at=work.at)


def _confirm_address(work: Work) -> None:
    problems.confirm_address(work.line, by=me(), at=work.at, shown=work.version)


@bp.post("/lines/<reference>/comment")
def comment_POST(reference: str) -> Response:
    """Write to customer service."""
    return _press(reference, "comment", _say)


@bp.post("/lines/<reference>/handled")
def handled_POST(reference: str) -> Response:
    """Nothing more to do: the line leaves the open view."""
    return _press(reference, "handled", _handle)


@bp.post("/lines/<reference>/undo")
def undo_POST(reference: str) -> Response:
    """Take back what the same person has just handled."""
    return _press(reference, "undo", _undo)


@bp.post("/lines/<reference>/reopen")
def reopen_POST(reference: str) -> Response:
    """Bring a handled line back."""
    return _press(reference, "reopen", _reopen)


@bp.post("/lines/<reference>/address-seen")
def address_seen_POST(reference: str) -> Response:
    """Say that the new address was read."""
    return _press(reference, "address-seen", _confirm_address)


def _press(reference: str, name: str, act: Callable[[Work], None]) -> Response:
    """Do it once, however often it is pressed within a minute, and answer."""
    drafts: list[Picture] = []
    try:
        if name in SENDING:
            drafts = picture_forms.take(g.person)
        keys = [draft.key for draft in drafts]
        _act(reference, name, act, drafts)
    except NotFound:
        raise
    except FormRefused as error:
        return _refused(reference, error.status, language.in_words(error), [draft.key for draft in error.kept])
    except Refused as error:
        return _refused(reference, getattr(error, "status", 409), language.in_words(error), keys)
    except ValidationError as error:
        return _refused(reference, 422, all_wrong(error), keys)
    answer = _answer(reference, name)
    db.session.commit()
    return answer


def _act(reference: str, name: str, act: Callable[[Work], None], drafts: list[Picture]) -> None:
    sent = WorkSchema().load(request.form)
    line, at = take_line(reference)
    fingerprint = presses.fingerprint_of("line", me().email, name, line.id, *_content(name, sent, drafts))

    def do() -> str:
        act(Work(line, at, sent["comment"], drafts, sent["version"]))
        return name

    presses.once(fingerprint, do)


def _content(name: str, sent: dict[str, Any], drafts: list[Picture]) -> list[Any]:
    """What makes two presses the same: what is said, or which state of the line was acted on.

    Drafts that were sent before are none any more, but the form still names them; files are new drafts every time,
    of the same size.
    """
    if name != "comment":
        return [sent["version"]]
    named = set(request.form.getlist(picture_forms.KEYS_FIELD))
    files = sorted((draft.width, draft.height, draft.size) for draft in drafts if draft.key not in named)
    return [sent["comment"], sorted(named), files]


def _answer(reference: str, did: str) -> Response:
    """The line as it is now for a script, the view it was sent from otherwise."""
    wanted = Wanted.read_back(request.form.get("back", ""))
    if "HX-Request" not in request.headers:
        return redirect(wanted.url_with({"done": reference, "did": did}), 303)
    shown = get_shown(g.person, reference, whole=bool(wanted.line))
    # What was typed and is not sent by this press stays in the field.
    if did not in SENDING:
        _keep_typed(shown, request.form.getlist(picture_forms.KEYS_FIELD))
    is_gone = not wanted.line and (shown.line.handled_at is None) != (wanted.view == "open")
    return make_response(
        render_template(
            "supplier/changed.html",
            wanted=wanted, shown=shown, is_gone=is_gone, did=did, numbers=count(g.person),
        )
    )  # fmt: skip


def _refused(reference: str, status: int, sentence: str, drafts: list[str]) -> Response:
    """The line with its fresh values, the reason, and what was typed."""
    db.session.rollback()
    wanted = Wanted.read_back(request.form.get("back", ""))
    is_whole = bool(wanted.line) or "HX-Request" not in request.headers
    shown = get_shown(g.person, reference, whole=is_whole)
    shown.trouble = sentence
    _keep_typed(shown, drafts or request.form.getlist(picture_forms.KEYS_FIELD))
    if "HX-Request" in request.headers:
        return make_response(render_template("supplier/line.html", wanted=wanted, shown=shown), status)
    return make_response(listing.line_page(replace(wanted, line=reference), shown), status)


def _keep_typed(shown: Shown, keys: list[str]) -> None:
    shown.typed = clean(request.form.get("comment", ""))
    shown.drafts = pictures.drafts_of(g.person, keys)
