"""Who may enter, and which lines are counted: all state is in the address, so that a view can be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from widget.problem_types import Board
from widget.web import staff
from widget.web.asked import Asked

bp = Blueprint("figures", __name__, url_prefix="/figures")

WEEKS = ("4", "12", "26", "52")
USUAL_WEEKS = "12"


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Staff only: the figures are over all suppliers."""
    return staff.refuse_strangers()


@dataclass(frozen=True)
class Wanted(Asked):
    """What an address asks for. Empty: all of them."""

    CHOICES: ClassVar = {"weeks": (USUAL_WEEKS, *WEEKS), "board": ("", *Board)}
    SHAPES: ClassVar = {
        "store": re.compile(r"[A-Z0-9]{1,12}", re.ASCII),
        "supplier": re.compile(r"[1-9][0-9]{0,8}", re.ASCII),
    }

    weeks: str = USUAL_WEEKS
    store: str = ""
    supplier: str = ""
    board: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Self:
        """The same; a store's code may be written small."""
        return super().read({**values, "store": values.get("store", "").upper()})

    def csv(self, figure: str) -> str:
        """The address of a figure's table as a file."""
        said: dict[str, Any] = {**self.said()}
        return url_for("figures.table_GET", figure=figure, **said)
