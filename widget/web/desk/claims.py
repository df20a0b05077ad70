"""Refund claims on the desk: what waits for whom, for how long, and what is still owed."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from widget import refunds
from widget.db import db, utcnow
from widget.orders import Order
from widget.people import Person, Role
from widget.refunds import Claim, ClaimReason, Hand, State, Total
from widget.web import keyset, searched
from widget.web.desk.shown import PER_PAGE, is_of_stores
from widget.web.desk.wanted import CURSOR, Wanted
from widget.web.language import N_

# After how long somebody has had a claim for too long.
TOO_LONG = {
    Hand.APPROVER: timedelta(days=2),
    Hand.CUSTOMER_SERVICE: timedelta(days=3),
    Hand.SUPPLIER: timedelta(days=7),
}
FOR_THE_CREDIT = timedelta(days=30)
WAITS_FOR = {
    Hand.CUSTOMER_SERVICE: N_("customer service"),
    Hand.APPROVER: N_("an approver"),
    Hand.SUPPLIER: N_("the supplier"),
}
# What the reader is likely to do next, by the state.
NEXT = {
    State.DRAFT: N_("Request"),
    State.CONFIRMED: N_("File"),
    State.DECLINED: N_("Answer"),
    State.CREDITED: N_("Close"),
}


@dataclass
class ListedClaims:
    """One page of a view, what is owed altogether, and how many wait for the reader's own word."""

    claims: Sequence[Claim] = ()
    found: int = 0
    after: str = ""
    totals: Sequence[Total] = ()
    reasons: Sequence[ClaimReason] = ()
    for_reader: int = 0
    waits_for: dict[Hand, str] = field(default_factory=lambda: WAITS_FOR)
    # What of the page the reader may confirm.
    confirmable: Set[int] = frozenset()

    def next_act(self, claim: Claim) -> str:
        """What the reader may do with it now, as a word of the catalogue; empty for nothing."""
        state = State(claim.state)
        if state is State.REQUESTED:
            return N_("Confirm") if claim.id in self.confirmable else ""
        return NEXT.get(state, "")

    def is_late(self, claim: Claim) -> bool:
        """Whether somebody has had it for too long."""
        hand = claim.waits_for
        if hand is None:
            return False
        is_paying = claim.state in (State.ACCEPTED, State.PARTLY_ACCEPTED)
        return claim.state_since < utcnow() - (FOR_THE_CREDIT if is_paying else TOO_LONG[hand])


def read_claims(person: Person, wanted: Wanted) -> ListedClaims:
    """Up to fifty claims of a view. A fixed number of queries."""
    query = _view(person, wanted).add_columns(func.count().over())
    if (after := _read_cursor(wanted)) is not None:
        query = query.where(keyset.is_beyond(_keys(wanted), after, descending=_is_descending(wanted)))
    query = query.order_by(*keyset.sorted_by(_keys(wanted), descending=_is_descending(wanted)))
    rows = db.session.execute(query.limit(PER_PAGE + 1)).all()
    claims = [row[0] for row in rows[:PER_PAGE]]
    is_approver = Role.APPROVER in person.roles
    return ListedClaims(
        claims=claims,
        found=rows[0][1] if rows else 0,
        after=_write_cursor(wanted, claims[-1]) if len(rows) > PER_PAGE else "",
        totals=refunds.totals(is_of_stores(person, wanted)),
        reasons=refunds.all_reasons(),
        for_reader=refunds.count_waiting(person.email) if is_approver else 0,
        confirmable=_confirmable(person, claims) if is_approver else frozenset(),
    )


def _confirmable(person: Person, claims: Sequence[Claim]) -> frozenset[int]:
    """Those of a page that an approver did not want himself. One query."""
    ids = [claim.id for claim in claims]
    query = select(Claim.id).where(Claim.id.in_(ids), ~refunds.is_wanted_by(person.email))
    return frozenset(db.session.scalars(query))


def _view(person: Person, wanted: Wanted) -> Select[Claim]:
    is_over = Claim.state.in_([state.value for state in refunds.OVER])
    query = (
        select(Claim)
        .join(Claim.order)
        .join(Order.store)
        .join(Claim.reason)
        .where(is_of_stores(person, wanted), is_over if wanted.view == "handled" else ~is_over)
        .options(
            contains_eager(Claim.order).contains_eager(Order.store),
            contains_eager(Claim.reason),
            joinedload(Claim.supplier),
            joinedload(Claim.confirmation),
        )
    )
    if wanted.turn:
        states = [state.value for state, hand in refunds.WAITS_FOR.items() if hand == wanted.turn]
        query = query.where(Claim.state.in_(states))
    if wanted.supplier:
        query = query.where(Claim.supplier_id == int(wanted.supplier))
    if wanted.type:
        query = query.where(ClaimReason.code == wanted.type)
    return query.where(*searched.claims_say_all(wanted.q))


def _is_descending(wanted: Wanted) -> bool:
    return wanted.view == "handled" or wanted.sort == "newest"


def _keys(wanted: Wanted) -> tuple[ColumnElement[Any], ...]:
    """What has been waiting longest comes first; otherwise by number."""
    return (Claim.id.expression,) if _is_descending(wanted) else (Claim.state_since.expression, Claim.id.expression)


def _write_cursor(wanted: Wanted, claim: Claim) -> str:
    return str(claim.id) if _is_descending(wanted) else f"{keyset.as_number(claim.state_since)}-{claim.id}"


def _read_cursor(wanted: Wanted) -> tuple[Any, ...] | None:
    match = CURSOR.fullmatch(wanted.after)
    if match is None or match[1] is not None or (match[2] is None) != _is_descending(wanted):
        return None
    return (int(match[3]),) if match[2] is None else (keyset.as_moment(match[2]), int(match[3]))
