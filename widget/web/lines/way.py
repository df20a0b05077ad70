"""Where an agent came from and goes on to: the desk's view, and the lines before and behind one in its list.

The list is the desk's usual order, of the store the view is limited to if it is: our turn first, then what waits
longest; among handled lines the newest first. Answering a line moves it to the end of that list. So the place an agent
was at travels along in the address, and the next line stays the next one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import url_for
from sqlalchemy import ColumnElement, exists, select

from widget import people
from widget.db import db
from widget.orders import Order
from widget.people import Person, Side
from widget.problems import Problem
from widget.stores import Store
from widget.web import keyset

Keys = tuple[ColumnElement[Any], ...]

DESK = "/desk"
# What the desk's view may say of stores, beside nothing and "all".
MINE, CODE = "mine", re.compile(r"[A-Z0-9]{1,12}", re.ASCII)
LONGEST_QUERY = 1_000
# A place in the list: whose turn it is (not among handled lines), microseconds, and the line's number.
PLACE = re.compile(r"(?:([01])-)?([0-9]{1,16})-([0-9]{1,18})", re.ASCII)
TURNS = (Side.CUSTOMER_SERVICE, Side.SUPPLIER)

# In the order of its letters our turn comes first, so that the list is an index.
OPEN: Keys = (Problem.waiting_for.expression, Problem.waiting_since.expression, Problem.id.expression)
HANDLED: Keys = (Problem.handled_at.expression, Problem.id.expression)


@dataclass(frozen=True)
class Way:
    """The query of the desk's view somebody came from, and the place in the list he was at; empty: the line's own."""

    came_from: str = ""
    at: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Way:
        """From an address's query or a form's hidden fields. What makes no sense is left out."""
        came_from = urlencode(parse_qsl(values.get("from", "")[:LONGEST_QUERY]))
        at = values.get("at", "")
        return cls(came_from, at if PLACE.fullmatch(at) else "")

    @property
    def desk(self) -> str:
        """The address of the view."""
        return f"{DESK}?{self.came_from}" if self.came_from else DESK

    def url(self, reference: str, **told: str) -> str:
        """The address of a line, with the way back."""
        said: dict[str, Any] = {name: value for name, value in {"from": self.came_from, **told}.items() if value}
        return url_for("lines.line_GET", reference=reference, **said)

    def place_of(self, line: Problem) -> str:
        """Where in the list the line is, or was when somebody came to it."""
        return self.at or _write(line)

    def neighbours(self, person: Person, line: Problem) -> tuple[str, str]:
        """The references of the lines before and behind; empty at the ends of the list. Two queries, or three."""
        is_open, position = _read(self.place_of(line))
        keys = OPEN if is_open else HANDLED
        is_listed = Problem.handled_at.is_(None) if is_open else Problem.handled_at.is_not(None)
        query = select(Problem.id).where(
            Problem.board == line.board, is_listed, Problem.id != line.id, *self._of_stores(person)
        )
        found = []
        for is_back in (True, False):
            descending = is_open == is_back
            beyond = query.where(keyset.is_beyond(keys, position, descending=descending))
            found.append(db.session.scalar(beyond.order_by(*keyset.sorted_by(keys, descending=descending)).limit(1)))
        before, behind = (f"P-{line_id}" if line_id else "" for line_id in found)
        return before, behind

    def _of_stores(self, person: Person) -> list[ColumnElement[bool]]:
        """What the desk's view says about stores: all of them, those the person looks after, or one by its code."""
        said = dict(parse_qsl(self.came_from)).get("stores", "")
        own = people.stores_looked_after(person.id) if said == MINE else set()
        if not own and not CODE.fullmatch(said):
            return []
        is_wanted = Order.store_id.in_(own or select(Store.id).where(Store.code == said))
        return [exists().where(Order.id == Problem.order_id, is_wanted)]


def _read(place: str) -> tuple[bool, list[Any]]:
    """Whether that is a place among open lines, and the values of its keys."""
    match = PLACE.fullmatch(place)
    assert match is not None
    position = [keyset.as_moment(match[2]), int(match[3])]
    return match[1] is not None, [TURNS[int(match[1])].value, *position] if match[1] else position


def _write(line: Problem) -> str:
    if line.handled_at is not None:
        return f"{keyset.as_number(line.handled_at)}-{line.id}"
    return f"{TURNS.index(Side(line.waiting_for))}-{keyset.as_number(line.waiting_since)}-{line.id}"
