"""What the worker does about refund claims: reads the ticket an agent points at, and voids what nobody used in time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests import factories
from tests.factories import ANNA, LI
from tests.refunds import claims
from tests.refunds.test_pointing import NATALIE
from tests.worker.wire import Fault
from widget import history, people, refunds
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.refunds import Claim
from widget.stores import Helpdesk
from widget.worker import expiring

WORDS = "I have seen the pictures.\nConfirm R-1 39.00 EUR\nNatalie"


@pytest.fixture
def waiting(desk, fake):
    """A claim that waits for Natalie, who is a user of the helpdesk; its note is posted."""
    fake.users += [{**user, "id": user["gorgias_id"]} for user in (ANNA, LI, NATALIE)]

    def request():
        factories.supplier(factories.store(db.session.get_one(Helpdesk, desk.id)))
        people.copy_users(desk.id, [ANNA, LI, NATALIE])
        claims.approver()
        factories.ticket(desk.id, 9001, 501, OrderName(1, "NL10377"))
        claims.requested(by=claims.ANNA_AS_AGENT)

    desk.in_store(request)
    desk.deliver()
    return desk


def write(fake, text=WORDS, **changed):
    """Natalie writes an internal note in Gorgias."""
    note = {
        "id": 5000 + len(fake.messages), "ticket_id": 9001, "channel": "internal-note", "via": "internal-note",
        "from_agent": True, "public": False, "sender": {"id": 31, "email": NATALIE["email"]}, "external_id": None,
        "body_text": text, "created_datetime": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
    }  # fmt: skip
    fake.messages.append({**note, **changed})


def point(desk):
    """Anna presses "Look in the ticket", and the worker does."""

    def ask():
        claim = refunds.get(1)
        refunds.point_at(claim, claims.here().ticket, by=claims.ANNA_AS_AGENT, shown=claim.version)

    desk.in_store(ask)
    desk.deliver()


def state(desk):
    return desk.in_store(lambda: db.session.get_one(Claim, 1).state)


def why_not(desk):
    def tell():
        look = refunds.latest_look(refunds.get(1))
        refused = refunds.refusal_of(look) if look else None
        return refused.sentence if refused else ""

    return desk.in_store(tell)


def test_the_approvers_note_becomes_the_written_confirmation(waiting, fake):
    write(fake)
    point(waiting)
    assert state(waiting) == "confirmed"
    kept = waiting.in_store(lambda: [confirmation.words for confirmation in refunds.get(1).confirmations])
    assert kept == [WORDS]
    told = fake.messages[-1]
    assert "Natalie Roos confirmed the claim in writing here, as Anna Visser pointed out:" in told["body_text"]
    assert "Natalie Roos, if these are not your words, send the claim back on its page." in told["body_text"]
    # She hears of it, and in Anna's name: whoever is tagged in a note of his own is told nothing.
    assert (told["mention_ids"], told["sender"]["id"]) == ([31], 11)


def test_our_own_note_that_quotes_the_line_is_nobodys_word(waiting, fake):
    # It came through the API and carries our mark, even where it stands in an approver's name.
    assert any("Confirm R-1 39.00 EUR" in text for text in fake.notes(9001))
    for message in fake.messages:
        message.update(sender={"id": 31}, body_text="Confirm R-1 39.00 EUR", via="api")
    point(waiting)
    assert (state(waiting), why_not(waiting)[:31]) == ("requested", "Ticket 9001 has no internal not")


def test_a_note_of_another_ticket_does_not_count(waiting, fake):
    write(fake, ticket_id=9002)
    point(waiting)
    assert state(waiting) == "requested"


def test_a_ticket_that_cannot_be_read_now_is_read_later(waiting, fake, later_in_store):
    write(fake)
    fake.fail("GET", r"/api/messages", Fault(500))
    point(waiting)
    assert state(waiting) == "requested"
    later_in_store(30)
    waiting.deliver()
    assert state(waiting) == "confirmed"


def test_a_ticket_that_can_never_be_read_ends_the_look_with_a_reason(waiting, fake):
    fake.fail("GET", r"/api/messages", Fault(404, {"error": {"msg": "Resource not found."}}))
    point(waiting)
    assert why_not(waiting).startswith("Ticket 9001 has no internal note")


def test_a_confirmation_nobody_used_is_voided_once_by_two_workers(app, waiting):
    waiting.in_store(lambda: claims.confirm(refunds.get(1)))
    both = threading.Barrier(2)

    def look():
        both.wait(10)
        expiring.expire(app, threading.Event())

    with time_machine.travel(utcnow() + timedelta(days=31), tick=True):
        threads = [threading.Thread(target=look) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    acts = waiting.in_store(lambda: [change.field for change in history.of("claim", 1)])
    assert acts.count("expire") == 1
    assert state(waiting) == "requested"
