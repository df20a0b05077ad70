"""Problem types and reasons put in order by mouse and keys in a real browser, and how all admin pages read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from tests.web.admin.worlds import admin, send
from tests.web.browsers import check, let_in
from tests.web.visitors import add_lines, link_of, painter_link
from widget.db import utcnow
from widget.people import Role

PAGES = (
    "/admin/types",
    "/admin/types/3",
    "/admin/reasons",
    "/admin/reasons/new",
    "/admin/reasons/2",
    "/admin/people",
    "/admin/people/1",
    "/admin/people/new/supplier",
    "/admin/suppliers",
    "/admin/suppliers/1",
    "/admin/suppliers/1/calendar",
    "/admin/stores",
    "/admin/stores/1",
)


def names(page: Page) -> Locator:
    return page.locator("#problem_sheet .name a")


@pytest.mark.only_on("sqlite")
def test_types_are_put_in_order_by_mouse_and_keys(app: Flask, url: str, page: Page) -> None:
    let_in(page, app, link_of(app, "eva@brushwood.example", Role.ADMIN))
    page.goto(f"{url}/admin/types")
    start = page.locator("#drag-3").bounding_box()
    target = page.locator("#type-1").bounding_box()
    assert start is not None
    assert target is not None
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(target["x"] + 20, target["y"] + 30, steps=4)
    page.mouse.move(target["x"] + 20, target["y"] + 3)
    page.mouse.up()
    order = ["Item sold out", "Address incomplete", "Address wrong", "Shipping problem", "Other"]
    expect(names(page)).to_have_text(order)
    expect(page.locator("#moved")).to_have_text("Item sold out is now number 1.")
    expect(page.locator("#drag-3")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#moved")).to_have_text("Item sold out is now number 2.")
    page.locator("#up-4").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#moved")).to_have_text("Shipping problem is now number 3.")
    expect(page.locator("#up-4")).to_be_focused()
    page.reload()
    expect(names(page)).to_have_text(
        ["Address incomplete", "Item sold out", "Shipping problem", "Address wrong", "Other"]
    )


@pytest.mark.only_on("sqlite")
def test_reasons_are_put_in_order_the_same_way(app: Flask, url: str, page: Page) -> None:
    let_in(page, app, link_of(app, "eva@brushwood.example", Role.ADMIN))
    page.goto(f"{url}/admin/reasons")
    page.locator("#drag-2").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#moved")).to_have_text("Damaged is now number 1.")
    expect(page.locator("#drag-2")).to_be_focused()
    start, target = page.locator("#drag-5").bounding_box(), page.locator("#reason-2").bounding_box()
    assert start is not None
    assert target is not None
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(target["x"] + 20, target["y"] + 3, steps=4)
    page.mouse.up()
    expect(page.locator("#moved")).to_have_text("Lost parcel is now number 1.")
    page.reload()
    expect(page.locator("#reasons .name a").first).to_have_text("Lost parcel")


@pytest.mark.only_on("sqlite")
def test_every_page_reads_well_on_both_screens(app: Flask, url: str, page: Page) -> None:
    eva = admin(app)
    painter_link(app)
    add_lines(app, 3)
    send(eva, "/admin/types/2/archive")
    send(eva, "/admin/reasons/1/archive")
    send(eva, "/admin/calendar/holidays", holidays=f"{utcnow().date() + timedelta(days=9)} A day off")
    send(eva, "/admin/people/1/absences", first_day="2099-01-01", last_day="2099-01-02")
    let_in(page, app, link_of(app, "ben@brushwood.example", Role.ADMIN))
    for path in PAGES:
        page.set_viewport_size({"width": 360, "height": 780})
        page.goto(url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
        page.set_viewport_size({"width": 1440, "height": 900})
        check(page)
    page.goto(f"{url}/admin/stores/1")
    page.get_by_label("Try it").fill("about nl10423")
    page.keyboard.press("Enter")
    expect(page.locator("#try .finding")).to_have_text("recognised NL10423")
    page.get_by_label("Name", exact=True).fill("Winkel")
    page.keyboard.press("Enter")
    expect(page.locator(".saved")).to_have_text("Winkel is saved.")
    page.goto(f"{url}/admin/people/new/customer_service")
    page.get_by_label("Name", exact=True).fill("Maya")
    page.get_by_label("E-mail address").fill("maya@brushwood.example")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("alert")).to_have_text("Choose at least one role.")
    check(page)
    page.get_by_label("Agent: ").check()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("Personal link")).to_have_value(re.compile(r"/l/\S{20,}$"))
    check(page)
