"""Claims in a real browser: an agent at a desk, approvers on their phones, and both without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from tests.refunds import claims
from tests.web.browsers import NARROW, WIDE, check, let_in
from tests.web.visitors import link_of
from widget.db import db
from widget.people import Role
from widget.refunds import Claim

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def waiting(shop: Flask) -> Flask:
    """With R-1 and R-2, which wait for an approver."""
    with shop.app_context():
        claims.approver()
        claims.requested(issue="parcel lost, no reshipment wanted")
        claims.requested(issue="damaged " + "Schifffahrtsversicherungsgesellschaft" * 3)
        db.session.commit()
    return shop


def enter(page: Page, app: Flask, name: str, role: Role = Role.AGENT) -> Page:
    """As somebody of customer service."""
    let_in(page, app, link_of(app, f"{name}@brushwood.example", role))
    return page


def fill_in(page: Page, amount: str) -> None:
    page.get_by_label("Order number").fill("nl10377")
    page.get_by_label("Reason").select_option(label="Lost parcel")
    page.get_by_label("Issue", exact=True).fill("parcel lost")
    page.get_by_label("Day of the issue").fill("2026-11-20")
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Reshipment offered on").fill("2026-11-21")
    page.get_by_label("The customer asked for the refund himself").check()


def decide(page: Page, reference: str, words: str, button: str) -> None:
    card: Locator = page.locator(f"#{reference}")
    card.get_by_label("Your own words").fill(words)
    card.get_by_role("button", name=button).click()


def stored(app: Flask) -> list[tuple[str, Any]]:
    with app.app_context():
        return [(claim.state, claim.amount) for claim in db.session.query(Claim).order_by(Claim.id)]


def test_an_agent_requests_a_refund_with_a_refusal_in_between(shop, url, new_page):
    page = enter(new_page(viewport=WIDE), shop, "anna")
    page.goto(f"{url}/desk?board=refunds")
    check(page)
    page.get_by_role("link", name="New claim").click()
    fill_in(page, "1.234")
    page.get_by_role("button", name="Request", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("“1.234” can mean 1234.00 EUR or 1.23 EUR.")
    check(page)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Amount")).to_have_value("1.234")
    expect(page.get_by_label("Issue", exact=True)).to_have_value("parcel lost")
    expect(page.get_by_label("Reshipment offered on")).to_have_value("2026-11-21")
    expect(page.get_by_label("The customer asked for the refund himself")).to_be_checked()
    page.get_by_label("Amount").fill("12,34")
    page.get_by_role("button", name="Request", exact=True).dblclick()
    expect(page.locator(".done")).to_contain_text("R-1 is requested. An approver has to confirm it.")
    expect(page).to_have_url(f"{url}/claims/R-1")
    assert [(state, str(amount)) for state, amount in stored(shop)] == [("requested", "12.3400")]
    check(page)
    page.goto(f"{url}/desk?board=refunds")
    box = page.locator("#R-1 .next").bounding_box()
    assert box is not None
    assert box["height"] < 40, "the word breaks"
    page.keyboard.press("j")
    expect(page.locator("#R-1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{url}/claims/R-1")


def test_an_approver_decides_on_a_phone_and_the_second_one_is_told(waiting, url, new_page):
    natalie = enter(new_page(viewport=NARROW, has_touch=True), waiting, "natalie", Role.APPROVER)
    katja = enter(new_page(viewport=NARROW, has_touch=True), waiting, "katja", Role.APPROVER)
    for page in (natalie, katja):
        page.goto(f"{url}/claims/approvals")
    check(natalie)
    for button in natalie.locator(".deciding button:visible, .further a").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, button.evaluate("e => e.outerHTML")
    decide(natalie, "R-1", "Yes, claim it.", "Confirm and file")
    expect(natalie.locator(".done")).to_contain_text("R-1 is confirmed and filed.")
    decide(natalie, "R-2", "Which corner is broken?", "Send back")
    expect(natalie.locator(".done")).to_contain_text("R-2 is sent back.")
    expect(natalie.locator(".empty")).to_contain_text("Nothing waits for your confirmation.")
    assert [state for state, _amount in stored(waiting)] == ["filed", "draft"]
    decide(katja, "R-1", "I agree.", "Confirm and file")
    expect(katja.get_by_role("alert")).to_be_focused()
    expect(katja.get_by_role("alert")).to_contain_text("R-1 is with the supplier since")
    expect(katja.get_by_role("alert")).to_contain_text("I agree.")
    check(katja)


def test_a_claim_is_requested_confirmed_and_filed_without_scripts(shop, url, new_page):
    anna = enter(new_page(java_script_enabled=False, viewport=WIDE), shop, "anna")
    natalie = enter(new_page(java_script_enabled=False, viewport=NARROW), shop, "natalie", Role.APPROVER)
    anna.goto(f"{url}/claims/new")
    fill_in(anna, "39")
    anna.get_by_role("button", name="Request", exact=True).click()
    natalie.goto(f"{url}/claims/approvals")
    decide(natalie, "R-1", "Yes, claim it.", "Confirm only")
    expect(natalie.locator(".done")).to_contain_text("R-1 is confirmed.")
    anna.goto(f"{url}/desk?board=refunds&turn=customer_service")
    anna.get_by_role("link", name="File R-1").click()
    anna.get_by_role("button", name="File with the supplier").click()
    expect(anna.locator(".done")).to_contain_text("R-1 is filed. Dafen Art sees it now.")
