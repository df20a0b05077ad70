"""What is asked of claims: one by its number, the open ones for the widget, what else is claimed for an order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, exists, select
from sqlalchemy.orm import selectinload

from widget import tickets
from widget.db import ExactAmount, Prepared, db, utcnow
from widget.errors import NotFound
from widget.orders import Order
from widget.problems import Problem
from widget.refunds.moves import OVER, State
from widget.refunds.tables import Claim, Confirmation
from widget.stores import Store
from widget.tickets import Ticket, TicketOrder


def get(claim_id: int, *, lock: bool = False) -> Claim:
    """A claim by its id. Raises NotFound."""
    query = select(Claim).where(Claim.id == claim_id)
    if lock:
        query = query.with_for_update(of=Claim).execution_options(populate_existing=True)
    claim = db.session.scalar(query)
    if claim is None:
        raise NotFound("There is no claim {claim}.", claim=f"R-{claim_id}")
    return claim


def take(claim_id: int) -> tuple[Claim, Ticket | None]:
    """A claim, locked for a change, and before it the ticket in which it is told. Raises NotFound."""
    seen = get(claim_id)
    home = tickets.lock_by_id(seen.ticket_id) if seen.ticket_id else tickets.lock_home(seen.order_id)
    return get(claim_id, lock=True), home


def of_order(order_id: int) -> list[Claim]:
    """What was claimed for an order, newest first. Two queries."""
    query = select(Claim).where(Claim.order_id == order_id).options(selectinload(Claim.reason))
    return list(db.session.scalars(query.order_by(Claim.id.desc())))


def others_of(claim: Claim) -> list[Claim]:
    """What else was claimed for the same order, newest first, but for what was withdrawn."""
    return [other for other in of_order(claim.order_id) if other is not claim and other.state != State.WITHDRAWN]


def unheard_of(order_ids: Iterable[int]) -> set[int]:
    """Orders of which nothing but claims is known: no ticket, no line, no total. Somebody may have mistyped them."""
    query = select(Order.id).where(
        Order.id.in_(list(order_ids)),
        Order.total.is_(None),
        ~exists().where(TicketOrder.order_id == Order.id),
        ~exists().where(Problem.order_id == Order.id),
    )
    return set(db.session.scalars(query))


def today_in(store: Store) -> date:
    """Which day it is where the store is."""
    return utcnow().astimezone(ZoneInfo(store.timezone)).date()


class OpenClaim(NamedTuple):
    """One open claim as the widget needs it. `amount` is as the driver gives it: for exactly()."""

    id: int
    version: int
    order_id: int
    state: str
    issue: str
    day: Any
    amount: Any
    currency: str
    confirmed_by: str | None


_OPEN = Prepared(
    select(
        *(Claim.__table__.c[name] for name in OpenClaim._fields[:-1]),
        Confirmation.__table__.c.approver,
    )
    .select_from(Claim.__table__.outerjoin(Confirmation.__table__, Confirmation.id == Claim.confirmation_id))
    .where(
        Claim.order_id.in_(bindparam("orders", expanding=True)),
        Claim.state.not_in([state.value for state in State if state in OVER]),
    )
    .order_by(Claim.id)
)


def open_for(connection: Connection, order_ids: Iterable[int]) -> list[OpenClaim]:
    """All open claims of some orders, oldest first. One query."""
    return [OpenClaim._make(row) for row in _OPEN.rows(connection, orders=list(order_ids))]


def exactly(amount: Any, connection: Connection) -> Decimal | None:
    """The amount of a prepared select's row."""
    return ExactAmount().process_result_value(amount, connection.dialect)
