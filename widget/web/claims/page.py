"""The page of one claim for staff: what is known, what happened, and what the reader can do about it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from widget import money, people, pictures, refunds, tickets
from widget.db import db, utcnow
from widget.people import Person, Role
from widget.pictures import Picture
from widget.refunds import Claim, Hand, PointedMessage, State
from widget.web import language, picture_forms, visible
from widget.web.claims import story
from widget.web.claims.door import bp
from widget.web.forms import Form

# What can be done in each state, the likeliest first; who may do it is asked of the moves.
OFFERED: dict[State, tuple[str, ...]] = {
    State.DRAFT: ("request", "withdraw"),
    State.REQUESTED: ("confirm", "send_back", "withdraw"),
    State.CONFIRMED: ("file", "send_back", "withdraw"),
    State.FILED: ("comment", "credit", "withdraw"),
    State.ACCEPTED: ("credit", "comment", "withdraw"),
    State.PARTLY_ACCEPTED: ("credit", "insist", "comment", "close", "withdraw"),
    State.DECLINED: ("insist", "close", "comment", "credit", "withdraw"),
    State.CREDITED: ("close", "comment", "credit"),
    State.CLOSED: (),
    State.WITHDRAWN: (),
}
FOR_APPROVERS = {"confirm", "send_back"}
# What is never offered as the next thing to do.
SELDOM = {"withdraw", "send_back"}


@dataclass
class Typed:
    """What the form of one act holds, and why it was refused. `about` is the act."""

    about: str = ""
    trouble: str = ""
    form: Form = field(default_factory=Form)
    drafts: Sequence[Picture] = ()
    changes: Sequence[Any] = ()

    @property
    def is_refused(self) -> bool:
        """Whether there is something to say about it."""
        return bool(self.trouble or self.form.errors)


class Confirming(NamedTuple):
    """Who may confirm a claim that waits for it, why the reader may not, and the last look into the ticket."""

    approvers: Sequence[Person]
    why_not: str
    line: str
    look: PointedMessage | None
    is_being_read: bool
    look_refused: str


NOTHING = Typed()


@bp.get("/<reference>")
def claim_GET(reference: str) -> Response:
    """All about one claim. A supplier's people have a page of their own."""
    claim = visible.get_claim(g.person, reference)
    if g.person.supplier_id is not None:
        return redirect(url_for("supplier.claim_GET", reference=reference), 303)
    return make_response(page(claim))


@bp.get("/<reference>/print")
def print_GET(reference: str) -> str:
    """One claim on paper."""
    claim = visible.get_claim(g.person, reference)
    return render_template(
        "claims/print.html", claim=claim, evidence=pictures.of_claims([claim.id])[claim.id], now=utcnow()
    )


def page(claim: Claim, typed: Typed = NOTHING) -> str:
    """The page of a claim, with what was typed on it."""
    offered = [act for act in OFFERED[State(claim.state)] if _may(claim, act)]
    return render_template(
        "claims/claim.html",
        claim=claim,
        typed=typed,
        untyped=Form({"amount": _outstanding(claim), "day": refunds.today_in(claim.order.store).isoformat()}),
        offered=offered,
        is_refused_on_top=typed.is_refused and not _has_form(claim, typed.about, offered),
        likely=offered[0] if offered and offered[0] not in SELDOM else "",
        confirming=_confirming(claim) if claim.state == State.REQUESTED else None,
        may_change=claim.state in refunds.IN_PREPARATION,
        evidence=pictures.of_claims([claim.id])[claim.id],
        others=refunds.others_of(claim),
        is_unheard_of=bool(refunds.unheard_of([claim.order_id])),
        told=story.of(claim),
        links=tickets.links_of(claim.order_id),
        did=request.args.get("did", "") if request.args.get("done") == claim.reference else "",
        back=request.args.get("back", "") or request.form.get("back", ""),
        today=refunds.today_in(claim.order.store).isoformat(),
    )


def refused(reference: str, status: int, sentence: str, about: str, error: Any = None) -> Response:
    """The claim as it is now, the reason, and what was typed."""
    db.session.rollback()
    claim = visible.get_claim(g.person, reference)
    wrong: Mapping[str, str] = getattr(getattr(error, "reading", None), "wrong", {})
    typed = Typed(
        about,
        sentence,
        Form(request.form.to_dict(), wrong),
        pictures.drafts_of(g.person, request.form.getlist(picture_forms.KEYS_FIELD)),
        getattr(error, "changes", ()),
    )
    return make_response(page(claim, typed), status)


def _may(claim: Claim, act: str) -> bool:
    """Whether it makes sense to offer it to the reader; the verbs decide once more."""
    if act in FOR_APPROVERS:
        return Role.APPROVER in g.person.roles and (act != "confirm" or not _own(claim))
    return refunds.is_possible(act, State(claim.state), Hand.CUSTOMER_SERVICE)


def _has_form(claim: Claim, act: str, offered: Sequence[str]) -> bool:
    """Whether the page has a form of that act, in which its refusal is shown."""
    if act == "point":
        return claim.state == State.REQUESTED
    return act in offered or (act == "evidence" and not claim.is_over)


def _outstanding(claim: Claim) -> str:
    """What a credit is likely to be about."""
    return money.plain(claim.outstanding, claim.currency) if claim.outstanding > 0 else ""


def _own(claim: Claim) -> bool:
    return refunds.wanted_by(claim, g.person.email)


def _confirming(claim: Claim) -> Confirming:
    look = refunds.latest_look(claim)
    why = refunds.refusal_of(look) if look else None
    why_not = ""
    if Role.APPROVER in g.person.roles and _own(claim):
        why_not = language.gettext("You asked for this claim or changed it, so somebody else has to confirm it.")
    line = refunds.line_that_confirms(claim)
    is_being_read = look is not None and refunds.is_under_way(look)
    return Confirming(people.approvers(), why_not, line, look, is_being_read, language.in_words(why) if why else "")
