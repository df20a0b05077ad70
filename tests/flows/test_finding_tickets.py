"""The ticket of a reported order finds itself: known, searched for, chosen, or opened, and never two."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.live import ANNA, Live
from tests.processes import wait_until
from tests.workshop import Visitor, Workshop


@pytest.fixture
def workshop(live: Live) -> Workshop:
    return Workshop(live)


def write_unheard(live: Live, subject: str, text: str = "Hello", customer: str = "jan@customer.example") -> int:
    """A ticket from before the service was there."""
    live.api(f"integrations/{live.integration_id}", "PUT", **switched(live, "2026-01-01T00:00:00"))
    number = live.write(subject, text, customer)
    live.api(f"integrations/{live.integration_id}", "PUT", **switched(live, None))
    return number


def switched(live: Live, deactivated: str | None) -> dict[str, Any]:
    integration = live.api(f"integrations/{live.integration_id}")
    return {"name": integration["name"], "http": integration["http"], "deactivated_datetime": deactivated}


def tickets(live: Live) -> list[dict[str, Any]]:
    return list(live.api("tickets?limit=100&trashed=false")["data"])


def texts(live: Live, ticket: int) -> str:
    return "\n".join(note["body_text"] for note in live.notes(ticket))


def waiting(live: Live) -> list[dict[str, Any]]:
    return [item for item in live.flask("outbox", "list")["items"] if item["state"] != "sent"]


def has_called(live: Live, before: int) -> bool:
    return len(live.control("calls", "GET")["calls"]) > before or not waiting(live)


def test_a_known_ticket_hears_of_the_report_and_the_widget_shows_it(live: Live, workshop: Workshop) -> None:
    ticket = live.write("Question about NL10423")
    live.start_worker()
    assert workshop.report("nl10423", "no house number").status_code == 200
    wait_until(lambda: "no house number" in texts(live, ticket))
    wait_until(lambda: live.tags(ticket) == {"supplier-problem", "waiting-for-cs"})
    wait_until(lambda: "no house number" in live.shown(ticket))
    assert [each["id"] for each in tickets(live)] == [ticket]


@pytest.mark.only_on("sqlite")
def test_the_one_open_ticket_that_names_the_order_is_found(live: Live, workshop: Workshop) -> None:
    write_unheard(live, "About NL104231")
    ticket = write_unheard(live, "Where is it?", "My order is #nl10423, thanks", "eva@customer.example")
    live.start_worker()
    workshop.report("NL10423", "no house number")
    wait_until(lambda: "no house number" in texts(live, ticket))
    wait_until(lambda: "no house number" in live.shown(ticket))
    assert len(tickets(live)) == 2


@pytest.mark.only_on("sqlite")
def test_of_several_an_agent_chooses(live: Live, workshop: Workshop) -> None:
    first, second = (
        write_unheard(live, "NL10423"),
        write_unheard(live, "NL10423 again", customer="eva@customer.example"),
    )
    live.start_worker()
    workshop.report("NL10423", "no house number")
    link = live.flask("person", "add", ANNA, "--name", "Anna Visser", "--role", "agent")["link"]
    agent = Visitor(live.url, link)
    wait_until(lambda: "NL10423 again" in agent.page("/lines/P-1"))
    assert live.notes(first) + live.notes(second) == []
    assert agent.post("/lines/P-1/ticket", {"ticket_id": str(second)}).status_code == 200
    wait_until(lambda: "no house number" in texts(live, second))
    assert live.notes(first) == []
    assert len(tickets(live)) == 2


@pytest.mark.only_on("sqlite")
def test_the_customers_one_open_ticket_is_taken_where_closed_ones_name_the_order(
    live: Live, workshop: Workshop
) -> None:
    closed, other = write_unheard(live, "Thanks for NL10423"), write_unheard(live, "Something else")
    live.api(f"tickets/{closed}", "PUT", status="closed")
    live.settled()
    live.start_worker()
    workshop.report("NL10423", "no house number")
    wait_until(lambda: "no house number" in texts(live, other))
    assert len(tickets(live)) == 2


@pytest.mark.only_on("sqlite")
def test_where_none_is_open_one_is_opened_for_that_customer(live: Live, workshop: Workshop) -> None:
    closed = live.write("Thanks for NL10423")
    live.api(f"tickets/{closed}", "PUT", status="closed")
    live.settled()
    live.start_worker()
    workshop.report("NL10423", "no house number")
    (opened,) = wait_until(lambda: [each for each in tickets(live) if each["id"] != closed])
    wait_until(lambda: not waiting(live))
    assert opened["customer"]["email"] == "jan@customer.example"
    assert live.tags(opened["id"]) == {"supplier-problem", "waiting-for-cs"}
    messages = live.api(f"tickets/{opened['id']}")["messages"]
    assert [(each["channel"], each["public"], each["receiver"]) for each in messages] == [
        ("internal-note", False, None)
    ]
    assert "no house number" in messages[0]["body_text"]
    wait_until(lambda: "no house number" in live.shown(opened["id"]))
    workshop.act("P-1", "comment", comment="please hurry", version="1")
    wait_until(lambda: "please hurry" in texts(live, opened["id"]))
    assert len(tickets(live)) == 2


def test_an_answer_that_is_lost_opens_no_second_ticket(live: Live, workshop: Workshop) -> None:
    report_while(live, workshop, "lost")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("kind", ["error_after", "late", "error_before", "html", "rate_limited"])
def test_whatever_else_goes_wrong_one_ticket_is_opened(live: Live, workshop: Workshop, kind: str) -> None:
    report_while(live, workshop, kind)


def report_while(live: Live, workshop: Workshop, kind: str) -> None:
    """One line reported twice, and another one of the order: one ticket tells of both, each once."""
    live.control("faults", faults=[{"kind": kind, "scope": "tickets", "times": 1, "seconds": 0.2}])
    live.start_worker()
    workshop.report("NL10423", "no house number")
    workshop.report("NL10423", "no house number")
    workshop.report("NL10423", "and no street", anyway="1")
    wait_until(lambda: tickets(live) and not waiting(live), 40)
    (opened,) = tickets(live)
    assert texts(live, opened["id"]).count("no house number") == 1
    assert texts(live, opened["id"]).count("and no street") == 1


def test_a_worker_that_is_killed_again_and_again_opens_one(live: Live, workshop: Workshop) -> None:
    live.control("faults", faults=[{"kind": "slow", "scope": "tickets", "seconds": 1, "times": 2}])
    workshop.report("NL10423", "no house number")
    for _ in range(3):
        worker = live.start_worker()
        calls = len(live.control("calls", "GET")["calls"])
        wait_until(partial(has_called, live, calls))
        worker.kill()
    live.start_worker()
    wait_until(lambda: tickets(live) and not waiting(live), 60)
    assert len(tickets(live)) == 1
    assert texts(live, tickets(live)[0]["id"]).count("no house number") == 1
