"""Who may enter, and several lines and their tickets locked, in one order."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint
from sqlalchemy import select
from werkzeug.wrappers import Response

from widget import problems, tickets
from widget.db import db
from widget.problems import Problem
from widget.tickets import Place, Ticket
from widget.web import staff
from widget.web.places import public_url

bp = Blueprint("desk", __name__, url_prefix="/desk")


@bp.before_request
def guard() -> Response | tuple[str, int] | None:
    """Agents, approvers and admins."""
    return staff.refuse_strangers()


def take_lines(ids: Iterable[int], *, is_silent: bool) -> list[tuple[Problem, Place]]:
    """Several lines, those that exist. All tickets are locked before the first line, each kind by its number."""
    found = db.session.execute(select(Problem.id, Problem.order_id).where(Problem.id.in_(ids)))
    orders = {row.id: row.order_id for row in found}
    homes: dict[int, Ticket | None] = {}
    for order_id in tickets.in_order_of_locking(orders.values()):
        homes[order_id] = tickets.lock_home(order_id)
    lines = [problems.get(line_id, lock=True) for line_id in sorted(orders)]
    return [(line, Place(homes[line.order_id], public_url(), is_silent)) for line in lines]
