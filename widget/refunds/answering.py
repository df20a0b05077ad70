"""What the supplier says to a claim that was filed, and what customer service says to that."""

from __future__ import annotations

from decimal import Decimal

from widget import money
from widget.db import db, utcnow
from widget.errors import Refused
from widget.notes import claims as notes
from widget.people import Actor, Side
from widget.refunds import recording, telling
from widget.refunds.moves import State
from widget.refunds.tables import Claim, ClaimComment
from widget.tickets import Place


def accept(claim: Claim, *, by: Actor, at: Place, shown: int, words: str = "") -> None:
    """The supplier pays all of it. Raises NotNow when it was answered already, Outdated."""
    recording.check(claim, "accept", by, shown)
    _answer(claim, "accept", claim.amount, words, by)
    telling.tell(claim, notes.accepted(by.name, telling.in_words(claim), words.strip()), by=by, at=at)


def accept_partly(claim: Claim, amount: Decimal, words: str, *, by: Actor, at: Place, shown: int) -> None:
    """The supplier pays a part, and says why not all. Raises NotNow, Outdated, and Refused for what is no part."""
    recording.check(claim, "accept_partly", by, shown)
    assert claim.amount is not None
    if not 0 < amount < claim.amount:
        raise Refused(
            "A part is more than 0 and less than {amount}. To pay all of it, accept the claim.",
            amount=telling.in_words(claim),
        )
    if not words.strip():
        raise Refused("Say why you accept only a part.")
    _answer(claim, "accept_partly", amount, words, by)
    part, of = money.told(amount, claim.currency), telling.in_words(claim)
    telling.tell(claim, notes.partly_accepted(by.name, part, of, words.strip()), by=by, at=at)


def decline(claim: Claim, words: str, *, by: Actor, at: Place, shown: int) -> None:
    """The supplier does not pay, and says why. Raises NotNow, Outdated, and Refused without words."""
    recording.check(claim, "decline", by, shown)
    if not words.strip():
        raise Refused("Say why you decline the claim.")
    _answer(claim, "decline", None, words, by)
    telling.tell(claim, notes.declined(by.name, words.strip()), by=by, at=at)


def insist(claim: Claim, words: str, *, by: Actor, at: Place, shown: int) -> None:
    """Customer service does not agree: the supplier is asked again. Raises NotNow, Outdated, Refused without words."""
    recording.check(claim, "insist", by, shown)
    if not words.strip():
        raise Refused("Tell the supplier why you ask again.")
    if claim.credited:
        raise Refused(
            "Money was credited for {claim} already. Close it, or take the credit back.", claim=claim.reference
        )
    _keep_answer(claim)
    claim.accepted_amount, claim.answer, claim.answered_by, claim.answered_at = None, "", "", None
    recording.move(claim, "insist", words.strip(), by=by)
    _add_comment(claim, words.strip(), by)
    telling.tell(claim, notes.insisted(by.name, words.strip()), by=by, at=at, to_supplier=True)


def comment(claim: Claim, words: str, *, by: Actor, at: Place) -> ClaimComment:
    """Add to what both sides write about a claim that was filed. Comments never collide. Raises NotNow, Refused."""
    recording.check(claim, "comment", by, None)
    if not words.strip():
        raise Refused("Write something first.")
    added = _add_comment(claim, words.strip(), by)
    recording.move(claim, "comment", words.strip(), by=by)
    say = notes.commented if by.side == Side.CUSTOMER_SERVICE else notes.supplier_commented
    telling.tell(claim, say(by.name, words.strip()), by=by, at=at, to_supplier=True)
    return added


def close(claim: Claim, words: str, *, by: Actor, at: Place, shown: int) -> None:
    """Nothing more is wanted. Raises NotNow, Outdated, and Refused without words while something is outstanding."""
    recording.check(claim, "close", by, shown)
    said = words.strip()
    if not said and (claim.state != State.CREDITED or claim.credited != (claim.amount or 0)):
        raise Refused("The shop does not get all it claimed. Say why the claim is closed all the same.")
    claim.ended_by, claim.ended_at, claim.ended_because = by.name, utcnow(), said
    recording.move(claim, "close", said, by=by)
    telling.tell(claim, notes.closed(by.name, said), by=by, at=at, to_supplier=True)


def answered_state(claim: Claim) -> State:
    """The state that the supplier's answer alone makes, credits aside."""
    if claim.answered_at is None:
        return State.FILED
    if claim.accepted_amount is None:
        return State.DECLINED
    return State.ACCEPTED if claim.accepted_amount == claim.amount else State.PARTLY_ACCEPTED


def _answer(claim: Claim, act: str, amount: Decimal | None, words: str, by: Actor) -> None:
    claim.accepted_amount, claim.answer = amount, words.strip()
    claim.answered_by, claim.answered_at = by.name, utcnow()
    # He may have credited that much before he answered.
    is_paid = claim.credited > 0 and claim.outstanding <= 0
    told = _told(claim, amount, words.strip())
    recording.move(claim, act, told, by=by, to=State.CREDITED if is_paid else None)


def _keep_answer(claim: Claim) -> None:
    """What was answered stays among what both sides wrote."""
    assert claim.answered_at is not None
    told = _told(claim, claim.accepted_amount, claim.answer)
    kept = ClaimComment(
        claim_id=claim.id, side=Side.SUPPLIER.value, author=claim.answered_by, text=told, at=claim.answered_at
    )
    db.session.add(kept)
    db.session.flush()


def _told(claim: Claim, amount: Decimal | None, words: str) -> str:
    return words if amount is None else " ".join([money.told(amount, claim.currency), words]).strip()


def _add_comment(claim: Claim, words: str, by: Actor) -> ClaimComment:
    added = ClaimComment(claim_id=claim.id, side=by.side.value, author=by.name, text=words)
    db.session.add(added)
    db.session.flush()
    return added
