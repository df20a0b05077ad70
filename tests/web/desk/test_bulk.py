"""One press for many lines: each for itself, nothing typed is lost, and all of it can be taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.web.visitors import FROM_OUR_PAGE, add_lines, contents, painter_link, signed_in
from widget import orders, problems, tickets
from widget.db import db
from widget.orders import OrderName
from widget.people import Actor, Side
from widget.tickets import Place

LI = Actor(name="Li Wei", side=Side.SUPPLIER, email="li@dafen.example")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Anna of customer service."""
    return signed_in(app)


@pytest.fixture
def lines(app: Flask) -> list[int]:
    """Three lines, all of orders with tickets; customer service's turn."""
    made = add_lines(app, 3, waiting_for=Side.CUSTOMER_SERVICE)
    with app.app_context():
        for place in range(3):
            factories.ticket(1, 9_100 - place, 700 + place, OrderName(1, f"NL{20_000 + place}"))
        db.session.commit()
    return made


def press(client: FlaskClient, lines: list[int], act: str = "informed", where: str = "", **typed: Any) -> TestResponse:
    data = {"act": act, "lines": [f"{line}-1" for line in lines], "back": "stores=all", **typed}
    return client.post(f"/desk/bulk{where}", data=data, headers=FROM_OUR_PAGE)


def handle(app: Flask, line: int) -> None:
    with app.app_context():
        found = problems.get(line)
        problems.mark_handled(found, by=LI, at=Place(tickets.lock_home(found.order_id), ""), shown=1)
        db.session.commit()


def comments(app: Flask, *lines: int) -> list[list[str]]:
    with app.app_context():
        return [[comment.text for comment in problems.get(line).comments] for line in lines]


def informed(app: Flask, *lines: int) -> list[bool]:
    with app.app_context():
        return [problems.get(line).informed_at is not None for line in lines]


def notes(app: Flask, words: str) -> int:
    queued = [each for each in factories.queued(app) if each["kind"] == "gorgias.note"]
    return sum(words in each["payload"]["message"]["body_text"] for each in queued)


def test_all_ticked_lines_are_done_and_can_be_taken_back(app, client, lines):
    answer = press(client, lines)
    assert answer.status_code == 303
    assert informed(app, *lines) == [True] * 3
    assert notes(app, "has informed the customer") == 3
    page = client.get(answer.headers["Location"]).text
    assert "3 lines: customer informed." in page
    box = page.split('action="/desk/bulk/undo"', 1)[1].split("</form>", 1)[0]
    data = {"act": "informed", "lines": re.findall(r'name="lines" value="([^"]+)"', box), "back": "stores=all"}
    assert client.post("/desk/bulk/undo", data=data, headers=FROM_OUR_PAGE).status_code == 303
    assert informed(app, *lines) == [False] * 3
    assert notes(app, "informed") == 0


def test_what_one_line_refuses_is_said_and_the_others_go_through(app, client, lines):
    handle(app, lines[1])
    answer = press(client, lines, "comment", comment="the large <one>")
    assert answer.status_code == 409
    assert f">P-{lines[1]}</a> was handled by Li Wei" in answer.text
    assert "2 lines: comment sent." in answer.text
    assert "the large &lt;one&gt;</textarea>" in answer.text
    assert comments(app, *lines) == [["the large <one>"], [], ["the large <one>"]]
    assert press(client, lines, "comment", comment="the large <one>").status_code == 409
    assert comments(app, *lines) == [["the large <one>"], [], ["the large <one>"]]


def test_lines_that_refuse_stay_selected(app, client, lines):
    answer = press(client, lines[:2], "remind")
    assert answer.status_code == 409
    assert answer.text.count("waits for customer service, not for the supplier") == 2
    assert len(re.findall(r'class="pick"[^>]+ checked>', answer.text)) == 2


def test_the_supplier_is_reminded_of_several_lines(app, client):
    waiting = add_lines(app, 3)
    assert press(client, waiting, "remind").status_code == 303
    with app.app_context():
        assert all(problems.get(line).reminded_at for line in waiting)


@pytest.mark.parametrize(
    ("picked", "act", "comment", "words"),
    [
        ([], "informed", "", "Select lines first"),
        (list(range(1, 52)), "informed", "", "At most 50 lines at once"),
        ([1], "comment", " ", "Write a comment first."),
        ([1], "comment", "x" * 5_001, "At most 5,000 characters"),
        ([1], "handled", "", "Reload the page"),
    ],
)
def test_what_makes_no_sense_changes_nothing_and_keeps_the_comment(app, client, lines, picked, act, comment, words):
    before = contents(app)
    answer = press(client, picked, act, comment=comment)
    assert answer.status_code == 422
    assert words in answer.text
    assert comment.strip() in answer.text
    assert press(client, [1], "address", "/undo").status_code == 422
    assert contents(app) == before


def test_lines_that_do_not_exist_and_broken_boxes_are_left_out(app, client, lines):
    boxes = [f"{lines[0]}-1", "99999-1", "x", f"{lines[1]}", "1-1-1", ""]
    data = {"act": "informed", "lines": boxes, "back": "stores=all"}
    assert client.post("/desk/bulk", data=data, headers=FROM_OUR_PAGE).status_code == 303
    assert informed(app, *lines) == [True, False, False]


def test_without_note_nothing_is_posted(app, client, lines):
    assert "silent=yes" in press(client, lines, silent="yes").headers["Location"]
    assert notes(app, "informed") == 0


def test_a_script_gets_the_page_at_once(app, client, lines):
    data = {"act": "informed", "lines": [f"{line}-1" for line in lines], "back": "stores=all"}
    answer = client.post("/desk/bulk", data=data, headers={**FROM_OUR_PAGE, "HX-Request": "true"})
    assert answer.status_code == 200
    assert 'id="desk"' in answer.text


def test_nobody_else_may(app, lines):
    before = contents(app)
    assert press(app.test_client(), lines).status_code == 401
    assert press(app.test_client(), lines, where="/undo").status_code == 401
    assert contents(app) == before
    assert press(signed_in(app, painter_link(app)), lines).headers["Location"] == "/"
    assert informed(app, *lines) == [False] * 3


def test_tickets_are_locked_in_the_order_of_their_numbers(app, lines):
    with app.app_context():
        named = [orders.known(OrderName(1, f"NL{20_000 + place}")).id for place in range(3)]
        bare = orders.known(OrderName(1, "NL30000")).id
        assert tickets.in_order_of_locking([named[2], bare, named[0], named[1]]) == [bare, *named]
