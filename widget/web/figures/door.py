"""Who may enter, and which lines are counted: all state is in the address, so that a view can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from widget.problem_types import Board
from widget.web import staff
from widget.web.typed import clean

bp = Blueprint("figures", __name__, url_prefix="/figures")

WEEKS = ("4", "12", "26", "52")
USUAL_WEEKS = "12"


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Staff only: the figures are over all suppliers."""
    return staff.refuse_strangers()


@dataclass(frozen=True)
class Wanted:
    """What an address asks for. Empty: all of them."""

    weeks: str = USUAL_WEEKS
    store: str = ""
    supplier: str = ""
    board: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Wanted:
        """From an address's query. What makes no sense is left out."""
        weeks, board, supplier = (values.get(name, "") for name in ("weeks", "board", "supplier"))
        return cls(
            weeks=weeks if weeks in WEEKS else USUAL_WEEKS,
            store=clean(values.get("store", "").upper()[:12]),
            supplier=supplier if supplier.isascii() and supplier.isdecimal() and len(supplier) < 10 else "",
            board=board if board in set(Board) else "",
        )

    def csv(self, figure: str) -> str:
        """The address of a figure's table as a file."""
        usual = asdict(Wanted())
        said = {name: value for name, value in asdict(self).items() if value != usual[name]}
        return url_for("figures.table_GET", figure=figure, **said)
