"""Who is reminded of a line that waits too long, where, and how often."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests import factories
from tests.factories import ANNA, LI, PUBLIC_URL
from widget import history, outbox, people, problems, tickets
from widget.db import db
from widget.errors import Refused
from widget.orders import OrderName
from widget.people import Side
from widget.tickets import Place, Ticket

# 09:30 in Amsterdam, 16:30 in Shanghai.
TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
A_WEEK = timedelta(days=7)


@pytest.fixture
def agent(store):
    """Anna of customer service, in a shop with one ticket."""
    desk = factories.helpdesk()
    factories.supplier(factories.store(desk))
    factories.ticket(desk.id, factories.TICKET, factories.CUSTOMER, OrderName(1, "NL10423"))
    db.session.flush()
    return people.get_agent(desk.id, ANNA["email"])


def home():
    """Where things about the order are told."""
    return Place(tickets.lock_home(1), PUBLIC_URL)


def sent(kind="gorgias.note"):
    """The messages of that kind, oldest first."""
    return [outbox.get_message(row["id"]).payload["message"] for row in outbox.list_messages() if row["kind"] == kind]


def test_an_agent_reminds_the_supplier_with_a_note_that_tags_him(agent):
    with time_machine.travel(TUESDAY, tick=False) as clock:
        line = factories.line(1, by=agent)
        clock.shift(timedelta(days=2))
        problems.remind_supplier(line, by=agent, at=home())
        assert line.reminded_at == TUESDAY + timedelta(days=2)
        assert line.waiting_since == TUESDAY, "the wait goes on"
    note = sent()[-1]
    assert note["body_text"].startswith("@Li Wei Order NL10423 · P-1")
    assert "Anna Visser reminds the supplier: this has been waiting since 24 Nov." in note["body_text"]
    assert note["mention_ids"] == [LI["gorgias_id"]]
    assert [(c.field, c.new, c.actor, c.version) for c in history.of("problem", 1)][-1] == (
        "reminded", "supplier", "Anna Visser", 2,
    )  # fmt: skip


@pytest.mark.only_on("sqlite")
def test_the_supplier_is_not_reminded_of_what_is_not_his_or_twice_within_four_hours(agent):
    with time_machine.travel(TUESDAY, tick=False) as clock:
        line = factories.line(1, by=agent)
        problems.remind_supplier(line, by=agent, at=home())
        count = len(sent())
        clock.shift(timedelta(hours=3, minutes=59))
        with pytest.raises(Refused, match=r"Anna Visser reminded the supplier of P-1 on 24 Nov at 08:30 UTC\."):
            problems.remind_supplier(line, by=agent, at=home())
        problems.comment(line, "which size?", by=factories.LI_AS_PERSON, at=home())
        with pytest.raises(Refused, match="waits for customer service"):
            problems.remind_supplier(line, by=agent, at=home())
        problems.comment(line, "the large one", by=agent, at=home())
        problems.remind_supplier(line, by=agent, at=home())
        problems.mark_handled(line, by=factories.LI_AS_PERSON, at=home(), shown=line.version)
        with pytest.raises(Refused, match=r"P-1 was handled by Li Wei"):
            problems.remind_supplier(line, by=agent, at=home())
    assert len(sent()) > count


@pytest.mark.only_on("sqlite")
def test_what_the_clock_marked_does_not_keep_an_agent_from_asking(agent):
    with time_machine.travel(TUESDAY, tick=False) as clock:
        line = factories.line(1, by=agent)
        clock.shift(A_WEEK)
        assert problems.remind(line, at=home(), now=TUESDAY + A_WEEK)
        problems.remind_supplier(line, by=agent, at=home())
    assert "Anna Visser reminds the supplier" in sent()[-1]["body_text"]


def test_customer_service_is_reminded_once_in_the_ticket_without_tagging_anybody(agent):
    with time_machine.travel(TUESDAY, tick=False):
        line = factories.line(1)
    now = TUESDAY + timedelta(days=2)
    assert problems.overdue(now - timedelta(seconds=1), 50) == []
    assert problems.overdue(now + timedelta(seconds=1), 50) == [1]
    now += timedelta(minutes=1)
    assert problems.remind(line, at=home(), now=now)
    assert not problems.remind(line, at=home(), now=now + A_WEEK)
    assert problems.overdue(now + A_WEEK, 50) == []
    assert line.reminded_at == now
    note = sent()[-1]
    assert "This has been waiting for customer service since 24 Nov, which is too long." in note["body_text"]
    assert "mention_ids" not in note
    assert note["sender"] == {"id": 1}
    assert "@" not in note["body_text"]


@pytest.mark.only_on("sqlite")
def test_a_new_turn_can_be_late_again(agent):
    with time_machine.travel(TUESDAY, tick=False) as clock:
        line = factories.line(1)
        clock.shift(A_WEEK)
        assert problems.remind(line, at=home(), now=TUESDAY + A_WEEK)
        assert line.is_late
        problems.comment(line, "asked again", by=agent, at=home())
        assert (line.reminded_at, line.is_late) == (None, False)
        problems.comment(line, "and?", by=factories.LI_AS_PERSON, at=home())
        clock.shift(A_WEEK)
        assert problems.overdue(TUESDAY + 2 * A_WEEK, 50) == [1]


def test_nobody_of_customer_service_is_reminded_on_a_day_off(agent):
    with time_machine.travel(TUESDAY, tick=False):
        ours, theirs = factories.line(1), factories.line(1, words="which size?", by=agent)
    later = SATURDAY + A_WEEK
    assert problems.overdue(later, 50) == [theirs.id], "nothing is posted for the supplier's, so its mark can be set"
    assert not problems.remind(ours, at=home(), now=later)
    assert ours.reminded_at is None
    assert problems.overdue(later + timedelta(days=2), 1) == [ours.id], "the longest first, no more than were asked for"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("known", [True, False], ids=["closed", "unknown"])
def test_nothing_is_posted_where_nobody_looks(agent, known):
    with time_machine.travel(TUESDAY, tick=False):
        line = factories.line(1)
    ticket = db.session.scalars(select(Ticket)).one()
    ticket.is_open = False
    count = len(sent())
    assert problems.remind(line, at=Place(ticket if known else None, PUBLIC_URL), now=TUESDAY + A_WEEK)
    assert line.reminded_at == TUESDAY + A_WEEK
    assert len(sent()) == count


@pytest.mark.only_on("sqlite")
def test_it_asks_for_the_answer_of_a_customer_who_was_informed(agent):
    with time_machine.travel(TUESDAY, tick=False):
        line = factories.line(1)
        problems.mark_informed(line, by=agent, at=home(), shown=1)
    assert problems.remind(line, at=home(), now=TUESDAY + A_WEEK)
    assert "Has the customer answered?" in sent()[-1]["body_text"]


@pytest.mark.only_on("sqlite")
def test_the_supplier_hears_on_his_page_only(agent):
    with time_machine.travel(TUESDAY, tick=False):
        line = factories.line(1, by=agent)
    count = len(outbox.list_messages())
    assert problems.remind(line, at=home(), now=TUESDAY + A_WEEK)
    assert line.reminded_at == TUESDAY + A_WEEK
    assert len(outbox.list_messages()) == count
    assert Side(line.waiting_for) is Side.SUPPLIER
