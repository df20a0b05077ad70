"""The ticket page in a browser: what an agent sees, types and presses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.conftest import Helpdesk, Service
from tests.sandbox.test_buttons import template


@pytest.fixture
def ticket(helpdesk: Helpdesk, service: Service, integrate: Callable[..., Any]) -> Any:
    """A ticket with a widget of four problems."""
    helpdesk.control("POST", "/users", {"email": "anna@brushwood.example", "name": "Anna Visser"})
    helpdesk.control("POST", "/users", {"email": "liwei@dafen.example", "name": "Li Wei", "role": "lite-agent"})
    problems = [{"reference": f"P-{n}", "problem": f"problem {n}", "token": f"t{n}"} for n in range(1, 5)]
    service.answer = {"summary": "4 open", "types": "Address;Photo", "problems": problems}
    widget = {"type": "http", "integration_id": integrate()["id"], "template": template(service.url)}
    helpdesk.post("/widgets", widget)
    made = helpdesk.ticket("Where is NL10423?")
    helpdesk.idle()
    return made


@pytest.fixture
def at_ticket(helpdesk: Helpdesk, ticket: Any, page: Page) -> Page:
    page.goto(f"{helpdesk.url}/app/ticket/{ticket['id']}")
    expect(page.get_by_text("4 open")).to_be_visible()
    return page


def test_a_note_appears_by_itself_and_typed_text_stays(helpdesk, ticket, at_ticket) -> None:
    at_ticket.get_by_label("Message", exact=True).fill("half a sentence")
    supplier = helpdesk.get("/users", email="liwei@dafen.example")["data"][0]
    helpdesk.note(ticket["id"], body_text="@Li Wei please look", mention_ids=[supplier["id"]])
    note = at_ticket.get_by_role("listitem").filter(has_text="Internal note")
    expect(note.locator("mark")).to_have_text("@Li Wei")
    expect(at_ticket.get_by_label("Message", exact=True)).to_have_value("half a sentence")


def test_a_button_with_a_dialog_sends_what_was_typed_even_when_the_data_changes_meanwhile(
    helpdesk, service, ticket, at_ticket
) -> None:
    at_ticket.get_by_role("button", name="Report").click()
    dialog = at_ticket.get_by_role("dialog")
    dialog.get_by_label("What happened").fill("too dark")
    service.answer = {**service.answer, "summary": "changed meanwhile"}
    helpdesk.note(ticket["id"])
    expect(at_ticket.get_by_text("changed meanwhile")).to_be_visible()
    dialog.get_by_label("Type").select_option("Photo")
    dialog.get_by_role("button", name="Execute").click()
    expect(at_ticket.get_by_text("Action successfully executed")).to_be_visible()
    assert "type=Photo&text=too+dark" in service.received[-1]["body"]
    expect(at_ticket.get_by_text("Anna Visser pressed “Report”")).to_be_visible()


def test_a_refusal_stays_on_the_page_until_it_is_closed(service, at_ticket) -> None:
    service.status, service.answer = 409, {"error": {"msg": "Already handled by the supplier."}}
    at_ticket.get_by_role("button", name="Informed").first.click()
    alert = at_ticket.get_by_role("alert")
    expect(alert).to_contain_text("Already handled by the supplier.")
    alert.get_by_role("button", name="Close").click()
    expect(alert).to_have_count(0)


def test_a_list_opens_its_first_card_and_gives_more_on_demand(at_ticket) -> None:
    titles = at_ticket.get_by_role("button", name="P-", exact=False)
    expect(titles).to_have_count(3)
    assert [title.get_attribute("aria-expanded") for title in titles.all()] == ["true", "false", "false"]
    at_ticket.get_by_role("button", name="1 more").click()
    expect(titles).to_have_count(4)
    titles.nth(1).click()
    expect(at_ticket.get_by_text("problem 2")).to_be_visible()


def test_one_writes_as_customer_with_a_picture_and_as_agent(helpdesk, ticket, at_ticket) -> None:
    at_ticket.get_by_label("Attach pictures").set_input_files(
        {"name": "boris.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
    )
    at_ticket.get_by_label("Message", exact=True).fill("Here is Boris")
    at_ticket.get_by_role("button", name="Send").click()
    expect(at_ticket.get_by_role("img", name="boris.png")).to_be_visible()
    at_ticket.get_by_text("Answer as agent").click()
    at_ticket.get_by_label("Message", exact=True).fill("Thank you!")
    at_ticket.keyboard.press("Control+Enter")
    expect(at_ticket.locator(".message.agent")).to_contain_text("Thank you!")
    assert [message["from_agent"] for message in helpdesk.get(f"/tickets/{ticket['id']}")["messages"]] == [
        False,
        False,
        True,
    ]


def test_faults_are_set_with_a_slider(helpdesk, at_ticket) -> None:
    at_ticket.get_by_text("Stand-in controls").click()
    slider = at_ticket.get_by_label("Answer lost")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    expect(at_ticket.get_by_text("30 %", exact=True)).to_be_visible()
    at_ticket.wait_for_function(
        "fetch('/_sandbox/faults').then((r) => r.json()).then((j) => j.faults[0]?.probability === 0.3)"
    )
    at_ticket.get_by_role("button", name="All faults off").click()
    at_ticket.wait_for_function("fetch('/_sandbox/faults').then((r) => r.json()).then((j) => j.faults.length === 0)")


@pytest.mark.parametrize("path", ["/app", "/app/ticket/{id}"])
def test_nothing_overflows_on_a_phone(helpdesk, ticket, new_page, path) -> None:
    phone = new_page(viewport={"width": 360, "height": 740})
    phone.goto(helpdesk.url + path.format(id=ticket["id"]))
    expect(phone.get_by_text("Hello").locator("visible=true")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
