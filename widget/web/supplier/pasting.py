"""Reporting many lines at once: rows copied from a spreadsheet, shown with what is wrong with each, then reported.

Here is how pasted text becomes rows; what a line needs, and when it is open already, entries.py knows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from io import StringIO
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Response, g, render_template, request
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from widget import orders, presses, problem_types
from widget.db import db
from widget.errors import Refused
from widget.orders import OrderName
from widget.problem_types import Board, ProblemType
from widget.problems import Problem
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.supplier import entries, reporting, type_rules
from widget.web.supplier.door import bp
from widget.web.supplier.entries import Entry, OpenAlready, Painted
from widget.web.typed import clean

MOST_ROWS = 100
MOST_CHARACTERS = 20_000
REFERENCE = re.compile(r"P-[1-9][0-9]{0,17}", re.ASCII)
FIELDS = ("order_number", "problem_type", "problem", "comment_supplier")
# What the columns of the sheets are called, in both languages. What belongs to no field of the form is passed over.
COLUMNS = {
    "order_number": ("order number", "order", "订单号", "订单", "订单编号"),
    "problem_type": ("problem type", "type", "问题类型", "类型"),
    "problem": ("problem", "问题", "问题描述"),
    "comment_supplier": ("comment supplier", "供应商备注", "备注"),
    "informed_customer": ("informed customer", "已通知客户"),
    "address": ("address", "地址"),
    "handled": ("handled by supplier", "供应商已处理"),
    "picture": ("picture", "图片"),
    "comment_cs": ("comment cs", "客服备注"),
}
FIELD_OF = {name: column for column, names in COLUMNS.items() for name in names}
PASSED_OVER = {
    "informed_customer": N_("Informed customer"),
    "address": N_("Address"),
    "handled": N_("Handled by supplier"),
    "picture": N_("Picture"),
    "comment_cs": N_("Comment cs"),
}
# How wide rows are laid out when no header says it: as the sheets are.
WHOLE_SHEET = {
    Board.PROBLEM_SHEET: (*FIELDS[:3], "informed_customer", "address", "handled", "picture", "comment_cs", FIELDS[3]),
    Board.PHOTO_ISSUES: (*FIELDS[:3], "informed_customer", "picture", "handled", "comment_cs", FIELDS[3]),
}


class State(StrEnum):
    """What can be said of a row before it is reported."""

    READY = "ready"
    WRONG = "wrong"
    OPEN_ALREADY = "open"
    TWICE = "twice"


class Pasted(NamedTuple):
    """What was read out of a pasted text: rows by field, and which columns were passed over."""

    rows: list[dict[str, str]]
    passed_over: list[str]


@dataclass(frozen=True)
class Row:
    """One row as it is shown: what was typed, whether it is to be reported, and what is to be said of it.

    `asked` is what the reporter was told when he chose to report it all the same; it counts only while that is so.
    """

    values: Mapping[str, str]
    type_typed: str = ""
    is_wanted: bool = True
    asked: str = ""
    state: State = State.READY
    errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    twin: OpenAlready | None = None
    entry: Entry | None = None

    @property
    def doubt(self) -> str:
        """What the reporter has to have been told before the row is reported all the same."""
        return {State.OPEN_ALREADY: self.twin.reference if self.twin else "", State.TWICE: "twice"}.get(self.state, "")

    @property
    def is_ready(self) -> bool:
        """Whether it is reported now."""
        return self.is_wanted and self.entry is not None and self.asked == self.doubt


def read(text: str, board: Board) -> Pasted:
    """Rows out of what a spreadsheet copied: tabs between cells, quotes around cells with line breaks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    cells = [[clean(cell) for cell in row] for row in csv.reader(StringIO(text), **_quoting_of(text))]
    cells = [row for row in cells if any(row)]
    header = _header(cells[0]) if cells else None
    width = max(map(len, cells), default=0)
    layout = header or (FIELDS if width <= len(FIELDS) else WHOLE_SHEET[board])
    rows = [dict(zip(layout, row, strict=False)) for row in (cells[1:] if header else cells)]
    passed_over = [column for column in layout if column in PASSED_OVER and any(row.get(column) for row in rows)]
    return Pasted([{name: row.get(name, "") for name in FIELDS} for row in rows], passed_over)


def type_code(typed: str, types: Sequence[ProblemType]) -> str:
    """The code of the type somebody wrote, in either language; empty when he has to choose.

    A name that only begins, or only holds, what was written counts when no other does.
    """
    wanted = " ".join(orders.plain(typed).casefold().split())
    if not wanted:
        return ""
    names = {type_.code: (type_.name_en.casefold(), type_.name_zh.casefold(), type_.code) for type_ in types}
    for fits in (str.__eq__, str.startswith, str.__contains__):
        found = [code for code, called in names.items() if any(fits(name, wanted) for name in called)]
        if len(found) == 1:
            return found[0]
    return ""


@bp.get("/paste")
def paste_GET() -> str:
    """The page with one large field to paste into, and what was reported from it just now."""
    board = reporting.board_asked_for(request.args)
    reported = [reference for reference in request.args.get("reported", "").split(",")[:MOST_ROWS] if reference]
    return render_template("supplier/paste.html", board=board, rows="", wrong="", reported=_own(reported))


@bp.post("/paste")
def paste_POST() -> AnyResponse:
    """Show what was pasted, or report what was shown."""
    board = reporting.board_asked_for(request.form)
    if "rows" not in request.form:
        return _report(board)
    text = request.form["rows"]
    pasted = read(text[:MOST_CHARACTERS], board)
    wrong = _why_not(text, pasted)
    if wrong:
        page = render_template("supplier/paste.html", board=board, rows=text, wrong=wrong, reported=[])
        return Response(page, 422)
    types = problem_types.choices(board)
    rows = [
        Row({**row, "problem_type": type_code(row["problem_type"], types)}, row["problem_type"]) for row in pasted.rows
    ]
    rows = _looked_at(rows, types)
    passed_over = [_(PASSED_OVER[column]) for column in pasted.passed_over]
    return _preview(200, board, types, [replace(row, is_wanted=not row.doubt) for row in rows], passed_over=passed_over)


def _report(board: Board) -> AnyResponse:
    """Report the rows that are ready, all or none of them; the others stay as they were typed."""
    types = problem_types.choices(board)
    reported: list[str] = []
    left: list[Row] = []
    for row in _looked_at(_sent_rows(), types, locking=True):
        reference, why = _reported(row)
        if reference:
            reported.append(reference)
        else:
            left.append(replace(row, refusal=why))
    is_done = bool(reported) and not any(row.is_wanted for row in left)
    left = [replace(row, is_wanted=row.is_wanted and not row.doubt) for row in _looked_at(left, types)]
    if is_done:
        query = urlencode({"board": board, "reported": ",".join(dict.fromkeys(reported))})
        answer = reporting.redirect_to(f"{bp.url_prefix}/paste?{query}")
    else:
        answer = _preview(422, board, types, left, reported=_own(reported))
    db.session.commit()
    return answer


def _reported(row: Row) -> tuple[str, str]:
    """The line a row has become, or why it has not. The same row sent twice within a minute has become one line."""
    if row.entry is None or not row.is_wanted:
        return "", ""
    fingerprint = entries.fingerprint_of(row.entry)
    before = presses.find_answer(fingerprint)
    if before is not None or row.asked != row.doubt:
        return before or "", ""
    try:
        with db.session.begin_nested():
            line = entries.report(row.entry, orders.known(row.entry.order))
    except Refused as error:
        return "", entries.why_refused(error, [row.twin] if row.twin else [])
    presses.keep(fingerprint, line.reference)
    return line.reference, ""


def _looked_at(rows: Iterable[Row], types: Sequence[ProblemType], *, locking: bool = False) -> list[Row]:
    """What can be said of each row now. A few queries, however many rows there are."""
    painted = entries.painted_by(g.person)
    rows = [_read(row, painted, types) for row in rows]
    names = {row.entry.order for row in rows if row.entry is not None}
    if locking:
        orders.lock_known(names)
    lines = entries.open_already(g.person, names) if names else {}
    seen: set[tuple[OrderName, int]] = set()
    looked_at = []
    for row in rows:
        looked_at.append(_compared(row, lines, seen))
        if row.entry is not None and row.is_wanted:
            seen.add((row.entry.order, row.entry.type.id))
    return looked_at


def _read(row: Row, painted: Painted, types: Sequence[ProblemType]) -> Row:
    try:
        entry = entries.read_entry(row.values, painted, types)
    except ValidationError as error:
        return replace(row, entry=None, state=State.WRONG, errors=entries.in_one_line(error), twin=None)
    why = type_rules.why_not_in_rows(entry.type)
    if why:
        return replace(row, entry=None, state=State.WRONG, errors={"picture": why}, twin=None)
    return replace(row, entry=entry, state=State.READY, twin=None)


def _compared(row: Row, lines: Mapping[OrderName, list[OpenAlready]], seen: set[tuple[OrderName, int]]) -> Row:
    """Whether there is an open line like this row, or an earlier row like it."""
    if row.entry is None:
        return row
    twin = entries.twin_of(row.entry, lines.get(row.entry.order, ()))
    if twin is not None:
        return replace(row, state=State.OPEN_ALREADY, twin=twin)
    return replace(row, state=State.TWICE) if (row.entry.order, row.entry.type.id) in seen else row


def _sent_rows() -> list[Row]:
    """The rows of the form, as they were edited."""
    columns = [
        [clean(cell) for cell in request.form.getlist(name)][:MOST_ROWS] for name in (*FIELDS, "type_typed", "asked")
    ]
    wanted = set(request.form.getlist("wanted"))
    return [
        Row(dict(zip(FIELDS, cells[:-2], strict=True)), type_typed, is_wanted=str(place) in wanted, asked=asked)
        for place, cells in enumerate(zip(*columns, strict=False))
        for type_typed, asked in [cells[-2:]]
    ]


def _own(references: Sequence[str]) -> list[OpenAlready]:
    """Those of these lines that are the reader's own, in the order they were reported."""
    ids = [int(reference[2:]) for reference in references if REFERENCE.fullmatch(reference)]
    return entries.open_lines(g.person, Problem.id.in_(ids)) if ids else []


def _preview(status: int, board: Board, types: Sequence[ProblemType], rows: Sequence[Row], **told: Any) -> AnyResponse:
    names = {type_.code: type_rules.type_name(type_) for type_ in types}
    page = render_template("supplier/paste_preview.html", board=board, types=names, rows=rows, **told)
    return Response(page, status)


def _why_not(text: str, pasted: Pasted) -> str:
    """Why a pasted text cannot be shown as rows."""
    if len(text) > MOST_CHARACTERS:
        return _("Too much at once: at most 20,000 characters. Paste the rows in several parts.")
    if len(pasted.rows) > MOST_ROWS:
        return _("Too many rows at once: %(count)s, at most 100. Paste them in several parts.", count=len(pasted.rows))
    return "" if pasted.rows else _("Paste at least one row.")


def _header(row: Sequence[str]) -> tuple[str, ...] | None:
    """Which column is which, if this is a row of column names. An unknown name stands for nothing."""
    names = [FIELD_OF.get(" ".join(cell.casefold().split()), "") for cell in row]
    return tuple(name or f"unknown-{place}" for place, name in enumerate(names)) if "order_number" in names else None


def _quoting_of(text: str) -> dict[str, Any]:
    """Spreadsheets quote in pairs. Where a quote has no other it is a sign like any other, such as that of inches."""
    return {"dialect": "excel-tab", "quoting": csv.QUOTE_NONE if text.count('"') % 2 else csv.QUOTE_MINIMAL}
