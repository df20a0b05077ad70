"""One press for many lines. What one of them refuses is said in words; the others go through all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from flask import make_response, redirect, request
from werkzeug.wrappers import Response

from widget import presses
from widget.db import db
from widget.errors import Refused
from widget.problems import Problem
from widget.tickets import Place
from widget.web.desk import editing, listing
from widget.web.desk.door import bp, take_lines
from widget.web.desk.editing import NOTHING_SAID, TICKED, Press
from widget.web.desk.listing import MOST_AT_ONCE, Done
from widget.web.desk.shown import fetch_shown
from widget.web.desk.wanted import Wanted
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.line_forms import RELOAD, TOO_LONG, in_words
from widget.web.staff import me
from widget.web.typed import LONGEST_TYPED, clean

NOTHING_SELECTED = N_("Select lines first: tick the boxes beside their order numbers.")
TOO_MANY = N_("At most 50 lines at once, please.")
ACTS: dict[str, Callable[[Press], str]] = {
    TICKED: editing.tick,
    "comment": editing.say,
    "remind": editing.remind,
}
# A line as a tick box names it: its number, and the version that was shown.
PICKED = re.compile(r"([1-9][0-9]{0,17})-([0-9]{1,9})", re.ASCII)


@bp.post("/bulk")
def bulk_POST() -> Response:
    """Do the same to all lines that are ticked."""
    act, comment = request.form.get("act", ""), clean(request.form.get("comment", ""))
    trouble = ""
    if act not in ACTS:
        trouble = RELOAD
    elif act == "comment" and not comment:
        trouble = NOTHING_SAID
    elif len(comment) > LONGEST_TYPED:
        trouble = TOO_LONG
    return _run(act, ACTS.get(act, editing.undo), comment, trouble)


@bp.post("/bulk/undo")
def bulk_undo_POST() -> Response:
    """Take back what was just done to these lines."""
    act = request.form.get("act", "")
    return _run("undo", editing.undo, "", "" if act in (TICKED, "comment") else RELOAD)


def _run(name: str, act: Callable[[Press], str], comment: str, trouble: str) -> Response:
    named = [PICKED.fullmatch(each) for each in request.form.getlist("lines")]
    picked = {int(match[1]): int(match[2]) for match in named if match}
    if not picked:
        trouble = trouble or NOTHING_SELECTED
    elif len(picked) > MOST_AT_ONCE:
        trouble = TOO_MANY
    if trouble:
        return _page(Done(act=name, trouble=_(trouble), comment=comment), picked, 422)
    went, refused = _do(name, act, comment, picked)
    answer = _answer(name, comment, picked, went, refused)
    db.session.commit()
    return answer


def _do(
    name: str, act: Callable[[Press], str], comment: str, picked: dict[int, int]
) -> tuple[list[int], list[tuple[str, str]]]:
    """The numbers of the lines where it was done, and the reference and reason of each that refused it."""
    went: list[int] = []
    refused: list[tuple[str, str]] = []
    for line, at in take_lines(picked, is_silent=bool(request.form.get("silent"))):
        reference, number = line.reference, line.id
        try:
            with db.session.begin_nested():
                _once(name, act, line, at, _sent(comment, picked[number]))
        except Refused as error:
            refused.append((reference, in_words(error)))
        else:
            went.append(number)
    return went, refused


def _sent(comment: str, version: int) -> dict[str, Any]:
    return {"informed": "yes", "comment": comment, "version": version, "act": request.form.get("act", "")}


def _once(name: str, act: Callable[[Press], str], line: Problem, at: Place, sent: dict[str, Any]) -> None:
    content = [sent[each] for each in ("version", "comment", "act")]
    fingerprint = presses.fingerprint_of("desk", me().email, f"bulk-{name}", line.id, *content)
    presses.once(fingerprint, lambda: act(Press(line, at, sent)))


def _answer(
    name: str, comment: str, picked: dict[int, int], went: Sequence[int], refused: list[tuple[str, str]]
) -> Response:
    """Back to the view. What was refused is said at once, with those lines still selected and the comment kept."""
    is_silent = bool(request.form.get("silent"))
    if not refused and "HX-Request" not in request.headers:
        told = {"done": ",".join(f"P-{number}" for number in went), "did": name}
        wanted = Wanted.read_back(request.form.get("back", ""))
        return redirect(wanted.url_with({**told, **({"silent": "yes"} if is_silent else {})}), 303)
    done = Done(
        act=name,
        lines=fetch_shown(went) if went else (),
        refused=refused,
        comment=comment if refused else "",
        is_silent=is_silent,
    )
    return _page(done, picked.keys() - set(went), 409 if refused else 200)


def _page(done: Done, selected: Any, status: int) -> Response:
    wanted = Wanted.read_back(request.form.get("back", ""))
    if status == 422:
        db.session.rollback()
    return make_response(listing.list_page(wanted, done=done, selected=set(selected)), status)
