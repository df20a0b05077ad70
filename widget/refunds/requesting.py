"""Wanting money back: drafts, requests, changes of either, and taking them back.

All in the caller's transaction. Callers have locked a claim that they change; subjects never commit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from widget import history, money
from widget.db import db, utcnow
from widget.errors import Refused
from widget.notes import claims as notes
from widget.orders import Order
from widget.people import Actor, Supplier
from widget.refunds import recording, telling
from widget.refunds.asking import today_in
from widget.refunds.moves import OVER, State
from widget.refunds.tables import FACTS, LONGEST_ISSUE, Claim, ClaimReason, Confirmation
from widget.tickets import Place


class Wanted(NamedTuple):
    """How a claim is to be. A draft may lack the day, the amount, and both facts of the rule "reshipment first"."""

    reason: ClaimReason
    issue: str
    day: date | None
    amount: Decimal | None
    reshipment_offered_on: date | None
    customer_asked: bool
    note: str = ""


class Incomplete(Refused):
    """Something is missing or wrong before a claim can be requested; `wrong` tells for each field what."""

    def __init__(self, wrong: dict[str, Refused]) -> None:
        first = next(iter(wrong.values()))
        super().__init__(first.template, **first.values)
        self.wrong = wrong


class AlreadyClaimed(Refused):
    """There is an open claim of the same order and issue: `reference`."""

    def __init__(self, claim: Claim) -> None:
        told = Refused("This order and issue are claimed already: {claim}. Open that claim.", claim=claim.reference)
        super().__init__(told.template, **told.values)
        self.reference = claim.reference


def start(order: Order, wanted: Wanted, *, by: Actor, at: Place, supplier: Supplier) -> Claim:
    """Keep a claim as a draft, which nobody is asked about yet.

    Raises AlreadyClaimed, and Incomplete for values that can never be right.
    """
    _check_values(order, wanted)
    _refuse_a_second(order, wanted.issue, None)
    now = utcnow()
    claim = Claim(
        order=order,
        supplier=supplier,
        ticket=at.ticket,
        state=State.DRAFT.value,
        state_since=now,
        currency=order.store.currency,
        requested_by=by.name,
        requested_by_email=by.email.lower(),
        facts_since=now,
        created_at=now,
        changed_at=now,
        version=1,
    )
    _fill(claim, wanted)
    order.has_claims = True
    with _one_at_once(order, wanted.issue, None):
        db.session.add(claim)
    history.record(recording.SUBJECT, claim.id, "drafted", "", wanted.issue, by=(by.name, by.email), version=1)
    db.session.flush()
    return claim


def request(claim: Claim, *, by: Actor, at: Place, shown: int | None = None) -> None:
    """Ask an approver to confirm. Raises Incomplete when something is missing, NotNow, Outdated."""
    recording.check(claim, "request", by, shown)
    _check_complete(claim)
    claim.requested_at = utcnow()
    _wanted_by(claim, by)
    recording.move(claim, "request", telling.in_words(claim), by=by)
    assert claim.day is not None
    how_to = telling.line_that_confirms(claim)
    telling.tell(claim, notes.requested(by.name, claim.issue, claim.day, how_to), by=by, at=at)


def change(claim: Claim, wanted: Wanted, *, by: Actor, at: Place, shown: int) -> list[str]:
    """Give a claim that the supplier has not seen other values; the names of those that differ.

    A change of what an approver confirms makes whoever changes it the one who wants the money, and voids a
    confirmation. Raises NotNow, Outdated, Incomplete, AlreadyClaimed.
    """
    recording.check(claim, "change", by, shown)
    _check_values(claim.order, wanted)
    _refuse_a_second(claim.order, wanted.issue, claim)
    was = _told(claim)
    confirmation = claim.confirmation
    with _one_at_once(claim.order, wanted.issue, claim), db.session.no_autoflush:
        _fill(claim, wanted)
        if claim.state != State.DRAFT:
            _check_complete(claim)
        now = _told(claim)
        differing = [name for name, value in now.items() if value != was[name]]
        facts = [name for name in differing if name in FACTS]
        if facts:
            claim.facts_since = utcnow()
            _wanted_by(claim, by)
            # An approver is asked anew, by whoever changed it.
            if claim.state != State.DRAFT:
                claim.requested_at = claim.facts_since
        if facts and confirmation is not None:
            claim.state, claim.state_since, claim.confirmation_id = State.REQUESTED.value, utcnow(), None
    for name in differing:
        recording.record(claim, name, was[name], now[name], by=by)
    if facts and confirmation is not None:
        void(confirmation, "change", ", ".join(facts), by=by)
        db.session.expire(claim, ["confirmation"])
    if facts and claim.state != State.DRAFT:
        told = "\n".join(f"{name}: {was[name] or '–'} → {now[name] or '–'}" for name in facts)
        telling.tell(claim, notes.changed(by.name, told, is_void=confirmation is not None), by=by, at=at)
    return differing


def withdraw(claim: Claim, words: str, *, by: Actor, at: Place, shown: int | None = None) -> None:
    """The shop does not want the money after all; `words` say why. Raises NotNow, Outdated, Refused without words."""
    recording.check(claim, "withdraw", by, shown)
    if not words.strip():
        raise Refused("Say why the claim is withdrawn.")
    if claim.credited:
        raise Refused("Money was credited for {claim} already. Take the credit back first.", claim=claim.reference)
    confirmation = claim.confirmation if claim.state == State.CONFIRMED else None
    if confirmation is not None:
        claim.confirmation_id = None
    claim.ended_by, claim.ended_at, claim.ended_because = by.name, utcnow(), words.strip()
    recording.move(claim, "withdraw", words.strip(), by=by)
    if confirmation is not None:
        void(confirmation, "withdraw", words.strip(), by=by)
    telling.tell(claim, notes.withdrawn(by.name, words.strip()), by=by, at=at, to_supplier=claim.filed_at is not None)


def wrong_with(wanted: Wanted, order: Order | None) -> dict[str, Refused]:
    """All that keeps a claim from being requested, by field; `order`: None as long as nobody knows which it is."""
    return {**_missing(wanted), **_impossible(wanted, order)}


def void(confirmation: Confirmation, act: str, words: str, *, by: Actor) -> None:
    """The written word does not count any more. The caller has made the claim let go of it and told the store.

    `act` is the move that voids it, `words` what was said with it, or the names of the facts that were changed.
    """
    db.session.flush()
    confirmation.stands, confirmation.voided_at = False, utcnow()
    confirmation.voided_by, confirmation.voided_with, confirmation.voided_because = by.name, act, words
    db.session.flush()


def issue_key(issue: str) -> str:
    """The same for the same issue, however it is capitalised, spaced, or ended."""
    folded = unicodedata.normalize("NFKC", issue[: LONGEST_ISSUE * 2]).casefold()
    return " ".join(re.sub(r"[^\w]+", " ", folded).split()) or folded.strip()


def _fill(claim: Claim, wanted: Wanted) -> None:
    claim.reason = wanted.reason
    claim.issue, claim.issue_key = wanted.issue, issue_key(wanted.issue)
    claim.day, claim.amount = wanted.day, wanted.amount
    claim.reshipment_offered_on, claim.customer_asked = wanted.reshipment_offered_on, wanted.customer_asked
    claim.note = wanted.note


def _wanted_by(claim: Claim, by: Actor) -> None:
    claim.requested_by, claim.requested_by_email = by.name, by.email.lower()


def _told(claim: Claim) -> dict[str, str]:
    """For the history and for the note, by field."""
    return {
        "issue": claim.issue,
        "day": claim.day.isoformat() if claim.day else "",
        "amount": telling.in_words(claim),
        "reason": claim.reason.name_en,
        "reshipment_offered_on": claim.reshipment_offered_on.isoformat() if claim.reshipment_offered_on else "",
        "customer_asked": "yes" if claim.customer_asked else "no",
        "note": claim.note,
    }


def _check_values(order: Order, wanted: Wanted) -> None:
    if wrong := _impossible(wanted, order):
        raise Incomplete(wrong)


def _impossible(wanted: Wanted, order: Order | None) -> dict[str, Refused]:
    """What can never be right, whether it is a draft or not."""
    wrong: dict[str, Refused] = {}
    if len(wanted.issue) > LONGEST_ISSUE:
        wrong["issue"] = Refused("The issue has at most {limit} characters.", limit=LONGEST_ISSUE)
    if order is None:
        return wrong
    today = today_in(order.store)
    if wanted.day is not None and wanted.day > today:
        wrong["day"] = Refused("The day of the issue is in the future. Today is {today}.", today=today.isoformat())
    if wanted.reshipment_offered_on is not None and wanted.reshipment_offered_on > today:
        wrong["reshipment_offered_on"] = Refused(
            "The day on which a reshipment was offered is in the future. Today is {today}.", today=today.isoformat()
        )
    too_much = _too_much(order, wanted.amount)
    if too_much is not None:
        wrong["amount"] = too_much
    return wrong


def _too_much(order: Order, amount: Decimal | None) -> Refused | None:
    if amount is None:
        return None
    if amount <= 0:
        return Refused("The amount has to be more than 0.")
    if -int(amount.normalize().as_tuple().exponent) > money.minor_digits(order.store.currency):
        return Refused("The amount has more decimals than {currency} has.", currency=order.store.currency)
    if order.total is not None and order.total_currency == order.store.currency and amount > order.total:
        total = money.told(order.total, order.total_currency)
        return Refused("The customer paid {total} for this order. The claim cannot be more.", total=total)
    return None


def _check_complete(claim: Claim) -> None:
    if wrong := _missing(claim):
        raise Incomplete(wrong)


def _missing(claim: Claim | Wanted) -> dict[str, Refused]:
    """What a draft may lack and a request may not."""
    wrong: dict[str, Refused] = {}
    if not claim.issue.strip():
        wrong["issue"] = Refused("Say what the issue is.")
    if claim.day is None:
        wrong["day"] = Refused("Say on which day it happened.")
    if claim.amount is None:
        wrong["amount"] = Refused("Say how much is to be refunded.")
    if claim.reshipment_offered_on is None:
        wrong["reshipment_offered_on"] = Refused(
            "Offer the customer a reshipment first, and say on which day that was."
        )
    if not claim.customer_asked:
        wrong["customer_asked"] = Refused(
            "A claim can only be requested when the customer asked for the refund himself. Never mention it first."
        )
    return wrong


@contextmanager
def _one_at_once(order: Order, issue: str, claim: Claim | None) -> Iterator[None]:
    """Store what is done inside. Of two who claim the same at once the second is told so: AlreadyClaimed."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError:
        _refuse_a_second(order, issue, claim)
        raise


def _refuse_a_second(order: Order, issue: str, claim: Claim | None) -> None:
    key = issue_key(issue)
    if not key:
        return
    query = select(Claim).where(
        Claim.order_id == order.id, Claim.issue_key == key, Claim.state.not_in([state.value for state in OVER])
    )
    if claim is not None:
        query = query.where(Claim.id != claim.id)
    with db.session.no_autoflush:
        same = db.session.scalar(query)
    if same is not None:
        raise AlreadyClaimed(same)
