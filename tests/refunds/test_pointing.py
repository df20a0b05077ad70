"""A note in the ticket as the written confirmation: what counts, and everything that looks like it and does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from tests.factories import ANNA, BEN, LI, TICKET
from tests.refunds import claims
from tests.refunds.claims import ANNA_AS_AGENT, DAYS, here
from widget import people, refunds, tickets
from widget.db import db, utcnow
from widget.errors import Refused
from widget.outbox import Message
from widget.people import PersonRole
from widget.refunds import Claim, Confirmation, Note
from widget.tickets import Place

NATALIE: dict[str, Any] = {
    "gorgias_id": 31,
    "email": "natalie@brushwood.example",
    "name": "Natalie Roos",
    "active": True,
}
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
LINE = "Confirm R-1 39.00 EUR"


@pytest.fixture(autouse=True)
def shop(store: Any) -> Any:
    """The store, with Natalie as a user of the helpdesk."""
    with time_machine.travel(NOW, tick=True):
        claims.shop()
        people.copy_users(1, [ANNA, BEN, LI, NATALIE])
        yield store


def note(text: str = LINE, **changed: Any) -> Note:
    """As Natalie writes it in Gorgias, an hour after the request."""
    values: dict[str, Any] = {
        "id": 700, "ticket": TICKET, "at": NOW + timedelta(hours=1), "sender": 31, "channel": "internal-note",
        "via": "helpdesk", "is_from_agent": True, "is_public": False, "is_marked": False, "text": text,
    }  # fmt: skip
    return Note(**{**values, **changed})


@dataclass
class Looked:
    """A claim, and what came of a look into its ticket."""

    claim: Claim
    kept: Confirmation | None
    why_not: str


def look(*notes: Note, claim: Claim | None = None) -> Looked:
    claim = claim or claims.requested()
    pointed = refunds.point_at(claim, here().ticket, by=ANNA_AS_AGENT, shown=claim.version)
    kept = refunds.take_notes(pointed.id, claim, notes, at=here(), days=DAYS)
    db.session.commit()
    refused = refunds.refusal_of(pointed)
    assert pointed.done_at is not None
    assert (kept is None) == (refused is not None)
    assert claim.state == ("confirmed" if kept else "requested")
    return Looked(claim, kept, refused.sentence if refused else "")


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        "I confirm R-1 39.00 EUR.",
        "confirmed: claim r-1, for 39,00 eur",
        "Hi Anna,\nI had a look, the parcel is lost indeed.\n\n  Confirm   R-1 EUR 39\n\nNatalie",
        "Ｃｏｎｆｉｒｍ R-1 ３９．００ EUR",
        "We confirm the refund claim R-1 over €39.00!",
    ],
)
def test_an_approvers_note_in_the_ticket_confirms(text: str) -> None:
    kept = look(note(text)).kept
    assert kept is not None
    assert (kept.words, kept.place, kept.approver) == (text.strip(), "ticket", "Natalie Roos")
    assert (kept.gorgias_ticket, kept.gorgias_message, kept.pointed_at_by) == (TICKET, 700, "Anna Visser")
    assert kept.at == NOW + timedelta(hours=1)
    assert kept.expires_at == kept.at + timedelta(days=DAYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "I do not confirm R-1 39.00 EUR",
        "Confirm R-1 39.00 EUR?",
        "Confirm R-11 39.00 EUR",
        "Please do not: Confirm R-1 39.00 EUR",
        "> Confirm R-1 39.00 EUR",
        "An approver has to write the line “Confirm R-1 39.00 EUR”.",
        "Confirm",
        "R-1 39.00 EUR",
        "Confirm R-1",
    ],
)
def test_what_only_looks_like_a_confirmation_is_none(text: str) -> None:
    assert look(note(text)).why_not == f"Ticket {TICKET} has no internal note with the line “{LINE}”."


@pytest.mark.parametrize(
    "text",
    [
        "Confirm R-1 93.00 EUR",
        "Confirm R-1 39.00",
        "Confirm R-1 39,-",
        "Confirm R-1 39.00\u200b",
        "Confirm R-1 39.00 USD",
        "Confirm R-1 39.00 EUR if he agrees",
    ],
)
def test_another_amount_is_another_claim(text: str) -> None:
    why_not = look(note(text)).why_not
    assert f"“{text.removeprefix('Confirm R-1 ')}”" in why_not
    assert why_not.endswith(", and the claim is about 39.00 EUR.")


@pytest.mark.parametrize(
    "changed",
    [
        {"via": "api"},
        {"via": "rule"},
        {"via": ""},
        {"is_marked": True},
        {"channel": "email"},
        {"is_public": True},
        {"is_from_agent": False},
        {"ticket": 9002},
    ],
)
def test_what_was_not_written_inside_as_an_internal_note_is_nobodys_word(changed: dict[str, Any]) -> None:
    assert look(note(**changed)).why_not.startswith(f"Ticket {TICKET} has no internal note")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sender": 0}, "not written by anybody we know as an approver"),
        ({"sender": 999}, "not written by anybody we know as an approver"),
        ({"sender": 11}, "not written by anybody we know as an approver"),
        ({"at": None}, "was written before the claim was requested"),
        ({"at": NOW - timedelta(seconds=1)}, "was written before the claim was requested"),
        ({"text": LINE + "\n" + "x" * 2000}, "longer than 2000 characters"),
    ],
)
def test_whose_and_which_note_it_is_is_looked_at(changed: dict[str, Any], words: str) -> None:
    assert words in look(note(**changed)).why_not


def test_an_agents_note_confirms_nothing() -> None:
    people.add_person(ANNA["email"], name="Anna Visser", roles={people.Role.AGENT}, supplier=None)
    assert "Only an approver may do this" in look(note(sender=11)).why_not


def test_a_role_taken_away_meanwhile_and_a_user_who_left_confirm_nothing() -> None:
    claim = claims.requested()
    natalie = people.get_person(NATALIE["email"])
    natalie.role_rows = [PersonRole(role="agent")]
    db.session.flush()
    assert "Only an approver may do this" in look(note(), claim=claim).why_not
    natalie.role_rows = [PersonRole(role="approver")]
    people.copy_users(1, [ANNA, {**NATALIE, "active": False}])
    assert "not written by anybody we know" in look(note(), claim=claim).why_not


def test_an_approver_does_not_confirm_his_own_request_in_the_ticket_either() -> None:
    natalie = people.get_person(NATALIE["email"]).as_actor()
    assert "somebody else has to confirm it" in look(note(), claim=claims.requested(by=natalie)).why_not


def test_a_claim_that_changed_while_the_ticket_was_read_is_not_confirmed() -> None:
    claim = claims.requested()
    pointed = refunds.point_at(claim, here().ticket, by=ANNA_AS_AGENT, shown=claim.version)
    wanted = claims.wanted(issue="parcel lost and found broken")
    refunds.change(claim, wanted, by=ANNA_AS_AGENT, at=here(), shown=claim.version)
    assert refunds.take_notes(pointed.id, claim, [note()], at=here(), days=DAYS) is None
    refused = refunds.refusal_of(pointed)
    assert refused is not None
    assert "Anna Visser changed this" in refused.sentence
    db.session.commit()


def test_a_note_that_is_too_old_to_file_on_is_not_taken() -> None:
    claim = claims.requested()
    with time_machine.travel(NOW + timedelta(days=DAYS, hours=1), tick=False):
        assert look(note(), claim=claim).why_not.startswith("The note was written on 24 Nov at 11:00 UTC, more than 30")


def test_one_note_confirms_once() -> None:
    first = look(note()).claim
    refunds.change(first, claims.wanted(amount=Decimal(40)), by=ANNA_AS_AGENT, at=here(), shown=first.version)
    refunds.change(first, claims.wanted(amount=Decimal(39)), by=ANNA_AS_AGENT, at=here(), shown=first.version)
    first.facts_since = NOW - timedelta(days=1)
    first.requested_at = NOW - timedelta(days=1)
    assert "confirmed a claim already" in look(note(), claim=first).why_not


def test_the_newest_note_that_names_the_claim_decides() -> None:
    assert look(note(), note("Confirm R-1 35.00 EUR", id=701)).why_not.startswith("The note of")


def test_an_approver_who_wrote_about_it_again_has_to_confirm_anew() -> None:
    wait = note("Stop, do not file R-1 yet.", id=701, at=NOW + timedelta(hours=2))
    looked = look(note(), wait)
    assert looked.why_not.startswith("Natalie Roos wrote about R-1 again after confirming it, on 24 Nov at 12:00")
    assert look(note(), wait, note(id=702), claim=looked.claim).kept is not None


@pytest.mark.parametrize(
    "changed", [{"sender": 11}, {"text": "R-11 is another one"}, {"via": "api"}, {"id": 699}, {"is_public": True}]
)
def test_what_others_say_of_it_afterwards_changes_nothing(changed: dict[str, Any]) -> None:
    assert look(note(), note(**{"text": "R-1 can be filed", "id": 701, **changed})).kept is not None


def test_a_look_is_asked_for_once_at_a_time_and_only_while_an_approver_is_waited_for() -> None:
    claim = claims.requested()
    ticket = here().ticket
    with pytest.raises(Refused, match="No ticket is known"):
        refunds.point_at(claim, None, by=ANNA_AS_AGENT, shown=claim.version)
    refunds.point_at(claim, ticket, by=ANNA_AS_AGENT, shown=claim.version)
    with pytest.raises(Refused, match="is being read already"):
        refunds.point_at(claim, ticket, by=ANNA_AS_AGENT, shown=claim.version)
    queued = db.session.scalars(select(Message).where(Message.kind == "gorgias.read_notes")).all()
    assert [(each.payload["ticket_id"], each.payload["claim"]) for each in queued] == [(TICKET, claim.id)]
    claims.confirm(claim)
    with pytest.raises(Refused, match="was confirmed by Natalie Roos"):
        refunds.point_at(claim, ticket, by=ANNA_AS_AGENT, shown=claim.version)


def test_a_look_that_hangs_may_be_asked_for_again() -> None:
    claim = claims.requested()
    refunds.point_at(claim, here().ticket, by=ANNA_AS_AGENT, shown=claim.version)
    with time_machine.travel(utcnow() + timedelta(minutes=16), tick=False):
        again = refunds.point_at(claim, here().ticket, by=ANNA_AS_AGENT, shown=claim.version)
        assert refunds.latest_look(claim) is again


def test_what_was_settled_stays_settled() -> None:
    found = look(note())
    pointed = refunds.latest_look(found.claim)
    assert pointed is not None
    place = Place(tickets.lock(1, TICKET), "http://127.0.0.1")
    assert refunds.take_notes(pointed.id, found.claim, [], at=place, days=DAYS) is None
    assert pointed.refusal == {}
