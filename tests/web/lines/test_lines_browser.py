"""The page of a line in a real browser: from the note to the answer and on to the next, by mouse, by keyboard, without
scripts, and with somebody else at the same line."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.browsers import NARROW, WIDE, check, let_in
from tests.web.lines.agents import BEN, ben_link, meanwhile, reported, without_ticket
from tests.web.uploads import kept
from tests.web.visitors import add_comment, add_lines, link_of
from widget.people import Side

pytestmark = pytest.mark.only_on("sqlite")


def arrive(page: Page, line: int) -> None:
    """Wait for the page of a line, with its scripts."""
    expect(page.get_by_role("heading", name=f"P-{line}")).to_be_visible()
    page.wait_for_load_state()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_readable_for_everybody(app, url, new_page, viewport):
    line, page = reported(app), new_page(viewport=viewport)
    let_in(page, app, "")
    without_ticket(app, 7001, 7002)
    kept(app, "anna@brushwood.example", line)
    for number in range(30):
        add_comment(app, line, f"请尽快 {number} " + "x" * 300)
    meanwhile(app, line, "save_address", "Dorp 1\n" * 5, shown=1)
    for path in (
        f"/lines/P-{line}?done=P-{line}&did=address",
        "/tickets",
        "/orders",
        "/orders/NL/NL10423",
        "/lines/P-999",
    ):
        page.goto(url + path)
        check(page)
    page.goto(f"{url}/lines/P-{line}")
    page.get_by_text("more of what happened").click()
    page.get_by_text("More", exact=True).click()
    check(page)


def test_from_the_note_through_the_link_to_the_answer_and_on(app, url, page):
    first, second = add_lines(app, 2, waiting_for=Side.CUSTOMER_SERVICE)
    page.goto(f"{url}/lines/P-{first}")
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()
    page.goto(url + link_of(app))
    page.get_by_role("button", name="Continue").dblclick()
    arrive(page, first)
    page.keyboard.press("c")
    page.keyboard.type("It is the larger one")
    page.reload()
    expect(page.get_by_label("Comment cs")).to_have_value("It is the larger one")
    page.get_by_label("Comment cs").press("Control+Enter")
    expect(page.get_by_text(f"The comment on P-{first} is saved.")).to_be_visible()
    expect(page.locator(".events")).to_contain_text("It is the larger one")
    expect(page.get_by_label("Comment cs")).to_have_value("")
    page.wait_for_load_state()
    page.keyboard.press("]")
    arrive(page, second)
    page.keyboard.press("i")
    expect(page.get_by_label("Informed customer")).to_be_checked()
    page.keyboard.press("u")
    expect(page).to_have_url(re.compile("/desk"))
    page.go_back()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()
    page.wait_for_load_state()
    page.go_back()
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()


def test_two_at_one_line_see_each_other_and_nothing_moves(app, url, new_page):
    line = reported(app)
    anna, ben = new_page(viewport=WIDE), new_page(viewport=WIDE)
    let_in(anna, app, "")
    let_in(ben, app, ben_link(app))
    for page in (ben, anna):
        with page.expect_response("**/looking"):
            page.goto(f"{url}/lines/P-{line}")
    expect(anna.get_by_text("Ben has this line open.")).to_be_visible()
    before = anna.get_by_label("Comment cs").bounding_box()
    meanwhile(app, line, "comment", "It is house 7", by=BEN)
    anna.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(anna.get_by_text("Ben answered this just now.")).to_be_visible()
    assert anna.get_by_label("Comment cs").bounding_box() == before
    anna.get_by_label("Address").fill("Dorp 7")
    anna.get_by_role("button", name="Reload").click()
    expect(anna.get_by_label("Address")).to_have_value("Dorp 7")
    expect(anna.locator(".events")).to_contain_text("It is house 7")


def test_all_works_without_scripts(app, url, new_page):
    line = reported(app)
    page = new_page(java_script_enabled=False)
    let_in(page, app, "")
    page.goto(f"{url}/lines/P-{line}")
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_label("Informed customer").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Close line").click()
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_text(f"P-{line} is open again.")).to_be_visible()


def test_an_order_number_is_copied_by_one_press(app, url, new_page):
    line = reported(app)
    page: Page = new_page(permissions=["clipboard-read", "clipboard-write"])
    let_in(page, app, "")
    page.goto(f"{url}/lines/P-{line}")
    page.get_by_role("button", name="Copy NL10423").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "NL10423"
