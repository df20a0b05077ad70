"""Answering a line on its page: what each press does and tells, what is refused, and that nothing typed is lost."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from flask import Flask

from tests import factories
from tests.web.lines.agents import ANNA, fields_of, meanwhile, notes, photo_issue, reported, save
from tests.web.uploads import PHOTO
from tests.web.visitors import FROM_OUR_PAGE, add_lines, contents, painter_link, signed_in
from widget import problems
from widget.people import Side


def state_of(app: Flask, line: int) -> tuple[bool, str, list[str], str]:
    """Informed, the address, the comments, and whose turn it is."""
    with app.app_context():
        found = problems.get(line)
        comments = [comment.text for comment in found.comments]
        return found.informed_at is not None, found.address, comments, found.waiting_for


def is_open(app: Flask, line: int) -> bool:
    with app.app_context():
        return problems.get(line).handled_at is None


def test_one_press_saves_all_that_was_filled_in_and_tells_it_in_one_note(app):
    line, client = reported(app), signed_in(app)
    answer = save(client, line, informed="yes", address="Dorp 1\r\n1234 AB", comment="Send it there, please")
    assert answer.status_code == 303
    assert state_of(app, line) == (True, "Dorp 1\n1234 AB", ["Send it there, please"], Side.SUPPLIER)
    told = notes(app)[-1]
    for words in ("Anna has informed the customer", "Dorp 1", "Send it there, please"):
        assert words in told
    assert len(notes(app)) == 2
    page = client.get(answer.headers["Location"]).text
    assert f"P-{line} is saved." in page
    assert fields_of(page)["address_was"] == "Dorp 1\n1234 AB"
    # The page does not do again what is done.
    assert save(client, line, comment="One more thing").status_code == 303
    assert state_of(app, line)[2] == ["Send it there, please", "One more thing"]


def test_without_a_note_the_supplier_still_sees_it_and_tags_stay_true(app):
    line = reported(app)
    assert save(signed_in(app), line, comment="psst", silent="yes").status_code == 303
    assert state_of(app, line)[2:] == (["psst"], Side.SUPPLIER)
    assert not any("psst" in note for note in notes(app))
    tags = [message["payload"] for message in factories.queued(app) if message["kind"] == "gorgias.tags"][-1]
    assert "waiting-for-supplier" in tags["add"]


def test_pressed_twice_it_acts_once(app):
    line, client = reported(app), signed_in(app)
    form = {**fields_of(client.get(f"/lines/P-{line}").text), "comment": "once", "address": "Dorp 1"}
    for _ in range(2):
        assert client.post(f"/lines/P-{line}", data=form, headers=FROM_OUR_PAGE).status_code == 303
    assert state_of(app, line)[2] == ["once"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Nothing was changed."),
        ({"comment": " \u200b "}, "Nothing was changed."),
        ({"comment": "x" * 5_001}, "At most 5,000 characters"),
        ({"address": "x" * 501}, "at most 500 characters"),
        ({"comment": "kept", "version": "x"}, "Reload the page"),
        ({"comment": "kept", "version": "-1"}, "Reload the page"),
    ],
)
@pytest.mark.only_on("sqlite")
def test_what_makes_no_sense_is_said_and_kept(app, typed, words):
    line, client = reported(app), signed_in(app)
    before = contents(app)
    answer = save(client, line, **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert fields_of(answer.text)["comment"] == typed.get("comment", "").strip(" \u200b")
    assert contents(app) == before


def test_an_address_is_not_emptied_and_photo_issues_have_none(app):
    client, line, photo = signed_in(app), reported(app), photo_issue(app)
    save(client, line, address="Dorp 1")
    answer = save(client, line, address="", comment="kept")
    assert answer.status_code == 422
    assert "cannot be left empty" in answer.text
    assert fields_of(answer.text)["comment"] == "kept"
    assert state_of(app, line)[1:3] == ("Dorp 1", [])
    assert "address" not in fields_of(client.get(f"/lines/P-{photo}").text)
    assert save(client, photo, address="Dorp 1").status_code == 422


def test_a_late_save_tells_who_changed_what_and_keeps_what_was_typed(app):
    line, client = reported(app), signed_in(app)
    shown = fields_of(client.get(f"/lines/P-{line}").text)
    meanwhile(app, line, "save_address", "Dorp 12", shown=1)
    before = contents(app)
    form = {**shown, "address": "Dorp 99", "comment": "see above", "informed": "yes", "silent": "yes"}
    answer = client.post(f"/lines/P-{line}", data=form, headers=FROM_OUR_PAGE)
    assert answer.status_code == 409
    assert "Ben changed this while you had the page open." in answer.text
    assert re.search(
        r"<b>Ben</b> saved the address <time .*</time></p>\n\n?<p class=.typed address.>Dorp 12</p>", answer.text
    )
    assert contents(app) == before
    kept = fields_of(answer.text)
    assert (kept["address"], kept["address_was"], kept["comment"]) == ("Dorp 99", "Dorp 12", "see above")
    assert len(re.findall(r'name="(?:informed|silent)" value="yes"[^>]* checked', answer.text)) == 2
    # Pressed again, now knowing.
    assert client.post(f"/lines/P-{line}", data={**form, **kept}, headers=FROM_OUR_PAGE).status_code == 303
    assert state_of(app, line)[:3] == (True, "Dorp 99", ["see above"])


def test_what_somebody_else_ticked_meanwhile_is_not_ticked_twice(app):
    line, client = reported(app), signed_in(app)
    shown = fields_of(client.get(f"/lines/P-{line}").text)
    meanwhile(app, line, "mark_informed", shown=1)
    answer = client.post(f"/lines/P-{line}", data={**shown, "informed": "yes"}, headers=FROM_OUR_PAGE)
    assert answer.status_code == 409
    assert "<b>Ben</b> ticked Informed customer" in answer.text


def test_a_line_is_closed_with_what_was_typed_undone_and_reopened(app):
    line, client = reported(app), signed_in(app)
    answer = save(client, line, "close", comment="Reported by mistake")
    assert answer.status_code == 303
    assert not is_open(app, line)
    assert state_of(app, line)[2] == ["Reported by mistake"]
    page = client.get(answer.headers["Location"]).text
    assert f"P-{line} is closed." in page
    assert f'action="/lines/P-{line}/undo"' in page
    count = len(notes(app))
    answer = save(client, line, "undo", undo="closed")
    assert is_open(app, line)
    assert len(notes(app)) == count - 1
    assert "is open again" in client.get(answer.headers["Location"]).text
    save(client, line, "close")
    assert save(client, line, "reopen", comment="After all").status_code == 303
    assert is_open(app, line)
    assert state_of(app, line)[2:] == (["Reported by mistake", "After all"], Side.SUPPLIER)


@pytest.mark.parametrize(
    ("typed", "did"),
    [({"comment": "oops"}, "comment"), ({"address": "Dorp 1"}, "address"), ({"informed": "yes"}, "informed")],
)
def test_one_act_is_taken_back_with_its_note(app, typed, did):
    line, client = reported(app), signed_in(app)
    before, count = state_of(app, line), len(notes(app))
    page = client.get(save(client, line, **typed).headers["Location"]).text
    assert len(notes(app)) == count + 1
    assert f'name="undo" value="{did}"' in page
    assert state_of(app, line) != before
    answer = save(client, line, "undo", undo=did)
    assert "Taken back" in client.get(answer.headers["Location"]).text
    assert state_of(app, line) == before
    assert len(notes(app)) == count
    again = save(client, line, "undo", undo=did)
    assert again.status_code == 409


@pytest.mark.only_on("sqlite")
def test_informed_customer_is_unticked_on_purpose(app):
    line, client = reported(app), signed_in(app)
    save(client, line, informed="yes")
    form = fields_of(client.get(f"/lines/P-{line}").text)
    del form["informed"]
    answer = client.post(f"/lines/P-{line}", data=form, headers=FROM_OUR_PAGE)
    assert "taken back" in client.get(answer.headers["Location"]).text
    assert not state_of(app, line)[0]
    assert save(client, line, "undo", undo="nonsense").status_code == 422


def test_what_was_handled_meanwhile_keeps_its_typed_comment(app):
    line, client = reported(app), signed_in(app)
    shown = fields_of(client.get(f"/lines/P-{line}").text)
    meanwhile(app, line, "mark_handled", by=factories.LI_AS_PERSON, shown=1)
    for act in ("", "/close", "/remind", "/undo"):
        form = {**shown, "comment": "wait", "undo": "comment"}
        answer = client.post(f"/lines/P-{line}{act}", data=form, headers=FROM_OUR_PAGE)
        assert answer.status_code == 409
        assert fields_of(answer.text)["comment"] == "wait"
    assert "Reopen" in answer.text
    assert save(client, line, "reopen", comment="wait").status_code == 303
    assert save(client, line, "reopen", comment="again").status_code == 409


def test_a_line_is_not_closed_over_a_word_nobody_read(app):
    line, client = reported(app), signed_in(app)
    shown = fields_of(client.get(f"/lines/P-{line}").text)
    meanwhile(app, line, "comment", "It is house 7", by=factories.LI_AS_PERSON)
    answer = client.post(f"/lines/P-{line}/close", data=shown, headers=FROM_OUR_PAGE)
    assert answer.status_code == 409
    assert "It is house 7" in answer.text
    assert is_open(app, line)


def test_the_supplier_is_reminded_when_it_is_his_turn(app):
    line, client = reported(app), signed_in(app)
    assert save(client, line, "remind").status_code == 409
    meanwhile(app, line, "comment", "and now?", by=ANNA)
    assert save(client, line, "remind", silent="yes").status_code == 303
    assert "Anna reminds the supplier" in notes(app)[-1]
    assert save(client, line, "remind", comment="a second time").status_code == 409
    assert state_of(app, line)[2] == ["and now?"]


def test_pictures_go_along_with_a_comment_only(app):
    line, client = reported(app), signed_in(app)
    answer = save(client, line, picture=(BytesIO(PHOTO), "a.jpg"))
    assert answer.status_code == 422
    assert "what the pictures are for" in answer.text
    (key,) = re.findall(r'name="pictures" value="([0-9a-f]{32})" checked', answer.text)
    broken = save(client, line, comment="see", pictures=key, picture=(BytesIO(b"no picture"), "b.jpg"))
    assert broken.status_code in (415, 422)
    assert fields_of(broken.text)["comment"] == "see"
    assert key in broken.text
    assert save(client, line, comment="see", pictures=key).status_code == 303
    with app.app_context():
        assert problems.get(line).picture_count == 1
    assert "gorgias.upload" in [message["kind"] for message in factories.queued(app)]


def test_the_next_line_stays_the_next_one_after_an_answer(app):
    lines, client = add_lines(app, 5, waiting_for=Side.CUSTOMER_SERVICE), signed_in(app)
    first, second = lines[0], lines[1]
    assert f'rel="next" href="/lines/P-{second}"' in client.get(f"/lines/P-{first}").text
    answer = save(client, first, comment="done with this")
    assert f'rel="next" href="/lines/P-{second}"' in client.get(answer.headers["Location"]).text
    answer = save(client, second, "close")
    page = client.get(answer.headers["Location"]).text
    assert f'rel="next" href="/lines/P-{lines[3]}"' in page
    assert 'rel="prev"' not in page


@pytest.mark.parametrize("act", ["", "/close", "/undo", "/reopen", "/remind", "/reload", "/looking", "/ticket"])
@pytest.mark.only_on("sqlite")
def test_only_staff_answer_and_only_on_our_page(app, act):
    line = reported(app)
    staff, painter = signed_in(app), signed_in(app, painter_link(app))
    before = contents(app)
    data = {"comment": "x", "version": "1"}
    assert app.test_client().post(f"/lines/P-{line}{act}", data=data, headers=FROM_OUR_PAGE).status_code == 401
    assert painter.post(f"/lines/P-{line}{act}", data=data, headers=FROM_OUR_PAGE).headers["Location"] == "/"
    assert staff.post(f"/lines/P-{line}{act}", data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    for unknown in ("P-999", "nonsense"):
        assert staff.post(f"/lines/{unknown}{act}", data=data, headers=FROM_OUR_PAGE).status_code == 404
    assert contents(app) == before
