"""What of the lines a person may see: decided here for all pages, in the query itself.

Staff see all lines; whoever is not staff sees those of the own supplier, and nothing without one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, case, func, select, true
from sqlalchemy.orm import joinedload, selectinload

from widget.db import db
from widget.errors import NotFound
from widget.orders import Order
from widget.people import Person, Role, Supplier
from widget.pictures import Picture
from widget.problem_types import ProblemType
from widget.problems import Problem
from widget.stores import Store

SHOWN_AT_MOST = 200
STAFF = {Role.AGENT, Role.APPROVER, Role.ADMIN}


class OpenLines(NamedTuple):
    """The most urgent open lines, how many there are in all, and how many of them wait for the person's side.

    `unclear` are the order names that two stores use.
    """

    lines: Sequence[Row[*tuple[Any, ...]]]
    total: int
    own_turn: int
    unclear: set[str]


def is_staff(person: Person) -> bool:
    """Whether the person sees all suppliers' lines and what happened to them."""
    return person.supplier_id is None and bool(person.roles & STAFF)


def open_lines(person: Person) -> OpenLines:
    """The open lines this person may see, own turn first, then what waits longest. One query."""
    is_own_turn = case((Problem.waiting_for == person.side.value, 1), else_=0)
    query = (
        select(
            Problem.id,
            Problem.problem,
            Problem.waiting_for,
            Problem.waiting_since,
            Order.name.label("order_name"),
            Store.code.label("store_code"),
            Store.timezone.label("store_timezone"),
            Supplier.name.label("supplier_name"),
            Supplier.timezone.label("supplier_timezone"),
            ProblemType.name_en.label("type_name"),
            func.count().over().label("total"),
            func.sum(is_own_turn).over().label("own_turn"),
        )
        .join(Order, Order.id == Problem.order_id)
        .join(Store, Store.id == Order.store_id)
        .join(Supplier, Supplier.id == Problem.supplier_id)
        .join(ProblemType, ProblemType.id == Problem.type_id)
        .where(Problem.handled_at.is_(None), may_see(person))
        .order_by(is_own_turn.desc(), Problem.waiting_since, Problem.id)
        .limit(SHOWN_AT_MOST)
    )
    rows = db.session.execute(query).all()
    total, own_turn = (int(rows[0].total), int(rows[0].own_turn)) if rows else (0, 0)
    return OpenLines(rows, total, own_turn, _used_twice({(row.store_code, row.order_name) for row in rows}))


def pictures_of(line: Problem) -> Sequence[Picture]:
    """A line's pictures, oldest first."""
    return db.session.scalars(select(Picture).where(Picture.problem_id == line.id).order_by(Picture.id)).all()


def get_line(person: Person, reference: str) -> Problem:
    """The line people call `P-31`, with all a page shows of it.

    Raises NotFound, with the same words, for one that does not exist and for another supplier's.
    """
    match = re.fullmatch(r"P-([1-9][0-9]{0,17})", reference, re.ASCII)
    query = (
        select(Problem)
        .where(Problem.id == (int(match[1]) if match else 0), may_see(person))
        .options(joinedload(Problem.type), joinedload(Problem.supplier), selectinload(Problem.comments))
    )
    line = db.session.scalar(query)
    if line is None:
        raise NotFound("There is no such line.")
    return line


def may_see(person: Person) -> ColumnElement[bool]:
    """Which lines the person sees, for queries of other pages."""
    if is_staff(person):
        return true()
    return Problem.supplier_id == (person.supplier_id or 0)


def _used_twice(orders: set[tuple[str, str]]) -> set[str]:
    return {name for name, stores in Counter(name for _, name in orders).items() if stores > 1}
