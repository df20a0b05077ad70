"""The lock: an approver's own words, what they are about, and filing a claim on the strength of them.

Nobody confirms what he wanted himself, whoever has lost the role a minute ago confirms nothing, and a claim that
changed since it was read is confirmed anew. The database says the same once more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select

from widget import history, people
from widget.db import db, utcnow
from widget.errors import Refused
from widget.notes import claims as notes
from widget.people import ITSELF, Actor, Person
from widget.refunds import recording, telling, walls
from widget.refunds.moves import Hand, State
from widget.refunds.requesting import void
from widget.refunds.tables import FACTS, Claim, Confirmation
from widget.tickets import Place

LONGEST_WORDS = 2_000
# Whoever did one of these wanted the money himself.
WANTING = {"drafted", "request", *FACTS}


class Written(NamedTuple):
    """Where an approver wrote his words, and when: on the desk, or in a message that somebody pointed at."""

    place: str
    at: datetime
    ticket: int | None = None
    message: int | None = None
    pointed_at_by: Actor | None = None


def confirm(
    claim: Claim, words: str, *, by: Person, at: Place, shown: int, days: int, written: Written | None = None
) -> Confirmation:
    """Keep an approver's written word, with a copy of what it is about, for `days` days.

    Raises NotNow when somebody else was first, Outdated when the claim changed since it was shown, and Refused for
    anybody but an approver other than those who wanted the money.
    """
    approver = people.lock_approver(by.id)
    actor = approver.as_actor()
    recording.check(claim, "confirm", actor, shown, hand=Hand.APPROVER)
    _refuse_own(claim, approver)
    said = words.strip()
    if not said:
        raise Refused("Write in your own words that you confirm this claim.")
    if len(said) > LONGEST_WORDS:
        raise Refused("At most {limit} characters, please.", limit=LONGEST_WORDS)
    written = written or Written("desk", utcnow())
    if written.at + timedelta(days=days) <= utcnow():
        raise Refused(
            "The note was written on {at}, more than {count} days ago. A new note is needed.", at=written.at, count=days
        )
    confirmation = _word(claim, approver, said, written, days)
    db.session.add(confirmation)
    db.session.flush()
    claim.confirmation_id = confirmation.id
    recording.move(claim, "confirm", said, by=actor)
    db.session.expire(claim, ["confirmation"])
    pointing = written.pointed_at_by
    if pointing is None or pointing.email == approver.email:
        telling.tell(claim, notes.confirmed(approver.name, said), by=actor, at=at)
    else:
        here = notes.confirmed_here(pointing.name, approver.name, said)
        telling.tell(claim, here, by=pointing, at=at, to=approver.email)
    return confirmation


def send_back(claim: Claim, words: str, *, by: Person, at: Place, shown: int) -> None:
    """An approver does not confirm it, or does not any more, and says why. Raises as confirm() does."""
    approver = people.lock_approver(by.id)
    actor = approver.as_actor()
    recording.check(claim, "send_back", actor, shown, hand=Hand.APPROVER)
    if not words.strip():
        raise Refused("Say what is missing or wrong, so that it can be put right.")
    _let_go(claim, "send_back", words.strip(), by=actor)
    telling.tell(claim, notes.sent_back(approver.name, words.strip()), by=actor, at=at)


def file(claim: Claim, *, by: Actor, at: Place, shown: int) -> None:
    """Show a confirmed claim to the supplier. Raises NotNow, Outdated, and Refused when the confirmation is too old."""
    recording.check(claim, "file", by, shown)
    if walls.missing():
        raise Refused(
            "The database does not guard refund claims any more, so nothing is filed. Tell an admin: the overview says "
            "what is missing."
        )
    confirmation = claim.confirmation
    if confirmation is None or not confirmation.stands:
        raise Refused("{claim} has no written confirmation. An approver has to confirm it.", claim=claim.reference)
    now = utcnow()
    if confirmation.expires_at <= now:
        raise Refused(
            "The confirmation of {claim} expired on {at}. An approver has to confirm it anew.",
            claim=claim.reference, at=confirmation.expires_at,
        )  # fmt: skip
    claim.filed_at, claim.filed_by = now, by.name
    recording.move(claim, "file", confirmation.approver, by=by)
    said = notes.filed(by.name, confirmation.approver, claim.supplier.name)
    telling.tell(claim, said, by=by, at=at, to_supplier=True)


def expired(now: datetime, at_most: int) -> list[int]:
    """The claims whose confirmation was not used in time, by id."""
    query = (
        select(Claim.id)
        .join(Confirmation, Confirmation.id == Claim.confirmation_id)
        .where(Claim.state == State.CONFIRMED.value, Confirmation.expires_at <= now)
    )
    return list(db.session.scalars(query.order_by(Claim.id).limit(at_most)))


def expire(claim: Claim, *, at: Place, now: datetime) -> bool:
    """Void a confirmation that was not used in time; whether there was one. The caller has locked the claim."""
    confirmation = claim.confirmation
    if claim.state != State.CONFIRMED or confirmation is None or confirmation.expires_at > now:
        return False
    days = (confirmation.expires_at - confirmation.at).days
    _let_go(claim, "expire", f"{days} days", by=ITSELF)
    telling.tell(claim, notes.expired(days), by=ITSELF, at=at)
    return True


def _word(claim: Claim, approver: Person, said: str, written: Written, days: int) -> Confirmation:
    assert claim.day is not None
    assert claim.amount is not None
    return Confirmation(
        claim_id=claim.id,
        approver_id=approver.id,
        approver=approver.name,
        approver_email=approver.email,
        requested_by_email=claim.requested_by_email,
        words=said,
        place=written.place,
        gorgias_ticket=written.ticket,
        gorgias_message=written.message,
        pointed_at_by=written.pointed_at_by.name if written.pointed_at_by else "",
        at=written.at,
        expires_at=written.at + timedelta(days=days),
        order_id=claim.order_id,
        order_name=claim.order.name,
        issue=claim.issue,
        day=claim.day,
        amount=claim.amount,
        currency=claim.currency,
        stands=True,
    )


def _let_go(claim: Claim, act: str, words: str, *, by: Actor) -> None:
    """Into an earlier state; a confirmation it held on to is void."""
    confirmation = claim.confirmation
    claim.confirmation_id = None
    recording.move(claim, act, words, by=by)
    if confirmation is not None:
        void(confirmation, act, words, by=by)
    db.session.expire(claim, ["confirmation"])


def wanted_by(claim: Claim, email: str) -> bool:
    """Whether somebody asked for the claim, or changed what it is about: then he does not confirm it."""
    return bool(db.session.scalar(select(is_wanted_by(email)).where(Claim.id == claim.id)))


def is_wanted_by(email: str) -> ColumnElement[bool]:
    """The same as a condition for a query of claims."""
    is_touched = history.is_touched_by(recording.SUBJECT, Claim.id.expression, email, WANTING)
    return or_(Claim.requested_by_email == email.lower(), is_touched)


def _refuse_own(claim: Claim, approver: Person) -> None:
    if wanted_by(claim, approver.email):
        raise Refused(
            "{who} asked for this claim or changed it, so somebody else has to confirm it.", who=approver.name
        )
