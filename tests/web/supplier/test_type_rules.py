"""What admins set for a problem type, in the supplier's form: a picture it needs, and words it suggests."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from tests.web.browsers import check, let_in
from tests.web.supplier.test_pasting import paste
from tests.web.supplier.test_reporting import BY_SCRIPT, lines, send, value_of, words_of
from tests.web.uploads import PHOTO, rows, upload
from tests.web.visitors import FROM_OUR_PAGE, add_lines, painter_link, signed_in
from widget import problem_types
from widget.db import db, utcnow
from widget.problem_types import Board, ProblemType

NEEDED = "“Address incomplete” needs a picture. Add one."
SUGGESTED = "Missing is: "


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop, its workshops, and a type that wants a picture and suggests words."""
    with app.app_context():
        type_ = address_incomplete()
        type_.needs_picture, type_.text_en, type_.text_zh = True, SUGGESTED, "缺少："
        db.session.commit()
    return app


@pytest.fixture
def painter(app: Flask) -> FlaskClient:
    """Somebody of the workshop."""
    return signed_in(app, painter_link(app))


def address_incomplete() -> ProblemType:
    """The type of the tests."""
    return next(type_ for type_ in problem_types.choices(Board.PROBLEM_SHEET) if type_.code == "address_incomplete")


@pytest.mark.parametrize("headers", [FROM_OUR_PAGE, BY_SCRIPT])
def test_a_type_that_needs_a_picture_is_not_reported_without_and_nothing_is_lost(app, painter, headers):
    answer = send(painter, headers)
    assert answer.status_code == 422
    assert NEEDED in words_of(answer)
    assert (value_of(answer, "order_number"), value_of(answer, "problem")) == ("NL10423", "house number missing")
    assert re.search(r'<option value="address_incomplete" selected', answer.text)
    assert lines(app) == []


def test_all_that_is_wrong_is_told_at_once(painter):
    told = words_of(send(painter, order_number="", problem=""))
    assert NEEDED in told
    assert "Write the order number." in told


def test_with_a_picture_it_is_reported(app, painter):
    answer = send(painter, picture=(BytesIO(PHOTO), "photo.jpg", "image/jpeg"))
    assert answer.status_code == 303
    assert lines(app)[0].picture_count == 1


@pytest.mark.only_on("sqlite")
def test_a_picture_that_is_kept_already_counts(app, painter):
    key = upload(painter).get_json()["key"]
    assert send(painter, pictures=key).status_code == 303
    assert len(rows(app)) == 1


@pytest.mark.only_on("sqlite")
def test_a_broken_picture_is_told_as_broken(painter):
    told = words_of(send(painter, picture=(BytesIO(b"no picture"), "photo.jpg", "image/jpeg")))
    assert NEEDED not in told


@pytest.mark.only_on("sqlite")
def test_what_is_added_to_an_open_line_needs_none(app, painter):
    add_lines(app, 1)
    assert send(painter, order_number="NL20000", add_to="P-1").status_code == 303


def test_pasted_rows_of_such_a_type_are_led_to_the_form(app, painter):
    answer = paste(painter, "NL30001\tAddress incomplete\tno street\nNL30002\tAddress wrong\tno such street")
    assert "“Address incomplete” needs a picture. Report this one with the form New problem." in words_of(answer)
    assert "1 ready to report." in words_of(answer)
    assert "Pasted was" not in words_of(answer)
    assert lines(app) == []


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("language", "words"), [("en", SUGGESTED), ("zh", "缺少：")])
def test_words_are_suggested_in_the_readers_language_without_scripts_too(app, language, words):
    page = signed_in(app, painter_link(app, language=language)).get("/supplier").text
    page = page[page.index('id="report-problem_type"') :]
    option = re.search(r'<option value="address_incomplete"[^>]*>', page)
    assert option is not None
    assert f'data-text="{words}"' in option[0]
    assert "data-needs-picture" in option[0]
    assert page.count(words) == 2, "in the option, and where no script reads it"


@pytest.mark.only_on("sqlite")
def test_an_archived_type_is_not_offered_but_stays_on_old_lines(app, painter):
    add_lines(app, 1)
    with app.app_context():
        address_incomplete().archived_at = utcnow()
        db.session.commit()
    page = painter.get("/supplier").text
    assert 'value="address_incomplete"' not in page
    assert "Address incomplete" in page
    assert "Choose a problem type." in words_of(send(painter))


@pytest.mark.only_on("sqlite")
def test_suggested_words_are_taken_over_with_a_press_while_the_field_is_empty(app, url, page):
    let_in(page, app, painter_link(app))
    page.goto(f"{url}/supplier")
    form = page.locator("#new")
    words, use = form.get_by_label("Problem", exact=True), form.get_by_role("button", name="Use this text")
    expect(use).to_be_hidden()
    form.get_by_label("Problem type").select_option("address_incomplete")
    expect(form.get_by_text("This type needs a picture.")).to_be_visible()
    check(page)
    use.click()
    expect(words).to_have_value(SUGGESTED)
    expect(words).to_be_focused()
    expect(use).to_be_hidden()
    words.fill("")
    expect(use).to_be_visible()
    form.get_by_label("Problem type").select_option("address_wrong")
    expect(use).to_be_hidden()
