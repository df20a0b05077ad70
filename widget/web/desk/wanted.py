"""What an address of the desk asks for. All state of a view is in it, so that it can be sent as a link, or kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from flask import url_for

from widget.problem_types import Board
from widget.web.asked import OF_A_SHEET, AskedOfSheet

ALL, MINE = "all", "mine"
APPROVER = "approver"
# Where a page begins: turn, microseconds, and the line's number, as the way of sorting needs them.
CURSOR = re.compile(r"(?:(?:([01])-)?([0-9]{1,16})-)?([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True)
class Wanted(AskedOfSheet):
    """What an address asks for: a view of a board, of which stores, its filters, how it is sorted, where it goes on."""

    CHOICES: ClassVar = {
        **OF_A_SHEET,
        # For an approver, too, refund claims wait.
        "turn": (*OF_A_SHEET["turn"], APPROVER),
        "late": ("", "yes"),
        "informed": ("", "yes", "no"),
        "sort": ("urgent", "newest", "number"),
    }
    SHAPES: ClassVar = {
        "stores": re.compile(r"all|mine|[A-Z0-9]{1,12}", re.ASCII),
        "supplier": re.compile(r"[1-9][0-9]{0,8}", re.ASCII),
        "type": re.compile(r"[a-z0-9_-]{1,60}", re.ASCII),
        "after": CURSOR,
    }

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
    def read(cls, values: Mapping[str, str], usual_stores: str = ALL) -> Self:
        """The same; an address that says nothing about stores means those the reader looks after.

        So they are always said: it would mean something else to everybody.
        """
        wanted = super().read(values)
        return wanted if wanted.stores else replace(wanted, stores=usual_stores)

    @property
    def is_filtered(self) -> bool:
        """Whether lines of this board may be left out by more than the view's name says."""
        return bool(self.q or self.supplier or self.type or self.informed or self.stores != ALL)

    def line_url(self, reference: str) -> str:
        """The page of a line, which leads back here."""
        way: dict[str, Any] = {"from": self.query}
        return url_for("lines.line_GET", reference=reference, **way)

    def url_with(self, told: Mapping[str, str]) -> str:
        """The address of this view, saying what was just done there as well."""
        said: dict[str, Any] = {**self.said(), **told}
        return url_for("desk.lines_GET", **said)
