"""Refunds on an old phone at the workshop: accepted in part, declined, credited, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.refunds import claims
from tests.web.browsers import NARROW, check, let_in
from tests.web.visitors import painter_link
from widget import refunds
from widget.db import db
from widget.orders import OrderName

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def filed(app: Flask) -> Iterator[Flask]:
    """With R-1 and R-2, which wait for the workshop."""
    with time_machine.travel("2026-11-24T10:00:00Z", tick=True):
        with app.app_context():
            factories.ticket(1, 9001, 501, OrderName(1, "NL10377"))
            claims.approver()
            first = claims.filed(issue="parcel lost, no reshipment wanted")
            refunds.comment(first, "Any news? " * 80, by=claims.ANNA_AS_AGENT, at=claims.here())
            claims.filed(issue="damaged " + "Schifffahrtsversicherungsgesellschaft" * 3)
            db.session.commit()
        yield app


def enter(page: Page, app: Flask, url: str, language: str = "en") -> None:
    let_in(page, app, painter_link(app, language=language))
    page.goto(f"{url}/supplier?board=refunds")


def form(page: Page, reference: str, act: str) -> Locator:
    """The form of one act, unfolded."""
    found = page.locator(f"#{reference} details", has=page.locator(f"form[action$='/{act}']"))
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def state(app: Flask, claim_id: int) -> tuple[str, str, int]:
    with app.app_context():
        claim = refunds.get(claim_id)
        return claim.state, f"{claim.credited:.2f}", len(claim.credits)


def test_a_part_is_accepted_and_credited_on_a_phone(filed, url, new_page):
    page = new_page(viewport=NARROW, has_touch=True)
    enter(page, filed, url)
    check(page)
    for control in page.locator(".claim button:visible, .claim summary, .chips a").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44, control.evaluate("e => e.outerHTML")
    part = form(page, "R-1", "accept-partly")
    part.get_by_label("Amount in EUR").fill("1.234")
    part.get_by_label("Why not all of it?").fill("The frame was fine.")
    part.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("“1.234” can mean 1234.00 EUR or 1.23 EUR.")
    assert page.locator(".said .typed").evaluate("words => words.scrollHeight <= words.clientHeight"), "words are cut"
    check(page)
    part = form(page, "R-1", "accept-partly")
    expect(part.get_by_label("Why not all of it?")).to_have_value("The frame was fine.")
    part.get_by_label("Amount in EUR").fill("12,50")
    part.get_by_role("button").dblclick()
    expect(page.locator(".done")).to_contain_text("R-1: customer service is told that you accept a part of it.")
    credit = form(page, "R-1", "credit")
    expect(credit.get_by_label("Amount in EUR")).to_have_value("12.50")
    credit.get_by_label("Invoice").fill("INV-7")
    credit.get_by_role("button").dblclick()
    expect(page.locator(".done")).to_contain_text("R-1: the credit is entered.")
    assert state(filed, 1) == ("credited", "12.50", 1)
    check(page)


def test_a_claim_is_declined_by_keyboard_with_a_reason_in_chinese(filed, url, new_page):
    page = new_page(viewport=NARROW)
    enter(page, filed, url, "zh")
    check(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#R-2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{url}/supplier/claims/R-2")
    form(page, "R-2", "decline").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_be_focused()
    decline = form(page, "R-2", "decline")
    decline.locator("textarea").fill("已经寄出，没有损坏。")
    decline.get_by_role("button").click()
    expect(page.locator(".done")).to_be_visible()
    expect(page.locator("#R-2 .answered")).to_contain_text("已经寄出，没有损坏。")
    assert state(filed, 2) == ("declined", "0.00", 0)
    check(page)


def test_a_claim_is_accepted_and_credited_without_scripts(filed, url, new_page):
    page = new_page(java_script_enabled=False, viewport=NARROW)
    enter(page, filed, url)
    page.locator("#R-1").get_by_role("button", name="Accept 39.00 EUR").click()
    expect(page.locator(".done")).to_contain_text("R-1: customer service is told that you accept it.")
    credit = form(page, "R-1", "credit")
    credit.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the invoice.")
    credit = form(page, "R-1", "credit")
    credit.get_by_label("Invoice").fill("INV-7")
    credit.get_by_role("button").click()
    expect(page.locator(".done")).to_contain_text("R-1: the credit is entered.")
    assert state(filed, 1) == ("credited", "39.00", 1)
