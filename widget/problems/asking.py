"""What is asked of lines: the open ones for the widget, and who paints an order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from widget import people
from widget.db import Prepared, db, utcnow
from widget.errors import NotFound, Refused
from widget.orders import Order
from widget.people import Side, Supplier
from widget.problem_types import Board
from widget.problems.tables import Problem


def get(problem_id: int, *, lock: bool = False) -> Problem:
    """A line by its id. Raises NotFound."""
    query = select(Problem).where(Problem.id == problem_id)
    problem = db.session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
    if problem is None:
        raise NotFound("There is no line {line}.", line=f"P-{problem_id}")
    return problem


def count_open(order: Order) -> int:
    """How many lines of an order are open."""
    return (
        db.session.scalar(
            select(func.count()).select_from(Problem).where(Problem.order_id == order.id, Problem.handled_at.is_(None))
        )
        or 0
    )


class Digest(NamedTuple):
    """What happened to lines of late, in numbers; `late` is how many wait too long now."""

    reported: int
    answered: int
    handled: int
    late: int


def digest(since: datetime, supplier_id: int | None = None) -> Digest:
    """What happened since then: to all lines as customer service sees it, or to a supplier's as he sees it. One query.

    `answered` are the open lines that came back to the reader's side since then, and not with their report.
    """
    reader, mine = Side.CUSTOMER_SERVICE, []
    if supplier_id is not None:
        reader, mine = Side.SUPPLIER, [Problem.supplier_id == supplier_id]
    is_open, is_mine = Problem.handled_at.is_(None), Problem.waiting_for == reader
    came_back = (is_open, is_mine, Problem.waiting_since >= since, Problem.waiting_since > Problem.reported_at)
    # Both boards are named for the sake of the index.
    handled = (Problem.handled_at >= since, Problem.handled_at.is_not(None), Problem.board.in_(list(Board)))
    counted = (
        (Problem.reported_at >= since,),
        came_back,
        handled,
        (is_open, Problem.due_at < utcnow()) if supplier_id is None else (is_open, is_mine, Problem.due_at < utcnow()),
    )
    row = db.session.execute(
        select(*(select(func.count()).select_from(Problem).where(*each, *mine).scalar_subquery() for each in counted))
    ).one()
    return Digest._make(row)


def supplier_for(order: Order) -> Supplier:
    """Who paints an order: whoever has a line of it, else the store's usual supplier. Raises Refused."""
    painter = db.session.scalar(
        select(Supplier)
        .join(Problem, Problem.supplier_id == Supplier.id)
        .where(Problem.order_id == order.id)
        .order_by(Problem.id.desc())
        .limit(1)
    ) or people.find_usual_supplier(order.store_id)
    if painter is None:
        raise Refused("No supplier works for {store} yet. An admin has to add one.", store=order.store.name)
    return painter


class OpenLine(NamedTuple):
    """One open line as the widget needs it. Its moments are as the driver gives them: for iso()."""

    id: int
    board: str
    version: int
    order_id: int
    type_id: int
    problem: str
    waiting_for: str
    waiting_since: Any
    due_at: Any
    informed_at: Any
    address: str
    reported_at: Any
    comment_cs: str
    comment_supplier: str
    picture_count: int


_OPEN = Prepared(
    select(*(Problem.__table__.c[name] for name in OpenLine._fields)).where(
        Problem.order_id.in_(bindparam("orders", expanding=True)), Problem.handled_at.is_(None)
    )
)


def open_for(connection: Connection, order_ids: Iterable[int]) -> list[OpenLine]:
    """All open lines of some orders, most urgent first: our turn, then what waits longest. One query.

    Sorted here: a customer's open lines are few, and window functions take twice as long as the rest of the query.
    """
    lines = [OpenLine._make(row) for row in _OPEN.rows(connection, orders=list(order_ids))]
    return sorted(lines, key=lambda line: (line.waiting_for != Side.CUSTOMER_SERVICE, line.waiting_since, line.id))
