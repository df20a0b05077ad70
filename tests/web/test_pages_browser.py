"""The pages in a real browser: by link to the lines, on wide and narrow screens, with and without scripts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.processes import free_port
from tests.web.browsers import check, let_in, serving
from tests.web.visitors import OTHER_WORKSHOP, add_comment, add_lines, link_of, world
from widget.config import Config
from widget.people import Side

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 780}

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def config(config: Config) -> Config:
    """With an address of its own for this test."""
    return dataclasses.replace(config, public_url=f"http://127.0.0.1:{free_port()}")


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """Where the app answers over real HTTP."""
    with serving(app) as address:
        yield address


def enter(page: Page, url: str, app: Flask, link: str = "") -> None:
    """Open the lines as whoever the link is for."""
    let_in(page, app, link)
    page.goto(url)
    expect(page.get_by_role("heading", name="Open lines")).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("count", [0, 1, 200])
def test_open_lines_are_readable_for_everybody(app, url, new_page, viewport, count):
    add_lines(app, count - count // 2)
    add_lines(app, count // 2, OTHER_WORKSHOP, Side.CUSTOMER_SERVICE)
    page = new_page(viewport=viewport)
    enter(page, url, app)
    expect(page.get_by_role("row")).to_have_count(count + 1 if count else 0)
    check(page)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_other_page_is_readable_for_everybody(app, url, new_page, viewport):
    line = add_lines(app, 1)[0]
    add_comment(app, line, "请尽快 " + "x" * 300)
    page = new_page(viewport=viewport)
    for path in ("/", link_of(app), "/l/unknown"):
        page.goto(url + path)
        check(page)
    enter(page, url, app)
    for path in (f"/lines/P-{line}", "/lines/P-999"):
        page.goto(url + path)
        check(page)


def test_from_the_note_through_the_link_to_the_line_and_out(app, url, page):
    line = add_lines(app, 1)[0]
    page.goto(f"{url}/lines/P-{line}")
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()
    page.goto(url + link_of(app))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name=f"P-{line}")).to_be_visible()
    assert page.url == f"{url}/lines/P-{line}"
    page.get_by_role("link", name="All open lines").click()
    page.get_by_role("link", name=f"P-{line}").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()


def test_all_works_without_scripts(app, url, new_page):
    line = add_lines(app, 1)[0]
    page = new_page(java_script_enabled=False)
    enter(page, url, app)
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_role("link", name=f"P-{line}").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()


def test_an_order_number_is_copied_by_one_press(app, url, new_page):
    add_lines(app, 2)
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    enter(page, url, app)
    page.get_by_role("button", name="Copy NL20001").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "NL20001"


def test_an_impatient_double_press_signs_in(app, url, page):
    page.goto(url + link_of(app))
    page.get_by_role("button", name="Continue").dblclick()
    expect(page.get_by_role("heading", name="Open lines")).to_be_visible()


def test_everything_is_reached_by_keyboard(app, url, page):
    line = add_lines(app, 1)[0]
    page.goto(url + link_of(app))
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Continue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Open lines")).to_be_visible()
    page.get_by_role("button", name="Copy").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=f"P-{line}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"P-{line}")).to_be_visible()
