"""An order without a ticket: what is said about it waits, and exactly one ticket ends the waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.factories import ANNA, CUSTOMER, LI_AS_PERSON, OTHER_TICKET, PUBLIC_URL, TICKET
from widget import orders, outbox, people, problems, tickets
from widget.db import db
from widget.errors import Refused
from widget.orders import OrderName
from widget.outbox import Message, State
from widget.people import Actor, Side
from widget.problems import Problem
from widget.tickets import Candidate, Place, SearchState, TicketSearch, WaitingNote

NOWHERE = Place(None, PUBLIC_URL)
ANNA_AS_AGENT = Actor(ANNA["name"], Side.CUSTOMER_SERVICE, ANNA["email"], ANNA["gorgias_id"])
NAME = OrderName(1, "NL10423")


@pytest.fixture
def line(store: Any) -> Problem:
    """A line the supplier reported about an order nobody knows a ticket of."""
    desk = factories.helpdesk()
    factories.supplier(factories.store(desk))
    return factories.line(1)


def sent(kind: str) -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))


def told() -> list[tuple[int, str]]:
    """Ticket and first quoted or plain words of each queued note."""
    return [
        (note.payload["ticket_id"], note.payload["message"]["body_text"].splitlines()[1])
        for note in sent("gorgias.note")
    ]


def waiting() -> int:
    return len(list(db.session.scalars(select(WaitingNote))))


def state() -> str:
    return db.session.scalars(select(TicketSearch.state)).one()


def see_ticket(number: int = TICKET) -> None:
    problems.catch_up(tickets.see(1, number, CUSTOMER, [(NAME, "subject")]))


def test_a_report_queues_one_search_and_keeps_the_note(line: Problem) -> None:
    (search,) = sent("gorgias.find_ticket")
    assert search.payload == {"order_id": line.order_id, "order_name": "NL10423", "customer_ids": []}
    assert (sent("gorgias.note"), waiting(), state()) == ([], 1, SearchState.SEARCHING)


def test_what_follows_waits_too_and_searches_nothing_anew(line: Problem) -> None:
    factories.line(1, words="and no street")
    problems.comment(line, "please hurry", by=LI_AS_PERSON, at=NOWHERE)
    problems.comment(line, "we are on it", by=ANNA_AS_AGENT, at=NOWHERE)
    assert (len(sent("gorgias.find_ticket")), waiting()) == (1, 4)


def test_the_ticket_that_turns_up_gets_everything_in_order(line: Problem) -> None:
    problems.comment(line, "please hurry", by=LI_AS_PERSON, at=NOWHERE)
    see_ticket()
    assert told() == [
        (TICKET, "The supplier (Li Wei) reported: Address incomplete"),
        (TICKET, "The supplier (Li Wei) writes:"),
    ]
    assert sent("gorgias.tags")[0].payload["add"] == ["supplier-problem", "waiting-for-cs"]
    assert (sent("gorgias.find_ticket"), waiting(), state()) == ([], 0, SearchState.OVER)


def test_the_note_for_the_supplier_tags_him_after_the_wait_as_well(line: Problem) -> None:
    problems.comment(line, "we are on it", by=ANNA_AS_AGENT, at=NOWHERE)
    see_ticket()
    assert sent("gorgias.note")[1].payload["message"]["mention_ids"] == [factories.LI["gorgias_id"]]


def test_the_found_ticket_is_linked_and_told(line: Problem) -> None:
    problems.ticket_found(line.order, TICKET, CUSTOMER, where="search")
    problems.ticket_found(line.order, TICKET, CUSTOMER, where="search")
    assert [ticket.gorgias_id for ticket in tickets.about(line.order_id)] == [TICKET]
    assert len(told()) == 1


def test_several_are_offered_until_an_agent_chooses(line: Problem) -> None:
    offered = [Candidate(number, CUSTOMER, f"Ticket {number}", "email", None) for number in (TICKET, OTHER_TICKET)]
    tickets.offer(line.order, offered)
    assert [each.gorgias_id for each in tickets.candidates_for(line.order_id)] == [OTHER_TICKET, TICKET]
    chosen = tickets.check_candidate(line.order_id, TICKET)
    ticket = tickets.find_for(line.order, chosen.gorgias_id, chosen.customer_id, "chosen")
    problems.link_ticket(ticket, line.order)
    assert told() == [(TICKET, "The supplier (Li Wei) reported: Address incomplete")]
    assert tickets.candidates_for(line.order_id) == []
    with pytest.raises(Refused, match="no longer to choose"):
        tickets.check_candidate(line.order_id, OTHER_TICKET)


def test_an_opened_ticket_begins_with_an_internal_note_and_nothing_else(line: Problem) -> None:
    problems.comment(line, "please hurry", by=LI_AS_PERSON, at=NOWHERE)
    problems.no_ticket_found(line.order, CUSTOMER)
    (opening,) = sent("gorgias.ticket")
    assert opening.payload["ticket"]["customer"] == {"id": CUSTOMER}
    assert opening.payload["ticket"]["subject"] == "Order NL10423: Address incomplete"
    assert opening.payload["ticket"]["tags"] == [{"name": "supplier-problem"}, {"name": "waiting-for-cs"}]
    assert "messages" not in opening.payload["ticket"]
    message = opening.payload["message"]
    assert (message["channel"], message["public"], "receiver" in message) == ("internal-note", False, False)
    opening.state = State.SENT
    problems.ticket_found(line.order, TICKET, CUSTOMER, where="opened", tags=["supplier-problem", "waiting-for-cs"])
    assert told() == [(TICKET, "The supplier (Li Wei) writes:")]
    assert sent("gorgias.tags") == []


def test_the_note_that_begins_a_ticket_is_told_of_on_the_line(line: Problem) -> None:
    problems.no_ticket_found(line.order, CUSTOMER)
    assert [note.kind for note in tickets.notes_about(line.order, "P-1")] == ["gorgias.ticket"]


def test_a_customer_nobody_knows_is_left_out(line: Problem) -> None:
    problems.no_ticket_found(line.order, 0)
    assert "customer" not in sent("gorgias.ticket")[0].payload["ticket"]


def test_nothing_found_twice_opens_one(line: Problem) -> None:
    problems.no_ticket_found(line.order, 0)
    factories.line(1, words="and no street")
    problems.no_ticket_found(line.order, 0)
    assert len(sent("gorgias.ticket")) == 1


def test_a_ticket_linked_by_hand_keeps_one_from_being_opened(line: Problem) -> None:
    problems.no_ticket_found(line.order, 0)
    see_ticket()
    assert sent("gorgias.ticket") == []
    assert told() == [(TICKET, "The supplier (Li Wei) reported: Address incomplete")]


def test_what_is_handled_meanwhile_opens_no_ticket(line: Problem) -> None:
    problems.mark_handled(line, by=LI_AS_PERSON, at=NOWHERE, shown=line.version)
    problems.no_ticket_found(line.order, 0)
    assert (sent("gorgias.ticket"), waiting()) == ([], 0)


def test_the_next_report_after_that_searches_again(line: Problem) -> None:
    problems.mark_handled(line, by=LI_AS_PERSON, at=NOWHERE, shown=line.version)
    problems.no_ticket_found(line.order, 0)
    problems.reopen(line, by=LI_AS_PERSON, at=NOWHERE)
    assert (len(sent("gorgias.find_ticket")), waiting(), state()) == (2, 1, SearchState.SEARCHING)


def test_customer_service_on_its_own_searches_nothing(store: Any) -> None:
    factories.supplier(factories.store(factories.helpdesk()))
    factories.line(1, by=ANNA_AS_AGENT)
    assert (sent("gorgias.find_ticket"), waiting()) == ([], 0)


def test_a_known_ticket_is_told_at_once(store: Any) -> None:
    factories.supplier(factories.store(factories.helpdesk()))
    factories.ticket(1, TICKET, CUSTOMER, NAME)
    factories.line(1)
    assert told() == [(TICKET, "The supplier (Li Wei) reported: Address incomplete")]
    assert sent("gorgias.find_ticket") == []


@pytest.fixture
def closed(store: Any) -> None:
    """The order's ticket is known, and closed."""
    factories.supplier(factories.store(factories.helpdesk()))
    tickets.see(1, TICKET, CUSTOMER, [(NAME, "subject")], is_open=False)


def test_nobody_is_told_in_a_closed_ticket(closed: None) -> None:
    line = factories.line(1)
    assert (told(), waiting()) == ([], 1)
    assert sent("gorgias.find_ticket")[0].payload["customer_ids"] == [CUSTOMER]
    problems.no_ticket_found(line.order, CUSTOMER)
    assert len(sent("gorgias.ticket")) == 1


def test_another_open_ticket_of_the_order_is_told(closed: None) -> None:
    see_ticket(OTHER_TICKET - 100)
    factories.line(1)
    assert told() == [(OTHER_TICKET - 100, "The supplier (Li Wei) reported: Address incomplete")]


def test_a_ticket_that_is_opened_again_ends_the_wait(closed: None) -> None:
    factories.line(1)
    see_ticket()
    assert told() == []
    problems.catch_up(tickets.see(1, TICKET, CUSTOMER, [], is_open=True))
    assert told() == [(TICKET, "The supplier (Li Wei) reported: Address incomplete")]


def test_what_asks_for_nothing_may_stand_in_a_closed_ticket(closed: None) -> None:
    tickets.see(1, TICKET, CUSTOMER, [], is_open=True)
    line = factories.line(1)
    tickets.see(1, TICKET, CUSTOMER, [], is_open=False)
    problems.mark_handled(line, by=LI_AS_PERSON, at=NOWHERE, shown=line.version)
    assert [ticket for ticket, _ in told()] == [TICKET, TICKET]
    assert sent("gorgias.find_ticket") == []


def test_the_search_begins_again_when_the_ticket_was_closed_since(line: Problem) -> None:
    see_ticket()
    tickets.see(1, TICKET, CUSTOMER, [], is_open=False)
    problems.comment(line, "still waiting", by=LI_AS_PERSON, at=NOWHERE)
    assert (len(sent("gorgias.find_ticket")), waiting(), state()) == (1, 1, SearchState.SEARCHING)


def test_many_who_report_at_once_search_once(app: Flask) -> None:
    with app.app_context():
        factories.supplier(factories.store(factories.helpdesk()))
        orders.known(NAME)
        db.session.commit()

    def report(number: int) -> None:
        with app.app_context():
            factories.line(1, words=f"problem {number}")
            db.session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(report, range(8)))
    with app.app_context():
        assert (len(sent("gorgias.find_ticket")), waiting()) == (1, 8)


def test_reports_while_the_ticket_is_being_found_are_never_forgotten(app: Flask) -> None:
    with app.app_context():
        factories.supplier(factories.store(factories.helpdesk()))
        order_id = factories.line(1).order_id
        db.session.commit()

    def report(number: int) -> None:
        with app.app_context():
            factories.line(1, words=f"problem {number}")
            db.session.commit()

    def found(_number: int) -> None:
        with app.app_context():
            problems.ticket_found(orders.get(order_id), TICKET, CUSTOMER, where="search")
            db.session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: (found if number == 3 else report)(number), range(8)))
    with app.app_context():
        assert (len(told()), waiting(), len(list(db.session.scalars(select(Problem))))) == (8, 0, 8)
        assert people.find_usual_supplier(1) is not None
        assert outbox.waiting_count() >= 8


def test_orders_with_several_tickets_are_counted_and_listed_until_one_is_chosen(line: Problem) -> None:
    assert (tickets.count_offered(), tickets.offered(10)) == (0, [])
    tickets.offer(line.order, [Candidate(number, CUSTOMER, "", "email", None) for number in (TICKET, OTHER_TICKET)])
    (waiting,) = tickets.offered(10)
    assert tickets.count_offered() == 1
    assert waiting.order_id == line.order_id
    assert [candidate.gorgias_id for candidate in waiting.candidates] == [OTHER_TICKET, TICKET]
    assert tickets.offered(0) == []
    see_ticket()
    assert (tickets.count_offered(), tickets.offered(10)) == (0, [])
