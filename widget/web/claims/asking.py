"""The form of a claim: to ask for money back, and to change what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from widget import money, orders, pictures, problems, refunds, tickets
from widget.db import db
from widget.errors import NotFound, Refused
from widget.orders import Order
from widget.pictures import Picture
from widget.refunds import AlreadyClaimed, Claim, ClaimReason, Incomplete, Wanted
from widget.tickets import Place
from widget.web import language, picture_forms, places, visible
from widget.web.claim_forms import Reading, Unreadable, check, latest_day
from widget.web.claims.door import bp
from widget.web.forms import Form
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.picture_forms import FormRefused
from widget.web.places import public_url
from widget.web.staff import me
from widget.web.typed import LONGEST_TYPED, clean

NO_ORDER = N_("Write the order number.")
NO_REASON = N_("Choose a reason.")


@dataclass
class Asked:
    """The form as it is shown: what was typed, what is wrong, the pictures that are kept, and what is in the way."""

    form: Form = field(default_factory=Form)
    trouble: str = ""
    drafts: Sequence[Picture] = ()
    known: str = ""
    changes: Sequence[Any] = ()
    order: Order | None = None


@bp.get("/new")
def new_GET() -> str:
    """The empty form; an address may name the order."""
    named = clean(request.args.get("order", ""))[:60]
    code = clean(request.args.get("store", ""))[:12]
    return new_page(Asked(Form({"order_name": f"{code} {named}" if code and named else named})))


@bp.post("/new")
def new_POST() -> Response:
    """Request a claim, or keep it as a draft."""
    keys: list[str] = []
    try:
        drafts = picture_forms.take(g.person)
        keys = [draft.key for draft in drafts]
        claim = _ask(drafts)
    except FormRefused as error:
        return _refused(error.status, language.in_words(error), [draft.key for draft in error.kept])
    except Unreadable as error:
        return _refused(422, "", keys, error.reading)
    except AlreadyClaimed as error:
        return _refused(409, language.in_words(error), keys, known=error.reference)
    except NotFound:
        raise
    except Refused as error:
        return _refused(409, language.in_words(error), keys)
    db.session.commit()
    return redirect(url_for("claims.claim_GET", reference=claim.reference, done=claim.reference, did=claim.state), 303)


@bp.get("/<reference>/change")
def change_GET(reference: str) -> str:
    """What was asked for, to be changed."""
    claim = visible.get_claim(g.person, reference)
    return change_page(claim, Asked(_form_of(claim)))


@bp.post("/<reference>/change")
def change_POST(reference: str) -> Response:
    """Save it; what an approver confirmed has to be confirmed anew."""
    reading = None
    try:
        claim, at = places.take_claim(reference)
        reading = Reading(request.form, claim.currency, refunds.today_in(claim.order.store))
        wanted = _wanted(reading)
        if claim.state != refunds.State.DRAFT:
            reading.refuse(refunds.wrong_with(wanted, claim.order))
        check(reading)
        refunds.change(claim, wanted, by=me(), at=at, shown=reading.version())
    except NotFound:
        raise
    except Unreadable as error:
        return _not_changed(reference, 422, Asked(error.reading.form()))
    except Refused as error:
        form = reading.form() if reading else Form()
        known = error.reference if isinstance(error, AlreadyClaimed) else ""
        asked = Asked(form, language.in_words(error), known=known, changes=getattr(error, "changes", ()))
        return _not_changed(reference, 409, asked)
    db.session.commit()
    return redirect(url_for("claims.claim_GET", reference=reference, done=reference, did="change"), 303)


def new_page(asked: Asked) -> str:
    """The form of a new claim."""
    others = _claims_of(asked.order) if asked.order is not None else []
    return render_template(
        "claims/new.html",
        asked=asked,
        reasons=refunds.choices(),
        today=latest_day().isoformat(),
        others=others,
    )


def change_page(claim: Claim, asked: Asked) -> str:
    """The form of a claim that the supplier has not seen yet."""
    return render_template(
        "claims/change.html",
        claim=claim,
        asked=asked,
        reasons=[*refunds.choices(), *([claim.reason] if claim.reason.archived_at else [])],
        today=refunds.today_in(claim.order.store).isoformat(),
        is_possible=claim.state in refunds.IN_PREPARATION,
    )


def _ask(drafts: Sequence[Picture]) -> Claim:
    """The claim that was asked for: once, however often the button is pressed."""
    reading = Reading(request.form, "EUR", latest_day())
    order = _order(reading)
    if order is not None:
        reading = _again(reading, order)
    wanted = _wanted(reading)
    is_draft = request.form.get("then") == "draft"
    reading.refuse(refunds.wrong_with(wanted, order) if not is_draft else {})
    check(reading)
    assert order is not None
    at = Place(tickets.lock_home(order.id), public_url())
    supplier = problems.supplier_for(order)
    try:
        claim = refunds.start(order, wanted, by=me(), at=at, supplier=supplier)
        pictures.attach_to_claim(drafts, claim)
        if not is_draft:
            refunds.request(claim, by=me(), at=at)
    except Incomplete as error:
        reading.refuse(error.wrong)
        raise Unreadable(reading) from error
    return claim


def _order(reading: Reading) -> Order | None:
    """The order, locked; what is wrong with its number is kept."""
    typed = reading.words("order_name", 60)
    if not typed:
        reading.wrong.setdefault("order_name", _(NO_ORDER))
        return None
    try:
        name = orders.read_name(typed, orders.all_patterns())
    except Refused as error:
        reading.wrong["order_name"] = language.in_words(error)
        return None
    return orders.lock_known([name])[name]


def _again(reading: Reading, order: Order) -> Reading:
    """The same form, read in the currency and on the day of the order's store."""
    wrong = reading.wrong
    reading = Reading(request.form, order.store.currency, refunds.today_in(order.store))
    reading.wrong.update(wrong)
    return reading


def _wanted(reading: Reading) -> Wanted:
    return Wanted(
        reason=_reason(reading),
        issue=reading.words("issue", refunds.LONGEST_ISSUE),
        day=reading.day("day"),
        amount=reading.amount("amount"),
        reshipment_offered_on=reading.day("reshipment_offered_on"),
        customer_asked=reading.is_ticked("customer_asked"),
        note=reading.words("note", LONGEST_TYPED),
    )


def _reason(reading: Reading) -> ClaimReason:
    code = reading.words("reason", 60)
    known = {reason.code: reason for reason in refunds.all_reasons()}
    if code not in known:
        reading.wrong["reason"] = _(NO_REASON)
    # With nothing chosen the form is refused, whatever stands here.
    return known.get(code) or next(iter(known.values()))


def _refused(status: int, sentence: str, keys: list[str], reading: Reading | None = None, known: str = "") -> Response:
    """The form with what was typed, and why nothing came of it."""
    db.session.rollback()
    reading = reading or Reading(request.form, "EUR", latest_day())
    drafts = pictures.drafts_of(g.person, keys or request.form.getlist(picture_forms.KEYS_FIELD))
    return make_response(new_page(Asked(reading.form(), sentence, drafts, known, order=_order_typed())), status)


def _order_typed() -> Order | None:
    try:
        return orders.find(orders.read_name(clean(request.form.get("order_name", "")), orders.all_patterns()))
    except Refused:
        return None


def _not_changed(reference: str, status: int, asked: Asked) -> Response:
    db.session.rollback()
    return make_response(change_page(visible.get_claim(g.person, reference), asked), status)


def _form_of(claim: Claim) -> Form:
    return Form(
        {
            "reason": claim.reason.code,
            "issue": claim.issue,
            "day": claim.day.isoformat() if claim.day else "",
            "amount": money.plain(claim.amount, claim.currency) if claim.amount is not None else "",
            "reshipment_offered_on": claim.reshipment_offered_on.isoformat() if claim.reshipment_offered_on else "",
            "customer_asked": claim.customer_asked,
            "note": claim.note,
        }
    )


def _claims_of(order: Order) -> list[Claim]:
    return refunds.of_order(order.id)
