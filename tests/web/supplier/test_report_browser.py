"""Reporting in a real browser: on a desk and on a phone, with and without scripts, and when the connection dies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from tests.web.browsers import NARROW, WIDE, check, let_in
from tests.web.supplier.test_reporting import PNG, lines
from tests.web.visitors import WORKSHOP, add_lines, link_of, painter_link
from widget.people import Role

pytestmark = pytest.mark.only_on("sqlite")
ROWS = "NL30001\tItem sold out\tno canvas left\nNL30002\t缺货\tno frame\thurry"
each_width = pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop, its workshops and two open lines in it."""
    add_lines(app, 2)
    return app


@pytest.fixture
def painter(app: Flask, url: str, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a browser in which somebody of the workshop is signed in and looks at the list."""

    def open_page(link: str = "", **options: object) -> Page:
        page = new_page(**options)
        let_in(page, app, link or painter_link(app))
        page.goto(f"{url}/supplier")
        return page

    return open_page


def fill(page: Page, number: str = "NL10423", words: str = "house number missing") -> None:
    """Write into the form, which a phone opens first."""
    opener = page.locator("a.new-problem")
    if opener.is_visible():
        opener.click()
    form = page.locator("#new")
    form.get_by_label("Order number").fill(number)
    form.get_by_label("Problem type").select_option(label="Address incomplete")
    form.get_by_label("Problem", exact=True).fill(words)


def press_report(page: Page) -> None:
    page.locator("#new").get_by_role("button", name="Report", exact=True).click()


def wait_for_draft(page: Page, words: str) -> None:
    page.wait_for_function("words => Object.values(localStorage).some(draft => draft.includes(words))", arg=words)


def wait_for_no_draft(page: Page) -> None:
    page.wait_for_function("() => Object.keys(localStorage).length === 0")


def put_in(page: Page, label: str, text: str) -> None:
    """Paste text into a field of the form."""
    page.locator("#new").get_by_label(label, exact=True).evaluate(
        """(field, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        text,
    )


@each_width
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_a_problem_is_reported(app, painter, viewport, scripts):
    page = painter(viewport=viewport, java_script_enabled=scripts)
    fill(page)
    press_report(page)
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()
    expect(page.locator("#P-3").get_by_text("house number missing")).to_be_visible()
    assert len(lines(app)) == 3


@each_width
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_a_refused_form_comes_back_filled_in_and_open(app, painter, viewport, scripts):
    page = painter(viewport=viewport, java_script_enabled=scripts)
    fill(page, "hello")
    press_report(page)
    expect(page.get_by_text("is not an order number of NL. It looks like NL12345.").first).to_be_visible()
    expect(page.locator("#new").get_by_label("Problem", exact=True)).to_have_value("house number missing")
    expect(page.locator("#new").get_by_label("Order number")).to_be_focused()
    colour = "name => getComputedStyle(document.getElementById('report-' + name)).backgroundColor"
    assert page.evaluate(colour, "order_number") != page.evaluate(colour, "problem")
    page.locator("#new").get_by_label("Order number").fill("NL10423")
    press_report(page)
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()


def test_what_was_corrected_is_complained_of_no_more(painter):
    page = painter(viewport=NARROW)
    fill(page, "hello", "")
    press_report(page)
    number = page.locator("#new").get_by_label("Order number")
    expect(page.locator("#report-order_number-wrong")).to_be_visible()
    number.fill("NL10423")
    expect(page.locator("#report-order_number-wrong")).to_have_count(0)
    expect(number).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Write what is wrong.")).to_be_visible()


def test_the_form_is_sent_by_keyboard(app, painter):
    page = painter(viewport=WIDE)
    fill(page)
    page.locator("#new").get_by_label("Problem", exact=True).press("Control+Enter")
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()
    assert len(lines(app)) == 3


@each_width
def test_pictures_that_are_kept_are_ticked_without_scripts(painter, viewport):
    page = painter(viewport=viewport, java_script_enabled=False)
    fill(page, "hello")
    page.locator("#report-picture").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PNG})
    press_report(page)
    box = page.get_by_label("Send along").bounding_box()
    assert box is not None
    assert 12 <= box["width"] <= 32
    assert 12 <= box["height"] <= 32


@each_width
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_what_is_open_already_is_added_to(app, painter, viewport, scripts):
    page = painter(viewport=viewport, java_script_enabled=scripts)
    fill(page, "NL20000", "there is no number at all")
    press_report(page)
    expect(page.get_by_text("NL20000 is open already:")).to_be_visible()
    page.get_by_role("button", name="Add to P-1").click()
    expect(page.get_by_text("Added to P-1 and sent to customer service.")).to_be_visible()
    expect(page.get_by_text("there is no number at all")).to_be_visible()
    assert len(lines(app)) == 2


@each_width
@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_pieces_are_readable_for_everybody(app, url, painter, viewport, language):
    page = painter(painter_link(app, language=language), viewport=viewport)
    opener = page.locator("a.new-problem")
    if opener.is_visible():
        opener.click()
    check(page)
    page.locator("#report-order_number").fill("NL20000")
    expect(page.locator("#report-check a")).to_be_visible()
    page.locator("#new button.main").click()
    expect(page.locator("#new.open")).to_be_visible()
    check(page)
    page.locator("#report-problem_type").select_option("address_incomplete")
    page.locator("#report-problem").fill("x" * 300)
    page.locator("#new button.main").click()
    expect(page.locator("#new .twin")).to_be_visible()
    check(page)
    page.goto(f"{url}/supplier/paste")
    check(page)
    page.locator("#paste-rows").fill(
        f"{ROWS}\nNL20000\tAddress incomplete\t{'y' * 200}\nhello\tnonsense\t\nNL30002\t缺货\tx"
    )
    page.locator("form button.main").click()
    expect(page.locator("table.rows tbody tr")).to_have_count(5)
    check(page)


def test_on_a_phone_targets_are_big_and_letters_do_not_zoom(painter):
    page = painter(viewport=NARROW)
    expect(page.locator("#new")).to_be_hidden()
    fill(page)
    expect(page.locator("a.new-problem")).to_be_hidden()
    sizes = page.evaluate(
        """Array.from(document.querySelectorAll("#new input:not([type=hidden]):not([type=file]), #new select,"
        + "#new textarea, #new button")).filter(e => e.offsetParent)
        .map(e => [e.getBoundingClientRect().height, parseFloat(getComputedStyle(e).fontSize)])"""
    )
    assert len(sizes) >= 6
    for height, letters in sizes:
        assert height >= 44
        assert letters >= 16


def test_the_order_number_is_checked_while_it_is_typed(painter):
    page = painter()
    field, told = page.locator("#report-order_number"), page.locator("#report-check")
    place = page.locator("#lines").bounding_box()
    field.press_sequentially("NL2")
    field.press_sequentially("0001")
    expect(told.get_by_text("NL20001 · Shop NL")).to_be_visible()
    expect(told.get_by_text("Already reported on")).to_be_visible()
    assert page.locator("#lines").bounding_box() == place
    expect(told.get_by_role("link", name="Add to that line")).to_have_attribute("href", "/supplier/lines/P-2#comment")
    field.fill("NL999")
    expect(told.get_by_text("It looks like NL12345.")).to_be_visible()
    field.fill("NL")
    expect(told).to_have_text("")
    field.blur()
    expect(told.get_by_text("It looks like NL12345.")).to_be_visible()


def test_a_draft_survives_a_reload_and_is_discarded_on_demand(painter):
    page = painter()
    fill(page)
    wait_for_draft(page, "house number missing")
    page.reload()
    expect(page.get_by_text("Draft restored")).to_be_visible()
    expect(page.locator("#report-order_number")).to_have_value("NL10423")
    expect(page.locator("#report-problem_type")).to_have_value("address_incomplete")
    expect(page.locator("#report-problem")).to_have_value("house number missing")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#report-problem")).to_have_value("")
    page.reload()
    expect(page.locator("#report-problem")).to_have_value("")
    expect(page.get_by_text("Draft restored")).to_have_count(0)


def test_the_last_word_is_kept_even_if_the_page_goes_at_once(painter):
    page = painter()
    page.locator("#report-problem").fill("in a hurry")
    page.reload()
    expect(page.locator("#report-problem")).to_have_value("in a hurry")


def test_a_draft_goes_when_it_was_sent(painter):
    page = painter()
    fill(page)
    wait_for_draft(page, "house number missing")
    press_report(page)
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()
    wait_for_no_draft(page)
    expect(page.locator("#report-problem")).to_have_value("")
    page.locator("#report-problem").fill("the next one")
    page.reload()
    expect(page.locator("#report-problem")).to_have_value("the next one")


def test_without_htmx_a_draft_goes_when_the_next_page_says_so(painter):
    page = painter()
    page.route("**/htmx.min.js*", lambda route: route.abort())
    page.reload()
    fill(page, "hello")
    press_report(page)
    expect(page.get_by_text("is not an order number").first).to_be_visible()
    page.locator("#report-order_number").fill("NL10423")
    press_report(page)
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()
    expect(page.locator("#report-problem")).to_have_value("")
    wait_for_no_draft(page)


def test_a_draft_is_shown_to_nobody_else(app, url, painter):
    page = painter()
    fill(page)
    wait_for_draft(page, "house number missing")
    page.goto(url + link_of(app, "wang@dafen.example", Role.SUPPLIER, WORKSHOP))
    page.get_by_role("button", name="Continue").click()
    page.goto(f"{url}/supplier")
    expect(page.locator("#report-problem")).to_have_value("")
    page.goto(url + painter_link(app))
    page.get_by_role("button", name="Continue").click()
    page.goto(f"{url}/supplier")
    expect(page.locator("#report-problem")).to_have_value("house number missing")


def test_a_draft_lives_two_weeks(painter):
    page = painter()
    fill(page)
    wait_for_draft(page, "house number missing")
    for days, words in ((13, "house number missing"), (15, "")):
        page.evaluate(
            """days => Object.keys(localStorage).forEach(key => {
                const draft = JSON.parse(localStorage[key]);
                localStorage[key] = JSON.stringify({...draft, at: Date.now() - days * 864e5});
            })""",
            days,
        )
        # The page must not keep its own fresh copy while it goes.
        page.evaluate("document.querySelector('#new').remove()")
        page.reload()
        expect(page.locator("#report-problem")).to_have_value(words)


def test_where_nothing_can_be_kept_everything_else_works(painter):
    page = painter()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked'); }})")
    page.reload()
    fill(page)
    press_report(page)
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()


def test_a_dead_connection_loses_nothing_and_is_retried(app, painter):
    page = painter()
    fill(page)
    page.context.set_offline(True)
    press_report(page)
    expect(page.get_by_text("Not sent: no connection. What you typed is kept.").first).to_be_visible()
    expect(page.locator("#report-problem")).to_have_value("house number missing")
    press_report(page)
    expect(page.locator("#new .not-sent")).to_have_count(1)
    page.context.set_offline(False)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()
    assert len(lines(app)) == 3


def test_an_answer_that_is_lost_makes_no_second_line(app, painter):
    page = painter()
    fill(page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/supplier/report", lose, times=1)
    press_report(page)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()
    assert len(lines(app)) == 3


def test_trouble_of_the_service_is_told_in_words(painter):
    page = painter()
    fill(page)
    page.route("**/supplier/report", lambda route: route.fulfill(status=503, body="<h1>busy</h1>"), times=1)
    press_report(page)
    expect(page.get_by_text("Not sent: Supplier Desk did not answer as it should.")).to_be_visible()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()


def test_whoever_was_signed_out_is_told_and_goes_on_where_he_was(app, url, painter):
    page = painter()
    fill(page)
    page.context.clear_cookies()
    press_report(page)
    expect(page.get_by_text("Not sent: you are signed out.").first).to_be_visible()
    other = page.context.new_page()
    other.goto(url + painter_link(app))
    other.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()


def test_an_impatient_double_press_is_one_line(app, painter):
    page = painter()
    fill(page)
    page.locator("#new").get_by_role("button", name="Report", exact=True).dblclick()
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()
    assert len(lines(app)) == 3


def test_pictures_belong_to_the_draft_and_go_along(app, painter):
    page = painter()
    fill(page)
    page.locator("#report-picture").set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": PNG})
    expect(page.locator("#new input[name=pictures]")).to_have_count(1)
    wait_for_draft(page, page.locator("#new input[name=pictures]").input_value())
    page.reload()
    expect(page.locator("#new input[name=pictures]")).to_have_count(1)
    press_report(page)
    expect(page.get_by_text("P-3 reported to customer service.")).to_be_visible()
    assert lines(app)[2].picture_count == 1


def test_a_comment_on_a_line_is_kept_as_well(painter):
    page = painter()
    line = page.locator("#P-1")
    line.get_by_label("Comment supplier").fill("which of the two?")
    wait_for_draft(page, "which of the two?")
    page.reload()
    expect(line.get_by_label("Comment supplier")).to_have_value("which of the two?")
    expect(page.locator("#P-2").get_by_label("Comment supplier")).to_have_value("")
    line.get_by_role("button", name="Send").click()
    expect(line.locator(".comments").get_by_text("which of the two?")).to_be_visible()
    wait_for_no_draft(page)


def test_pasted_rows_are_shown_corrected_and_reported(app, painter):
    page = painter()
    put_in(page, "Order number", f"{ROWS}\nhello\tOther\tx")
    expect(page.get_by_text("3 rows · 2 ready to report.")).to_be_visible()
    page.wait_for_url("**/supplier/paste?board=problem_sheet")
    page.get_by_role("button", name="Report 2 lines").click()
    expect(page.get_by_text("2 lines reported.")).to_be_visible()
    page.get_by_label("Order number 1").fill("NL30003")
    wait_for_draft(page, "NL30003")
    page.reload()
    expect(page.get_by_label("Rows")).to_have_value("NL30003\tOther\tx\t")
    page.get_by_role("button", name="Show the lines").click()
    page.get_by_role("button", name="Report 1 line").click()
    expect(page.get_by_text("1 line reported.")).to_be_visible()
    wait_for_no_draft(page)
    assert [line.order.name for line in lines(app)[2:]] == ["NL30001", "NL30002", "NL30003"]


def test_words_are_pasted_as_words(painter):
    page = painter()
    put_in(page, "Problem", "two\nlines")
    put_in(page, "Order number", "NL10423\n")
    assert page.url.endswith("/supplier")
    expect(page.locator("table.rows")).to_have_count(0)


def test_rows_that_could_not_be_sent_are_kept(painter):
    page = painter()
    page.context.set_offline(True)
    put_in(page, "Order number", ROWS)
    expect(page.get_by_text("Not sent: no connection. What you typed is kept.")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("2 rows · 2 ready to report.")).to_be_visible()


def test_rows_are_reported_without_scripts(app, painter):
    page = painter(java_script_enabled=False)
    page.get_by_role("link", name="Paste several lines").click()
    page.get_by_label("Rows").fill(f"{ROWS}\nhello\tOther\tx")
    page.get_by_role("button", name="Show the lines").click()
    page.get_by_label("Row 3").uncheck()
    page.get_by_role("button", name="Report 2 lines").click()
    expect(page.get_by_text("2 lines reported.")).to_be_visible()
    assert len(lines(app)) == 4
