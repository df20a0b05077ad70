"""What an address of the supplier's page asks for. All state of a view is in it, so that it can be sent as a link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import url_for

from widget.problem_types import Board
from widget.web.asked import OF_A_SHEET, AskedOfSheet
from widget.web.searched import REFERENCE

# Where a page begins: turn, microseconds (sixteen digits reach into the year 2286), and the line's number.
CURSOR = re.compile(r"(?:([01])-)?([0-9]{1,16})-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True)
class Wanted(AskedOfSheet):
    """What an address asks for: a view of a board, its filters, where it goes on, or one line of it."""

    CHOICES: ClassVar = OF_A_SHEET
    SHAPES: ClassVar = {"after": CURSOR, "line": REFERENCE}

    board: str = Board.PROBLEM_SHEET
    view: str = "open"
    q: str = ""
    type: str = ""
    turn: str = ""
    after: str = ""
    line: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether lines of this view may be left out."""
        return bool(self.q or self.type or self.turn)

    def url_with(self, told: Mapping[str, str]) -> str:
        """The address of this view, or of its line, saying what was just done there as well."""
        said: dict[str, Any] = {**self.said(), **told}
        line = said.pop("line", "")
        return url_for("supplier.line_GET", reference=line, **said) if line else url_for("supplier.lines_GET", **said)
