"""Refunds on the supplier's page: what was filed with the workshop, and how it is answered.

Each act is one form that works by itself and leads back to where it was sent from. What was refused comes back on the
claim's own page, with the reason beside what was typed. Nothing that customer service keeps to itself is read here:
neither its notes nor who confirmed a claim with which words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import g, make_response, redirect, render_template, request, url_for
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug.wrappers import Response

from widget import money, pictures, refunds
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.orders import Order
from widget.people import Person
from widget.pictures import Picture
from widget.refunds import Claim, Hand, State
from widget.web import claim_forms, keyset, language, places, searched, visible
from widget.web.asked import REFUNDS
from widget.web.claim_forms import NO_AMOUNT, Press, Reading, Unreadable
from widget.web.forms import Form
from widget.web.supplier.door import bp, me
from widget.web.supplier.shown import FOR_HER, PER_PAGE, count
from widget.web.supplier.wanted import CURSOR, Wanted

ENDED = [state.value for state in refunds.OVER]


@dataclass
class ShownClaim:
    """One claim with all that is shown of it. `about` is the act whose form holds what was typed."""

    claim: Claim
    evidence: Sequence[Picture] = ()
    trouble: str = ""
    about: str = ""
    form: Form = field(default_factory=Form)

    def can(self, act: str) -> bool:
        """Whether the supplier can do that now."""
        return refunds.is_possible(act, State(self.claim.state), Hand.SUPPLIER)

    @property
    def is_hers(self) -> bool:
        """Whether the workshop is waited for."""
        return self.claim.waits_for is Hand.SUPPLIER

    @property
    def outstanding(self) -> str:
        """What a credit is likely to be about."""
        claim = self.claim
        return money.plain(claim.outstanding, claim.currency) if claim.outstanding > 0 else ""


class ListedClaims(NamedTuple):
    """One page of a view, what is open in each currency, and where the next page begins."""

    claims: list[ShownClaim]
    sums: list[tuple[str, str]]
    after: str


def read_claims(person: Person, wanted: Wanted) -> ListedClaims:
    """Up to fifty claims of a view. Seven queries."""
    query = _view(person, wanted)
    if after := _read_cursor(wanted):
        query = query.where(keyset.is_beyond(_keys(wanted), after, descending=wanted.view == "handled"))
    query = query.order_by(*keyset.sorted_by(_keys(wanted), descending=wanted.view == "handled"))
    rows = list(db.session.scalars(query.limit(PER_PAGE + 1)))
    claims = rows[:PER_PAGE]
    evidence = pictures.of_claims([claim.id for claim in claims])
    after_ = _write_cursor(wanted, claims[-1]) if len(rows) > PER_PAGE else ""
    return ListedClaims([ShownClaim(claim, evidence[claim.id]) for claim in claims], _sums(person), after_)


@bp.get("/claims/<reference>")
def claim_GET(reference: str) -> Response:
    """One claim with all that was written."""
    return make_response(_page(_get_shown(reference)))


@bp.get("/claims/<reference>/print")
def claim_print_GET(reference: str) -> str:
    """One claim on paper."""
    shown = _get_shown(reference)
    return render_template("supplier/claim_print.html", claim=shown.claim, evidence=shown.evidence, now=utcnow())


def _accept(press: Press) -> str:
    refunds.accept(press.claim, words=press.words, **press.how)
    return "accepted"


def _accept_partly(press: Press) -> str:
    amount = press.sent.amount("amount", NO_AMOUNT)
    words = press.words
    refunds.accept_partly(press.claim, amount or Decimal(), words, **press.how)
    return "accepted_partly"


def _decline(press: Press) -> str:
    refunds.decline(press.claim, press.words, **press.how)
    return "declined"


def _comment(press: Press) -> str:
    refunds.comment(press.claim, press.words, by=press.by, at=press.at)
    return "commented"


def _credit(press: Press) -> str:
    refunds.credit(press.claim, press.given, by=press.by, at=press.at)
    return "credited"


def _take_back(press: Press) -> str:
    refunds.take_back_credit(press.claim, _credit_id(), by=press.by, at=press.at)
    return "taken_back"


@bp.post("/claims/<reference>/accept")
def claim_accept_POST(reference: str) -> Response:
    """Pay all of it."""
    return _press(reference, "accept", _accept)


@bp.post("/claims/<reference>/accept-partly")
def claim_accept_partly_POST(reference: str) -> Response:
    """Pay a part, and say why not all."""
    return _press(reference, "accept_partly", _accept_partly)


@bp.post("/claims/<reference>/decline")
def claim_decline_POST(reference: str) -> Response:
    """Pay nothing, and say why."""
    return _press(reference, "decline", _decline)


@bp.post("/claims/<reference>/comment")
def claim_comment_POST(reference: str) -> Response:
    """Write to customer service."""
    return _press(reference, "comment", _comment)


@bp.post("/claims/<reference>/credit")
def claim_credit_POST(reference: str) -> Response:
    """Say on which invoice it is credited."""
    return _press(reference, "credit", _credit)


@bp.post("/claims/<reference>/credit/<int(max=2147483647):credit_id>/take-back")
def claim_take_back_POST(reference: str, credit_id: int) -> Response:  # noqa: ARG001 - read from the address
    """A credit was entered by mistake."""
    return _press(reference, "take_back_credit", _take_back)


def _press(reference: str, name: str, act: Callable[[Press], str]) -> Response:
    """Do it once, however often it is pressed within a minute, and lead back."""
    try:
        did = _once(reference, name, act)
    except NotFound:
        raise
    except Unreadable as error:
        return _refused(reference, 422, name, " ".join(error.reading.wrong.values()), error.reading.form())
    except Refused as error:
        return _refused(reference, 409, name, language.in_words(error), Form(request.form.to_dict()))
    db.session.commit()
    wanted = Wanted.read_back(request.form.get("back", ""))
    if wanted.board != REFUNDS:
        return redirect(url_for("supplier.claim_GET", reference=reference, did=did), 303)
    return redirect(wanted.url_with({"claim": reference, "did": did}), 303)


def _once(reference: str, name: str, act: Callable[[Press], str]) -> str:
    claim, at = places.take_claim(reference)
    press = Press(claim, me(), at, Reading(request.form, claim.currency, _today(claim)))
    return claim_forms.once(name, press, lambda: act(press), _credit_id())


def today_of(person: Person) -> date:
    """Which day it is at the workshop."""
    assert person.supplier is not None
    return utcnow().astimezone(ZoneInfo(person.supplier.timezone)).date()


def _today(claim: Claim) -> date:
    """The workshop's day is hours ahead of the store's: what happens there today is not in the future."""
    return max(refunds.today_in(claim.order.store), today_of(g.person))


def _credit_id() -> int:
    return int((request.view_args or {}).get("credit_id", 0))


def _refused(reference: str, status: int, about: str, sentence: str, form: Form) -> Response:
    """The claim as it is now, the reason, and what was typed."""
    db.session.rollback()
    shown = _get_shown(reference)
    shown.trouble, shown.about, shown.form = sentence, about, form
    return make_response(_page(shown), status)


def _page(shown: ShownClaim) -> str:
    wanted = Wanted(board=REFUNDS, view="handled" if shown.claim.is_over else "open")
    return render_template(
        "supplier/claim.html",
        wanted=wanted,
        shown=shown,
        numbers=count(g.person),
        done=None,
        did=request.args.get("did", ""),
        today=_today(shown.claim).isoformat(),
    )


def _get_shown(reference: str) -> ShownClaim:
    claim = visible.get_claim(g.person, reference)
    return ShownClaim(claim, pictures.of_claims([claim.id])[claim.id])


def _view(person: Person, wanted: Wanted) -> Select[Claim]:
    is_over = Claim.state.in_(ENDED)
    query = (
        select(Claim)
        .join(Claim.order)
        .join(Order.store)
        .where(visible.may_see_claim(person), is_over if wanted.view == "handled" else ~is_over)
        .options(
            contains_eager(Claim.order).contains_eager(Order.store),
            joinedload(Claim.reason),
            joinedload(Claim.supplier),
            selectinload(Claim.comments),
            selectinload(Claim.credits),
        )
    )
    if wanted.turn:
        query = query.where(Claim.state.in_(FOR_HER) if wanted.turn == "supplier" else Claim.state.not_in(FOR_HER))
    return query.where(*searched.claims_say_all(wanted.q))


def _keys(wanted: Wanted) -> tuple[Any, ...]:
    """Her turn first, then the oldest; what is over the newest first."""
    if wanted.view == "handled":
        return (Claim.id.expression,)
    return case((Claim.state.in_(FOR_HER), 0), else_=1), Claim.id.expression


def _write_cursor(wanted: Wanted, claim: Claim) -> str:
    if wanted.view == "handled":
        return f"0-{claim.id}"
    return f"{int(claim.state not in FOR_HER)}-0-{claim.id}"


def _read_cursor(wanted: Wanted) -> tuple[Any, ...] | None:
    match = CURSOR.fullmatch(wanted.after)
    if match is None or (match[1] is None) != (wanted.view == "handled"):
        return None
    return (int(match[3]),) if match[1] is None else (int(match[1]), int(match[3]))


def _sums(person: Person) -> list[tuple[str, str]]:
    """What the workshop still owes in each currency: (currency, amount). One query."""
    owed = func.sum(func.coalesce(Claim.accepted_amount, Claim.amount) - Claim.credited)
    query = (
        select(Claim.currency, owed)
        .where(visible.may_see_claim(person), Claim.state.in_(FOR_HER))
        .group_by(Claim.currency)
        .order_by(Claim.currency)
    )
    return [(currency, money.told(amount, currency)) for currency, amount in db.session.execute(query)]
