"""The desk in a real browser: by keyboard and by mouse, on a phone, and without scripts."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.web.browsers import check, let_in
from tests.web.visitors import FROM_OUR_PAGE, add_comment, add_lines, link_of, signed_in
from widget import problems
from widget.db import db
from widget.orders import OrderName
from widget.people import Actor, Side
from widget.tickets import Place

LI = Actor(name="Li Wei", side=Side.SUPPLIER, email="li@dafen.example")
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 780}

pytestmark = pytest.mark.only_on("sqlite")


def lines_of(app: Flask, count: int) -> list[int]:
    """Lines of the problem sheet that wait for customer service, the first with a ticket."""
    made = add_lines(app, count, waiting_for=Side.CUSTOMER_SERVICE)
    with app.app_context():
        factories.ticket(1, factories.TICKET, factories.CUSTOMER, OrderName(1, "NL20000"))
        db.session.commit()
    return [line for place, line in enumerate(made) if place % 3 != 2]


def row(page: Page, line: int) -> Locator:
    return page.locator(f"#P-{line}")


def said(app: Flask, line: int) -> list[str]:
    with app.app_context():
        return [comment.text for comment in problems.get(line).comments]


def test_a_morning_at_the_desk_by_keyboard(app, url, new_page):
    lines = lines_of(app, 9)
    page = new_page(viewport=DESK)
    let_in(page, app, link_of(app))
    page.goto(f"{url}/desk")
    first, second = row(page, lines[0]), row(page, lines[1])
    # Typing goes on while the tick is being saved; a second press waits for the first.
    page.keyboard.press("j")
    page.keyboard.press("i")
    page.keyboard.press("c")
    page.keyboard.type("The large one")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text("comment sent to Dafen Art. A note tags Dafen Art.")
    expect(first.get_by_label("Informed customer")).to_be_checked()
    expect(first.locator(".waiting")).to_contain_text("Supplier's turn")
    assert said(app, lines[0]) == ["The large one"]
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("taken back")
    assert said(app, lines[0]) == []
    # An address that somebody else saved meanwhile.
    ben = signed_in(app, link_of(app, "ben@brushwood.example"))
    data = {"address": "Dorp 1", "version": "1"}
    assert ben.post(f"/desk/lines/P-{lines[1]}/address", data=data, headers=FROM_OUR_PAGE).status_code == 303
    second.focus()
    page.keyboard.press("a")
    page.keyboard.type("Stad 3")
    second.locator("[data-act=address]").click()
    expect(second).to_contain_text("Ben changed this while you had the page open.")
    expect(second.get_by_label("Address")).to_have_value("Stad 3")
    check(page)
    second.locator("[data-act=address]").click()
    expect(page.locator("#toast")).to_contain_text("address saved")
    with app.app_context():
        assert problems.get(lines[1]).address == "Stad 3"
    page.keyboard.press("/")
    page.keyboard.type("Stad")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{url}/desk?board=problem_sheet&view=open&stores=all&q=Stad&sort=urgent")


def test_many_lines_at_once(app, url, new_page):
    lines = lines_of(app, 9)
    page = new_page(viewport=DESK)
    let_in(page, app, link_of(app))
    page.goto(f"{url}/desk")
    row(page, lines[0]).locator(".pick").click()
    row(page, lines[3]).locator(".pick").click(modifiers=["Shift"])
    expect(page.locator("[data-picked]")).to_have_text("4")
    check(page)
    with app.app_context():
        problems.mark_handled(problems.get(lines[2]), by=LI, at=Place(None, ""), shown=1)
        db.session.commit()
    row(page, lines[1]).get_by_label("Address").fill("half an addr")
    page.locator("#bulk-comment").fill("Please hurry")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".refused")).to_contain_text(f"P-{lines[2]} was handled by Li Wei")
    expect(page.locator("#bulk-comment")).to_have_value("Please hurry")
    expect(page.locator(".done")).to_contain_text("3 lines: comment sent.")
    expect(row(page, lines[1]).get_by_label("Address")).to_have_value("half an addr")
    row(page, lines[1]).get_by_label("Address").fill("")
    assert said(app, lines[3]) == ["Please hurry"]
    page.locator(".done .undo").click()
    expect(page.locator(".done")).to_contain_text("3 lines: taken back.")
    assert said(app, lines[3]) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_views_are_readable_for_everybody(app, url, new_page, language):
    lines = lines_of(app, 4)
    add_comment(app, lines[0], "请尽快 " + "x" * 300)
    with app.app_context():
        problems.mark_handled(problems.get(lines[1]), by=LI, at=Place(None, ""), shown=1)
        db.session.commit()
    page = new_page(viewport=PHONE)
    let_in(page, app, link_of(app, language=language))
    for query in ("", "?view=handled", "?board=refunds", "?q=nothing", f"?done=P-{lines[0]}&did=informed"):
        page.goto(f"{url}/desk{query}")
        check(page)


def test_all_of_it_works_without_scripts(app, url, new_page):
    lines = lines_of(app, 3)
    page = new_page(java_script_enabled=False, viewport=DESK)
    let_in(page, app, link_of(app))
    page.goto(f"{url}/desk")
    first = row(page, lines[0])
    first.get_by_label("Address").fill("Dorp 1")
    first.get_by_label("Informed customer").check()
    first.locator("[data-act=informed]").click()
    expect(page.locator(".done")).to_contain_text("customer informed")
    expect(first.get_by_label("Address")).to_have_value("Dorp 1")
    first.locator("[data-act=address]").click()
    page.locator(".done .undo").click()
    expect(page.locator(".done")).to_contain_text("taken back")
    for line in lines:
        row(page, line).locator(".pick").check()
    page.locator("#bulk-comment").fill("Please hurry")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".done")).to_contain_text("2 lines: comment sent.")
    assert re.search(r"/desk\?", page.url)
