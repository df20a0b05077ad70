"""An agent's browser: open the ticket, press, see the note appear and the widget change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.live import Live


@pytest.mark.only_on("sqlite")
def test_pressing_customer_informed_leaves_a_note_and_changes_the_widget(
    live: Live, new_page: Callable[..., Page]
) -> None:
    ticket = live.write("Question about NL10423")
    live.press(ticket, "Report a problem", **{"Problem type": "Item sold out", "Problem": "No canvas left"})
    live.start_worker()
    page = new_page()
    page.goto(f"{live.sandbox.url}/app/ticket/{ticket}")
    page.get_by_label("Acting as").select_option(label="Anna Visser")
    expect(page.get_by_text("1 open: waits for the supplier")).to_be_visible()
    expect(page.get_by_text("Anna Visser has informed the customer")).to_have_count(0)
    page.get_by_role("button", name="Customer informed").click()
    expect(page.get_by_text("Action successfully executed")).to_be_visible()
    expect(page.get_by_text("Anna Visser has informed the customer")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("True", exact=True)).to_be_visible(timeout=15_000)


@pytest.mark.only_on("sqlite")
def test_a_comment_is_asked_for_in_a_dialog_and_reaches_the_ticket(live: Live, new_page: Callable[..., Page]) -> None:
    ticket = live.write("Question about NL10423")
    live.press(ticket, "Report a problem", **{"Problem type": "Item sold out", "Problem": "No canvas left"})
    live.start_worker()
    page = new_page()
    page.goto(f"{live.sandbox.url}/app/ticket/{ticket}")
    page.get_by_role("button", name="Comment to supplier").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Comment for the supplier").fill("Any other canvas is fine")
    dialog.get_by_role("button", name="Execute").click()
    expect(page.get_by_text("Action successfully executed")).to_be_visible()
    expect(page.locator("#sidebar").get_by_text("Any other canvas is fine")).to_be_visible(timeout=15_000)
