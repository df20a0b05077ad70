"""Which states a claim can be in, and the one table of what leads from one to another."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from widget.errors import Refused
from widget.people import Side


class State(StrEnum):
    """Where a claim stands."""

    DRAFT = "draft"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    FILED = "filed"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    DECLINED = "declined"
    CREDITED = "credited"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Hand(StrEnum):
    """Who makes a move, and for whom a claim waits."""

    CUSTOMER_SERVICE = "customer_service"
    APPROVER = "approver"
    SUPPLIER = "supplier"
    CLOCK = "clock"


class Move(NamedTuple):
    """From which states it can be made, to which one it leads (None: it stays), and by whom."""

    origins: frozenset[State]
    to: State | None
    by: frozenset[Hand]


S, H = State, Hand

# What may be changed before the supplier has seen a claim, and what he may still answer.
IN_PREPARATION = frozenset({S.DRAFT, S.REQUESTED, S.CONFIRMED})
WITH_THE_SUPPLIER = frozenset({S.FILED, S.ACCEPTED, S.PARTLY_ACCEPTED, S.DECLINED, S.CREDITED})
OVER = frozenset({S.CLOSED, S.WITHDRAWN})
OPEN = frozenset(State) - OVER
# Nobody gets a claim into one of these without the written confirmation of an approver: the database sees to it.
LOCKED = frozenset({S.CONFIRMED, *WITH_THE_SUPPLIER, S.CLOSED})


def _move(origins: frozenset[State] | set[State], to: State | None, *by: Hand) -> Move:
    return Move(frozenset(origins), to, frozenset(by))


MOVES: dict[str, Move] = {
    "request": _move({S.DRAFT}, S.REQUESTED, H.CUSTOMER_SERVICE),
    # A change of what was confirmed voids the confirmation: the claim is requested anew.
    "change": _move(IN_PREPARATION, None, H.CUSTOMER_SERVICE),
    "confirm": _move({S.REQUESTED}, S.CONFIRMED, H.APPROVER),
    # An agent points at the note in which an approver confirms it.
    "point": _move({S.REQUESTED}, None, H.CUSTOMER_SERVICE),
    "send_back": _move({S.REQUESTED, S.CONFIRMED}, S.DRAFT, H.APPROVER),
    "expire": _move({S.CONFIRMED}, S.REQUESTED, H.CLOCK),
    "file": _move({S.CONFIRMED}, S.FILED, H.CUSTOMER_SERVICE),
    "accept": _move({S.FILED}, S.ACCEPTED, H.SUPPLIER),
    "accept_partly": _move({S.FILED}, S.PARTLY_ACCEPTED, H.SUPPLIER),
    "decline": _move({S.FILED}, S.DECLINED, H.SUPPLIER),
    # Customer service does not agree with the answer: the supplier is asked again.
    "insist": _move({S.PARTLY_ACCEPTED, S.DECLINED}, S.FILED, H.CUSTOMER_SERVICE),
    # Money that comes is an answer, whatever was answered before.
    "credit": _move(WITH_THE_SUPPLIER, S.CREDITED, H.SUPPLIER, H.CUSTOMER_SERVICE),
    "take_back_credit": _move(WITH_THE_SUPPLIER, None, H.SUPPLIER, H.CUSTOMER_SERVICE),
    "comment": _move(WITH_THE_SUPPLIER, None, H.SUPPLIER, H.CUSTOMER_SERVICE),
    "close": _move({S.PARTLY_ACCEPTED, S.DECLINED, S.CREDITED}, S.CLOSED, H.CUSTOMER_SERVICE),
    "withdraw": _move(OPEN - {S.CREDITED}, S.WITHDRAWN, H.CUSTOMER_SERVICE),
}

# For whom a claim in that state waits.
WAITS_FOR: dict[State, Hand] = {
    S.DRAFT: H.CUSTOMER_SERVICE,
    S.REQUESTED: H.APPROVER,
    S.CONFIRMED: H.CUSTOMER_SERVICE,
    S.FILED: H.SUPPLIER,
    S.ACCEPTED: H.SUPPLIER,
    S.PARTLY_ACCEPTED: H.SUPPLIER,
    S.DECLINED: H.CUSTOMER_SERVICE,
    S.CREDITED: H.CUSTOMER_SERVICE,
}

# States as notes, the widget and programs say them; pages have words of their own in every language.
IN_WORDS: dict[State, str] = {
    S.DRAFT: "draft",
    S.REQUESTED: "waiting for confirmation",
    S.CONFIRMED: "confirmed, not filed yet",
    S.FILED: "filed, waiting for the supplier",
    S.ACCEPTED: "accepted, waiting for the credit",
    S.PARTLY_ACCEPTED: "partly accepted, waiting for the credit",
    S.DECLINED: "declined by the supplier",
    S.CREDITED: "credited",
    S.CLOSED: "closed",
    S.WITHDRAWN: "withdrawn",
}


class NotNow(Refused):
    """The state a claim is in does not allow the move."""


def hand_of(side: Side) -> Hand:
    """Who of a side makes a move, an approver's aside."""
    return Hand.SUPPLIER if side == Side.SUPPLIER else Hand.CUSTOMER_SERVICE


def is_possible(act: str, state: State, hand: Hand) -> bool:
    """Whether somebody may make that move now."""
    move = MOVES[act]
    return state in move.origins and hand in move.by
