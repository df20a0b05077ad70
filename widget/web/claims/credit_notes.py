"""The supplier's credit notes: pasted or sent as a file, looked at line by line, and entered at one press.

A preview changes nothing; it carries what was read along, and what it showed is looked at once more when it is entered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from widget import money, people, refunds
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.people import Supplier
from widget.refunds import Claim, CreditNote, CreditNoteLine, Fit, Head, Match
from widget.stores import Store
from widget.tickets import Place
from widget.web import language, places
from widget.web.claim_forms import NO_DAY, NO_INVOICE, Reading, Unreadable, check, latest_day
from widget.web.claims import credit_note_rows
from widget.web.claims.credit_note_rows import MOST_ROWS, Row
from widget.web.claims.door import bp
from widget.web.forms import Form
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.staff import me

MOST_SHOWN = 200
ONE = "/credit-notes/<int(max=2147483647):note_id>"
FITS = {
    Fit.FULL: N_("in full"),
    Fit.PARTIAL: N_("a part"),
    Fit.OVER: N_("more than is open"),
    Fit.UNKNOWN: N_("no such claim"),
}
NO_SUPPLIER, NO_CURRENCY = N_("Choose a supplier."), N_("Choose a currency.")
NO_ROW = N_("Choose a row of the credit note.")
NO_ROWS = N_("Paste the rows of the credit note, or choose its file: order number and amount.")


@dataclass
class Sheet:
    """What was pasted, read and matched."""

    form: Form = field(default_factory=Form)
    head: Head | None = None
    rows: Sequence[Row] = ()
    matches: Sequence[Match] = ()
    trouble: str = ""
    known: CreditNote | None = None

    @property
    def total(self) -> Decimal:
        """Of all rows that can be read."""
        return sum((match.entry.amount for match in self.matches), Decimal())


@bp.get("/credit-notes")
def credit_notes_GET() -> str:
    """Those that were entered, the newest first, and what is still owed."""
    query = select(CreditNote).options(joinedload(CreditNote.supplier), selectinload(CreditNote.lines))
    notes = db.session.scalars(query.order_by(CreditNote.id.desc()).limit(MOST_SHOWN)).all()
    return render_template(
        "claims/credit_notes.html", notes=notes, claims={"totals": refunds.totals()}, fits=FITS, most=MOST_SHOWN
    )


@bp.get("/credit-notes/new")
def new_credit_note_GET() -> str:
    """The empty form."""
    return _new_page(Sheet(Form({"day": utcnow().date().isoformat()})))


@bp.post("/credit-notes/new")
def new_credit_note_POST() -> Response:
    """Look at what was pasted, or enter it."""
    try:
        sheet = _read()
    except Unreadable as error:
        return make_response(_new_page(Sheet(error.reading.form())), 422)
    if request.form.get("then") != "enter" or any(row.why_not for row in sheet.rows):
        return make_response(_new_page(sheet), 422 if request.form.get("then") == "enter" else 200)
    try:
        note = _enter(sheet)
    except Refused as error:
        db.session.rollback()
        again = _read()
        again.trouble = language.in_words(error)
        return make_response(_new_page(again), 409)
    db.session.commit()
    return redirect(url_for("claims.credit_note_GET", note_id=note.id, did="entered"), 303)


@bp.get(ONE)
def credit_note_GET(note_id: int) -> str:
    """One credit note with what became of each line."""
    return _note_page(_get(note_id))


@bp.post(f"{ONE}/assign")
def assign_POST(note_id: int) -> Response:
    """Say by hand which claim a line is about."""
    note, typed = _get(note_id), request.form.get("line", "")
    if not typed:
        return make_response(_note_page(note, _(NO_ROW)), 422)
    line = next((each for each in note.lines if str(each.id) == typed), None)
    if line is None:
        raise NotFound("There is no such row.")
    try:
        claim, at = places.take_claim(request.form.get("claim", "").strip().upper())
        refunds.assign(line, claim, by=me(), at=at)
    except Refused as error:
        db.session.rollback()
        return make_response(_note_page(_get(note_id), language.in_words(error), request.form), 409)
    db.session.commit()
    return redirect(url_for("claims.credit_note_GET", note_id=note_id, did="assigned"), 303)


def _read() -> Sheet:
    """What was sent, matched. Raises Unreadable for the head; rows that cannot be read say so themselves."""
    reading = Reading(request.form, _currency_asked(), latest_day())
    supplier = _supplier(reading)
    currency = reading.words("currency", 3)
    if not money.is_currency(currency):
        reading.wrong["currency"] = _(NO_CURRENCY)
    invoice, day = reading.words("invoice", refunds.LONGEST_INVOICE), reading.day("day", NO_DAY)
    if not invoice:
        reading.wrong.setdefault("invoice", _(NO_INVOICE))
    text = _rows_sent(reading)
    if not text.strip():
        reading.wrong.setdefault("rows", _(NO_ROWS))
    check(reading)
    assert supplier is not None
    assert day is not None
    head = Head(supplier, invoice, currency, day)
    rows = credit_note_rows.rows(text, currency)
    if not rows or len(rows) > MOST_ROWS:
        reading.wrong["rows"] = _(NO_ROWS) if not rows else _("At most %(count)s rows at once.", count=MOST_ROWS)
        raise Unreadable(reading)
    form = Form({**reading.form().values, "rows": text})
    matches = refunds.match(head, [row.entry for row in rows if row.entry])
    known = db.session.scalar(
        select(CreditNote).where(CreditNote.supplier_id == supplier.id, CreditNote.invoice == invoice)
    )
    return Sheet(form, head, rows, matches, known=known)


def _rows_sent(reading: Reading) -> str:
    """Those of a file, else those that were pasted."""
    try:
        return credit_note_rows.text_of(request.files.get("file")) or request.form.get("rows", "")
    except Refused as error:
        reading.wrong["rows"] = language.in_words(error)
        return ""


def _currency_asked() -> str:
    typed = request.form.get("currency", "")[:3].upper()
    return typed if money.is_currency(typed) else "EUR"


def _supplier(reading: Reading) -> Supplier | None:
    typed = reading.words("supplier", 9)
    found = {str(supplier.id): supplier for supplier in people.all_suppliers()}
    if typed not in found:
        reading.wrong["supplier"] = _(NO_SUPPLIER)
    return found.get(typed)


def _enter(sheet: Sheet) -> CreditNote:
    """Everything or nothing. What was shown may have changed since: then it is shown anew."""
    assert sheet.head is not None
    chosen = [(match.entry, _chosen(number, match)) for number, match in enumerate(sheet.matches)]
    shown = request.form.get("shown", "")
    if shown != _fingerprint(sheet):
        raise Refused("Something changed since you looked. Look at the rows once more, then enter them.")
    return refunds.enter(sheet.head, chosen, by=me(), places=_places({claim for _entry, claim in chosen if claim}))


def _chosen(number: int, match: Match) -> int | None:
    """The claim that was chosen for a row: the one that fits, another of its order, or none."""
    typed = request.form.get(f"claim-{number}", "")
    possible = {str(claim.id): claim.id for claim in (match.claim, *match.others) if claim is not None}
    if typed == "none":
        return None
    return possible.get(typed, match.claim.id if match.claim else None)


def _places(claim_ids: set[int]) -> dict[int, Place]:
    """Where each claim is told, locked in one order."""
    return {number: places.lock_claim(refunds.get(number))[1] for number in sorted(claim_ids)}


def _fingerprint(sheet: Sheet) -> str:
    """What the rows were shown to be, for whoever enters them later."""
    return ",".join(f"{match.claim.id if match.claim else 0}:{match.fit[0]}" for match in sheet.matches)


def _new_page(sheet: Sheet) -> str:
    suppliers = people.all_suppliers()
    return render_template(
        "claims/credit_note_new.html",
        sheet=sheet,
        suppliers=[(supplier.id, supplier.name) for supplier in suppliers],
        currencies=[(code, code) for code in _currencies()],
        fits=FITS,
        shown=_fingerprint(sheet),
        expected=refunds.expected,
    )


def _currencies() -> list[str]:
    """Those that anything was claimed in, or that a store sells in."""
    found = db.session.scalars(select(Store.currency).union(select(Claim.currency)))
    return sorted(set(found))


def _note_page(note: CreditNote, trouble: str = "", typed: Any = None) -> str:
    return render_template(
        "claims/credit_note.html",
        note=note,
        fits=FITS,
        trouble=trouble,
        typed=typed or {},
        did=request.args.get("did", ""),
        total=sum((line.amount for line in note.lines), Decimal()),
    )


def _get(note_id: int) -> CreditNote:
    query = (
        select(CreditNote)
        .where(CreditNote.id == note_id)
        .options(
            joinedload(CreditNote.supplier),
            selectinload(CreditNote.lines).joinedload(CreditNoteLine.claim).joinedload(Claim.order),
        )
    )
    note = db.session.scalar(query.execution_options(populate_existing=True))
    if note is None:
        raise NotFound("There is no such credit note.")
    return note
