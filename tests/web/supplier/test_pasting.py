"""Many lines at once: reading what a spreadsheet copies, saying what is wrong with each row, reporting the others."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.supplier.test_reporting import lines, send, words_of
from tests.web.visitors import FROM_OUR_PAGE, OTHER_WORKSHOP, contents, counted_queries, painter_link, signed_in
from widget.db import db, utcnow
from widget.outbox import list_messages
from widget.presses import Press
from widget.problem_types import Board, ProblemType, choices
from widget.web.supplier.pasting import read, type_code

SHEET = Board.PROBLEM_SHEET
ROWS = "NL30001\tItem sold out\tno canvas left\nNL30002\t缺货\tno frame\thurry"


@pytest.fixture
def painter(app: Flask) -> FlaskClient:
    """Somebody of the workshop."""
    return signed_in(app, painter_link(app))


def paste(client: FlaskClient, rows: str = ROWS, board: str = "problem_sheet", **options: Any) -> TestResponse:
    """Press Show the lines."""
    return client.post("/supplier/paste", data={"rows": rows, "board": board}, **{"headers": FROM_OUR_PAGE, **options})


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser sends of the form with the rows."""
    table = unescape(page[page.index("<tbody>") : page.index("</tbody>")])
    sent: dict[str, list[str]] = {"board": re.findall(r'name="board" value="(\w+)"', page)[:1]}
    for name in ("order_number", "asked", "type_typed"):
        sent[name] = re.findall(rf'name="{name}" value="([^"]*)"', table)
    for name in ("problem", "comment_supplier"):
        sent[name] = re.findall(rf'<textarea name="{name}"[^>]*>\n(.*?)</textarea>', table, re.DOTALL)
    selects = re.findall(r"<select.*?</select>", table, re.DOTALL)
    sent["problem_type"] = [(re.findall(r'value="(\w+)" selected', select) or [""])[0] for select in selects]
    sent["wanted"] = re.findall(r'name="wanted" value="(\d+)" checked', table)
    return sent


def report(client: FlaskClient, shown: TestResponse, **changed: Any) -> TestResponse:
    """Press Report below the rows, with some columns changed."""
    return client.post("/supplier/paste", data={**fields_of(shown.text), **changed}, headers=FROM_OUR_PAGE)


def states(answer: TestResponse) -> list[str]:
    """What is said of each row, in short."""
    return re.findall(r'<tr class="row-(\w+)">', answer.text)


def a_minute_later(app: Flask) -> None:
    with app.app_context():
        db.session.query(Press).update({"at": utcnow() - timedelta(minutes=2)})
        db.session.commit()


# Reading


def test_cells_are_taken_in_the_order_of_the_sheet():
    assert read("NL1\tSold out\tno canvas\thurry", SHEET).rows == [
        {"order_number": "NL1", "problem_type": "Sold out", "problem": "no canvas", "comment_supplier": "hurry"}
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_quoted_cells_hold_line_breaks_tabs_and_quotes(ends):
    text = f'NL1\tOther\t"two{ends}lines, a ""word""\tand a tab"{ends}NL2\tOther\tx{ends}'
    first, second = read(text, SHEET).rows
    assert first["problem"] == 'two\nlines, a "word"\tand a tab'
    assert second["order_number"] == "NL2"


def test_a_quote_without_another_is_a_sign_like_any_other():
    rows = read('NL1\tOther\t30" canvas\nNL2\tOther\tx', SHEET).rows
    assert [row["problem"] for row in rows] == ['30" canvas', "x"]


@pytest.mark.parametrize(
    "header",
    [
        "Problem\tORDER NUMBER\tPicture\tProblem type",
        "问题\t订单号\t图片\t问题类型",
        "Problem\tOrder number\tWhatever\tType",
    ],
)
def test_a_header_names_the_columns_in_any_order_and_language(header):
    pasted = read(f"{header}\nno canvas\tNL1\tphoto.jpg\tSold out", SHEET)
    assert pasted.rows == [
        {"order_number": "NL1", "problem_type": "Sold out", "problem": "no canvas", "comment_supplier": ""}
    ]
    assert pasted.passed_over == ([] if "Whatever" in header else ["picture"])


def test_a_whole_row_of_the_sheet_is_read_without_a_header():
    pasted = read("NL1\tOther\twrong\tTRUE\tMain street 1\tFALSE\tphoto\tplease\thurry", SHEET)
    assert pasted.rows[0]["comment_supplier"] == "hurry"
    assert pasted.passed_over == ["informed_customer", "address", "handled", "picture", "comment_cs"]
    pasted = read("NL1\tOther\twrong\tTRUE\tphoto\tFALSE\tplease\thurry", Board.PHOTO_ISSUES)
    assert pasted.rows[0]["comment_supplier"] == "hurry"


def test_empty_rows_and_signs_that_no_store_keeps_are_left_out():
    assert [row["order_number"] for row in read("\n\t\t\nNL1\x00\n  \n", SHEET).rows] == ["NL1"]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Item sold out", "sold_out"),
        (" item  SOLD out ", "sold_out"),
        ("缺货", "sold_out"),
        ("address_wrong", "address_wrong"),
        ("shipping", "shipping"),
        ("sold", "sold_out"),
        ("address", ""),
        ("不存在", ""),
        ("", ""),
    ],
)
def test_a_type_is_recognised_by_its_name_or_chosen(store, typed, code):
    types: list[ProblemType] = choices(SHEET)
    assert type_code(typed, types) == code


# Showing


def test_the_page_to_paste_into_says_what_to_paste(app, painter):
    page = painter.get("/supplier/paste?board=photo_issues")
    assert page.status_code == 200
    assert "Order number, Problem type, Problem, Comment supplier" in words_of(page)
    assert 'name="board" value="photo_issues"' in page.text
    assert painter.get("/supplier/paste?board=refunds").status_code == 422


def test_each_row_is_shown_with_its_state_and_nothing_is_reported(app, painter):
    send(painter, order_number="NL30009", problem_type="sold_out")
    before = contents(app)
    others = ["NL30009\tItem sold out\tanother word", "hello\tOther\tx", "NL30003\tnonsense\ty"]
    rows = "\n".join([ROWS, *others, "NL30001\t缺货\tagain", "NL30004\tOther\t"])
    answer = paste(painter, rows)
    assert answer.status_code == 200
    assert states(answer) == ["ready", "ready", "open", "wrong", "wrong", "twice", "wrong"]
    told = words_of(answer)
    for words in (
        "7 rows · 2 ready to report.",
        "Report 2 lines",
        "NL30009 is open already as P-1",
        "“hello” is not an order number of NL. It looks like NL12345.",
        "Choose a problem type. Pasted was: “nonsense”",
        "Twice in this list",
        "Write what is wrong.",
    ):
        assert words in told
    assert fields_of(answer.text)["wanted"] == ["0", "1", "3", "4", "6"]
    assert contents(app) == before


def test_columns_that_are_not_taken_over_are_named(app, painter):
    told = words_of(paste(painter, "Order number\tProblem\tAddress\tComment cs\nNL30001\tx\tMain street\ty"))
    assert "Not taken over, because customer service or the line itself fills it: Address, Comment cs." in told


def test_what_was_pasted_is_text_and_nothing_else(app, painter):
    answer = paste(painter, 'NL30001\t"><b>type\t</textarea><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert "<b>type" not in answer.text


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "Paste at least one row."),
        (" \n\t\n", "Paste at least one row."),
        ("Order number\tProblem", "Paste at least one row."),
        ("NL30001\tOther\tx\n" * 101, "Too many rows at once: 101, at most 100."),
        ("x" * 20_001, "Too much at once: at most 20,000 characters."),
    ],
)
def test_too_little_and_too_much_is_refused_and_comes_back(app, painter, rows, words):
    answer = paste(painter, rows)
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert rows.strip() in answer.text


def test_a_hundred_rows_take_as_many_queries_to_show_as_two(app, painter):
    counts = []
    for rows in (ROWS, "".join(f"NL{40_000 + number}\tOther\tx\n" for number in range(100))):
        with counted_queries(app) as statements:
            assert paste(painter, rows).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


# Reporting


def test_all_rows_are_reported_in_one_go(app, painter):
    answer = report(painter, paste(painter))
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/supplier/paste?board=problem_sheet&reported=P-1%2CP-2"
    first, second = lines(app)
    assert (first.order.name, first.type.code, first.problem) == ("NL30001", "sold_out", "no canvas left")
    assert (second.order.name, second.comment_supplier) == ("NL30002", "hurry")
    with app.app_context():
        assert len(list_messages()) == 2
    page = painter.get(answer.headers["Location"])
    assert "2 lines reported. P-1 NL30001 Item sold out P-2 NL30002 Item sold out" in words_of(page)


def test_only_own_lines_are_named_as_reported(app, painter):
    send(signed_in(app, painter_link(app, OTHER_WORKSHOP)))
    page = painter.get("/supplier/paste?reported=P-1,nonsense,P-99999999999999999999")
    assert page.status_code == 200
    assert "reported." not in words_of(page)
    assert 'href="/supplier/lines' not in page.text


def test_a_row_that_is_left_out_is_not_reported(app, painter):
    assert report(painter, paste(painter), wanted=["1"]).status_code == 303
    assert [line.order.name for line in lines(app)] == ["NL30002"]


def test_wrong_rows_stay_with_what_was_typed_while_the_others_are_reported(app, painter):
    shown = paste(painter, f"{ROWS}\nhello\tOther\t<wrong>\tand more")
    answer = report(painter, shown)
    assert answer.status_code == 422
    assert len(lines(app)) == 2
    assert "2 lines reported." in words_of(answer)
    assert states(answer) == ["wrong"]
    assert fields_of(answer.text)["problem"] == ["<wrong>"]
    answer = report(painter, answer, order_number=["NL30003"], problem=["<wrong>"])
    assert answer.status_code == 303
    assert lines(app)[2].problem == "<wrong>"


def test_corrections_count(app, painter):
    shown = paste(painter, "hello\tnonsense\t")
    answer = report(painter, shown, order_number=["nl30005"], problem_type=["other"], problem=["now it is right"])
    assert answer.status_code == 303
    assert lines(app)[0].problem == "now it is right"


def test_what_is_open_already_is_reported_only_by_who_was_told(app, painter):
    send(painter, order_number="NL30001", problem_type="sold_out")
    shown = paste(painter)
    assert states(shown) == ["open", "ready"]
    unaware = report(painter, shown, wanted=["0"], asked=["", ""])
    assert unaware.status_code == 422
    assert len(lines(app)) == 1
    assert report(painter, shown, wanted=["0"]).status_code == 303
    assert len(lines(app)) == 2


def test_a_row_that_became_open_meanwhile_is_asked_about(app, painter):
    shown = paste(painter)
    send(painter, order_number="NL30001", problem_type="sold_out", problem="somebody was faster")
    answer = report(painter, shown)
    assert [line.order.name for line in lines(app)] == ["NL30001", "NL30002"]
    assert states(answer) == ["open"]
    assert "1 line reported." in words_of(answer)


def test_the_second_of_two_like_rows_is_reported_only_when_it_is_ticked(app, painter):
    shown = paste(painter, "NL30001\tOther\tone\nNL30001\tOther\ttwo\nNL30001\tOther\tone")
    assert states(shown) == ["ready", "twice", "twice"]
    report(painter, shown, wanted=["0", "1", "2"])
    assert [line.problem for line in lines(app)] == ["one", "two"]


def test_sent_twice_it_is_reported_once(app, painter):
    shown = paste(painter, f"{ROWS}\nhello\tOther\tx")
    first, second = report(painter, shown), report(painter, shown)
    assert len(lines(app)) == 2
    assert words_of(first) == words_of(second)
    a_minute_later(app)
    assert states(report(painter, shown)) == ["open", "open", "wrong"]
    assert len(lines(app)) == 2


def test_reported_alone_and_then_in_a_list_it_is_one_line(app, painter):
    send(painter, order_number="NL30001", problem_type="sold_out", problem="no canvas left", comment_supplier="")
    assert report(painter, paste(painter), wanted=["0", "1"]).status_code == 303
    assert len(lines(app)) == 2


def test_a_script_is_told_where_to_go(app, painter):
    shown = paste(painter)
    headers = {**FROM_OUR_PAGE, "HX-Request": "true"}
    answer = painter.post("/supplier/paste", data=fields_of(shown.text), headers=headers)
    assert answer.headers["HX-Redirect"].startswith("/supplier/paste?")


def test_crooked_forms_report_nothing(app, painter):
    for form in (
        {},
        {"board": "problem_sheet"},
        {"order_number": ["NL30001"], "wanted": ["0"]},
        {**fields_of(paste(painter).text), "board": "nonsense"},
    ):
        assert painter.post("/supplier/paste", data=form, headers=FROM_OUR_PAGE).status_code == 422
    assert not lines(app)


def test_whoever_is_no_painter_cannot_paste(app):
    for client, status in ((app.test_client(), 401), (signed_in(app), 303)):
        assert client.get("/supplier/paste").status_code == status
        assert paste(client).status_code == status
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert paste(signed_in(app, painter_link(app)), headers=foreign).status_code == 403
    assert not lines(app)


def test_a_hundred_lines_are_reported_at_once(app, painter):
    rows = "".join(f"NL{40_000 + number}\tOther\tx\n" for number in range(100))
    assert report(painter, paste(painter, rows)).status_code == 303
    assert len(lines(app)) == 100
