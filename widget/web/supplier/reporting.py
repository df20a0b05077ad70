"""Reporting a line: the form "New problem", and what is said about an order number while it is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, g, redirect, render_template, request
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from widget import orders, pictures, presses, problem_types, problems
from widget.db import db
from widget.errors import NotFound, Refused
from widget.pictures import Picture
from widget.problem_types import Board, ProblemType
from widget.problems import Problem
from widget.web import language, picture_forms
from widget.web.picture_forms import FormRefused
from widget.web.places import take_line
from widget.web.supplier import type_rules
from widget.web.supplier.door import bp, me
from widget.web.supplier.entries import (
    LONGEST_ORDER_NUMBER,
    Entry,
    EntrySchema,
    OpenAlready,
    fingerprint_of,
    in_one_line,
    open_already,
    painted_by,
    read_entry,
    report,
    twin_of,
    why_not_an_order,
    why_refused,
)
from widget.web.supplier.type_rules import Choice
from widget.web.typed import clean

# Shorter than that somebody is still typing, and is not told that it is wrong.
SHORTEST_ORDER_NUMBER = 4


@dataclass(frozen=True)
class ReportForm:
    """The form as it is shown: empty, or as it comes back with what was typed and why it was not reported.

    `types` are what can be chosen, in the reader's language.
    """

    board: Board
    types: Sequence[Choice]
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    twin: OpenAlready | None = None
    may_report_anyway: bool = False
    drafts: Sequence[Picture] = ()

    @property
    def is_open(self) -> bool:
        """Whether it has something to say, so that a phone shows it at once."""
        return bool(self.errors or self.twin)

    @property
    def chosen(self) -> Choice:
        """The type that is chosen in it."""
        code = self.values.get("problem_type", "")
        return next((choice for choice in self.types if choice.code == code), type_rules.NOTHING_CHOSEN)

    @property
    def list_address(self) -> str:
        """Where the lines of the form's board are."""
        return address_of(self.board)

    @property
    def first_wrong(self) -> str:
        """The field to begin with."""
        return next((name for name in EntrySchema().fields if name in self.errors), "")


def form_for(
    board: Board,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    twin: OpenAlready | None = None,
    *,
    may_report_anyway: bool = False,
    drafts: Sequence[Picture] = (),
) -> ReportForm:
    """The form for a board, for the context of whatever page includes supplier/report.html."""
    types = [type_rules.choice_of(type_) for type_ in problem_types.choices(board)]
    return ReportForm(board, types, values or {}, errors or {}, twin, may_report_anyway, drafts)


@bp.get("/order")
def order_GET() -> str:
    """What is known about an order number that is being typed: a piece of the page."""
    typed = clean(request.args.get("order_number", ""))[: LONGEST_ORDER_NUMBER + 1]
    painted = painted_by(g.person)
    is_complete = len(typed) >= SHORTEST_ORDER_NUMBER or (bool(typed) and "left" in request.args)
    try:
        name = orders.read_name(typed, painted.patterns)
    except Refused as error:
        wrong = why_not_an_order(error, painted) if is_complete else ""
        return render_template("supplier/report_check.html", wrong=wrong)
    lines = open_already(g.person, [name]).get(name, [])
    return render_template("supplier/report_check.html", name=name.name, shop=painted.shops[name.store_id], lines=lines)


@bp.post("/report")
def report_POST() -> AnyResponse:
    """Report one line, or add to the one that is open already."""
    board = board_asked_for(request.form)
    types = problem_types.choices(board)
    entry, wrong = _read_form(types)
    if entry is not None and (done := presses.find_answer(_fingerprint(entry))) is not None:
        return _landed(board, done)
    status, drafts = 422, []
    try:
        drafts = picture_forms.take(g.person)
    except FormRefused as error:
        status, drafts = error.status, error.kept
        wrong["picture"] = language.in_words(error)
    else:
        wrong.update(_lacking(types, drafts))
    if entry is None or wrong:
        return _come_back(status, board, errors=wrong, drafts=drafts)
    return _report(board, entry, drafts)


def _report(board: Board, entry: Entry, drafts: Sequence[Picture]) -> AnyResponse:
    add_to, anyway = request.form.get("add_to", ""), bool(request.form.get("anyway"))
    order = orders.lock_known([entry.order])[entry.order]
    # Again, now that nobody else can be at it.
    if (done := presses.find_answer(_fingerprint(entry))) is not None:
        return _landed(board, done)
    lines = open_already(g.person, [entry.order]).get(entry.order, [])
    twin = twin_of(entry, lines)
    if twin is not None and not add_to and not anyway:
        may_report_anyway = twin.problem != entry.problem
        return _come_back(409, board, twin=twin, may_report_anyway=may_report_anyway, drafts=drafts)
    keys = [draft.key for draft in drafts]
    try:
        line = _added_to(add_to, entry, drafts) if add_to else report(entry, order, drafts)
    except NotFound:
        raise
    except Refused as error:
        db.session.rollback()
        why = language.in_words(error) if add_to else why_refused(error, lines)
        # One of the pictures may be what is gone.
        return _come_back(409, board, errors={"form": why}, drafts=pictures.drafts_of(g.person, keys))
    done = line.reference
    presses.keep(_fingerprint(entry), done)
    db.session.commit()
    return _landed(board, done)


def _read_form(types: Sequence[ProblemType]) -> tuple[Entry | None, dict[str, str]]:
    """What was typed into the form, or what is wrong with it."""
    try:
        return read_entry(request.form, painted_by(g.person), types), {}
    except ValidationError as error:
        return None, in_one_line(error)


def _lacking(types: Sequence[ProblemType], drafts: Sequence[Picture]) -> dict[str, str]:
    """What the chosen type wants besides the words. What is added to an open line is a comment, and has no type."""
    code = clean(request.form.get("problem_type", ""))
    why = "" if request.form.get("add_to") else type_rules.why_incomplete(code, types, drafts)
    return {"picture": why} if why else {}


def _fingerprint(entry: Entry) -> str:
    """Of a form: with the pictures it names and brings, which are other drafts each time they are sent."""
    files = sorted(file.filename or "" for file in request.files.getlist(picture_forms.FIELD))
    keys = sorted(request.form.getlist(picture_forms.KEYS_FIELD))
    more = (request.form.get("add_to", ""), *keys, *filter(None, files))
    return fingerprint_of(entry, *more) if any(more) else fingerprint_of(entry)


def board_asked_for(sent: Mapping[str, str]) -> Board:
    """Which of the two sheets a form is for."""
    board = sent.get("board") or Board.PROBLEM_SHEET.value
    if board not in set(Board):
        abort(422)
    return Board(board)


def address_of(board: str, **told: str) -> str:
    """The list of a board, with what has just been done."""
    return f"{bp.url_prefix}?{urlencode({'board': board, **told})}"


def redirect_to(address: str) -> AnyResponse:
    """Go on to an address; a request by script is told so in a header, and goes there as a whole page."""
    if is_by_script():
        return Response(headers={"HX-Redirect": address})
    return redirect(address, 303)


def is_by_script() -> bool:
    """Whether the answer replaces a piece of the page instead of the page."""
    return "HX-Request" in request.headers


def _added_to(reference: str, entry: Entry, drafts: Sequence[Picture]) -> Problem:
    line, at = take_line(reference)
    if (line.order.store_id, line.order.name) != entry.order:
        raise Refused("{line} is about {order}. Report this as a new line.", line=line.reference, order=line.order.name)
    words = f"{entry.problem}\n{entry.comment}" if entry.comment else entry.problem
    going_along = pictures.attachments(drafts, line.order.name, after=line.picture_count)
    problems.comment(line, words, by=me(), at=at, pictures=going_along)
    pictures.attach(drafts, line)
    return line


def _landed(board: Board, reference: str) -> AnyResponse:
    """Where the reporter sees what has become of it: in the list, or in the thread of the line he added to."""
    if request.form.get("add_to"):
        return redirect_to(f"{bp.url_prefix}/lines/{reference}?{urlencode({'added': reference})}")
    return redirect_to(address_of(board, reported=reference))


def _come_back(status: int, board: Board, **why: Any) -> AnyResponse:
    """The form with all that was typed and what is wrong with it. The words only, if a script asked for them."""
    values = {name: clean(request.form.get(name, "")) for name in EntrySchema().fields}
    form = form_for(board, values, **why)
    template = "supplier/report.html" if is_by_script() else "supplier/report_page.html"
    return Response(render_template(template, report=form), status)
