"""The supplier's page in a real browser: on a phone and on a desk, by finger, by keyboard, and without scripts."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, Route, expect

from tests import factories
from tests.web.browsers import check, let_in
from tests.web.uploads import PHOTO
from tests.web.visitors import OTHER_WORKSHOP, add_comment, add_lines, painter_link
from widget import problems
from widget.db import db
from widget.people import Actor, Side
from widget.tickets import Place

DESK, PHONE, SMALLEST = ({"width": 1280, "height": 800}, {"width": 360, "height": 780}, {"width": 320, "height": 640})
ANNA = Actor(name="Anna Visser", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example")
LARGE_ENOUGH = 44

pytestmark = pytest.mark.only_on("sqlite")


def enter(page: Page, url: str, app: Flask, language: str = "en") -> None:
    """Open the page, with its scripts, as somebody of the workshop."""
    let_in(page, app, painter_link(app, language=language))
    page.goto(f"{url}/supplier")


def press_continue(page: Page, url: str, app: Flask) -> None:
    """Open the personal link and press the button: that leads to the page, with its scripts."""
    page.goto(url + painter_link(app))
    page.locator("button.main").click()
    expect(page.locator(".tabs")).to_be_visible()
    page.wait_for_load_state()


def row(page: Page, line: int) -> Locator:
    return page.locator(f"#P-{line}")


def in_cs(app: Flask, line: int, words: str) -> None:
    """Customer service writes on the line."""
    with app.app_context():
        problems.comment(problems.get(line), words, by=ANNA, at=Place(None, ""))
        db.session.commit()


def is_open(app: Flask, line: int) -> bool:
    with app.app_context():
        return problems.get(line).handled_at is None


def comments(app: Flask, line: int) -> list[str]:
    with app.app_context():
        return [comment.text for comment in problems.get(line).comments]


# Readable for everybody


@pytest.mark.parametrize("viewport", [DESK, PHONE, SMALLEST], ids=["desk", "phone", "smallest"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_views_are_readable_for_everybody(app, url, new_page, viewport, language):
    lines = add_lines(app, 4)
    add_comment(app, lines[0], "请尽快 " + "x" * 300)
    with app.app_context():
        for address in ("Dorpsstraat 1\n1234 AB Utrecht", "Dorpsstraat 12\n1234 AB Utrecht"):
            line = problems.get(lines[0])
            problems.save_address(line, address, by=ANNA, at=Place(None, ""), shown=line.version)
        problems.mark_handled(problems.get(lines[1]), by=ANNA, at=Place(None, ""), shown=1)
        db.session.commit()
    page = new_page(viewport=viewport)
    enter(page, url, app, language)
    for query in ("", "?view=handled", "?board=refunds", "?q=nothing", f"/lines/P-{lines[0]}", f"?done=P-{lines[0]}"):
        page.goto(f"{url}/supplier{query}")
        check(page)


def test_everything_to_press_is_large_enough_for_a_finger(app, url, new_page):
    lines = add_lines(app, 2)
    with app.app_context():
        problems.save_address(problems.get(lines[0]), "Dorp 1", by=ANNA, at=Place(None, ""), shown=1)
        db.session.commit()
    page = new_page(viewport=PHONE, has_touch=True)
    enter(page, url, app)
    for control in page.locator("#lines button:visible, .tabs a, .chips a, .search button, .new-problem").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= LARGE_ENOUGH, control.evaluate("e => e.outerHTML")


def test_cards_leave_the_report_form_as_it_is(app, url, new_page):
    add_lines(app, 1)
    page = new_page(viewport={"width": 800, "height": 900})
    enter(page, url, app)
    form = page.locator("#new")
    labels = ("Order number", "Problem type", "Problem", "Comment supplier")
    boxes = [form.get_by_label(label, exact=True).bounding_box() for label in labels]
    places = [(round(box["y"] / 40), box["x"]) for box in boxes if box is not None]
    assert places == sorted(places)
    assert len(places) == len(labels)


@pytest.mark.parametrize("viewport", [PHONE, SMALLEST], ids=["phone", "smallest"])
def test_no_word_is_broken_to_be_pressed_on_a_phone(app, url, new_page, viewport):
    page = new_page(viewport=viewport)
    enter(page, url, app)
    broken = page.locator(".chips a, .tabs a").evaluate_all(
        """links => links.flatMap(link => Array.from(link.firstChild.textContent.matchAll(/[a-z]+/gi)).map(word => {
            const range = document.createRange();
            range.setStart(link.firstChild, word.index);
            range.setEnd(link.firstChild, word.index + word[0].length);
            return range.getClientRects().length > 1 ? word[0] : "";
        })).filter(Boolean)"""
    )
    assert broken == []
    check(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_new_problem_leads_to_the_form_from_every_page_of_a_phone(app, url, new_page, scripts):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=PHONE, java_script_enabled=scripts)
    enter(page, url, app)
    for path in ("?board=photo_issues&view=handled&q=x", "?board=refunds", f"/lines/P-{line}"):
        page.goto(f"{url}/supplier{path}")
        page.get_by_role("link", name="New problem").click()
        expect(page.locator("#new").get_by_label("Order number")).to_be_visible()
        board = "photo_issues" if "photo" in path else "problem_sheet"
        expect(page.locator("#new input[name=board]")).to_have_value(board)


def test_a_wide_header_stays_and_nothing_is_cut_at_double_size(app, url, new_page):
    add_lines(app, 12)
    page = new_page(viewport=DESK)
    enter(page, url, app)
    page.mouse.wheel(0, 900)
    expect(page.locator("#lines thead th").first).to_be_in_viewport()
    page.set_viewport_size({"width": 640, "height": 400})
    check(page)


# With scripts


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_comment_is_sent_without_losing_what_is_typed_elsewhere(app, url, new_page, viewport):
    first, second = add_lines(app, 2)
    page = new_page(viewport=viewport)
    enter(page, url, app)
    row(page, second).get_by_label("Comment supplier").fill("half a")
    row(page, first).get_by_label("Comment supplier").fill("the large one")
    row(page, first).get_by_role("button", name="Send").click()
    expect(row(page, first).locator(".said")).to_contain_text("the large one")
    expect(row(page, first).get_by_label("Comment supplier")).to_have_value("")
    expect(row(page, second).get_by_label("Comment supplier")).to_have_value("half a")
    expect(page.locator("#toast")).to_contain_text(f"P-{first}: sent to customer service.")
    assert comments(app, first) == ["the large one"]
    assert page.url == f"{url}/supplier"


def test_a_picture_goes_along(app, url, new_page):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=DESK)
    enter(page, url, app)
    chosen = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": PHOTO}
    row(page, line).get_by_label("Picture", exact=True).set_input_files(chosen)  # type: ignore[arg-type]
    row(page, line).get_by_role("button", name="Send").click()
    expect(row(page, line).get_by_role("img", name=f"Picture 1 of P-{line}")).to_be_visible()


def test_a_handled_line_goes_away_at_once_and_undo_brings_it_back_in_its_place(app, url, new_page):
    lines = add_lines(app, 2)
    page = new_page(viewport=DESK)
    enter(page, url, app)
    row(page, lines[0]).get_by_role("button", name="Handled by supplier").click()
    expect(page.locator("tr.line")).to_have_count(1)
    expect(row(page, lines[1])).to_be_focused()
    expect(page.locator("#open-problem_sheet")).to_contain_text("1")
    assert not is_open(app, lines[0])
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("tr.line")).to_have_count(2)
    assert page.locator("tr.line").first.get_attribute("id") == f"P-{lines[0]}"
    assert is_open(app, lines[0])


def test_a_line_that_went_away_leaves_no_gap_on_a_phone(app, url, new_page):
    lines = add_lines(app, 2)
    page = new_page(viewport=PHONE)
    enter(page, url, app)
    expect(row(page, lines[1]).locator(".enhanced")).to_be_visible()
    top = page.locator("tr.line").first.bounding_box()
    row(page, lines[0]).get_by_role("button", name="Handled by supplier").click()
    expect(page.locator("tr.line")).to_have_count(1)
    expect(row(page, lines[0])).to_be_hidden()
    left = row(page, lines[1]).bounding_box()
    assert top is not None
    assert left is not None
    assert left["y"] + page.evaluate("scrollY") == top["y"]


def test_the_last_line_leaves_the_words_of_an_empty_view(app, url, new_page):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=PHONE)
    enter(page, url, app)
    row(page, line).get_by_role("button", name="Handled by supplier").click()
    expect(page.get_by_text("Nothing is open.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, line)).to_be_visible()
    expect(page.get_by_text("Nothing is open.")).to_be_hidden()


def test_nothing_is_said_to_be_found_where_no_line_is_left(app, url, new_page):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=DESK)
    enter(page, url, app)
    page.goto(f"{url}/supplier?q=P-{line}")
    row(page, line).get_by_role("button", name="Handled by supplier").click()
    expect(page.get_by_text("No line fits.")).to_be_visible()
    expect(page.get_by_text("1 found.")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 found.")).to_be_visible()


def test_the_toast_goes_after_ten_seconds(app, url, new_page):
    line = add_lines(app, 2)[0]
    page = new_page(viewport=DESK)
    page.clock.install()
    enter(page, url, app)
    row(page, line).get_by_role("button", name="Handled by supplier").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(9_000)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.clock.run_for(2_000)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_what_was_refused_shows_both_sides_and_keeps_the_words(app, url, new_page):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=DESK)
    enter(page, url, app)
    row(page, line).get_by_label("Comment supplier").fill("shipped")
    in_cs(app, line, "stop, another size")
    row(page, line).get_by_role("button", name="Handled by supplier").click()
    expect(row(page, line).get_by_role("alert")).to_contain_text("Read it first")
    expect(row(page, line).locator(".said")).to_contain_text("stop, another size")
    field = row(page, line).get_by_label("Comment supplier")
    expect(field).to_have_value("shipped")
    expect(field).to_be_focused()
    check(page)
    row(page, line).get_by_role("button", name="Handled by supplier").click()
    expect(page.locator("tr.line")).to_have_count(0)
    assert comments(app, line)[-1] == "shipped"


def test_a_dead_connection_loses_nothing_and_retry_sends(app, url, new_page):
    line = add_lines(app, 2)[0]
    page = new_page(viewport=PHONE)
    enter(page, url, app)

    def die(route: Route) -> None:
        route.abort()

    page.route("**/comment", die)
    row(page, line).get_by_label("Comment supplier").fill("the large one")
    row(page, line).get_by_role("button", name="Send").click()
    expect(row(page, line).get_by_role("alert")).to_contain_text("Not sent: no connection. What you typed is kept.")
    expect(row(page, line).get_by_label("Comment supplier")).to_have_value("the large one")
    expect(row(page, line).get_by_label("Comment supplier")).to_be_editable()
    page.unroute("**/comment", die)
    row(page, line).get_by_role("button", name="Retry").click()
    expect(row(page, line).locator(".said")).to_contain_text("the large one")
    assert comments(app, line) == ["the large one"]


@pytest.mark.parametrize(
    ("status", "words"), [(503, "did not answer as it should"), (401, "signed out"), (404, "no such")]
)
def test_other_failures_are_told_in_plain_words(app, url, new_page, status, words):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=DESK)
    enter(page, url, app)
    page.route("**/handled", lambda route: route.fulfill(status=status, body="<html>no</html>"))
    row(page, line).get_by_label("Comment supplier").fill("shipped")
    row(page, line).get_by_role("button", name="Handled by supplier").click()
    expect(row(page, line).get_by_role("alert")).to_contain_text(words)
    expect(row(page, line).get_by_label("Comment supplier")).to_have_value("shipped")


def test_what_is_typed_survives_a_reload_until_it_is_sent(app, url, new_page):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=DESK)
    enter(page, url, app)
    row(page, line).get_by_label("Comment supplier").fill("half a sentence")
    page.reload()
    expect(row(page, line).get_by_label("Comment supplier")).to_have_value("half a sentence")
    row(page, line).get_by_role("button", name="Send").click()
    expect(row(page, line).locator(".said")).to_contain_text("half a sentence")
    page.reload()
    expect(row(page, line).get_by_label("Comment supplier")).to_have_value("")


def test_news_is_announced_over_the_page_and_shown_on_request(app, url, new_page):
    lines = add_lines(app, 2)
    page = new_page(viewport=PHONE)
    enter(page, url, app)
    expect(row(page, lines[1]).locator(".enhanced")).to_be_visible()
    before = row(page, lines[0]).bounding_box()
    in_cs(app, lines[0], "the small one")
    page.evaluate("htmx.trigger('#news', 'look')")
    expect(page.get_by_role("link", name="1 line changed — Show")).to_be_visible()
    assert row(page, lines[0]).bounding_box() == before
    check(page)
    page.get_by_role("link", name="1 line changed").click()
    expect(row(page, lines[0])).to_contain_text("the small one")
    expect(page.get_by_role("link", name="1 line changed")).to_have_count(0)


def test_fifty_more_lines_are_added_below(app, url, new_page):
    with app.app_context():
        for number in range(60):
            factories.line(1, f"NL{30_000 + number}", f"problem {number}", by=ANNA)
        db.session.commit()
    page = new_page(viewport=DESK)
    enter(page, url, app)
    expect(page.locator("tr.line")).to_have_count(50)
    page.get_by_role("link", name="Show 10 more").click()
    expect(page.locator("tr.line")).to_have_count(60)
    expect(page.get_by_role("link", name=re.compile("more$"))).to_have_count(0)


# By keyboard


def test_a_day_of_work_by_keyboard(app, url, new_page):
    lines = add_lines(app, 5)
    on_sheet = [line for place, line in enumerate(lines) if place % 3 != 2]
    page = new_page(viewport=DESK)
    press_continue(page, url, app)
    page.keyboard.press("j")
    expect(row(page, on_sheet[0])).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(row(page, on_sheet[1])).to_be_focused()
    page.keyboard.press("c")
    expect(row(page, on_sheet[1]).get_by_label("Comment supplier")).to_be_focused()
    page.keyboard.type("jekzn?/c")
    expect(row(page, on_sheet[1]).get_by_label("Comment supplier")).to_have_value("jekzn?/c")
    page.keyboard.press("Control+Enter")
    expect(row(page, on_sheet[1]).locator(".said")).to_contain_text("jekzn?/c")
    expect(row(page, on_sheet[1])).to_be_focused()
    page.keyboard.press("e")
    expect(row(page, on_sheet[2])).to_be_focused()
    expect(page.locator("tr.line")).to_have_count(3)
    page.keyboard.press("z")
    expect(page.locator("tr.line")).to_have_count(4)
    expect(row(page, on_sheet[1])).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#new").get_by_label("Order number")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Control+e")
    expect(page.locator("tr.line")).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="All lines")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_label("Comment supplier")).to_be_focused()


def test_n_leads_to_the_form_from_every_page(app, url, new_page):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=DESK)
    enter(page, url, app)
    for path in ("?view=handled", "?board=refunds", f"/lines/P-{line}"):
        page.goto(f"{url}/supplier{path}")
        page.keyboard.press("n")
        expect(page.locator("#new").get_by_label("Order number")).to_be_focused()


def test_the_page_of_a_line_goes_on_to_the_next(app, url, new_page):
    lines = add_lines(app, 2)
    page = new_page(viewport=DESK)
    enter(page, url, app)
    page.goto(f"{url}/lines/P-{lines[0]}")
    expect(page).to_have_url(f"{url}/supplier/lines/P-{lines[0]}")
    page.keyboard.press("j")
    expect(page).to_have_url(f"{url}/supplier/lines/P-{lines[1]}")
    page.keyboard.press("k")
    expect(page).to_have_url(f"{url}/supplier/lines/P-{lines[0]}")
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Handled by supplier")).to_be_visible()


# Without scripts


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_all_work_is_done_without_scripts(app, url, new_page, viewport):
    line, other = add_lines(app, 2)
    add_lines(app, 1, OTHER_WORKSHOP)
    page = new_page(viewport=viewport, java_script_enabled=False)
    press_continue(page, url, app)
    row(page, line).get_by_label("Comment supplier").fill("the large one")
    row(page, line).get_by_label("Picture", exact=True).set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": PHOTO}
    )
    row(page, line).get_by_role("button", name="Send").click()
    expect(page.locator(".done")).to_contain_text(f"P-{line}: sent to customer service.")
    expect(row(page, line).get_by_role("img")).to_have_count(1)
    row(page, other).get_by_role("button", name="Handled by supplier").click()
    expect(page.locator(".done")).to_contain_text(f"P-{other} handled.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".done")).to_contain_text(f"P-{other} is open again.")
    row(page, other).get_by_role("button", name="Handled by supplier").click()
    page.get_by_role("link", name="Handled", exact=True).click()
    row(page, other).get_by_role("button", name="Reopen").click()
    expect(page.get_by_text("Nothing has been handled yet.")).to_be_visible()
    assert comments(app, line) == ["the large one"]
    assert is_open(app, other)


def test_a_refusal_without_scripts_is_a_page_with_all_that_was_typed(app, url, new_page):
    line = add_lines(app, 1)[0]
    page = new_page(viewport=PHONE, java_script_enabled=False)
    enter(page, url, app)
    row(page, line).get_by_label("Comment supplier").fill("shipped")
    in_cs(app, line, "stop, another size")
    row(page, line).get_by_role("button", name="Handled by supplier").click()
    expect(row(page, line).get_by_role("alert")).to_contain_text("Read it first")
    expect(row(page, line).get_by_label("Comment supplier")).to_have_value("shipped")
    row(page, line).get_by_role("button", name="Handled by supplier").click()
    assert not is_open(app, line)
