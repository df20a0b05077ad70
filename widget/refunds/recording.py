"""What every verb does around its own act: whether the move is possible, the new state, the version, the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from widget import history
from widget.db import db, utcnow
from widget.errors import Refused
from widget.people import Actor
from widget.refunds.moves import MOVES, Hand, NotNow, State, hand_of, is_possible
from widget.refunds.tables import FACTS, Claim

SUBJECT = "claim"
# Changes that somebody has to have seen before he decides anything. A comment or a credit is not among them.
BINDING = frozenset({*MOVES, *FACTS, "reason", "reshipment_offered_on", "customer_asked"}) - {
    "comment", "credit", "take_back_credit",
}  # fmt: skip

# What is said of a claim on which a move comes too late, or too early, by the state it is in. Each is a
# call of its own with its whole sentence in it: so the catalogues find it.
NOT_NOW: dict[State, Callable[..., NotNow]] = {
    State.DRAFT: lambda **values: NotNow(
        "{claim} is a draft since {at}, by {who}. It has to be requested first.", **values
    ),
    State.REQUESTED: lambda **values: NotNow(
        "{claim} is waiting for the written confirmation of an approver, since {at}, by {who}.", **values
    ),
    State.CONFIRMED: lambda **values: NotNow("{claim} was confirmed by {who} on {at}.", **values),
    State.FILED: lambda **values: NotNow("{claim} is with the supplier since {at}, by {who}.", **values),
    State.ACCEPTED: lambda **values: NotNow("{claim} was accepted by {who} on {at}.", **values),
    State.PARTLY_ACCEPTED: lambda **values: NotNow("{claim} was partly accepted by {who} on {at}.", **values),
    State.DECLINED: lambda **values: NotNow("{claim} was declined by {who} on {at}.", **values),
    State.CREDITED: lambda **values: NotNow("{claim} was credited, entered by {who} on {at}.", **values),
    State.CLOSED: lambda **values: NotNow("{claim} was closed by {who} on {at}.", **values),
    State.WITHDRAWN: lambda **values: NotNow("{claim} was withdrawn by {who} on {at}.", **values),
}


def check(claim: Claim, act: str, by: Actor, shown: int | None, *, hand: Hand | None = None) -> None:
    """Raises NotNow when the claim's state does not allow the move, and Outdated when it is not as it was shown."""
    hand = hand or hand_of(by.side)
    if hand not in MOVES[act].by:
        raise Refused("This is not for you to do.")
    if not is_possible(act, State(claim.state), hand):
        raise _too_late(claim)
    if shown is not None:
        history.refuse_outdated(SUBJECT, claim, shown, BINDING)


def is_changed_after(claim: Claim, at: datetime) -> bool:
    """Whether anything was done to a claim after that moment but to add a comment or a credit."""
    fields = BINDING | {"take_back_credit"}
    return any(change.at > at and change.field in fields for change in history.of(SUBJECT, claim.id))


def move(claim: Claim, act: str, words: str, *, by: Actor, to: State | None = None) -> None:
    """Into the state the move leads to, with what was said. `to`: where the move itself leaves that open."""
    wanted = to or MOVES[act].to
    old, now = claim.state, utcnow()
    if wanted is not None and wanted != old:
        claim.state, claim.state_since = wanted.value, now
    record(claim, act, old, words, by=by)


def record(claim: Claim, field: str, old: object, new: object, *, by: Actor) -> None:
    """One more version, and what became of a field."""
    claim.version += 1
    claim.changed_at = utcnow()
    history.record(SUBJECT, claim.id, field, old, new, by=(by.name, by.email), version=claim.version)
    db.session.flush()


def _too_late(claim: Claim) -> NotNow:
    moves = [
        change for change in history.of(SUBJECT, claim.id) if change.field in MOVES and change.at >= claim.state_since
    ]
    who = moves[0].actor if moves else claim.requested_by
    return NOT_NOW[State(claim.state)](claim=claim.reference, who=who, at=claim.state_since)
