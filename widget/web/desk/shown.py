"""What is shown of lines, and the queries behind it: a page of a view, one line, and how much is open.

However many lines there are, a page takes the same number of queries, and comments are read only of the lines on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import g
from sqlalchemy import ColumnElement, Select, exists, func, literal, select, true
from sqlalchemy.orm import aliased, contains_eager, joinedload

from widget import pictures, problems, refunds
from widget.db import db, utcnow
from widget.history import Change
from widget.orders import Order
from widget.people import Person, PersonStore, Side, Supplier
from widget.pictures import Picture
from widget.problem_types import Board, ProblemType
from widget.problems import Comment, Problem, Told
from widget.refunds import Claim
from widget.stores import Store
from widget.web import keyset, searched, visible
from widget.web.asked import REFUNDS
from widget.web.desk.wanted import ALL, CURSOR, MINE, Wanted

PER_PAGE = 50
# Whose turn it is, as it is sorted.
TURNS = (Side.CUSTOMER_SERVICE.value, Side.SUPPLIER.value)


@dataclass
class Shown:
    """One line with all that is shown of it: the newest comment of each side, how many there are, and its pictures.

    `note` is who hears of what is done to it. `trouble` is why the last press was refused, `about` which field
    that was, `change` what somebody else did meanwhile, and `typed` what was to be saved then, by the field's name.
    """

    line: Problem
    is_unclear: bool
    said: Mapping[str, Any] = field(default_factory=dict)
    comment_count: int = 0
    pictures: Sequence[Picture] = ()
    note: Told = field(default_factory=Told)
    trouble: str = ""
    about: str = ""
    change: Change | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    is_selected: bool = False


@dataclass
class Listed:
    """One page of a view. `found` counts the lines from here on; 0 where they are not counted."""

    lines: list[Shown] = field(default_factory=list)
    found: int = 0
    after: str = ""


class Numbers(NamedTuple):
    """How many lines of each board are open in the stores looked at, and the newest change of all."""

    open: dict[str, int]
    newest: int


def count(person: Person, wanted: Wanted) -> Numbers:
    """How much is open, and where news begins. One query."""
    open_lines = {
        board.value: select(func.count(Problem.id))
        .join(Order, Order.id == Problem.order_id)
        .where(Problem.board == board.value, Problem.handled_at.is_(None), is_of_stores(person, wanted))
        .scalar_subquery()
        for board in Board
    }
    open_lines[REFUNDS] = (
        select(func.count(Claim.id))
        .join(Order, Order.id == Claim.order_id)
        .where(Claim.state.in_([state.value for state in refunds.OPEN]), is_of_stores(person, wanted))
        .scalar_subquery()
    )
    row = db.session.execute(select(select(func.max(Change.id)).scalar_subquery(), *open_lines.values())).one()
    return Numbers(dict(zip(open_lines, row[1:], strict=True)), row[0] or 0)


def read_page(person: Person, wanted: Wanted) -> Listed:
    """Up to fifty lines of a view. A fixed number of queries."""
    if wanted.board == REFUNDS:
        return Listed()
    # Handled lines become more and more: nobody waits for them to be counted.
    found = func.count().over() if wanted.view == "open" else literal(0)
    query = _view(person, wanted).add_columns(_is_unclear(), found).order_by(*_order(wanted))
    if (after := _read_cursor(wanted)) is not None:
        query = query.where(keyset.is_beyond(_keys(wanted), after, descending=_is_descending(wanted)))
    rows = db.session.execute(query.limit(PER_PAGE + 1)).all()
    lines = [Shown(line, unclear) for line, unclear, _found in rows[:PER_PAGE]]
    _fill(lines)
    has_more = len(rows) > PER_PAGE
    return Listed(lines, rows[0][2] if rows else 0, _write_cursor(wanted, rows[PER_PAGE - 1][0]) if has_more else "")


def get_shown(reference: str) -> Shown:
    """One line as its row shows it. Raises NotFound."""
    return fetch_shown([visible.get_line(g.person, reference).id])[0]


def fetch_shown(ids: Sequence[int]) -> list[Shown]:
    """These lines, whatever view they belong to, by their numbers. A fixed number of queries."""
    query = (
        select(Problem)
        .join(Problem.order)
        .where(Problem.id.in_(ids))
        .options(contains_eager(Problem.order).joinedload(Order.store), joinedload(Problem.type))
        .options(joinedload(Problem.supplier))
        .add_columns(_is_unclear())
        .order_by(Problem.id)
    )
    lines = [Shown(line, unclear) for line, unclear in db.session.execute(query)]
    _fill(lines)
    return lines


def is_of_stores(person: Person, wanted: Wanted) -> ColumnElement[bool]:
    """Whether an order is of the stores an address asks for. Who looks after none in particular looks after all."""
    if wanted.stores == ALL:
        return true()
    if wanted.stores == MINE:
        own = select(PersonStore.store_id).where(PersonStore.person_id == person.id)
        return Order.store_id.in_(own) | ~own.exists()
    return Order.store_id == select(Store.id).where(Store.code == wanted.stores).scalar_subquery()


def _view(person: Person, wanted: Wanted) -> Select[Problem]:
    query = (
        select(Problem)
        .join(Problem.order)
        .join(Order.store)
        .join(Problem.type)
        .join(Problem.supplier)
        .where(Problem.board == wanted.board, is_of_stores(person, wanted), *_filters(wanted))
        .options(contains_eager(Problem.order).contains_eager(Order.store), contains_eager(Problem.type))
        .options(contains_eager(Problem.supplier))
    )
    if wanted.view == "handled":
        return query.where(*searched.among_many(wanted.q))
    return query.where(*searched.says_all(wanted.q, Supplier.name))


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    is_open = Problem.handled_at.is_(None)
    wants: list[ColumnElement[bool]] = [is_open if wanted.view == "open" else ~is_open]
    if wanted.supplier:
        wants.append(Problem.supplier_id == int(wanted.supplier))
    if wanted.type:
        wants.append(ProblemType.code == wanted.type)
    if wanted.turn:
        wants.append(Problem.waiting_for == wanted.turn)
    if wanted.late:
        wants.append(Problem.due_at < utcnow())
    if wanted.informed:
        wants.append(Problem.informed_at.is_not(None) if wanted.informed == "yes" else Problem.informed_at.is_(None))
    return wants


def _is_unclear() -> ColumnElement[bool]:
    """Whether another store has an order of the same number."""
    twin = aliased(Order)
    return (
        exists()
        .where(twin.store_id.in_(select(Store.id)), twin.name == Order.name, twin.store_id != Order.store_id)
        .correlate(Order)
    )


def _way(wanted: Wanted) -> str:
    return "handled" if wanted.view == "handled" else wanted.sort


def _keys(wanted: Wanted) -> tuple[ColumnElement[Any], ...]:
    """What a view is sorted by: our turn and then what waits longest, or the newest, or the order number."""
    number = Problem.id.expression
    if _way(wanted) == "handled":
        return Problem.handled_at.expression, number
    if _way(wanted) == "newest":
        return Problem.reported_at.expression, number
    if _way(wanted) == "number":
        return func.length(Order.name), Order.name.expression, number
    # "customer_service" comes before "supplier".
    return Problem.waiting_for.expression, Problem.waiting_since.expression, number


def _is_descending(wanted: Wanted) -> bool:
    return _way(wanted) in ("handled", "newest")


def _order(wanted: Wanted) -> list[ColumnElement[Any]]:
    return keyset.sorted_by(_keys(wanted), descending=_is_descending(wanted))


def _write_cursor(wanted: Wanted, line: Problem) -> str:
    at = {"handled": line.handled_at, "newest": line.reported_at, "urgent": line.waiting_since}.get(_way(wanted))
    turn = [TURNS.index(line.waiting_for)] if _way(wanted) == "urgent" else []
    return "-".join(map(str, [*turn, *([keyset.as_number(at)] if at else []), line.id]))


def _read_cursor(wanted: Wanted) -> Sequence[Any] | None:
    """Where a page goes on; None when that was written for another view."""
    match = CURSOR.fullmatch(wanted.after)
    given = "".join("x" if part else "-" for part in match.groups()) if match else ""
    if match is None or given != {"urgent": "xxx", "number": "--x"}.get(_way(wanted), "-xx"):
        return None
    if _way(wanted) == "number":
        # An order's number stays what it is, so that the line itself says where a page ended.
        return db.session.execute(select(*_keys(wanted)).join(Problem.order).where(Problem.id == int(match[3]))).first()
    place = (keyset.as_moment(match[2]), int(match[3]))
    return (TURNS[int(match[1])], *place) if match[1] else place


def _fill(lines: list[Shown]) -> None:
    """Read the newest comment of each side, the pictures, and who hears of changes. A fixed number of queries."""
    ids = [shown.line.id for shown in lines]
    said: dict[int, dict[str, Any]] = {line_id: {} for line_id in ids}
    for row in db.session.execute(_newest_comments(ids)):
        said[row.problem_id][row.side] = row
    of_lines = pictures.of(ids)
    told = problems.who_hears_of([shown.line for shown in lines])
    for shown in lines:
        shown.said = said[shown.line.id]
        shown.comment_count = sum(row.total for row in shown.said.values())
        shown.pictures = of_lines[shown.line.id]
        shown.note = told[shown.line.id]


def _newest_comments(ids: list[int]) -> Select[Any]:
    one_side = (Comment.problem_id, Comment.side)
    numbered = (
        select(
            *(Comment.problem_id, Comment.side, Comment.author, Comment.text, Comment.at),
            func.row_number().over(partition_by=one_side, order_by=Comment.id.desc()).label("place"),
            func.count().over(partition_by=one_side).label("total"),
        )
        .where(Comment.problem_id.in_(ids))
        .subquery()
    )
    return select(numbered).where(numbered.c.place == 1)
