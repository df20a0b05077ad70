"""The supplier's credit notes, matched with what was claimed: full, partial, over, unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, selectinload

from widget import orders
from widget.db import db
from widget.errors import Refused
from widget.orders import Order
from widget.people import Actor, Supplier
from widget.refunds.answering import close
from widget.refunds.asking import get
from widget.refunds.crediting import Given, credit
from widget.refunds.moves import WITH_THE_SUPPLIER, State
from widget.refunds.tables import Claim, Credit, CreditNote, CreditNoteLine
from widget.tickets import Place


class Fit(StrEnum):
    """How a line of a credit note fits what is outstanding of a claim."""

    FULL = "full"
    PARTIAL = "partial"
    OVER = "over"
    UNKNOWN = "unknown"


class Entry(NamedTuple):
    """One line of a credit note, as it was written."""

    order_name: str
    amount: Decimal


class Match(NamedTuple):
    """An entry and the claim it is taken for; `others` are what else it could be."""

    entry: Entry
    claim: Claim | None
    fit: Fit
    others: tuple[Claim, ...] = ()


class Head(NamedTuple):
    """What a credit note says once for all its lines."""

    supplier: Supplier
    invoice: str
    currency: str
    day: date


def match(head: Head, entries: Sequence[Entry]) -> list[Match]:
    """Find the claim of each entry: one whose credit was announced, one of the exact amount, or the oldest.

    What several entries credit of one claim adds up. Two queries.
    """
    names = {_name(entry) for entry in entries}
    query = (
        select(Claim)
        .join(Order, Order.id == Claim.order_id)
        .where(
            Claim.supplier_id == head.supplier.id,
            Claim.currency == head.currency,
            Claim.state.in_([state.value for state in WITH_THE_SUPPLIER]),
            Order.name.in_(names),
        )
        .order_by(Claim.id)
        .options(contains_eager(Claim.order), selectinload(Claim.credits))
    )
    of_order: dict[str, list[Claim]] = {}
    for claim in db.session.scalars(query):
        of_order.setdefault(claim.order.name, []).append(claim)
    given: dict[int, Decimal] = {}
    found = []
    for entry in entries:
        claims = of_order.get(_name(entry), [])
        told = next((claim for claim in claims if find_announced(claim, head.invoice, entry.amount)), None)
        made = _told(entry, told) if told else _best(entry, claims, given)
        if made.claim is not None and told is None:
            given[made.claim.id] = given.get(made.claim.id, Decimal()) + entry.amount
        found.append(made)
    return found


def fit_of(claim: Claim | None, amount: Decimal, given: Decimal = Decimal()) -> Fit:
    """How an amount fits what is outstanding of a claim of which that much is given already."""
    if claim is None:
        return Fit.UNKNOWN
    left = expected(claim) - given
    if amount == left:
        return Fit.FULL
    return Fit.PARTIAL if amount < left else Fit.OVER


def expected(claim: Claim) -> Decimal:
    """What may still come: of a declined claim all of it, should the supplier change his mind."""
    wanted = claim.amount if claim.state == State.DECLINED else claim.due
    return (wanted or Decimal()) - claim.credited


def find_announced(claim: Claim, invoice: str, amount: Decimal) -> Credit | None:
    """The credit that somebody entered for that invoice before the credit note itself was."""
    for known in claim.credits:
        is_same = known.amount == amount and known.invoice.casefold() == invoice.casefold()
        if is_same and known.taken_back_at is None and known.credit_note_line_id is None:
            return known
    return None


def enter(head: Head, chosen: Iterable[tuple[Entry, int | None]], *, by: Actor, places: dict[int, Place]) -> CreditNote:
    """Keep a credit note and credit the claims it was matched with; those that are paid in full are closed.

    `chosen` are the entries, each with the claim's id or None; `places` where to tell of each claim, locked by the
    caller in one order. Raises Refused for an invoice that was entered already, and as credit() does.
    """
    # Of two who enter one credit note at once, the second has to see what the first did.
    _lock(Supplier, head.supplier.id)
    known = db.session.scalar(
        select(CreditNote).where(CreditNote.supplier_id == head.supplier.id, CreditNote.invoice == head.invoice)
    )
    if known is not None:
        raise Refused(
            "Invoice {invoice} of {supplier} was entered already, by {who} on {at}.",
            invoice=head.invoice, supplier=head.supplier.name, who=known.entered_by, at=known.entered_at,
        )  # fmt: skip
    note = CreditNote(
        supplier=head.supplier, invoice=head.invoice, currency=head.currency, day=head.day, entered_by=by.name
    )
    db.session.add(note)
    db.session.flush()
    for entry, claim_id in chosen:
        _enter_line(note, entry, get(claim_id) if claim_id else None, by, places)
    return note


def assign(line: CreditNoteLine, claim: Claim, *, by: Actor, at: Place) -> None:
    """Say by hand which claim a line is about that fitted none. Raises Refused when it was assigned meanwhile."""
    # The same for two who assign one line.
    _lock(CreditNoteLine, line.id)
    if line.claim_id is not None:
        raise Refused("This line belongs to {claim} already.", claim=f"R-{line.claim_id}")
    _check_belongs(line.credit_note, claim)
    line.fit, line.claim = fit_of(claim, line.amount).value, claim
    _credit(line, claim, by, at)


def _lock(table: type[CreditNoteLine] | type[Supplier], number: int) -> None:
    """Wait for whoever has the row, and see it as he left it."""
    query = select(table).where(table.id == number).with_for_update(of=table)
    db.session.scalars(query.execution_options(populate_existing=True)).one()


def _enter_line(
    note: CreditNote, entry: Entry, claim: Claim | None, by: Actor, places: dict[int, Place]
) -> CreditNoteLine:
    if claim is not None:
        _check_belongs(note, claim)
    told = find_announced(claim, note.invoice, entry.amount) if claim else None
    line = CreditNoteLine(
        credit_note=note,
        order_name=entry.order_name,
        amount=entry.amount,
        claim=claim,
        fit=(_told(entry, claim).fit if claim and told else fit_of(claim, entry.amount)).value,
    )
    db.session.add(line)
    db.session.flush()
    if claim is not None:
        _credit(line, claim, by, places[claim.id])
    return line


def _credit(line: CreditNoteLine, claim: Claim, by: Actor, at: Place) -> None:
    note = line.credit_note
    told = find_announced(claim, note.invoice, line.amount)
    if told is not None:
        told.credit_note_line_id = line.id
        db.session.flush()
    else:
        credit(claim, Given(line.amount, note.invoice, note.day), by=by, at=at, line=line)
    # Paid back to the last cent, by the supplier's own paper: nothing is left to look at.
    if claim.state == State.CREDITED and claim.credited == claim.amount:
        close(claim, "", by=by, at=at, shown=claim.version)


def _check_belongs(note: CreditNote, claim: Claim) -> None:
    if claim.supplier_id != note.supplier_id or claim.currency != note.currency:
        raise Refused(
            "{claim} is not a claim against {supplier} in {currency}.",
            claim=claim.reference, supplier=note.supplier.name, currency=note.currency,
        )  # fmt: skip


def _told(entry: Entry, claim: Claim) -> Match:
    """The supplier, or somebody of ours, had entered that credit already."""
    fits = {-1: Fit.OVER, 0: Fit.FULL, 1: Fit.PARTIAL}
    left = expected(claim)
    return Match(entry, claim, fits[(left > 0) - (left < 0)])


def _best(entry: Entry, claims: list[Claim], given: dict[int, Decimal]) -> Match:
    left = {claim.id: expected(claim) - given.get(claim.id, Decimal()) for claim in claims}
    waiting = [claim for claim in claims if left[claim.id] > 0] or claims
    exact = [claim for claim in waiting if left[claim.id] == entry.amount]
    best = next(iter(exact or waiting), None)
    if best is None:
        return Match(entry, None, Fit.UNKNOWN)
    fit = fit_of(best, entry.amount, given.get(best.id, Decimal()))
    return Match(entry, best, fit, tuple(claim for claim in claims if claim is not best))


def _name(entry: Entry) -> str:
    """The order number as we keep it: without blanks, number sign, in capitals."""
    return "".join(orders.plain(entry.order_name).split()).lstrip("#").upper()
