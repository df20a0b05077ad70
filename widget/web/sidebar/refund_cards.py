"""Refund claims in the widget's answer: a card each, and the end of its first sentence. They are only told of here:
what an approver does, he does on the desk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from widget import money, refunds
from widget.refunds import IN_WORDS, OpenClaim, State
from widget.tickets import Sighting

SHOWN = 20


def open_for(connection: Connection, about: Iterable[int], seen: list[Sighting]) -> list[OpenClaim]:
    """The open claims of these orders, oldest first. Not a single query where no order has any."""
    without = {row.order_id for row in seen if not row.has_claims}
    asked = [order_id for order_id in about if order_id not in without]
    return refunds.open_for(connection, asked) if asked else []


def added(summary: str, claims: list[OpenClaim]) -> str:
    """The first sentence, and what there is of claims behind it."""
    if not claims:
        return summary
    if len(claims) > 1:
        return f"{summary}. {len(claims)} refund claims."
    return f"{summary}. 1 refund claim: {_status(claims[0])}."


def cards(
    connection: Connection, claims: list[OpenClaim], labels: dict[int, str], public_url: str
) -> list[dict[str, Any]]:
    """A card for each, at most twenty."""
    return [_card(connection, claim, labels[claim.order_id], public_url) for claim in claims[:SHOWN]]


def _card(connection: Connection, claim: OpenClaim, order_name: str, public_url: str) -> dict[str, Any]:
    amount = refunds.exactly(claim.amount, connection)
    return {
        "reference": f"R-{claim.id}",
        "order_name": order_name,
        "issue": claim.issue,
        # A day, or its text on SQLite, or nothing in a draft.
        "date": str(claim.day or ""),
        "amount": money.told(amount, claim.currency) if amount is not None else "",
        "status": _status(claim),
        "confirmed_by": claim.confirmed_by or "",
        "open_url": f"{public_url}/claims/R-{claim.id}",
    }


def _status(claim: OpenClaim) -> str:
    return IN_WORDS[State(claim.state)]
