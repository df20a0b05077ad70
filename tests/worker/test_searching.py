"""Which ticket is about an order: each rule, against the stand-in helpdesk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.desk import Options
from sandbox.server import running
from tests.sandbox.conftest import KEY, Helpdesk
from tests.worker.wire import FakeGorgias, Fault
from widget.clients.gorgias import FoundTicket, Gorgias
from widget.errors import Outcome, ServiceError
from widget.worker.searching import MOST_READ, Found, find_ticket

ORDER = "NL10423"
OTHER = "bob@customers.example"


@pytest.fixture(scope="module")
def standing() -> Iterator[Helpdesk]:
    with running(Options(calls=0)) as at:
        made = Helpdesk(at)
        yield made
        made.session.close()


@pytest.fixture
def helpdesk(standing: Helpdesk) -> Helpdesk:
    standing.control("POST", "/reset")
    return standing


@pytest.fixture
def gorgias(helpdesk: Helpdesk) -> Gorgias:
    return Gorgias(helpdesk.url, *KEY)


def ids(tickets: list[FoundTicket]) -> list[int]:
    return [ticket.id for ticket in tickets]


def certain(gorgias: Gorgias, order_name: str = ORDER, customers: list[int] | None = None) -> int:
    """The id of the one ticket that is certain."""
    found = find_ticket(gorgias, order_name, customers or [])
    assert found.certain
    assert not found.candidates
    assert found.customer_id == found.certain.customer_id
    return found.certain.id


def customer_of(ticket: Any) -> int:
    return int(ticket["customer"]["id"])


def reads(helpdesk: Helpdesk) -> int:
    calls = helpdesk.control("GET", "/calls")["calls"]
    return sum(call["path"].startswith("/api/tickets/") for call in calls)


# (a) Which hits count


@pytest.mark.parametrize(
    "text",
    [
        "Where is NL10423?",
        "where is #nl10423",
        "nl10423",
        "order:NL10423, please",
        "(#NL10423)",
        "\uff2e\uff2c\uff11\uff10\uff14\uff12\uff13\u3092\u304a\u9858\u3044 NL10423",
        "\u8ba2\u5355NL10423\u5728\u54ea\u91cc",
        "NL10423_a",
    ],
)
def test_an_order_name_counts_as_a_word_of_its_own(helpdesk, gorgias, text):
    ticket = helpdesk.ticket(text)
    found = find_ticket(gorgias, ORDER, [])
    assert type(found.certain) is FoundTicket
    assert (found.certain.id, found.certain.is_open) == (ticket["id"], True)
    assert found.customer_id == found.certain.customer_id == customer_of(ticket)


@pytest.mark.parametrize("text", ["NL104231", "XNL10423", "BNL10423C", "1NL10423", "NL10423a"])
def test_a_part_of_a_longer_word_does_not_count(helpdesk, gorgias, text):
    helpdesk.ticket(text)
    assert find_ticket(gorgias, ORDER, []) == Found()
    assert reads(helpdesk) == 1


def test_full_width_digits_are_the_ordinary_ones(fake_gorgias):
    fake, gorgias = fake_gorgias
    item = {"id": 9001, "status": "open", "customer": {"id": 701}}
    fake.fail("PUT", "views", Fault(200, {"data": [item]}))
    text = "\uff03\uff2e\uff2c\uff11\uff10\uff14\uff12\uff13"
    fake.fail("GET", "tickets/9001", Fault(200, {**item, "messages": [{"channel": "chat", "body_text": text}]}))
    assert find_ticket(gorgias, "#NL\uff11\uff10\uff14\uff12\uff13", []).certain == FoundTicket(
        9001, 701, "", True, None, ""
    )
    assert fake.calls_of("PUT", "views")[0].body["view"]["search"] == ORDER


def test_an_order_name_is_no_pattern(helpdesk, gorgias):
    ticket = helpdesk.ticket("order 10+23")
    assert certain(gorgias, "10+23") == ticket["id"]
    assert find_ticket(gorgias, "1.+23", []) == Found()


def test_the_subject_counts(helpdesk, gorgias):
    ticket = helpdesk.ticket("Hello?", subject="About #NL10423")
    assert certain(gorgias) == certain(gorgias, "nl10423") == ticket["id"]


def test_an_answer_of_an_agent_counts_and_an_internal_note_does_not(helpdesk, gorgias):
    noted, answered = helpdesk.ticket(), helpdesk.ticket(email=OTHER)
    helpdesk.note(noted["id"], body_text=f"The same as {ORDER}")
    assert find_ticket(gorgias, ORDER, []) == Found()
    answer = {"channel": "email", "via": "api", "from_agent": True, "body_html": f"<p>On <b>{ORDER}</b></p>"}
    assert helpdesk.post(f"/tickets/{answered['id']}/messages", answer).status_code == 201
    assert certain(gorgias) == answered["id"]


def test_only_the_newest_hits_are_read(helpdesk, gorgias):
    oldest = helpdesk.ticket(ORDER)
    for _ in range(MOST_READ - 1):
        helpdesk.ticket(f"{ORDER}5")
    assert certain(gorgias) == oldest["id"]
    helpdesk.ticket(f"{ORDER}5")
    assert find_ticket(gorgias, ORDER, []) == Found()
    assert reads(helpdesk) == 2 * MOST_READ


# (b) Open hits


def test_several_open_hits_are_candidates_newest_first(helpdesk, gorgias):
    first, second, third = helpdesk.ticket(ORDER), helpdesk.ticket(ORDER, email=OTHER), helpdesk.ticket(ORDER)
    helpdesk.ticket(ORDER, status="closed")
    helpdesk.note(first["id"])
    found = find_ticket(gorgias, ORDER, [])
    assert found.certain is None
    assert ids(found.candidates) == [first["id"], third["id"], second["id"]]
    assert found.customer_id == 0


def test_one_open_hit_is_certain_whatever_else_is_closed_spam_or_trash(helpdesk, gorgias):
    ticket = helpdesk.ticket(ORDER)
    helpdesk.ticket(ORDER, email=OTHER, status="closed")
    helpdesk.ticket(ORDER, email=OTHER, spam=True)
    helpdesk.ticket(ORDER, email=OTHER, trashed_datetime="2026-11-22T07:10:00")
    assert certain(gorgias, ORDER, [4711]) == ticket["id"]


# (c) No open hit, and one customer


def test_the_customer_of_a_closed_hit_may_have_one_other_open_ticket(helpdesk, gorgias):
    closed = helpdesk.ticket(ORDER, status="closed")
    other = helpdesk.ticket("Something else")
    helpdesk.ticket("Of somebody else", email=OTHER)
    helpdesk.ticket("Spam", spam=True)
    helpdesk.ticket("Trash", trashed_datetime="2026-11-22T07:10:00")
    for known in ([], [customer_of(closed)], [0, customer_of(closed), customer_of(closed)]):
        assert certain(gorgias, ORDER, known) == other["id"]


def test_the_customer_we_know_may_have_several_open_tickets(helpdesk, gorgias):
    tickets = [helpdesk.ticket("Something else") for _ in range(3)]
    helpdesk.note(tickets[0]["id"])
    found = find_ticket(gorgias, ORDER, [customer_of(tickets[0])])
    assert found.certain is None
    assert ids(found.candidates) == [tickets[0]["id"], tickets[2]["id"], tickets[1]["id"]]
    assert found.customer_id == customer_of(tickets[0])


def test_a_customer_without_an_open_ticket_is_whom_a_new_one_is_for(helpdesk, gorgias):
    customer = customer_of(helpdesk.ticket(ORDER, status="closed"))
    assert find_ticket(gorgias, ORDER, []) == Found(customer_id=customer)
    assert find_ticket(gorgias, "NL99999", [customer]) == Found(customer_id=customer)


# (d) Nobody, or one of several


def test_nobody_knows_the_order(helpdesk, gorgias):
    helpdesk.ticket("Something else")
    assert find_ticket(gorgias, ORDER, []) == Found()
    assert find_ticket(gorgias, ORDER, [0]) == Found()
    assert reads(helpdesk) == 0


def test_of_several_customers_none_is_taken(helpdesk, gorgias):
    closed = [helpdesk.ticket(ORDER, status="closed"), helpdesk.ticket(ORDER, email=OTHER, status="closed")]
    helpdesk.ticket("Something else")
    assert find_ticket(gorgias, ORDER, []) == Found()
    assert find_ticket(gorgias, "NL99999", [customer_of(each) for each in closed]) == Found()


# What happens meanwhile


@pytest.fixture
def fake_gorgias(fake: FakeGorgias) -> tuple[FakeGorgias, Gorgias]:
    return fake, Gorgias(fake.url, *KEY)


def hits(*numbers: int) -> Fault:
    return Fault(200, {"data": [{"id": number, "subject": ORDER, "status": "open"} for number in numbers]})


def ticket_of(number: int, **fields: Any) -> Fault:
    return Fault(200, {"id": number, "subject": ORDER, "status": "open", "customer": {"id": 701}, **fields})


def test_a_ticket_that_is_gone_when_it_is_read_is_skipped(fake_gorgias):
    fake, gorgias = fake_gorgias
    fake.fail("PUT", "views", hits(9001, 9002))
    fake.fail("GET", "tickets/9001", Fault(404))
    fake.fail("GET", "tickets/9002", ticket_of(9002))
    assert find_ticket(gorgias, ORDER, []).certain == FoundTicket(9002, 701, ORDER, True, None, "")


def test_a_ticket_merged_into_another_hit_counts_once(fake_gorgias):
    fake, gorgias = fake_gorgias
    fake.fail("PUT", "views", hits(9001, 9002))
    fake.fail("GET", "tickets/900", ticket_of(9002), ticket_of(9002))
    assert find_ticket(gorgias, ORDER, []).certain == FoundTicket(9002, 701, ORDER, True, None, "")


def test_a_ticket_itself_knows_better_than_the_search_whether_it_is_open(fake_gorgias):
    fake, gorgias = fake_gorgias
    fake.fail("PUT", "views", hits(9001))
    fake.fail("GET", "tickets/9001", ticket_of(9001, status="closed"))
    fake.fail("GET", "tickets", Fault(200, {"data": []}))
    assert find_ticket(gorgias, ORDER, []) == Found(customer_id=701)


def test_any_other_failure_ends_the_search(fake_gorgias):
    fake, gorgias = fake_gorgias
    fake.fail("PUT", "views", hits(9001, 9002))
    fake.fail("GET", "tickets/900", Fault(429))
    with pytest.raises(ServiceError) as caught:
        find_ticket(gorgias, ORDER, [])
    assert caught.value.outcome is Outcome.NOT_DONE
    assert len(fake.calls) == 2
