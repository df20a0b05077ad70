"""Lines as programs see them: which, in which order, and no one else's. A page takes the same queries however long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Response, g, request
from marshmallow import Schema
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from widget import orders
from widget.db import db
from widget.errors import NotFound
from widget.orders import Order
from widget.people import Person
from widget.problem_types import ProblemType
from widget.problems import Problem
from widget.stores import Store
from widget.tickets import Place
from widget.web import places, visible
from widget.web.api.door import reply
from widget.web.api.schemas import REFERENCE

T = TypeVar("T")


def find(reference: str) -> Problem | None:
    """One line, if there is one of that reference and the person may see it."""
    if not re.fullmatch(REFERENCE, reference, re.ASCII):
        return None
    return db.session.scalar(_seen_by(g.person).where(Problem.id == int(reference[2:])))


def get(reference: str) -> Problem:
    """One line. Raises NotFound, the same for what does not exist and for what is not the person's."""
    line = find(reference)
    if line is None:
        raise NotFound("There is no such line.")
    return line


def take(reference: str) -> tuple[Problem, Place]:
    """One line, locked for a change, and the ticket to tell of it in. Raises NotFound."""
    return places.lock(get(reference))


def page(wanted: dict[str, Any]) -> tuple[Sequence[Problem], str | None]:
    """The lines a filter asks for, and where it goes on. Sorted by number: a line that changes stays where it is."""
    # An order has a handful of lines. A key that is computed keeps SQLite from reading all lines of a supplier instead,
    # only because those are sorted already.
    key = Problem.id + 0 if "order" in wanted else Problem.id
    query = _filtered(_seen_by(g.person), wanted).order_by(key)
    return cut(db.session.scalars(after(query, Problem.id, wanted)).all(), wanted["limit"])


def after(query: Select[T], key: Any, wanted: dict[str, Any]) -> Select[T]:
    """From the cursor on, and one more than are asked for."""
    if "cursor" in wanted:
        query = query.where(key > int(wanted["cursor"]))
    return query.limit(wanted["limit"] + 1)


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], str | None]:
    """A page without the one more, and its cursor if there was one more."""
    more = len(rows) > limit
    return rows[:limit], str(rows[limit - 1].id) if more else None  # type: ignore[attr-defined]


def listed(schema: Schema, items: Sequence[Any], cursor: str | None) -> Response:
    """A page of a list, with a Link to the next one."""
    response = reply(schema.dump({"items": items, "next_cursor": cursor}))
    if cursor is not None:
        asked = urlencode({**request.args.to_dict(), "cursor": cursor})
        response.headers["Link"] = f'<{places.public_url()}{request.path}?{asked}>; rel="next"'
    return response


def orders_called(typed: str) -> list[int]:
    """The orders of that number: one per store at most, found by way of the stores, because so they are indexed."""
    name = orders.plain(typed).strip().lstrip("#").upper()
    query = select(Order.id).join(Store, Store.id == Order.store_id).where(Order.name == name)
    return list(db.session.scalars(query))


def _seen_by(person: Person) -> Select[Problem]:
    return (
        select(Problem)
        .join(Problem.order)
        .join(Order.store)
        .join(Problem.type)
        .join(Problem.supplier)
        .where(visible.may_see(person))
        .options(
            contains_eager(Problem.order).contains_eager(Order.store),
            contains_eager(Problem.type),
            contains_eager(Problem.supplier),
        )
    )


def _filtered(query: Select[Problem], wanted: dict[str, Any]) -> Select[Problem]:
    if wanted["state"] != "all":
        is_open = wanted["state"] == "open"
        query = query.where(Problem.handled_at.is_(None) if is_open else Problem.handled_at.is_not(None))
    if "order" in wanted:
        query = query.where(Problem.order_id.in_(orders_called(wanted["order"])))
    if "store" in wanted:
        query = query.where(Store.code == wanted["store"].upper())
    if "changed_since" in wanted:
        query = query.where(Problem.changed_at >= wanted["changed_since"])
    same = {Problem.board: "board", Problem.waiting_for: "turn", ProblemType.code: "type"}
    return query.where(*(column == wanted[name] for column, name in same.items() if name in wanted))
