"""What was claimed, accepted, credited, and is open: never added up over currencies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, select

from widget.db import db
from widget.orders import Order
from widget.people import Supplier
from widget.refunds.confirming import is_wanted_by
from widget.refunds.moves import WITH_THE_SUPPLIER, State
from widget.refunds.tables import Claim


class Total(NamedTuple):
    """The sums of what was filed with one supplier, in one currency."""

    supplier: str
    currency: str
    claimed: Decimal
    accepted: Decimal
    credited: Decimal
    open: Decimal


# What of a claim is still to come. Of a declined one nothing is, and what came too much is no debt of ours.
STILL_OPEN: ColumnElement[Any] = case(
    (
        Claim.state.in_([state.value for state in WITH_THE_SUPPLIER - {State.DECLINED, State.CREDITED}]),
        case(
            (
                func.coalesce(Claim.accepted_amount, Claim.amount) > Claim.credited,
                func.coalesce(Claim.accepted_amount, Claim.amount) - Claim.credited,
            )
        ),
    )
)


def totals(*conditions: ColumnElement[bool]) -> list[Total]:
    """Per supplier and currency, of the claims that were filed and not withdrawn. Orders are joined. One query."""
    sums = (Claim.amount, Claim.accepted_amount, Claim.credited, STILL_OPEN)
    query = (
        select(Supplier.name, Claim.currency, *(func.sum(each) for each in sums))
        .join(Supplier, Supplier.id == Claim.supplier_id)
        .join(Order, Order.id == Claim.order_id)
        .where(Claim.filed_at.is_not(None), Claim.state != State.WITHDRAWN.value, *conditions)
        .group_by(Supplier.name, Claim.currency)
        .order_by(Supplier.name, Claim.currency)
    )
    return [Total(row[0], row[1], *(each or Decimal() for each in row[2:])) for row in db.session.execute(query)]


def count_waiting(email: str) -> int:
    """How many claims wait for that approver: all but those he wanted himself. One query."""
    waiting = select(func.count()).select_from(Claim).where(Claim.state == State.REQUESTED.value, ~is_wanted_by(email))
    return db.session.scalar(waiting) or 0
