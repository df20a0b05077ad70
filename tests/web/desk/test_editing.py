"""Writing in the agents' columns: each press works, refuses, is told or not, acts once, and can be taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.web.visitors import FROM_OUR_PAGE, add_lines, contents, link_of, painter_link, signed_in
from widget import problems
from widget.db import db
from widget.orders import OrderName
from widget.people import Actor, Side
from widget.problem_types import Board
from widget.problems import UNDO_WITHIN
from widget.tickets import Place

LI = Actor(name="Li Wei", side=Side.SUPPLIER, email="li@dafen.example")
NOWHERE = Place(None, factories.PUBLIC_URL)
BY_SCRIPT = {**FROM_OUR_PAGE, "HX-Request": "true"}
ACTS = ["informed", "address", "comment", "remind", "reopen", "undo"]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Anna of customer service."""
    return signed_in(app)


@pytest.fixture
def line(app: Flask) -> int:
    """A line that waits for customer service, reported in a ticket."""
    with app.app_context():
        ticket = factories.ticket(1, factories.TICKET, factories.CUSTOMER, OrderName(1, "NL10423"))
        line_id = factories.line(1, "NL10423", "which size?", ticket=ticket).id
        db.session.commit()
        return line_id


def press(client: FlaskClient, line: object, act: str, /, *, by_script: bool = False, **typed: Any) -> TestResponse:
    headers = BY_SCRIPT if by_script else FROM_OUR_PAGE
    return client.post(f"/desk/lines/P-{line}/{act}", data={"version": "1", **typed}, headers=headers)


def as_it_is(app: Flask, line: int) -> dict[str, Any]:
    """What a line says now."""
    with app.app_context():
        now = problems.get(line)
        return {
            "informed": now.informed_at is not None, "address": now.address, "turn": now.waiting_for,
            "comments": [comment.text for comment in now.comments], "open": now.handled_at is None,
            "version": now.version,
        }  # fmt: skip


def notes(app: Flask) -> list[dict[str, Any]]:
    """The notes that wait to be posted about what customer service did."""
    return [each for each in factories.queued(app) if each["kind"] == "gorgias.note"][1:]


def text_of(note: dict[str, Any]) -> str:
    text: str = note["payload"]["message"]["body_text"]
    return text


@pytest.mark.parametrize("act", ACTS)
def test_nobody_else_writes_and_unknown_lines_are_none(app, client, line, act):
    painter = signed_in(app, painter_link(app))
    before = contents(app)
    assert press(client, 99_999, act, comment="x").status_code == 404
    assert press(app.test_client(), line, act, comment="x").status_code == 401
    assert press(painter, line, act, comment="x").headers["Location"] == "/"
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(f"/desk/lines/P-{line}/{act}", data={"comment": "x"}, headers=foreign).status_code == 403
    assert contents(app) == before


@pytest.mark.parametrize(
    ("act", "typed", "told"),
    [
        ("informed", {"informed": "yes"}, "has informed the customer"),
        ("address", {"address": "Dorp 1\n1234 AB"}, "saved the delivery address"),
        ("comment", {"comment": "the large one"}, "writes to the supplier"),
    ],
)
def test_an_edit_is_kept_and_told_after_a_moment(app, client, line, act, typed, told):
    answer = press(client, line, act, back="board=problem_sheet&q=NL", **typed)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/desk?stores=all&q=NL&done=P-{line}&did={act}#P-{line}"
    assert "Undo" in client.get(answer.headers["Location"]).text
    (note,) = notes(app)
    assert told in text_of(note)
    assert "@Li Wei" in text_of(note)
    assert note["payload"]["message"]["sender"] == {"id": factories.ANNA["gorgias_id"]}
    assert note["next_at"] - note["created_at"] == UNDO_WITHIN
    now = as_it_is(app, line)
    assert (now["informed"], now["address"], now["comments"]) == {
        "informed": (True, "", []),
        "address": (False, "Dorp 1\n1234 AB", []),
        "comment": (False, "", ["the large one"]),
    }[act]


@pytest.mark.parametrize(
    ("act", "typed"),
    [("informed", {"informed": "yes"}), ("address", {"address": "Dorp 1"}), ("comment", {"comment": "hurry"})],
)
def test_undo_takes_it_all_back_before_anybody_hears_of_it(app, client, line, act, typed):
    before = as_it_is(app, line)
    page = press(client, line, act, by_script=True, **typed).text
    undo = dict(re.findall(r'name="(version|act|silent)" value="(\w+)"', page.split('id="toast"', 1)[1]))
    assert undo["act"] == act
    answer = press(client, line, "undo", by_script=True, **undo)
    assert answer.status_code == 200
    assert "taken back" in answer.text
    assert notes(app) == []
    assert {**as_it_is(app, line), "version": 1} == before


@pytest.mark.parametrize(
    ("act", "typed"),
    [("informed", {"informed": "yes"}), ("address", {"address": "Dorp 1"}), ("comment", {"comment": "hurry"})],
)
def test_without_note_nothing_is_posted_and_undo_posts_nothing_either(app, client, line, act, typed):
    page = press(client, line, act, by_script=True, silent="yes", **typed).text
    assert "No note." in page
    assert 'name="silent" value="yes"' in page.split('id="toast"', 1)[1]
    assert press(client, line, "undo", act=act, version="2", silent="yes").status_code == 303
    assert notes(app) == []


def test_the_same_press_twice_acts_once(app, client, line):
    for by_script in (False, True, False):
        press(client, line, "comment", comment="the large one", by_script=by_script)
    assert as_it_is(app, line)["comments"] == ["the large one"]
    assert len(notes(app)) == 1
    press(client, line, "comment", comment="the large one", version="2")
    assert as_it_is(app, line)["comments"] == ["the large one"] * 2


def test_a_tick_is_taken_away_and_given_back(app, client, line):
    press(client, line, "informed", informed="yes")
    answer = press(client, line, "informed", version="2", by_script=True)
    assert "no longer ticked" in answer.text
    assert not as_it_is(app, line)["informed"]
    assert press(client, line, "undo", act="uninformed", version="3").status_code == 303
    assert as_it_is(app, line)["informed"]


@pytest.mark.parametrize("by_script", [False, True])
def test_a_late_save_says_who_changed_what_and_keeps_what_was_typed(app, client, line, by_script):
    ben = signed_in(app, link_of(app, "ben@brushwood.example"))
    press(ben, line, "address", address="Dorp <12>")
    before = as_it_is(app, line)
    typed: dict[str, Any] = {"address": "Stad 3", "comment": "there it is"}
    answer = press(client, line, "address", by_script=by_script, **typed)
    assert answer.status_code == 409
    assert "Ben changed this while you had the page open." in answer.text
    assert "Dorp &lt;12&gt;</dd>" in answer.text
    assert re.search(r"<textarea[^>]+name=\"address\"[^>]*>\s*Stad 3</textarea>", answer.text)
    assert re.search(r"<textarea[^>]+name=\"comment\"[^>]*>\s*there it is</textarea>", answer.text)
    assert as_it_is(app, line) == before
    assert ("<html" in answer.text) != by_script
    again = press(client, line, "address", version="2", **typed)
    assert again.status_code == 200
    assert as_it_is(app, line)["address"] == "Stad 3"
    assert "there it is</textarea>" in again.text


def test_two_who_tick_at_once(app, client, line):
    press(signed_in(app, link_of(app, "ben@brushwood.example")), line, "informed", informed="yes")
    answer = press(client, line, "informed", informed="yes", by_script=True)
    assert answer.status_code == 409
    assert "Ben changed this" in answer.text
    assert len(notes(app)) == 1


@pytest.mark.parametrize(
    ("act", "typed", "words"),
    [
        ("comment", {"comment": " \u200b\n"}, "Write a comment first."),
        ("comment", {"comment": "x" * 5_001}, "At most 5,000 characters"),
        ("address", {"address": ""}, "Write the address first."),
        ("informed", {}, "Tick the box"),
        ("comment", {"comment": "x", "version": "one"}, "Reload the page"),
        ("undo", {"act": "everything"}, ""),
        ("undo", {}, "Reload the page"),
    ],
)
def test_what_cannot_be_saved_comes_back_with_the_reason(app, client, line, act, typed, words):
    before = contents(app)
    for by_script in (False, True):
        answer = press(client, line, act, by_script=by_script, **typed)
        assert answer.status_code == 422
        assert words in answer.text
        assert typed.get("comment", "").strip(" \u200b\n") in answer.text
    assert contents(app) == before


def test_a_handled_line_takes_nothing_but_keeps_what_was_typed(app, client, line):
    with app.app_context():
        problems.mark_handled(problems.get(line), by=LI, at=NOWHERE, shown=1)
        db.session.commit()
    answer = press(client, line, "comment", comment="wait!", by_script=True)
    assert answer.status_code == 409
    assert "was handled by Li Wei" in answer.text
    assert "wait!</textarea>" in answer.text
    assert press(client, line, "reopen", version="2").status_code == 303
    now = as_it_is(app, line)
    assert (now["open"], now["turn"]) == (True, "supplier")
    assert "reopened this line" in text_of(notes(app)[-1])


def test_what_was_told_cannot_be_taken_back_silently(app, client, line):
    press(client, line, "comment", comment="hurry")
    with app.app_context():
        problems.comment(problems.get(line), "tomorrow", by=LI, at=NOWHERE)
        db.session.commit()
    answer = press(client, line, "undo", act="comment", version="2", by_script=True)
    assert answer.status_code == 409
    assert "not the newest" in answer.text
    assert as_it_is(app, line)["comments"] == ["hurry", "tomorrow"]


def test_the_supplier_is_reminded_of_what_waits_for_him(app, client, line):
    assert press(client, line, "remind", by_script=True).status_code == 409
    press(client, line, "comment", comment="hurry")
    answer = press(client, line, "remind", version="2", silent="yes", by_script=True)
    assert "No note." not in answer.text, "a reminder is the note"
    assert answer.status_code == 200
    assert "is reminded" in answer.text
    assert "reminds the supplier" in text_of(notes(app)[-1])
    assert press(client, line, "remind", version="3", by_script=True).status_code == 409


def test_only_the_problem_sheet_has_an_address(app, client):
    with app.app_context():
        line = factories.line(1, "NL10423", "too dark", board=Board.PHOTO_ISSUES).id
        db.session.commit()
    assert 'name="address"' not in client.get("/desk?board=photo_issues").text
    assert press(client, line, "address", address="Dorp 1").status_code == 409


def test_without_scripts_a_line_that_is_elsewhere_by_now_comes_back_all_the_same(app, client):
    first = add_lines(app, 1)[0]
    answer = press(client, first, "comment", comment="", back="board=photo_issues&stores=all")
    assert answer.status_code == 422
    assert f'id="P-{first}"' in answer.text
