"""What people do to claims: what each verb changes, tells, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from tests.factories import ANNA, LI_AS_PERSON, TICKET
from tests.refunds import claims
from tests.refunds.claims import ANNA_AS_AGENT, DAYS, here
from widget import history, orders, people, refunds
from widget.db import db, utcnow
from widget.errors import Refused
from widget.history import Outdated
from widget.orders import Order, OrderName
from widget.outbox import Message
from widget.people import Actor, PersonRole, Side
from widget.refunds import AlreadyClaimed, Claim, Given, Incomplete, NotNow, State

BEN = Actor("Ben Okafor", Side.CUSTOMER_SERVICE, "ben@brushwood.example", 12)
A_DAY = date(2026, 11, 23)
NOW = "2026-11-24T10:00:00Z"


@pytest.fixture(autouse=True)
def shop(store: Any) -> Any:
    """The store, on a day after all that happens in it."""
    with time_machine.travel(NOW, tick=True):
        claims.shop()
        yield store


def notes() -> list[str]:
    """What was posted in the ticket, oldest first."""
    found = db.session.scalars(select(Message).where(Message.kind == "gorgias.note").order_by(Message.id))
    assert all(message.payload["ticket_id"] == TICKET for message in found)
    found = db.session.scalars(select(Message).where(Message.kind == "gorgias.note").order_by(Message.id))
    return [message.payload["message"]["body_text"] for message in found]


def mentions() -> list[bool]:
    found = db.session.scalars(select(Message).where(Message.kind == "gorgias.note").order_by(Message.id))
    return ["mention_ids" in message.payload["message"] for message in found]


def test_a_claim_goes_its_whole_way_and_the_ticket_hears_of_each_step() -> None:
    claim = claims.credited()
    assert claim.state == State.CREDITED
    assert (claim.due, claim.credited, claim.outstanding) == (Decimal(39), Decimal(39), Decimal())
    refunds.close(claim, "", by=ANNA_AS_AGENT, at=here(), shown=claim.version)
    db.session.commit()
    assert (claim.state, claim.ended_by) == ("closed", "Anna Visser")
    acts = [change.field for change in history.of("claim", claim.id)]
    assert acts == ["drafted", "request", "confirm", "file", "accept", "credit", "close"]
    told = "\n".join(notes())
    for words in (
        "Confirm R-1 39.00 EUR",
        "Natalie Roos confirmed the claim in writing:\n> Yes, please file this one.",
        "Anna Visser filed the claim with Dafen Art, as Natalie Roos confirmed it.",
        "The supplier (Li Wei) accepts 39.00 EUR.",
        "39.00 EUR credited on invoice INV-7, nothing open any more.",
        "Anna Visser closed the claim.",
    ):
        assert words in told
    assert "third time this month" not in told


def test_the_supplier_is_tagged_once_the_claim_is_filed_and_never_before() -> None:
    claim = claims.confirmed()
    assert not any(mentions())
    refunds.file(claim, by=ANNA_AS_AGENT, at=here(), shown=claim.version)
    assert mentions()[-1]


def test_a_confirmation_keeps_who_when_where_the_words_and_a_copy() -> None:
    claim = claims.requested()
    kept = claims.confirm(claim, "  Ja, das geht in Ordnung.  ")
    assert (kept.approver, kept.approver_email, kept.place) == ("Natalie Roos", "natalie@brushwood.example", "desk")
    assert kept.words == "Ja, das geht in Ordnung."
    assert (kept.order_name, kept.issue, kept.day) == ("NL10377", claim.issue, date(2026, 11, 20))
    assert (kept.amount, kept.currency, kept.requested_by_email) == (Decimal("39.00"), "EUR", ANNA["email"])
    assert kept.expires_at - kept.at == timedelta(days=DAYS)


def test_a_changed_fact_voids_the_confirmation_and_says_so() -> None:
    claim = claims.confirmed()
    kept = claim.confirmation
    assert kept is not None
    differing = refunds.change(claim, claims.wanted(amount=Decimal("45.50")), by=BEN, at=here(), shown=claim.version)
    db.session.commit()
    assert differing == ["amount"]
    assert (claim.state, claim.confirmation, claim.requested_by) == ("requested", None, "Ben Okafor")
    assert (kept.stands, kept.voided_by) == (False, "Ben Okafor")
    assert (kept.voided_with, kept.voided_because) == ("change", "amount")
    assert kept.amount == Decimal("39.00")
    assert "The confirmation it had is void.\n> amount: 39.00 EUR → 45.50 EUR" in notes()[-1]
    with pytest.raises(NotNow, match="R-1 is waiting for the written confirmation of an approver"):
        refunds.file(claim, by=ANNA_AS_AGENT, at=here(), shown=claim.version)


def test_whoever_changes_a_fact_asks_anew_from_then_on() -> None:
    claim = claims.requested()
    asked_at = claim.requested_at
    with time_machine.travel(utcnow() + timedelta(days=3), tick=True):
        refunds.change(claim, claims.wanted(amount=Decimal("45.50")), by=BEN, at=here(), shown=claim.version)
    assert asked_at is not None
    assert claim.facts_since > asked_at + timedelta(days=2)
    assert (claim.requested_by, claim.requested_at) == ("Ben Okafor", claim.facts_since)
    other = claims.draft(issue="another")
    refunds.change(other, claims.wanted(issue="a third"), by=BEN, at=here(), shown=other.version)
    assert other.requested_at is None


def test_what_nobody_confirms_may_change_and_the_confirmation_stands() -> None:
    claim = claims.confirmed()
    wanted = claims.wanted(note="see the mail of Tuesday", reason=refunds.get_reason("other"))
    assert refunds.change(claim, wanted, by=BEN, at=here(), shown=claim.version) == ["reason", "note"]
    assert (claim.state, claim.requested_by) == ("confirmed", "Anna Visser")


@pytest.mark.parametrize("missing", ["issue", "day", "amount", "reshipment_offered_on", "customer_asked"])
def test_an_incomplete_claim_stays_a_draft(missing: str) -> None:
    empty: dict[str, Any] = {"issue": "", "customer_asked": False}
    changed: dict[str, Any] = {missing: empty.get(missing)}
    claim = claims.draft("NL10377", by=ANNA_AS_AGENT, **changed)
    with pytest.raises(Incomplete) as refused:
        refunds.request(claim, by=ANNA_AS_AGENT, at=here())
    assert set(refused.value.wrong) == {missing}
    assert (claim.state, notes()) == ("draft", [])


def test_both_facts_of_reshipment_first_are_named_at_once() -> None:
    claim = claims.draft(reshipment_offered_on=None, customer_asked=False)
    with pytest.raises(Incomplete) as refused:
        refunds.request(claim, by=ANNA_AS_AGENT, at=here())
    assert list(refused.value.wrong) == ["reshipment_offered_on", "customer_asked"]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"amount": Decimal(0)}, "amount", "more than 0"),
        ({"amount": Decimal(-3)}, "amount", "more than 0"),
        ({"amount": Decimal("3.005")}, "amount", "more decimals than EUR has"),
        ({"day": date(2026, 11, 25)}, "day", "in the future. Today is 2026-11-24."),
        ({"reshipment_offered_on": date(2026, 11, 25)}, "reshipment_offered_on", "in the future"),
        ({"issue": "x" * 501}, "issue", "at most 500"),
    ],
)
def test_values_that_can_never_be_right_are_refused_even_in_a_draft(
    changed: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Incomplete, match=words) as refused:
        claims.draft(**changed)
    assert list(refused.value.wrong) == [field]


def test_all_that_keeps_a_claim_from_being_requested_is_said_at_once() -> None:
    order = orders.known(OrderName(1, "NL10377"))
    wanted = claims.wanted(issue="x" * 501, day=date(2026, 11, 25), amount=Decimal("3.005"), customer_asked=False)
    assert set(refunds.wrong_with(wanted, order)) == {"issue", "day", "amount", "customer_asked"}
    assert set(refunds.wrong_with(wanted, None)) == {"issue", "customer_asked"}
    assert refunds.wrong_with(claims.wanted(), order) == {}


def test_more_than_the_customer_paid_is_refused_once_that_is_known() -> None:
    claims.draft(issue="one", amount=Decimal(500))
    order = db.session.scalars(select(Order)).one()
    order.total, order.total_currency = Decimal("89.90"), "EUR"
    with pytest.raises(Incomplete, match=r"The customer paid 89.90 EUR"):
        claims.draft(issue="two", amount=Decimal("89.91"))
    assert claims.draft(issue="two", amount=Decimal("89.90")).amount == Decimal("89.90")


def test_one_open_claim_per_order_and_issue() -> None:
    first = claims.requested()
    for again in ("parcel lost, no reshipment wanted", " Parcel LOST: no reshipment wanted. "):
        with pytest.raises(AlreadyClaimed) as refused:
            claims.draft(issue=again)
        assert refused.value.reference == first.reference
    assert claims.draft(issue="frame broken").reference == "R-2"
    refunds.withdraw(first, "found it", by=ANNA_AS_AGENT, at=here())
    assert claims.draft().reference == "R-3"


def test_the_note_that_tags_the_supplier_has_nothing_of_what_was_said_before_it_was_filed() -> None:
    claim = claims.requested()
    natalie = people.get_person("natalie@brushwood.example").as_actor()
    claims.confirm(claim)
    refunds.file(claim, by=natalie, at=here(), shown=claim.version)
    db.session.commit()
    *before, last = zip(notes(), mentions(), strict=True)
    assert (last[1], [tagged for _text, tagged in before]) == (True, [False, False])
    assert claims.WORDS in before[-1][0]
    assert claims.WORDS not in last[0]


def test_nobody_confirms_what_he_wanted_himself() -> None:
    natalie = people.get_person("natalie@brushwood.example")
    claim = claims.requested(by=natalie.as_actor())
    with pytest.raises(Refused, match="somebody else has to confirm it"):
        claims.confirm(claim)
    refunds.change(claim, claims.wanted(amount=Decimal(20)), by=ANNA_AS_AGENT, at=here(), shown=claim.version)
    with pytest.raises(Refused, match="somebody else has to confirm it"):
        claims.confirm(claim)
    claims.approver("katja@brushwood.example", "Katja Braun")
    claims.confirm(claim, by="katja@brushwood.example")
    assert claim.state == "confirmed"


def test_whoever_changed_the_amount_does_not_confirm_it() -> None:
    claim = claims.requested()
    natalie = people.get_person("natalie@brushwood.example").as_actor()
    refunds.change(claim, claims.wanted(amount=Decimal(900)), by=natalie, at=here(), shown=claim.version)
    with pytest.raises(Refused, match="Natalie Roos asked for this claim or changed it"):
        claims.confirm(claim)


def test_a_role_taken_away_a_minute_ago_confirms_nothing() -> None:
    claim = claims.requested()
    natalie = people.get_person("natalie@brushwood.example")
    natalie.role_rows = [PersonRole(role="agent")]
    db.session.flush()
    with pytest.raises(Refused, match="Only an approver may do this"):
        claims.confirm(claim)
    with pytest.raises(Refused, match="Only an approver may do this"):
        refunds.send_back(claim, "no", by=natalie, at=here(), shown=claim.version)


def test_of_two_approvers_the_second_is_told_who_was_first() -> None:
    claims.approver("katja@brushwood.example", "Katja Braun")
    claim = claims.requested()
    shown = claim.version
    claims.confirm(claim)
    katja = people.get_person("katja@brushwood.example")
    with pytest.raises(NotNow, match="R-1 was confirmed by Natalie Roos on 24 Nov"):
        refunds.confirm(claim, "yes", by=katja, at=here(), shown=shown, days=DAYS)
    with pytest.raises(Outdated, match="Natalie Roos changed this"):
        refunds.send_back(claim, "no", by=katja, at=here(), shown=shown)
    assert claim.state == "confirmed"


def test_an_amount_changed_between_reading_and_confirming_is_confirmed_anew() -> None:
    claim = claims.requested()
    shown = claim.version
    refunds.change(claim, claims.wanted(amount=Decimal(390)), by=BEN, at=here(), shown=shown)
    natalie = people.get_person("natalie@brushwood.example")
    with pytest.raises(Outdated, match="Ben Okafor changed this"):
        refunds.confirm(claim, "yes", by=natalie, at=here(), shown=shown, days=DAYS)
    assert claim.confirmations == []


def test_a_version_from_before_a_backup_was_restored_is_not_the_one_that_was_read() -> None:
    claim = claims.requested()
    natalie = people.get_person("natalie@brushwood.example")
    with pytest.raises(Outdated, match="was changed after you opened it"):
        refunds.confirm(claim, "yes", by=natalie, at=here(), shown=claim.version + 1, days=DAYS)


def test_words_are_needed_to_confirm() -> None:
    claim = claims.requested()
    for words in ("", "  \n ", "x" * 2001):
        with pytest.raises(Refused):
            claims.confirm(claim, words)
    assert claim.state == "requested"


def test_a_confirmation_expires_unused() -> None:
    claim = claims.confirmed()
    shown = claim.version
    with time_machine.travel(utcnow() + timedelta(days=DAYS, seconds=1), tick=False):
        with pytest.raises(Refused, match="expired on"):
            refunds.file(claim, by=ANNA_AS_AGENT, at=here(), shown=shown)
        assert refunds.expired(utcnow(), 10) == [claim.id]
        kept = claim.confirmation
        assert refunds.expire(claim, at=here(), now=utcnow())
        assert not refunds.expire(claim, at=here(), now=utcnow())
        assert kept is not None
        assert (claim.state, kept.stands) == ("requested", False)
        assert "not used within 30 days and is void" in notes()[-1]
        db.session.commit()


def test_an_approver_sends_a_claim_back_with_a_reason() -> None:
    claim = claims.confirmed()
    natalie = people.get_person("natalie@brushwood.example")
    with pytest.raises(Refused, match="Say what is missing"):
        refunds.send_back(claim, " ", by=natalie, at=here(), shown=claim.version)
    refunds.send_back(claim, "Where is the picture?", by=natalie, at=here(), shown=claim.version)
    db.session.commit()
    assert (claim.state, claim.confirmation) == ("draft", None)
    assert "Natalie Roos does not confirm the claim:\n> Where is the picture?" in notes()[-1]
    refunds.request(claim, by=ANNA_AS_AGENT, at=here(), shown=claim.version)
    assert claim.state == "requested"


def test_the_supplier_answers_once() -> None:
    claim = claims.declined()
    for answer in (
        lambda: refunds.accept(claim, by=LI_AS_PERSON, at=here(), shown=claim.version),
        lambda: refunds.decline(claim, "no", by=LI_AS_PERSON, at=here(), shown=claim.version),
        lambda: refunds.accept_partly(claim, Decimal(3), "no", by=LI_AS_PERSON, at=here(), shown=claim.version),
    ):
        with pytest.raises(NotNow, match="R-1 was declined by Li Wei on 24 Nov"):
            answer()


@pytest.mark.parametrize("amount", ["0", "-1", "39", "40"])
def test_a_part_is_more_than_nothing_and_less_than_all(amount: str) -> None:
    claim = claims.filed()
    with pytest.raises(Refused, match=r"A part is more than 0 and less than 39.00 EUR"):
        refunds.accept_partly(claim, Decimal(amount), "why", by=LI_AS_PERSON, at=here(), shown=claim.version)


def test_an_answer_that_is_asked_again_stays_among_the_comments() -> None:
    claim = claims.filed()
    refunds.accept_partly(claim, Decimal(20), "half", by=LI_AS_PERSON, at=here(), shown=claim.version)
    refunds.comment(claim, "Why half?", by=ANNA_AS_AGENT, at=here())
    refunds.insist(claim, "All of it, please.", by=BEN, at=here(), shown=claim.version)
    db.session.commit()
    assert [comment.text for comment in claim.comments] == ["20.00 EUR half", "Why half?", "All of it, please."]
    assert (claim.answer, claim.accepted_amount, claim.comments[0].side) == ("", None, "supplier")


def test_customer_service_asks_again_and_the_supplier_pays_a_part() -> None:
    claim = claims.declined()
    shown = claim.version
    refunds.insist(claim, "The carrier says otherwise.", by=ANNA_AS_AGENT, at=here(), shown=shown)
    with pytest.raises(Outdated):
        refunds.decline(claim, "no", by=LI_AS_PERSON, at=here(), shown=shown)
    refunds.accept_partly(claim, Decimal(20), "half", by=LI_AS_PERSON, at=here(), shown=claim.version)
    db.session.commit()
    assert (claim.state, claim.due) == ("partly_accepted", Decimal(20))
    said = [(comment.author, comment.text) for comment in claim.comments]
    assert said == [("Li Wei", "It was sent in time."), ("Anna Visser", "The carrier says otherwise.")]
    with pytest.raises(Refused, match="Say why the claim is closed all the same"):
        refunds.close(claim, "", by=ANNA_AS_AGENT, at=here(), shown=claim.version)
    refunds.credit(claim, Given(Decimal(20), "INV-8", A_DAY), by=ANNA_AS_AGENT, at=here())
    assert claim.state == "credited"


@pytest.mark.parametrize(("part", "state"), [("20", "credited"), ("15", "credited"), ("25", "partly_accepted")])
def test_a_part_that_came_before_it_was_accepted_is_not_waited_for(part: str, state: str) -> None:
    claim = claims.filed()
    refunds.credit(claim, Given(Decimal(20), "INV-8", A_DAY), by=LI_AS_PERSON, at=here())
    refunds.accept_partly(claim, Decimal(part), "half", by=LI_AS_PERSON, at=here(), shown=claim.version)
    assert claim.state == state
    refunds.take_back_credit(claim, claim.credits[0].id, by=LI_AS_PERSON, at=here())
    assert claim.state == "partly_accepted"


def test_credits_add_up_and_one_entered_by_mistake_is_taken_back() -> None:
    claim = claims.accepted()
    first = refunds.credit(claim, Given(Decimal("9.50"), "INV-8", A_DAY), by=LI_AS_PERSON, at=here())
    assert (claim.state, claim.outstanding) == ("accepted", Decimal("29.50"))
    with pytest.raises(Refused, match=r"9.50 EUR on invoice inv-8 was entered already, by Li Wei"):
        refunds.credit(claim, Given(Decimal("9.50"), " inv-8 ", A_DAY), by=ANNA_AS_AGENT, at=here())
    refunds.credit(claim, Given(Decimal(40), "INV-9", A_DAY), by=ANNA_AS_AGENT, at=here())
    assert (claim.state, claim.outstanding) == ("credited", Decimal("-10.50"))
    with pytest.raises(Refused, match="Li Wei entered this credit"):
        refunds.take_back_credit(claim, first.id, by=ANNA_AS_AGENT, at=here())
    refunds.take_back_credit(claim, claim.credits[1].id, by=ANNA_AS_AGENT, at=here())
    db.session.commit()
    assert (claim.state, claim.credited) == ("accepted", Decimal("9.50"))


def test_money_that_comes_is_an_answer_too() -> None:
    claim = claims.declined()
    refunds.credit(claim, Given(Decimal(39), "INV-8", A_DAY), by=LI_AS_PERSON, at=here())
    assert claim.state == "credited"
    refunds.take_back_credit(claim, claim.credits[0].id, by=LI_AS_PERSON, at=here())
    assert claim.state == "declined"


@pytest.mark.parametrize("make", [claims.draft, claims.requested, claims.confirmed, claims.filed, claims.declined])
def test_a_claim_is_withdrawn_with_a_reason_and_that_is_the_end(make: Callable[[], Claim]) -> None:
    claim = make()
    with pytest.raises(Refused, match="Say why"):
        refunds.withdraw(claim, " ", by=ANNA_AS_AGENT, at=here())
    refunds.withdraw(claim, "the parcel turned up", by=ANNA_AS_AGENT, at=here())
    db.session.commit()
    assert (claim.state, claim.ended_because, claim.due) == ("withdrawn", "the parcel turned up", Decimal())
    with pytest.raises(NotNow, match="R-1 was withdrawn by Anna Visser"):
        refunds.change(claim, claims.wanted(), by=ANNA_AS_AGENT, at=here(), shown=claim.version)


def test_the_supplier_neither_files_nor_withdraws() -> None:
    claim = claims.confirmed()
    for act in (
        lambda: refunds.file(claim, by=LI_AS_PERSON, at=here(), shown=claim.version),
        lambda: refunds.withdraw(claim, "no", by=LI_AS_PERSON, at=here()),
        lambda: refunds.accept(claim, by=ANNA_AS_AGENT, at=here(), shown=claim.version),
    ):
        with pytest.raises(Refused, match="This is not for you to do"):
            act()


def test_an_order_nobody_heard_of_is_marked() -> None:
    known, unknown = claims.draft(), claims.draft("NL99999")
    assert refunds.unheard_of([known.order_id, unknown.order_id]) == {unknown.order_id}
