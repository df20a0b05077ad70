"""Reporting a line: the form, what it refuses, lines that are open already, and what is said while one types."""

from __future__ import annotations

import io
import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.test import TestResponse

from tests import factories
from tests.web.visitors import (
    FROM_OUR_PAGE,
    OTHER_WORKSHOP,
    WORKSHOP,
    add_lines,
    contents,
    counted_queries,
    link_of,
    painter_link,
    signed_in,
)
from widget import orders, people, pictures, problems, stores, tickets
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.outbox import list_messages
from widget.people import Side, SupplierStore
from widget.presses import Press
from widget.problem_types import Board
from widget.problems import Problem
from widget.tickets import Place

BY_SCRIPT = {**FROM_OUR_PAGE, "HX-Request": "true"}
TYPED = {
    "board": "problem_sheet",
    "order_number": "NL10423",
    "problem_type": "address_incomplete",
    "problem": "house number missing",
    "comment_supplier": "please hurry",
}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f0005"
    "0001ff56c72f0d0000000049454e44ae426082"
)


@pytest.fixture
def painter(app: Flask) -> FlaskClient:
    """Somebody of the workshop."""
    return signed_in(app, painter_link(app))


def send(client: FlaskClient, headers: dict[str, str] = FROM_OUR_PAGE, **changed: Any) -> TestResponse:
    """Press Report, with some fields changed; None leaves a field out."""
    form = {name: value for name, value in {**TYPED, **changed}.items() if value is not None}
    return client.post("/supplier/report", data=form, headers=headers, content_type="multipart/form-data")


def lines(app: Flask) -> list[Problem]:
    """All lines, oldest first, with all they hang on."""
    with app.app_context():
        whole = [joinedload(Problem.order), joinedload(Problem.type), joinedload(Problem.supplier)]
        return list(
            db.session.scalars(select(Problem).options(*whole, selectinload(Problem.comments)).order_by(Problem.id))
        )


def words_of(answer: TestResponse) -> str:
    """What people read of a page, in one line."""
    text = re.sub(r"<template.*?</template>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(text.replace("&#34;", '"').replace("&#39;", "'").split())


def value_of(answer: TestResponse, name: str) -> str:
    """What is in a field of the page."""
    field = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', answer.text)
    area = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', answer.text, re.DOTALL)
    found = field or area
    assert found is not None, f"no field {name}"
    return found[1]


# It works


def test_a_line_is_reported_for_the_reporters_own_supplier(app, painter):
    answer = send(painter)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/supplier?board=problem_sheet&reported=P-1"
    (line,) = lines(app)
    assert (line.order.name, line.type.code, line.problem) == ("NL10423", "address_incomplete", "house number missing")
    assert (line.comment_supplier, line.waiting_for) == ("please hurry", Side.CUSTOMER_SERVICE)
    assert line.reported_by == "Li <li@dafen.example>"
    assert line.supplier.name == WORKSHOP


def test_a_script_is_told_where_to_go(app, painter):
    answer = send(painter, BY_SCRIPT)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/supplier?board=problem_sheet&reported=P-1"
    assert not answer.data


def test_a_photo_issue_goes_to_its_own_board(app, painter):
    answer = send(painter, board="photo_issues", problem_type="wrong_crop")
    assert answer.headers["Location"] == "/supplier?board=photo_issues&reported=P-1"
    assert lines(app)[0].board == Board.PHOTO_ISSUES


@pytest.mark.parametrize("typed", ["nl10423", "#NL10423", " ＮＬ１０４２３ ", "NL NL10423", "nl: #nl10423"])
def test_order_numbers_are_understood_in_any_spelling(app, painter, typed):
    assert send(painter, order_number=typed).status_code == 303
    assert lines(app)[0].order.name == "NL10423"


def test_an_order_without_a_ticket_has_one_looked_for(app, painter):
    send(painter)
    with app.app_context():
        assert [row["kind"] for row in list_messages()] == ["gorgias.find_ticket"]


def test_the_note_goes_to_the_ticket_that_is_known(app, painter):
    with app.app_context():
        factories.ticket(1, factories.TICKET, factories.CUSTOMER, OrderName(1, "NL10423"))
        db.session.commit()
    send(painter)
    note = next(row for row in factories.queued(app) if row["kind"] == "gorgias.note")
    assert note["payload"]["ticket_id"] == factories.TICKET
    assert "house number missing" in note["payload"]["message"]["body_text"]
    assert "please hurry" in note["payload"]["message"]["body_text"]


def test_what_is_typed_is_cleaned(app, painter):
    send(painter, problem="  house\x00 number\r\nmissing\x07 ", comment_supplier="")
    (line,) = lines(app)
    assert line.problem == "house number\nmissing"
    assert not line.comments


def test_fields_the_form_does_not_have_are_never_applied(app, painter):
    with app.app_context():
        other = people.get_supplier(OTHER_WORKSHOP).id
    send(painter, supplier_id=str(other), status="handled", comment_cs="refund him", address="elsewhere", handled="yes")
    (line,) = lines(app)
    assert line.supplier_id != other
    assert (line.comment_cs, line.address, line.handled_at) == ("", "", None)


# It refuses


def test_all_wrong_fields_are_named_at_once_and_all_that_was_typed_comes_back(app, painter):
    before = contents(app)
    answer = send(painter, order_number="hello", problem_type="nonsense", problem=" ", comment_supplier="x" * 5_001)
    assert answer.status_code == 422
    told = words_of(answer)
    for words in (
        "“hello” is not an order number of NL. It looks like NL12345.",
        "Choose a problem type.",
        "Write what is wrong.",
        "Too long: at most 5,000 characters.",
    ):
        assert words in told
    assert value_of(answer, "order_number") == "hello"
    assert value_of(answer, "comment_supplier") == "x" * 5_001
    assert 'class="report open"' in answer.text
    assert contents(app) == before


def test_a_comment_may_be_left_out(app, painter):
    form = {name: value for name, value in TYPED.items() if name != "comment_supplier"}
    assert painter.post("/supplier/report", data=form, headers=FROM_OUR_PAGE).status_code == 303


def test_an_empty_form_says_what_is_missing(app, painter):
    for missing in ("", None):
        answer = send(painter, order_number=missing, problem_type=missing, problem=missing, comment_supplier=missing)
        assert answer.status_code == 422
        for words in ("Write the order number.", "Choose a problem type.", "Write what is wrong."):
            assert words in words_of(answer)
    assert not lines(app)


@pytest.mark.parametrize(("name", "longest"), [("order_number", 60), ("problem", 5_000), ("comment_supplier", 5_000)])
def test_what_is_too_long_is_refused_by_its_length(app, painter, name, longest):
    answer = send(painter, **{name: "9" * (longest + 1)})
    assert answer.status_code == 422
    assert f"Too long: at most {longest:,} characters." in words_of(answer)
    assert not lines(app)


def test_a_type_of_the_other_board_cannot_be_chosen(app, painter):
    assert send(painter, problem_type="wrong_crop").status_code == 422
    assert send(painter, board="refunds").status_code == 422
    assert not lines(app)


def test_a_script_gets_the_form_only(app, painter):
    answer = send(painter, BY_SCRIPT, problem="")
    assert answer.status_code == 422
    assert answer.text.lstrip().startswith('<section id="new"')


def test_refusals_are_told_in_the_readers_language(app):
    painter = signed_in(app, painter_link(app, language="zh"))
    answer = send(painter, order_number="hello", problem="")
    assert "“hello”不是 NL 的订单号。" in words_of(answer)
    assert "地址不完整" in answer.text
    assert "请写明出了什么问题。" in words_of(answer)


def test_an_order_number_of_two_shops_asks_for_the_shop(app, painter):
    with app.app_context():
        shops = [factories.store(stores.get_helpdesk("main"), code, r"\d{4}") for code in ("DE", "FR")]
        factories.supplier(*shops, name=WORKSHOP)
        db.session.commit()
    answer = send(painter, order_number="1001")
    assert answer.status_code == 422
    assert "1001 may be an order of DE or FR. Write the store before it: DE 1001" in words_of(answer)
    assert send(painter, order_number="FR 1001").status_code == 303


def test_only_shops_the_supplier_paints_for_count(app, painter):
    with app.app_context():
        factories.supplier(factories.store(stores.get_helpdesk("main"), "DE", r"DE\d{4}"), name=OTHER_WORKSHOP)
        db.session.commit()
    answer = send(painter, order_number="DE1001")
    assert answer.status_code == 422
    assert "is not an order number of NL." in words_of(answer)


def test_a_workshop_without_shops_is_told_whom_to_ask(app, painter):
    with app.app_context():
        db.session.query(SupplierStore).delete()
        db.session.commit()
    assert "Please ask customer service." in words_of(send(painter))


def test_whoever_is_no_painter_cannot_report(app):
    before = contents(app)
    assert send(app.test_client()).status_code == 401
    assert send(signed_in(app)).headers["Location"] == "/"
    link = painter_link(app)
    stranger = signed_in(app, link)
    assert send(stranger, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert send(stranger, {}, form_key="forged").status_code == 403
    assert not lines(app)
    assert contents(app)["orders"] == before["orders"]


# Open already


def test_what_is_open_already_is_shown_with_two_ways_on(app, painter):
    send(painter)
    answer = send(painter, problem="no house number")
    assert answer.status_code == 409
    told = words_of(answer)
    assert re.search(
        r"NL10423 is open already: P-1 Address incomplete , reported \d+ \w+: “house number missing”", told
    )
    assert 'name="add_to" value="P-1"' in answer.text
    assert "Add to P-1" in told
    assert 'name="anyway" value="1"' in answer.text
    assert value_of(answer, "problem") == "no house number"
    assert len(lines(app)) == 1


def test_it_is_added_to_the_open_line(app, painter):
    send(painter)
    answer = send(painter, problem="no house number", comment_supplier="hurry", add_to="P-1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/supplier/lines/P-1?added=P-1"
    (line,) = lines(app)
    assert line.comments[-1].text == "no house number\nhurry"


def test_it_is_reported_as_a_new_line_on_demand(app, painter):
    send(painter)
    answer = send(painter, problem="no house number", anyway="1")
    assert answer.headers["Location"].endswith("reported=P-2")
    assert len(lines(app)) == 2


def test_the_same_words_are_never_a_second_line(app, painter):
    send(painter)
    _let_a_minute_pass(app)
    different: list[dict[str, Any]] = [{}, {"anyway": "1"}, {"problem_type": "other"}]
    for changed in different:
        assert send(painter, **changed).status_code == 409
    assert 'name="anyway"' not in send(painter).text
    assert len(lines(app)) == 1


def test_another_type_and_other_words_are_another_problem(app, painter):
    send(painter)
    assert send(painter, problem_type="sold_out", problem="no canvas").status_code == 303
    assert len(lines(app)) == 2


def test_lines_of_another_workshop_stay_unknown(app, painter):
    send(signed_in(app, painter_link(app, OTHER_WORKSHOP)))
    answer = send(painter)
    assert answer.status_code == 409
    assert "P-1" not in answer.text
    assert "The same words are open already for this order." in words_of(answer)
    assert send(painter, problem="no house number").status_code == 303


def test_a_handled_line_is_not_open(app, painter):
    send(painter)
    _handle(app, 1)
    _let_a_minute_pass(app)
    assert send(painter).headers["Location"].endswith("reported=P-2")


def test_a_line_that_was_handled_meanwhile_takes_nothing_and_all_comes_back(app, painter):
    send(painter)
    _handle(app, 1)
    answer = send(painter, problem="no house number", add_to="P-1")
    assert answer.status_code == 409
    assert "P-1 was handled by" in words_of(answer)
    assert value_of(answer, "problem") == "no house number"


def test_only_the_lines_own_order_can_be_added_to_it(app, painter):
    send(painter)
    answer = send(painter, order_number="NL10424", add_to="P-1")
    assert answer.status_code == 409
    assert "P-1 is about NL10423. Report this as a new line." in words_of(answer)


@pytest.mark.parametrize("reference", ["P-1", "P-999", "nonsense"])
def test_a_line_that_is_not_ones_own_is_not_there(app, painter, reference):
    send(signed_in(app, painter_link(app, OTHER_WORKSHOP)))
    assert send(painter, problem="mine", add_to=reference).status_code == 404
    assert len(lines(app)) == 1


# Twice


def test_the_same_form_twice_within_a_minute_is_one_line(app, painter):
    first, second = send(painter), send(painter)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(lines(app)) == 1


def test_the_same_addition_twice_within_a_minute_is_one_comment(app, painter):
    send(painter)
    answers = [send(painter, problem="no house number", add_to="P-1") for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert len(lines(app)[0].comments) == 2


def test_a_double_press_at_the_same_moment_is_one_line(app):
    link = painter_link(app)
    clients = [signed_in(app, link) for _ in range(4)]
    answers: list[TestResponse] = []
    threads = [threading.Thread(target=lambda client=client: answers.append(send(client))) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.headers.get("Location") for answer in answers} == {"/supplier?board=problem_sheet&reported=P-1"}
    assert len(lines(app)) == 1


def test_two_people_who_report_the_same_at_once_make_one_line(app):
    clients = [
        signed_in(app, painter_link(app)),
        signed_in(app, link_of(app, "wang@dafen.example", people.Role.SUPPLIER, WORKSHOP)),
    ]
    answers: list[TestResponse] = []
    threads = [
        threading.Thread(target=lambda client=client, n=n: answers.append(send(client, problem=f"missing {n}")))
        for n, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(lines(app)) == 1


# Pictures


def test_pictures_go_along(app, painter):
    answer = send(painter, picture=(io.BytesIO(PNG), "photo.png"))
    assert answer.status_code == 303
    (line,) = lines(app)
    assert line.picture_count == 1
    with app.app_context():
        assert len(pictures.of([line.id])[line.id]) == 1


def test_pictures_come_back_with_a_refused_form_and_go_along_then(app, painter):
    answer = send(painter, problem="", picture=(io.BytesIO(PNG), "photo.png"))
    assert answer.status_code == 422
    key = re.search(r'name="pictures" value="([^"]+)"', answer.text)
    assert key is not None
    assert send(painter, pictures=key[1]).status_code == 303
    assert lines(app)[0].picture_count == 1
    assert send(painter, pictures=key[1]).status_code == 303
    assert len(lines(app)) == 1


def test_a_file_that_is_no_picture_stops_the_form_and_the_others_are_kept(app, painter):
    both = [(io.BytesIO(PNG), "photo.png"), (io.BytesIO(b"%PDF-1.7"), "invoice.pdf")]
    answer = send(painter, picture=both)
    assert answer.status_code in (415, 422)
    assert "invoice.pdf" in words_of(answer)
    assert answer.text.count('name="pictures"') == 1
    assert value_of(answer, "problem") == "house number missing"
    assert not lines(app)


def test_pictures_are_added_to_an_open_line(app, painter):
    send(painter)
    send(painter, problem="see picture", add_to="P-1", picture=(io.BytesIO(PNG), "photo.png"))
    assert lines(app)[0].picture_count == 1


# While one types


def check(client: FlaskClient, order_number: str, **more: str) -> TestResponse:
    """What is said about an order number."""
    return client.get("/supplier/order", query_string={"order_number": order_number, "board": "problem_sheet", **more})


def test_a_known_shop_is_named(app, painter):
    assert words_of(check(painter, "nl10423")) == "NL10423 · Shop NL"


def test_nothing_is_said_while_hardly_anything_is_typed(app, painter):
    for typed in ("", "N", "NL1"):
        assert words_of(check(painter, typed)) == ""
    assert "is not an order number of NL" in words_of(check(painter, "NL1", left="1"))
    assert "is not an order number of NL. It looks like NL12345." in words_of(check(painter, "NL104"))
    assert words_of(check(painter, "", left="1")) == ""


def test_what_is_open_for_the_order_is_said(app, painter):
    send(painter)
    answer = check(painter, "NL10423")
    assert re.search(r"Already reported on \d+ \w+: P-1 Address incomplete Add to that line", words_of(answer))
    assert 'href="/supplier/lines/P-1#comment"' in answer.text
    assert "P-1" not in check(signed_in(app, painter_link(app, OTHER_WORKSHOP)), "NL10423").text


def test_checking_takes_few_queries_and_changes_nothing(app, painter):
    send(painter)
    add_lines(app, 20)
    before = contents(app)
    with counted_queries(app) as statements:
        assert check(painter, "NL10423").status_code == 200
    assert len(statements) <= 4
    check(painter, "NL99999")
    assert contents(app) == before


def test_only_painters_may_ask(app):
    assert check(app.test_client(), "NL10423").status_code == 401
    assert check(signed_in(app), "NL10423").status_code == 303


def test_examples_fit_the_pattern_or_are_left_out():
    for pattern, example in ((r"NL\d{5}", "NL12345"), (r"^#[0-9]{4}$", "1234"), (r"(A|B)\d+", "")):
        assert orders.example_of(orders.pattern_of(1, "X", pattern)) == example


def _handle(app: Flask, line_id: int) -> None:
    with app.app_context():
        line = problems.get(line_id)
        at = Place(tickets.lock_home(line.order_id), "")
        problems.mark_handled(line, by=factories.LI_AS_PERSON, at=at, shown=line.version)
        db.session.commit()


def _let_a_minute_pass(app: Flask) -> None:
    with app.app_context():
        db.session.query(Press).update({"at": utcnow() - timedelta(minutes=2)})
        db.session.commit()
