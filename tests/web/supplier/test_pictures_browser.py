"""Pictures in a real browser: choosing, dropping, pasting and sending them, and looking at those of a line.

The page is made of the macros alone, so that what is tried here does not depend on the forms they are used in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g, redirect, render_template_string, request
from playwright.sync_api import FilePayload, Page, Route, expect
from sqlalchemy import select

from tests.pictures.files import flag, jpeg, png
from tests.web.browsers import NARROW, WIDE, check, let_in
from tests.web.visitors import add_lines, painter_link
from widget import pictures, problems
from widget.db import db
from widget.pictures import Picture
from widget.web import picture_forms, sessions

pytestmark = pytest.mark.only_on("sqlite")

PAGE = """
{% extends "signed_in.html" %}
{% import "pictures/parts.html" as parts %}
{% block title %}A line{% endblock %}
{% block head %}{{ parts.assets() }}{% endblock %}
{% block main %}
<h1>P-{{ line.id }}</h1>
<form method="post" enctype="multipart/form-data" data-once>
<input type="hidden" name="form_key" value="{{ form_key() }}">
<p><label for="words">Problem</label> <textarea id="words" name="words">{{ words }}</textarea></p>
{% if refusal %}<p role="alert">{{ refusal }}</p>{% endif %}
{{ parts.picker("chosen", drafts) }}
<p><button class="main">Report</button></p>
</form>
{{ parts.thumbs(shown, "P-%d" % line.id) }}
<p class="said">{{ line.problem }}</p>
<div id="rest"></div>
{% endblock %}
"""


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a workshop that has one line, and a page with a form for its pictures."""
    line_id = add_lines(app, 1)[0]

    def line() -> Any:
        assert sessions.find_person()
        problem, drafts, refusal = problems.get(line_id), [], ""
        if request.method == "POST":
            picture_forms.set_limits()
            try:
                taken = picture_forms.take(g.person)
            except picture_forms.FormRefused as error:
                drafts, refusal = error.kept, error.sentence
            else:
                problem = problems.get(line_id)
                pictures.attach(taken, problem)
                problem.problem = request.form["words"] or problem.problem
                db.session.commit()
                return redirect("/try", 303)
        words = request.form.get("words", "")
        shown = pictures.of([line_id])[line_id]
        return render_template_string(
            PAGE, line=problems.get(line_id), drafts=drafts, refusal=refusal, words=words, shown=shown
        )

    app.add_url_rule("/try", "line", line, methods=["GET", "POST"])
    return app


def enter(page: Page, url: str, app: Flask, language: str = "en") -> None:
    let_in(page, app, painter_link(app, language=language))
    page.goto(f"{url}/try")


def file(name: str, content: bytes = b"", kind: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content or jpeg(flag(size=(640, 480)))}


def chosen(page: Page) -> Any:
    """The field, as whoever drives the page finds it."""
    return page.get_by_label("Picture", exact=True)


def shots(page: Page, state: str) -> Any:
    """The pictures in the form that are in that state."""
    return page.locator(f'.shot[data-state="{state}"]')


def report(page: Page) -> None:
    page.get_by_role("button", name="Report").click()


class Line:
    """The connection for uploads, which a test can hold, cut or let fail."""

    def __init__(self, page: Page) -> None:
        self.held: list[Route] = []
        self.answers: list[int] = []
        self.holds = False
        page.route("**/supplier/pictures", self.take)

    def take(self, route: Route) -> None:
        if self.holds:
            self.held.append(route)
        elif self.answers and (status := self.answers.pop(0)):
            route.fulfill(status=status, body="<html>busy</html>") if status > 1 else route.abort()
        else:
            route.continue_()

    def let_go(self) -> None:
        self.holds = False
        for route in self.held:
            route.continue_()
        self.held.clear()


def give(page: Page, event: str, *files: tuple[str, str], text: str = "") -> None:
    """Drop or paste files, as (name, type), where the words are typed."""
    page.evaluate(
        """async ([event, files, text]) => {
          const data = new DataTransfer();
          for (const [name, type] of files) {
            const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
            canvas.getContext("2d").fillRect(0, 0, 20, 20);
            const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
            data.items.add(new File([blob], name, { type }));
          }
          if (text) data.setData("text/plain", text);
          const kind = event === "paste" ? ClipboardEvent : DragEvent;
          const options = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
          document.querySelector("#words").dispatchEvent(new kind(event, options));
        }""",
        [event, [list(file) for file in files], text],
    )


def test_several_are_sent_at_once_and_one_that_is_refused_loses_nothing(app, url, page):
    enter(page, url, app)
    page.get_by_label("Problem").fill("too dark")
    names = ["a.jpg", "b.jpg", "c.jpg"]
    chosen(page).set_input_files([*map(file, names), file("notes.txt", b"no picture", "text/plain")])
    expect(shots(page, "kept")).to_have_count(3)
    expect(shots(page, "failed")).to_contain_text("This is not a picture we can use.")
    expect(page.get_by_role("status")).to_have_text("1 picture was not sent. Try again or remove it.")
    report(page)
    expect(page.get_by_label("Problem")).to_have_value("too dark")
    assert page.url == f"{url}/try"
    expect(shots(page, "failed").get_by_role("button", name="Try again")).to_be_hidden()
    page.get_by_role("button", name="Remove notes.txt").click()
    report(page)
    expect(page.get_by_text("too dark")).to_be_visible()
    expect(page.locator(".thumbs img")).to_have_count(3)


def test_the_form_waits_for_pictures_on_their_way_two_at_a_time(app, url, page):
    enter(page, url, app)
    line = Line(page)
    line.holds = True
    chosen(page).set_input_files([file(f"{number}.jpg") for number in range(3)])
    expect(shots(page, "sending")).to_have_count(2)
    expect(shots(page, "waiting")).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("3 pictures are still being sent.")
    report(page)
    expect(page.get_by_role("status")).to_contain_text("The form is sent as soon as they are there.")
    assert len(line.held) == 2
    line.let_go()
    expect(page.locator(".thumbs img")).to_have_count(3)


def test_a_broken_connection_is_tried_again_by_itself_once_and_then_by_hand(app, url, page):
    enter(page, url, app)
    page.clock.install()
    line = Line(page)
    line.answers = [1, 503, 503]
    chosen(page).set_input_files(file("a.jpg"))
    expect(shots(page, "waiting")).to_have_count(1)
    page.clock.fast_forward(5_000)
    expect(shots(page, "failed")).to_contain_text("We are busy just now.")
    page.get_by_role("button", name="Try again").click()
    expect(shots(page, "failed")).to_have_count(1)
    assert line.answers == []
    page.get_by_role("button", name="Try again").click()
    expect(shots(page, "kept")).to_have_count(1)


def test_whoever_was_signed_out_meanwhile_is_told_and_goes_on(app, url, page):
    enter(page, url, app)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_label("Problem").fill("too dark")
    chosen(page).set_input_files(file("a.jpg"))
    expect(shots(page, "failed")).to_contain_text("You are signed out.")
    page.context.add_cookies(cookies)
    page.get_by_role("button", name="Try again").click()
    expect(shots(page, "kept")).to_have_count(1)
    expect(page.get_by_label("Problem")).to_have_value("too dark")


def test_what_is_too_large_is_not_even_sent(app, url, page, tmp_path):
    enter(page, url, app)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    huge = tmp_path / "huge.jpg"
    huge.write_bytes(b"x" * (20 * 1024 * 1024 + 1))
    chosen(page).set_input_files(huge)
    expect(shots(page, "failed")).to_contain_text("Larger than 20 MB.")
    assert "POST" not in asked


def test_pictures_are_dropped_and_pasted_anywhere_in_the_form(app, url, page):
    enter(page, url, app)
    give(page, "drop", ("a.png", "image/png"), ("b.png", "image/png"))
    expect(shots(page, "kept")).to_have_count(2)
    give(page, "paste", ("image.png", "image/png"))
    expect(shots(page, "kept")).to_have_count(3)
    # Cells of a sheet: the text is meant.
    give(page, "paste", ("image.png", "image/png"), text="NL10423\tSold out")
    give(page, "paste", ("notes.txt", "text/plain"))
    expect(page.locator(".shot")).to_have_count(3)
    report(page)
    expect(page.locator(".thumbs img")).to_have_count(3)


def test_a_removed_picture_is_not_sent_along(app, url, page):
    enter(page, url, app)
    chosen(page).set_input_files([file("a.jpg"), file("b.jpg")])
    expect(shots(page, "kept")).to_have_count(2)
    with page.expect_response("**/remove") as removed:
        page.get_by_role("button", name="Remove a.jpg").click()
    assert removed.value.status == 200
    expect(page.get_by_role("button", name="Add pictures")).to_be_focused()
    report(page)
    expect(page.locator(".thumbs img")).to_have_count(1)
    with app.app_context():
        assert len(db.session.scalars(select(Picture)).all()) == 1


def test_kept_pictures_are_told_and_brought_back(app, url, page):
    enter(page, url, app)
    tell = "window.told = []; document.addEventListener('pictures:changed', (event) => told.push(event.detail.keys))"
    page.evaluate(tell)
    chosen(page).set_input_files([file("a.jpg"), file("b.jpg")])
    expect(shots(page, "kept")).to_have_count(2)
    keys = page.evaluate("told[told.length - 1]")
    assert len(keys) == 2
    page.reload()
    page.evaluate(tell)
    back = "SupplierDesk.pictures.restore(document.querySelector('main form'), keys)"
    page.evaluate(f"(keys) => {back}", [*keys, "f" * 32])
    expect(shots(page, "kept")).to_have_count(2)
    page.evaluate(f"(keys) => {back}", keys)
    assert page.evaluate("told[told.length - 1]") == keys
    report(page)
    expect(page.locator(".thumbs img")).to_have_count(2)


def test_a_form_that_comes_later_gets_its_picker(app, url, page):
    enter(page, url, app)
    page.evaluate("""() => {
      const form = document.querySelector("main form").cloneNode(true);
      form.id = "later";
      form.querySelector(".add").remove();
      document.querySelector("#rest").appendChild(form);
      form.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
    }""")
    expect(page.locator("#later").get_by_role("button", name="Add pictures")).to_be_visible()
    page.locator("#later [type=file]").set_input_files(file("a.jpg"))
    expect(page.locator("#later").locator('.shot[data-state="kept"]')).to_have_count(1)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_all_works_without_scripts(app, url, new_page, viewport):
    page = new_page(java_script_enabled=False, viewport=viewport)
    enter(page, url, app)
    page.get_by_label("Problem").fill("too dark")
    files = [file("a.jpg"), file("notes.txt", b"no picture", "text/plain"), file("c.png", png(flag()), "image/png")]
    chosen(page).set_input_files(files)
    report(page)
    expect(page.get_by_role("alert")).to_have_text(
        "“notes.txt”: This is not a picture we can use. Send a JPEG, PNG, WebP or HEIC file."
    )
    expect(page.get_by_label("Problem")).to_have_value("too dark")
    page.get_by_role("checkbox", name="Send along").nth(1).uncheck()
    report(page)
    expect(page.locator(".thumbs img")).to_have_count(1)
    whole = page.request.get(url + (page.locator(".thumbs a").get_attribute("href") or ""))
    assert (whole.status, whole.headers["content-type"]) == (200, "image/jpeg")


def test_kept_pictures_of_a_form_that_came_back_can_be_removed(app, url, new_page):
    """The form was sent without scripts being there yet; the page that came back has them."""
    page = new_page()
    enter(page, url, app)
    page.route("**/pictures.js*", lambda route: route.abort())
    page.reload()
    chosen(page).set_input_files([file("a.jpg"), file("notes.txt", b"no picture", "text/plain")])
    page.unroute("**/pictures.js*")
    report(page)
    expect(shots(page, "kept")).to_have_count(1)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    report(page)
    expect(page.locator(".thumbs img")).to_have_count(1)


# Looking


@pytest.fixture
def line_page(app: Flask, url: str, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the page of a line with three pictures; the first is larger than any screen."""

    def opened(**options: Any) -> Page:
        page = new_page(**options)
        enter(page, url, app)
        sizes = [(3000, 2000), (640, 480), (300, 900)]
        chosen(page).set_input_files([file(f"{size[0]}.jpg", jpeg(flag(size=size))) for size in sizes[:1]])
        expect(shots(page, "kept")).to_have_count(1)
        chosen(page).set_input_files([file(f"{size[0]}.jpg", jpeg(flag(size=size))) for size in sizes[1:2]])
        expect(shots(page, "kept")).to_have_count(2)
        chosen(page).set_input_files([file(f"{size[0]}.jpg", jpeg(flag(size=size))) for size in sizes[2:]])
        expect(shots(page, "kept")).to_have_count(3)
        report(page)
        expect(page.locator(".thumbs img")).to_have_count(3)
        return page

    return opened


def test_pictures_are_looked_at_by_keyboard(line_page):
    page = line_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    first = page.get_by_role("link", name="Picture 1 of P-1")
    first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Pictures of P-1")
    expect(dialog).to_contain_text("1 of 3 · 3000 × 2000")
    image = dialog.get_by_role("img")
    expect(image).to_have_attribute("src", first.get_attribute("data-view"))
    assert not [address for address in asked if ".full." in address]
    page.keyboard.press("+")
    expect(image).to_have_attribute("src", re.compile(re.escape(first.get_attribute("href") or "-") + "$"))
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("2 of 3 · 640 × 480")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(dialog).to_contain_text("3 of 3 · 300 × 900")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(first).to_be_focused()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pictures_are_looked_at_closely(line_page, viewport):
    page = line_page(viewport=viewport)
    before = page.evaluate("[scrollX, scrollY, document.documentElement.scrollHeight]")
    page.locator(".thumbs a").first.click()
    dialog = page.get_by_role("dialog")
    image = dialog.get_by_role("img")
    fits = image.bounding_box()
    assert fits["width"] <= viewport["width"]
    image.click()
    expect(page.locator(".stage.zoomed")).to_be_visible()
    assert image.bounding_box()["width"] == 3000
    image.click()
    expect(page.locator(".stage.zoomed")).to_have_count(0)
    assert image.bounding_box()["width"] == pytest.approx(fits["width"], abs=1)
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "NL20000-1.jpg"
    check(page)
    dialog.get_by_role("button", name="Next picture").click()
    expect(dialog).to_contain_text("2 of 3")
    dialog.get_by_role("button", name="Close").click()
    assert page.evaluate("[scrollX, scrollY, document.documentElement.scrollHeight]") == before
    check(page)


def test_on_a_phone_a_finger_swipes_and_taps_twice(line_page):
    page = line_page(viewport=NARROW, has_touch=True, is_mobile=True)
    page.locator(".thumbs a").first.tap()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 of 3")
    swipe = """([from, to]) => {
      const stage = document.querySelector(".stage");
      const touch = (clientX) => new Touch({ identifier: 1, target: stage, clientX, clientY: 300 });
      stage.dispatchEvent(new TouchEvent("touchstart", { bubbles: true, touches: [touch(from)] }));
      stage.dispatchEvent(new TouchEvent("touchend", { bubbles: true, changedTouches: [touch(to)] }));
    }"""
    page.evaluate(swipe, [300, 100])
    expect(dialog).to_contain_text("2 of 3")
    page.evaluate(swipe, [100, 300])
    expect(dialog).to_contain_text("1 of 3")
    page.evaluate(swipe, [200, 180])
    expect(dialog).to_contain_text("1 of 3")
    dialog.get_by_role("img").tap()
    assert page.locator(".stage.zoomed").count() == 0
    dialog.get_by_role("img").tap()
    expect(page.locator(".stage.zoomed")).to_be_visible()


def test_a_picture_whose_address_is_over_is_said_to_be_gone(line_page):
    page = line_page()
    page.evaluate("document.querySelector('.thumbs a').dataset.view = '/pictures/old'")
    page.locator(".thumbs a").first.click()
    expect(page.get_by_role("alert")).to_have_text(
        "The picture could not be loaded. Reload the page and open it again."
    )


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_picker_is_readable_for_everybody(app, url, new_page, viewport, language):
    page = new_page(viewport=viewport)
    enter(page, url, app, language)
    line = Line(page)
    page.locator("[type=file]").set_input_files([file("a.jpg"), file("notes.txt", b"no picture", "text/plain")])
    expect(shots(page, "kept")).to_have_count(1)
    expect(shots(page, "failed")).to_have_count(1)
    line.holds = True
    page.locator("[type=file]").set_input_files([file("a" * 90 + ".jpg"), file("照片" * 20 + ".jpg")])
    expect(shots(page, "sending")).to_have_count(2)
    check(page)
    line.let_go()
    expect(shots(page, "kept")).to_have_count(3)


def test_the_scripts_are_small_and_old_enough():
    static = Path(__file__).parents[3] / "static"
    for name in ("pictures.js", "lightbox.js"):
        script = (static / name).read_text()
        assert len(script.encode()) < 12_000
        for newer in ("?.", "??", ".replaceAll(", ".at(", "Object.fromEntries", ".flat(", "catch {", "await "):
            assert newer not in script, f"{name} has {newer}"
