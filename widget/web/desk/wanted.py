"""What an address of the desk asks for. All state of a view is in it, so that it can be sent as a link, or kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import url_for

from widget.people import Side
from widget.problem_types import Board
from widget.web.typed import clean

REFUNDS = "refunds"
ALL, MINE = "all", "mine"
# What each of these may be in an address; the first is what it is otherwise.
CHOICES = {
    "board": (*Board, REFUNDS),
    "view": ("open", "handled"),
    "turn": ("", *Side),
    "late": ("", "yes"),
    "informed": ("", "yes", "no"),
    "sort": ("urgent", "newest", "number"),
}
# What else it may look like; anything else is left out.
SHAPES = {
    "stores": re.compile(r"all|mine|[A-Z0-9]{1,12}", re.ASCII),
    "supplier": re.compile(r"[1-9][0-9]{0,8}", re.ASCII),
    "type": re.compile(r"[a-z0-9_-]{1,60}", re.ASCII),
    # Where a page begins: turn, microseconds, and the line's number, as the way of sorting needs them.
    "after": re.compile(r"(?:(?:([01])-)?([0-9]{1,16})-)?([0-9]{1,18})", re.ASCII),
}
FILTERS = ("stores", "supplier", "type", "turn", "late", "informed", "q")
LONGEST = 200


@dataclass(frozen=True)
class Wanted:
    """What an address asks for: a view of a board, of which stores, its filters, how it is sorted, where it goes on."""

    board: str = Board.PROBLEM_SHEET
    view: str = "open"
    stores: str = ""
    q: str = ""
    supplier: str = ""
    type: str = ""
    turn: str = ""
    late: str = ""
    informed: str = ""
    sort: str = "urgent"
    after: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str], usual_stores: str = ALL) -> Wanted:
        """From an address's query or a form's hidden field. What makes no sense is left out.

        An address that says nothing about stores means those the reader looks after.
        """
        read = {each.name: clean(values.get(each.name, "")[:LONGEST]) for each in fields(cls)}
        for name, choices in CHOICES.items():
            read[name] = str(read[name] if read[name] in choices else choices[0])
        for name, shape in SHAPES.items():
            read[name] = read[name] if shape.fullmatch(read[name]) else ""
        read["stores"] = read["stores"] or usual_stores
        return cls(**read)

    @classmethod
    def read_back(cls, text: str) -> Wanted:
        """From the query that a form or a saved view carries."""
        return cls.read(dict(parse_qsl(text[: 4 * LONGEST])))

    @cached_property
    def query(self) -> str:
        """As a form carries it."""
        return urlencode(self._said())

    @property
    def is_filtered(self) -> bool:
        """Whether lines of this board may be left out by more than the view's name says."""
        return bool(self.q or self.supplier or self.type or self.informed or self.stores != ALL)

    def url(self, **changed: str) -> str:
        """The address of this view, or of a changed one, which begins at its first page."""
        wanted = replace(self, **{"after": "", **changed}) if changed else self
        return wanted.url_with({})

    def line_url(self, reference: str) -> str:
        """The page of a line, which leads back here."""
        way: dict[str, Any] = {"from": self.query}
        return url_for("lines.line_GET", reference=reference, **way)

    def url_with(self, told: Mapping[str, str]) -> str:
        """The address of this view, saying what was just done there as well."""
        said: dict[str, Any] = {**self._said(), **told}
        return url_for("desk.lines_GET", **said)

    def _said(self) -> dict[str, str]:
        """Stores are always said: without, an address means something else to everybody."""
        usual = asdict(Wanted())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}
