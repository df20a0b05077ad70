"""The widget's answer: true whatever is sent, in words first, in a fixed number of queries."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as sa_event
from sqlalchemy import make_url, select

from tests import factories
from tests.factories import HOOK_SECRET, LI_AS_PERSON, OTHER_CUSTOMER, OTHER_TICKET, TICKET, ask
from widget import installation, problem_types, problems, stores
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.people import Actor, Side
from widget.problem_types import Board, ProblemType
from widget.tickets import Place, Ticket

ANNA = Actor(name="Anna Visser", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example", gorgias_id=11)
HEADERS = {installation.SECRET_HEADER: HOOK_SECRET}
PATH = installation.answer_path(1)


@pytest.fixture
def shop(app: Flask) -> Any:
    return factories.shop(app)


def add_line(app: Flask, *args: Any, **kwargs: Any) -> str:
    with app.app_context():
        reference = factories.line(*args, **kwargs).reference
        db.session.commit()
        return reference


def test_answer_tells_what_is_open_and_whose_turn_it_is(app: Flask, client: FlaskClient, shop: Any) -> None:
    reference = add_line(app, shop[1].id, "NL10423", "house number missing")
    answer = ask(client).get_json()
    assert answer["summary"] == "1 open: waits for us"
    assert answer["order_names"] == "NL10423"
    line = answer["problems"][0]
    assert line["reference"] == reference
    assert line["order_name"] == "NL10423"
    assert line["type"] == "Address incomplete"
    assert line["problem"] == "house number missing"
    assert line["waiting_for"] == "customer service"
    assert line["informed_customer"] is False
    assert line["address"] == ""
    assert line["open_url"] == f"http://127.0.0.1:8000/lines/{reference}"
    assert answer["photo_issues"] == []


def test_answer_marks_what_has_waited_too_long(app: Flask, client: FlaskClient, shop: Any) -> None:
    add_line(app, shop[1].id, words="first")
    assert ask(client).get_json()["problems"][0]["late"] is False
    make_late(app, 1)
    answer = ask(client).get_json()
    assert answer["summary"] == "1 open: waits for us (too long)"
    assert answer["problems"][0]["late"] is True
    add_line(app, shop[1].id, words="second")
    add_line(app, shop[1].id, words="third", by=ANNA)
    assert ask(client).get_json()["summary"] == "3 open: 2 wait for us (1 too long), 1 for the supplier"
    make_late(app, 2)
    make_late(app, 3)
    answer = ask(client).get_json()
    assert answer["summary"] == "3 open: 2 wait for us (too long), 1 for the supplier (too long)"
    assert [line["late"] for line in answer["problems"]] == [True, True, True]


def make_late(app: Flask, line_id: int) -> None:
    """Its side should have answered a second ago."""
    with app.app_context():
        problems.get(line_id).due_at = utcnow() - timedelta(seconds=1)
        db.session.commit()


def test_photo_issues_have_no_address(app: Flask, client: FlaskClient, shop: Any) -> None:
    add_line(app, shop[1].id, board=Board.PHOTO_ISSUES)
    assert "address" not in ask(client).get_json()["photo_issues"][0]


def test_both_sides_are_counted_and_our_turn_comes_first(app: Flask, client: FlaskClient, shop: Any) -> None:
    add_line(app, shop[1].id, words="theirs", by=ANNA)
    add_line(app, shop[1].id, words="ours")
    answer = ask(client).get_json()
    assert answer["summary"] == "2 open: 1 waits for us, 1 for the supplier"
    assert [line["problem"] for line in answer["problems"]] == ["ours", "theirs"]


def test_nothing_open_is_said_in_words(client: FlaskClient, shop: Any) -> None:
    assert ask(client).get_json()["summary"] == "Nothing open for NL10423"


def test_ticket_without_order_is_an_ordinary_answer(client: FlaskClient, shop: Any) -> None:
    response = ask(client, subject="Hello", message_text="Where is my painting?")
    assert response.status_code == 200
    assert response.get_json()["summary"].startswith("No order found")


def test_newest_comments_of_both_sides_are_shown(app: Flask, client: FlaskClient, shop: Any) -> None:
    with app.app_context():
        line = factories.line(shop[1].id)
        for words in ("first", "please hurry"):
            problems.comment(line, words, by=LI_AS_PERSON, at=Place(None, factories.PUBLIC_URL))
        problems.comment(line, "we asked him", by=ANNA, at=Place(None, factories.PUBLIC_URL))
        db.session.commit()
    shown = ask(client).get_json()["problems"][0]
    assert shown["comment_supplier"] == "please hurry"
    assert shown["comment_cs"] == "we asked him"


def test_handled_lines_are_gone(app: Flask, client: FlaskClient, shop: Any) -> None:
    with app.app_context():
        line = factories.line(shop[1].id)
        problems.mark_handled(line, by=LI_AS_PERSON, at=Place(None, factories.PUBLIC_URL), shown=line.version)
        db.session.commit()
    answer = ask(client).get_json()
    assert answer["problems"] == []
    assert answer["summary"] == "Nothing open for NL10423"


def test_at_most_twenty_lines_are_shown_but_all_are_counted(app: Flask, client: FlaskClient, shop: Any) -> None:
    with app.app_context():
        for number in range(25):
            factories.line(shop[1].id, words=f"line {number}")
        db.session.commit()
    answer = ask(client).get_json()
    assert len(answer["problems"]) == 20
    assert answer["summary"] == "25 open: all wait for us"


def test_problem_reported_before_any_ticket_shows_as_soon_as_the_order_is_mentioned(
    app: Flask, client: FlaskClient, shop: Any
) -> None:
    add_line(app, shop[1].id, "NL10999")
    assert ask(client).get_json()["problems"] == []
    answer = ask(client, message_text="it is order NL10999").get_json()
    assert [line["order_name"] for line in answer["problems"]] == ["NL10999"]


def test_orders_seen_before_for_the_customer_stay(app: Flask, client: FlaskClient, shop: Any) -> None:
    add_line(app, shop[1].id, "NL10423")
    ask(client)
    other = ask(client, ticket_id=str(OTHER_TICKET), subject="One more thing").get_json()
    assert [line["order_name"] for line in other["problems"]] == ["NL10423"]
    stranger = ask(client, ticket_id="7777", customer_id=str(OTHER_CUSTOMER), subject="Hi").get_json()
    assert stranger["problems"] == []


def test_ticket_that_moves_to_another_customer_takes_its_orders_along(client: FlaskClient, shop: Any) -> None:
    ask(client)
    ask(client, customer_id=str(OTHER_CUSTOMER))
    before = ask(client, ticket_id=str(OTHER_TICKET), subject="Hi").get_json()
    assert before["order_names"] == ""
    after = ask(client, ticket_id="9003", customer_id=str(OTHER_CUSTOMER), subject="Hi").get_json()
    assert after["order_names"] == "NL10423"


@pytest.mark.parametrize("text", ["１２３４", "#1234", "1234", "＃１２３４", "order 1234.", "(#1234)"])
def test_every_spelling_of_a_number_finds_the_order(app: Flask, client: FlaskClient, shop: Any, text: str) -> None:
    with app.app_context():
        factories.store(stores.get_helpdesk("main"), "DE", r"#?\d{4}")
        db.session.commit()
    assert ask(client, subject=text).get_json()["order_names"] == "1234"


def test_several_orders_are_all_found_once_each(client: FlaskClient, shop: Any) -> None:
    answer = ask(client, subject="nl10423 and #NL10377", message_text="NL10423, NL10377!").get_json()
    assert answer["order_names"] == "NL10423, NL10377"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("text", ["XNL10423", "NL104234", "NL1042", "NL 10423x"])
def test_numbers_inside_longer_words_are_no_orders(client: FlaskClient, shop: Any, text: str) -> None:
    assert ask(client, subject=text).get_json()["order_names"] == ""


def test_same_number_in_two_stores_shows_the_store(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        desk = factories.helpdesk()
        dutch, german = factories.store(desk, "NL", r"\d{4}"), factories.store(desk, "DE", r"\d{4}")
        factories.supplier(dutch, german)
        factories.line(german.id, "1001", "sold out")
        db.session.commit()
    answer = ask(client, subject="#1001").get_json()
    assert answer["order_names"] == "NL 1001, DE 1001"
    assert [line["order_name"] for line in answer["problems"]] == ["DE 1001"]


def test_order_of_the_same_number_at_another_helpdesk_stays_there(app: Flask, client: FlaskClient, shop: Any) -> None:
    with app.app_context():
        elsewhere = factories.store(factories.helpdesk("other"), "XX", r"NL\d{5}")
        factories.supplier(elsewhere, name="Another workshop")
        factories.line(elsewhere.id, "NL10423", "not yours")
        db.session.commit()
    answer = ask(client).get_json()
    assert answer["problems"] == []
    assert answer["summary"] == "Nothing open for NL10423"


def test_order_named_in_this_message_comes_first_and_fills_the_form(client: FlaskClient, shop: Any) -> None:
    ask(client, subject="NL10001 and NL10002")
    answer = ask(client, subject="Hi", message_text="now about NL10002").get_json()
    assert answer["order_names"] == "NL10002, NL10001"
    assert answer["report_order"] == "NL10002"


def test_order_nobody_knows_is_named_even_without_a_ticket(client: FlaskClient, shop: Any) -> None:
    answer = ask(client, ticket_id="", customer_id="", subject="NL10777").get_json()
    assert answer["summary"] == "Nothing open for NL10777"


def test_internal_notes_are_not_searched_for_orders(client: FlaskClient, shop: Any) -> None:
    note = ask(client, subject="Hi", message_text="compare NL10777", message_channel="internal-note")
    assert note.get_json()["order_names"] == ""


def test_our_own_notes_cause_no_work(app: Flask, client: FlaskClient, shop: Any) -> None:
    ask(client)
    before = factories.queued(app)
    with app.app_context(), StatementsSeen() as statements:
        ask(client, message_text="Order NL10423 …", message_channel="internal-note", from_agent="True")
    assert [s for s in statements if not s.startswith(("SELECT", "BEGIN", "PRAGMA"))] == []
    assert factories.queued(app) == before


class StatementsSeen:
    """The first word of every statement that reaches the database meanwhile, seen where the driver hands it over."""

    def __enter__(self) -> list[str]:
        self.seen: list[str] = []
        sa_event.listen(db.engine, "checkout", self._watch)
        return self.seen

    def __exit__(self, *_: object) -> None:
        sa_event.remove(db.engine, "checkout", self._watch)
        db.engine.dispose()

    def _watch(self, connection: Any, *_: Any) -> None:
        if hasattr(connection, "set_trace_callback"):
            connection.set_trace_callback(self._saw)
            return
        saw = self._saw

        class Seen(psycopg.Cursor[Any]):
            def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
                saw(str(query))
                return super().execute(query, *args, **kwargs)

        connection.cursor_factory = Seen

    def _saw(self, statement: str) -> None:
        self.seen.append(statement.lstrip("(").split(maxsplit=1)[0].upper())


@pytest.mark.parametrize("lines", [1, 40])
def test_answer_costs_two_queries_however_many_lines(app: Flask, client: FlaskClient, shop: Any, lines: int) -> None:
    with app.app_context():
        for number in range(lines):
            factories.line(shop[1].id, words=f"line {number}")
        db.session.commit()
    ask(client)
    with app.app_context(), StatementsSeen() as statements:
        ask(client)
    assert statements.count("SELECT") == 2
    assert set(statements) <= {"SELECT", "BEGIN"}


STRANGE = [
    "",
    "None",
    "null",
    "True",
    "undefined",
    "{{ticket.id}}",
    "a" * 100_000,
    "\x00",
    "\ud800",
    "NL10423\x00\ud800",
]


def test_whatever_a_field_holds_the_answer_is_ordinary(client: FlaskClient, shop: Any) -> None:
    for field in factories.event():
        for value in STRANGE:
            body = json.dumps(factories.event(**{field: value}))
            response = client.post(PATH, data=body, content_type="application/json", headers=HEADERS)
            assert response.status_code == 200, (field, value[:20])
            assert response.get_json()["summary"], (field, value[:20])


def test_every_field_may_be_missing(client: FlaskClient, shop: Any) -> None:
    response = client.post(PATH, json={}, headers=HEADERS)
    assert response.status_code == 200
    assert response.get_json()["summary"].startswith("No order found")


def test_fields_may_be_no_strings_at_all(client: FlaskClient, shop: Any) -> None:
    body = {"ticket_id": 9001, "customer_id": 501, "subject": ["NL10423"], "message_text": {"a": 1}, "from_agent": True}
    assert client.post(PATH, json=body, headers=HEADERS).status_code == 200


def test_without_ids_the_orders_in_the_text_are_answered_all_the_same(
    app: Flask, client: FlaskClient, shop: Any
) -> None:
    add_line(app, shop[1].id)
    answer = ask(client, ticket_id="", customer_id="None").get_json()
    assert answer["summary"] == "1 open: waits for us"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("secret", [None, "", "wrong", HOOK_SECRET + "x"])
def test_without_the_secret_there_is_401_and_nothing_else(client: FlaskClient, shop: Any, secret: str | None) -> None:
    headers = {} if secret is None else {installation.SECRET_HEADER: secret}
    response = client.post(PATH, json=factories.event(), headers=headers)
    assert response.status_code == 401
    assert response.data == b""


def test_unknown_helpdesk_is_401_as_well(client: FlaskClient, shop: Any) -> None:
    assert ask(client, 99).status_code == 401


def test_body_over_256_kilobytes_is_413(client: FlaskClient, shop: Any) -> None:
    assert ask(client, message_text="x" * 262_200).status_code == 413


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{}", "text/plain", 415),
        ("a=b", "application/x-www-form-urlencoded", 415),
        ("{", "application/json", 422),
        ("[]", "application/json", 422),
        ('"text"', "application/json", 422),
        ("NaN", "application/json", 422),
        ('{"a": 1, "a": 2}', "application/json", 422),
        ("[" * 100_000, "application/json", 422),
    ],
)
def test_what_is_no_json_object_is_refused(client: FlaskClient, shop: Any, body: str, kind: str, status: int) -> None:
    response = client.post(PATH, data=body, content_type=kind, headers=HEADERS)
    assert response.status_code == status
    assert response.get_json()["error"]["msg"]


def test_dropdowns_come_from_the_store_at_most_ten_and_other_last(app: Flask, client: FlaskClient, shop: Any) -> None:
    assert ask(client).get_json()["report_types"] == (
        "Address incomplete;Address wrong;Item sold out;Shipping problem;Other"
    )
    with app.app_context():
        for number in range(8):
            db.session.add(
                ProblemType(
                    board="problem_sheet",
                    code=f"new{number}",
                    name_en=f"New {number}",
                    name_zh="新",
                    position=9 + number,
                )
            )
        stores.catalogue_changed()
        db.session.commit()
    types = ask(client).get_json()["report_types"].split(";")
    assert len(types) == 10
    assert types[-1] == "Other"
    assert types[4] == "New 0"


def test_changed_types_show_with_the_next_answer(app: Flask, client: FlaskClient, shop: Any) -> None:
    ask(client)
    with app.app_context():
        problem_types.choices(Board.PROBLEM_SHEET)[2].name_en = "Sold out"
        stores.catalogue_changed()
        db.session.commit()
    assert "Sold out" in ask(client).get_json()["report_types"]


@pytest.mark.only_on("sqlite")
def test_locked_store_still_answers(app: Flask, client: FlaskClient, shop: Any) -> None:
    add_line(app, shop[1].id)
    path = make_url(app.extensions["config"].database_url).database
    assert path
    writer = sqlite3.connect(path, isolation_level=None)
    try:
        writer.execute("BEGIN EXCLUSIVE")
        answer = ask(client)
    finally:
        writer.close()
    assert answer.status_code == 200
    assert answer.get_json()["summary"] == "1 open: waits for us"
    assert ask(client).get_json()["order_names"] == "NL10423"


def test_known_orders_of_a_ticket_are_not_written_again(app: Flask, client: FlaskClient, shop: Any) -> None:
    ask(client)
    with app.app_context(), StatementsSeen() as statements:
        ask(client)
    assert "INSERT" not in statements
    with app.app_context():
        known = factories.ticket(shop[0].id, TICKET)
        assert known.customer_id == factories.CUSTOMER
        assert OrderName(shop[1].id, "NL10423")


@pytest.mark.parametrize(("told", "remembered"), [("closed", False), ("open", True), ("None", True), ("snoozed", True)])
def test_whether_the_ticket_is_open_is_remembered(
    app: Flask, client: FlaskClient, shop: Any, told: str, remembered: bool
) -> None:
    ask(client, ticket_status="open")
    ask(client, ticket_status=told)
    with app.app_context():
        assert db.session.scalars(select(Ticket.is_open)).all() == [remembered]


def test_a_ticket_opened_again_hears_what_waited(app: Flask, client: FlaskClient, shop: Any) -> None:
    ask(client, ticket_status="closed")
    with app.app_context():
        factories.line(shop[1].id)
        db.session.commit()
    assert [row["kind"] for row in factories.queued(app)] == ["gorgias.find_ticket"]
    ask(client, ticket_status="open")
    assert "gorgias.note" in [row["kind"] for row in factories.queued(app)]
