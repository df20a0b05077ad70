"""What an address of the supplier's page asks for. All state of a view is in it, so that it can be sent as a link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import url_for

from widget.people import Side
from widget.problem_types import Board
from widget.web.searched import REFERENCE
from widget.web.typed import clean

REFUNDS = "refunds"
# What each of these may be in an address; the first is what it is otherwise.
CHOICES = {"board": (*Board, REFUNDS), "view": ("open", "handled"), "turn": ("", *Side)}
LONGEST_SEARCH = 200
# Where a page begins: turn, microseconds (sixteen digits reach into the year 2286), and the line's number.
CURSOR = re.compile(r"(?:([01])-)?([0-9]{1,16})-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """What an address asks for: a view of a board, its filters, where it goes on, or one line of it."""

    board: str = Board.PROBLEM_SHEET
    view: str = "open"
    q: str = ""
    type: str = ""
    turn: str = ""
    after: str = ""
    line: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Wanted:
        """From an address's query or a form's hidden field. What makes no sense is left out."""
        read = {each.name: clean(values.get(each.name, "")[:LONGEST_SEARCH]) for each in fields(cls)}
        for name, choices in CHOICES.items():
            read[name] = str(read[name] if read[name] in choices else choices[0])
        read["after"] = read["after"] if CURSOR.fullmatch(read["after"]) else ""
        read["line"] = read["line"] if REFERENCE.fullmatch(read["line"]) else ""
        return cls(**read)

    @classmethod
    def read_back(cls, text: str) -> Wanted:
        """From the query that a form carries, to say which view it was sent from."""
        return cls.read(dict(parse_qsl(text[: 4 * LONGEST_SEARCH])))

    @property
    def query(self) -> str:
        """As a form carries it."""
        return urlencode(self._said())

    @property
    def is_filtered(self) -> bool:
        """Whether lines of this view may be left out."""
        return bool(self.q or self.type or self.turn)

    def url(self, **changed: str) -> str:
        """The address of this view, or of a changed one, which begins at its first page."""
        wanted = replace(self, **{"after": "", **changed}) if changed else self
        return wanted.url_with({})

    def url_with(self, told: Mapping[str, str]) -> str:
        """The address of this view, saying what was just done there as well."""
        said: dict[str, Any] = {**self._said(), **told}
        line = said.pop("line", "")
        return url_for("supplier.line_GET", reference=line, **said) if line else url_for("supplier.lines_GET", **said)

    def _said(self) -> dict[str, str]:
        usual = asdict(Wanted())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}
