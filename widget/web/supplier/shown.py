"""What is shown of lines, and the queries behind it: a page of a view, one line, and how much is open.

However many lines there are, a page takes the same number of queries, and threads are read only of the lines on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select
from sqlalchemy.orm import aliased, contains_eager

from widget import pictures, problems, refunds
from widget.db import db, utcnow
from widget.history import Change
from widget.orders import Order
from widget.people import Person, Side, SupplierStore
from widget.pictures import Picture
from widget.problem_types import Board, ProblemType
from widget.problems import Comment, Digest, Problem
from widget.refunds import Claim, Hand
from widget.web import keyset, searched, visible
from widget.web.asked import REFUNDS
from widget.web.differences import Piece, changes
from widget.web.supplier.wanted import CURSOR, Wanted

PER_PAGE = 50
SHOWN_OF_A_THREAD = 3
# The states in which a claim waits for the workshop.
FOR_HER = [state.value for state, hand in refunds.WAITS_FOR.items() if hand is Hand.SUPPLIER]


@dataclass
class Shown:
    """One line with all that is shown of it.

    `trouble` is why the last press was refused, `typed` and `drafts` the words and pictures that were to be sent then.
    """

    line: Problem
    is_unclear: bool
    thread: Sequence[Any] = ()
    comment_count: int = 0
    pictures: Sequence[Picture] = ()
    trouble: str = ""
    typed: str = ""
    drafts: Sequence[Picture] = ()

    @property
    def address(self) -> list[Piece]:
        """The address, and what of it was changed last."""
        return changes(self.line.address_before, self.line.address)

    @property
    def has_news(self) -> bool:
        """Whether there is an address that nobody of the supplier has confirmed."""
        return bool(self.line.address) and self.line.address_seen_at is None


@dataclass
class Listed:
    """One page of a view. `found` counts the lines from here on; 0 where they are not counted."""

    lines: list[Shown] = field(default_factory=list)
    found: int = 0
    after: str = ""


class Numbers(NamedTuple):
    """How many lines of each board are open, and wait too long for the supplier; and the newest change of all."""

    open: dict[str, int]
    late: dict[str, int]
    newest: int


def count(person: Person) -> Numbers:
    """How much is open, of claims how many wait for the workshop, and where news begins. One query."""
    is_late = (Problem.waiting_for == Side.SUPPLIER, Problem.due_at < utcnow())
    open_lines = [_count_open(person, board) for board in Board]
    late_lines = [_count_open(person, board).where(*is_late) for board in Board]
    claims = select(func.count()).select_from(Claim).where(visible.may_see_claim(person), Claim.state.in_(FOR_HER))
    counted = [query.scalar_subquery() for query in (select(func.max(Change.id)), claims, *open_lines, *late_lines)]
    newest, waiting_claims, *numbers = db.session.execute(select(*counted)).one()
    boards = [board.value for board in Board]
    found = dict(zip(boards, numbers, strict=False))
    late = dict(zip(boards, numbers[len(boards) :], strict=True))
    return Numbers({**found, REFUNDS: waiting_claims}, {**late, REFUNDS: 0}, newest or 0)


def lately(person: Person) -> Digest:
    """What happened to the person's lines since yesterday began where he works. One query."""
    zone = ZoneInfo(person.supplier.timezone if person.supplier else "UTC")
    yesterday = utcnow().astimezone(zone).date() - timedelta(days=1)
    return problems.digest(datetime.combine(yesterday, time(), zone), person.supplier_id)


def read_page(person: Person, wanted: Wanted) -> Listed:
    """Up to fifty lines of a view. Three queries."""
    if wanted.board == REFUNDS:
        return Listed()
    # Handled lines become more and more: nobody waits for them to be counted.
    found = func.count().over() if wanted.view == "open" else literal(0)
    query = _view(person, wanted).add_columns(_is_unclear(person), found).order_by(*_order(wanted))
    if after := _read_cursor(wanted):
        query = query.where(_is_beyond(wanted, after))
    rows = db.session.execute(query.limit(PER_PAGE + 1)).all()
    lines = [Shown(line, unclear) for line, unclear, _found in rows[:PER_PAGE]]
    _fill(lines)
    has_more = len(rows) > PER_PAGE
    return Listed(lines, rows[0][2] if rows else 0, _write_cursor(wanted, rows[PER_PAGE - 1][0]) if has_more else "")


def get_shown(person: Person, reference: str, *, whole: bool = False) -> Shown:
    """One line as its partial shows it, with its whole thread or the end of it. Raises NotFound."""
    line = visible.get_line(person, reference)
    shown = Shown(line, bool(db.session.scalar(select(_is_unclear(person)).where(Order.id == line.order_id))))
    _fill([shown], SHOWN_OF_A_THREAD if not whole else None)
    return shown


def neighbours(person: Person, wanted: Wanted, line: Problem) -> tuple[str, str]:
    """The references of the lines before and behind one in a view; empty at its ends. Two queries."""
    if wanted.view == "handled" and line.handled_at is None:
        return "", ""
    here = _position(wanted, line)
    ids = [
        db.session.scalar(
            _view(person, wanted)
            .with_only_columns(Problem.id)
            .where(_is_beyond(wanted, here, backwards=backwards))
            .order_by(*_order(wanted, backwards=backwards))
            .limit(1)
        )
        for backwards in (True, False)
    ]
    before, behind = (f"P-{found}" if found else "" for found in ids)
    return before, behind


def _count_open(person: Person, board: Board) -> Select[int]:
    return (
        select(func.count())
        .select_from(Problem)
        .where(_is_of(person), Problem.board == board.value, Problem.handled_at.is_(None))
    )


def _is_of(person: Person) -> ColumnElement[bool]:
    return Problem.supplier_id == person.supplier_id


def _view(person: Person, wanted: Wanted) -> Select[Problem]:
    is_open = Problem.handled_at.is_(None) if wanted.view == "open" else Problem.handled_at.is_not(None)
    query = (
        select(Problem)
        .join(Problem.order)
        .join(Order.store)
        .join(Problem.type)
        .where(_is_of(person), Problem.board == wanted.board, is_open)
        .options(contains_eager(Problem.order).contains_eager(Order.store), contains_eager(Problem.type))
    )
    if wanted.type:
        query = query.where(ProblemType.code == wanted.type)
    if wanted.turn:
        query = query.where(Problem.waiting_for == wanted.turn)
    return query.where(*searched.says_all(wanted.q))


def _is_unclear(person: Person) -> ColumnElement[bool]:
    """Whether another store of the supplier has an order of the same number."""
    twin = aliased(Order)
    own_stores = select(SupplierStore.store_id).where(SupplierStore.supplier_id == person.supplier_id)
    return (
        exists()
        .where(twin.store_id.in_(own_stores), twin.name == Order.name, twin.store_id != Order.store_id)
        .correlate(Order)
    )


def _keys(wanted: Wanted) -> tuple[ColumnElement[Any], ...]:
    """What a view is sorted by: own turn and then what waits longest; handled lines the newest first."""
    if wanted.view == "handled":
        return Problem.handled_at.expression, Problem.id.expression
    is_theirs = case((Problem.waiting_for == Side.SUPPLIER.value, 0), else_=1)
    return is_theirs, Problem.waiting_since.expression, Problem.id.expression


def _order(wanted: Wanted, *, backwards: bool = False) -> Iterable[ColumnElement[Any]]:
    return keyset.sorted_by(_keys(wanted), descending=(wanted.view == "handled") != backwards)


def _is_beyond(wanted: Wanted, position: Sequence[Any], *, backwards: bool = False) -> ColumnElement[bool]:
    return keyset.is_beyond(_keys(wanted), position, descending=(wanted.view == "handled") != backwards)


def _position(wanted: Wanted, line: Problem) -> tuple[Any, ...]:
    if wanted.view == "handled":
        return line.handled_at, line.id
    return int(line.waiting_for != Side.SUPPLIER), line.waiting_since, line.id


def _write_cursor(wanted: Wanted, line: Problem) -> str:
    *turn, at, number = _position(wanted, line)
    return "-".join(map(str, [*turn, keyset.as_number(at), number]))


def _read_cursor(wanted: Wanted) -> tuple[Any, ...] | None:
    """Where a page goes on; None when that was written for another view."""
    match = CURSOR.fullmatch(wanted.after)
    if match is None or (match[1] is None) != (wanted.view == "handled"):
        return None
    at, number = keyset.as_moment(match[2]), int(match[3])
    return (at, number) if match[1] is None else (int(match[1]), at, number)


def _fill(lines: list[Shown], at_most: int | None = SHOWN_OF_A_THREAD) -> None:
    """Read the newest comments and the pictures of these lines. Two queries."""
    ids = [shown.line.id for shown in lines]
    threads: dict[int, list[Any]] = {line_id: [] for line_id in ids}
    for row in db.session.execute(_newest_comments(ids, at_most)):
        threads[row.problem_id].append(row)
    of_lines = pictures.of(ids)
    for shown in lines:
        shown.thread = threads[shown.line.id]
        shown.comment_count = shown.thread[0].total if shown.thread else 0
        shown.pictures = of_lines[shown.line.id]


def _newest_comments(ids: list[int], at_most: int | None) -> Select[Any]:
    numbered = (
        select(
            *(Comment.id, Comment.problem_id, Comment.side, Comment.author, Comment.text, Comment.at),
            func.row_number().over(partition_by=Comment.problem_id, order_by=Comment.id.desc()).label("place"),
            func.count().over(partition_by=Comment.problem_id).label("total"),
        )
        .where(Comment.problem_id.in_(ids))
        .subquery()
    )
    newest = select(numbered).order_by(numbered.c.id)
    return newest.where(numbered.c.place <= at_most) if at_most else newest
