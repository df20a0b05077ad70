"""Money that came: how much, on which invoice of the supplier's, entered by either side."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from widget import money
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.notes import claims as notes
from widget.people import Actor
from widget.refunds import recording, telling
from widget.refunds.answering import answered_state
from widget.refunds.moves import State
from widget.refunds.tables import Claim, Credit, CreditNoteLine
from widget.tickets import Place

LONGEST_INVOICE = 60


class Given(NamedTuple):
    """What was credited: in the claim's currency, on which invoice, on which day."""

    amount: Decimal
    invoice: str
    day: date


def credit(claim: Claim, given: Given, *, by: Actor, at: Place, line: CreditNoteLine | None = None) -> Credit:
    """Money came. All that is due makes the claim credited; less leaves it where it is; more is taken as it is.

    Raises NotNow for a claim that was not filed or is over, and Refused for the same credit twice.
    """
    recording.check(claim, "credit", by, None)
    invoice = given.invoice.strip()
    if not invoice or len(invoice) > LONGEST_INVOICE:
        raise Refused("Name the invoice, in at most {limit} characters.", limit=LONGEST_INVOICE)
    if given.amount <= 0:
        raise Refused("The amount has to be more than 0.")
    # Two paintings of one order may stand on a credit note with the same amount.
    if line is None:
        _refuse_a_second(claim, invoice, given.amount)
    credited = Credit(
        claim=claim,
        amount=given.amount,
        invoice=invoice,
        day=given.day,
        credit_note_line_id=line.id if line else None,
        recorded_by=by.name,
        side=by.side.value,
    )
    db.session.add(credited)
    claim.credited += given.amount
    claim.credited_at = utcnow()
    told = money.told(given.amount, claim.currency)
    is_all = claim.outstanding <= 0
    recording.move(claim, "credit", f"{told}, {invoice}", by=by, to=State.CREDITED if is_all else State(claim.state))
    still = "" if is_all else money.told(claim.outstanding, claim.currency)
    telling.tell(claim, notes.credited(by.name, told, invoice, still), by=by, at=at)
    return credited


def take_back_credit(claim: Claim, credit_id: int, *, by: Actor, at: Place) -> None:
    """It was entered by mistake. Raises NotFound, NotNow, and Refused for one that the other side entered."""
    recording.check(claim, "take_back_credit", by, None)
    found = db.session.get(Credit, credit_id)
    if found is None or found.claim_id != claim.id or found.taken_back_at is not None:
        raise NotFound("There is no such credit.")
    if found.side != by.side.value:
        raise Refused("{who} entered this credit. Write a comment to have it taken back.", who=found.recorded_by)
    found.taken_back_at, found.taken_back_by = utcnow(), by.name
    claim.credited -= found.amount
    if not claim.credited:
        claim.credited_at = None
    told = money.told(found.amount, claim.currency)
    back = answered_state(claim)
    left = State.CREDITED if claim.state == State.CREDITED and _is_settled(claim, back) else back
    recording.move(claim, "take_back_credit", f"{told}, {found.invoice}", by=by, to=left)
    telling.tell(claim, notes.credit_taken_back(by.name, told, found.invoice), by=by, at=at)


def _is_settled(claim: Claim, answered: State) -> bool:
    return claim.credited > 0 and (answered == State.DECLINED or claim.outstanding <= 0)


def _refuse_a_second(claim: Claim, invoice: str, amount: Decimal) -> None:
    for known in claim.credits:
        if known.taken_back_at is None and known.amount == amount and known.invoice.casefold() == invoice.casefold():
            raise Refused(
                "{amount} on invoice {invoice} was entered already, by {who} on {at}.",
                amount=money.told(amount, claim.currency), invoice=invoice, who=known.recorded_by, at=known.at,
            )  # fmt: skip
