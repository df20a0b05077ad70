"""Credit notes on the desk: pasted, looked at, entered, and matched by hand where nothing fits."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests import workbooks
from tests.factories import LI_AS_PERSON
from tests.refunds import claims
from tests.refunds.claims import here
from tests.web.visitors import FROM_OUR_PAGE, counted_queries, queries_for
from widget import people, refunds
from widget.db import db
from widget.refunds import Claim, CreditNote, CreditNoteLine

HEAD: dict[str, Any] = {"supplier": "1", "invoice": "INV-7", "day": "2026-11-23", "currency": "EUR"}
NEW = "/claims/credit-notes/new"


@pytest.fixture
def accepted(shop: Flask, natalie: FlaskClient) -> Flask:
    """Two claims of one order that the supplier wants to pay: 39.00 and 12.50."""
    with shop.app_context():
        claims.accepted()
        claims.accepted(issue="frame broken", amount=claims.money("12.50"))
        db.session.commit()
    return shop


def send(client: FlaskClient, path: str = NEW, **form: Any) -> TestResponse:
    page = client.get(NEW).text
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key is not None
    return client.post(path, data={"form_key": key[1], **form}, headers=FROM_OUR_PAGE)


def look(client: FlaskClient, rows: str, **changed: Any) -> TestResponse:
    return send(client, **{**HEAD, "rows": rows, **changed})


def enter(client: FlaskClient, rows: str, **changed: Any) -> TestResponse:
    shown = re.search(r'name="shown" value="([^"]*)"', look(client, rows).text)
    assert shown is not None
    return look(client, rows, then="enter", **{"shown": shown[1], **changed})


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Claim.state).order_by(Claim.id)))


def notes(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(CreditNote)) or 0


@pytest.mark.parametrize(
    "rows",
    [
        "Order number\tAmount\nNL10377\t39,00\nNL10377\t12,50\nNL99999\t5",
        "NL10377;39.00\nNL10377;12.50\nNL99999;5,00",
        '"NL10377","39,00"\n"NL10377","12,50"\n"NL99999","5"',
        "nl10377   39.00 EUR\n#NL10377  12.50\n\nNL99999 5",
    ],
)
def test_rows_are_matched_however_they_are_cut_and_a_look_changes_nothing(
    accepted: Flask, anna: FlaskClient, rows: str
) -> None:
    page = look(anna, rows).text
    assert [page.count(f"fit-{fit}") for fit in ("full", "unknown", "partial", "over")] == [2, 1, 0, 0]
    assert "Together: 56.50 EUR" in page
    assert (notes(accepted), states(accepted)) == (0, ["accepted", "accepted"])


def test_a_credit_note_is_entered_whole_and_once(accepted: Flask, anna: FlaskClient) -> None:
    rows = "NL10377\t39\nNL10377\t10\nNL99999\t5"
    answer = enter(anna, rows)
    assert answer.status_code == 303
    assert states(accepted) == ["closed", "accepted"]
    page = anna.get(answer.location).text
    for words in ("INV-7", "54.00 EUR", "R-1", "R-2", "a part", "no such claim"):
        assert words in page
    listed = anna.get("/claims/credit-notes").text
    assert "1 without a claim" in listed
    assert "2.50 EUR" in listed
    again = look(anna, rows)
    assert "was entered already, by Anna" in again.text
    assert enter(anna, rows).status_code == 409
    assert notes(accepted) == 1


def test_rows_that_cannot_be_read_stop_everything_and_say_why(accepted: Flask, anna: FlaskClient) -> None:
    rows = "NL10377\t39\nNL10377\t1.234\nNL10377\nNL10377\tx"
    answer = enter(anna, rows)
    assert answer.status_code == 422
    for words in ("can mean 1234.00 EUR or 1.23 EUR", "Two columns are needed", "is not an amount", "NL10377\t1.234"):
        assert words in answer.text
    assert notes(accepted) == 0


def test_everything_wrong_above_the_rows_is_named_at_once(shop: Flask, anna: FlaskClient) -> None:
    answer = send(anna, supplier="", invoice="", day="2027-01-01", currency="XXX", rows="")
    assert answer.status_code == 422
    for words in ("Choose a supplier.", "Write the invoice.", "in the future", "Choose a currency.", "Paste the rows"):
        assert words in answer.text


def test_a_file_is_read_too(accepted: Flask, anna: FlaskClient) -> None:
    for content in (
        "\ufeffOrder;Amount\nNL10377;39,00\n".encode(),
        "Bestellung;Betrag (€)\nNL10377;39,00".encode("cp1252"),
    ):
        page = send(anna, **HEAD, file=(io.BytesIO(content), "note.csv"))
        assert "fit-full" in page.text


def send_file(client: FlaskClient, content: bytes, **changed: Any) -> TestResponse:
    return send(client, **{**HEAD, "file": (io.BytesIO(content), "note.xlsx"), **changed})


def send_large_file(client: FlaskClient, content: bytes) -> TestResponse:
    """As a body of our own: the client would leave a temporary file open."""
    key = re.search(r'name="form_key" value="([^"]+)"', client.get(NEW).text)
    assert key is not None
    fields = [("form_key", key[1]), *HEAD.items()]
    parts = [f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    head = '--cut\r\nContent-Disposition: form-data; name="file"; filename="note"\r\n\r\n'
    body = "".join([*parts, head]).encode() + content + b"\r\n--cut--\r\n"
    return client.post(NEW, data=body, content_type="multipart/form-data; boundary=cut", headers=FROM_OUR_PAGE)


def rows_in(page: str) -> str:
    found = re.search(r'<textarea[^>]*name="rows"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def test_a_workbook_is_read_and_entered(accepted: Flask, anna: FlaskClient) -> None:
    sheet: list[list[Any]] = [
        ["Credit note 2026-11", None, None, None],
        ["To: “Brushwood”", None, None, 'the "shop"'],
        ["Date", "No.", "订单号 Order number", "Amount 金额"],
        [workbooks.number(46327, workbooks.DAY), 1, "NL10377", 39.0],
        [workbooks.number(46328, workbooks.DAY), 2, "NL10377", "12,50"],
        [None, None, None, workbooks.Raw('<c r="{}"><f>SUM(D4:D5)</f><v>51.5</v></c>')],
    ]
    marked = send_file(anna, workbooks.xlsx([], sheet)).text
    assert ("Two columns are needed" in marked, marked.count("fit-full")) == (True, 2)
    page = send_file(anna, workbooks.xlsx([], sheet[:-1])).text
    assert (page.count("fit-full"), "Together: 51.50 EUR" in page) == (2, True)
    assert "2026-11-01\t1\tNL10377\t39\n" in rows_in(page)
    assert (notes(accepted), enter(anna, rows_in(page)).status_code) == (0, 303)
    assert states(accepted) == ["closed", "closed"]


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
def test_the_point_of_a_number_in_a_workbook_is_one(accepted: Flask, anna: FlaskClient, currency: str) -> None:
    page = send_file(anna, workbooks.xlsx([["NL10377", 12.345]]), currency=currency).text
    assert f"has more decimals than {currency} has" in page
    assert f"has more decimals than {currency} has" in look(anna, rows_in(page), currency=currency).text


def test_numbers_of_a_workbook_are_not_asked_back_but_its_texts_are(accepted: Flask, anna: FlaskClient) -> None:
    rows: list[list[Any]] = [
        ["NL10377", 1234.5],
        ["NL10377", 1234],
        ["NL10377", workbooks.number("37.050000000000004")],
    ]
    assert "Together: 2505.55 EUR" in send_file(anna, workbooks.xlsx(rows)).text
    assert "Together: 1234.56 EUR" in send_file(anna, workbooks.xlsx([["NL10377", "1.234,56"]])).text
    assert "can mean 1234.00 EUR or 1.23 EUR" in send_file(anna, workbooks.xlsx([["NL10377", "1.234"]])).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04", "This file cannot be read as a workbook."),
        (workbooks.ods(manifest="<manifest:encryption-data/>"), "The workbook is protected by a password."),
        (workbooks.xlsx([]), "There is nothing in the workbook."),
        (workbooks.xlsx([["NL10377", 39, "x" * 400_000]]), "There is more in the file than fits here."),
        (workbooks.xlsx([["NL10377", 1]] * 2001), "At most 2000 rows at once."),
    ],
    ids=["damaged", "protected", "empty", "long", "rows"],
)
def test_a_workbook_that_cannot_be_read_says_why_and_keeps_what_was_typed(
    accepted: Flask, anna: FlaskClient, content: bytes, words: str
) -> None:
    answer = send_file(anna, content, invoice="INV-2026", rows="NL10377\t39")
    assert (answer.status_code, words in answer.text) == (422, True)
    assert 'value="INV-2026"' in answer.text
    assert rows_in(answer.text) == "NL10377\t39"
    assert notes(accepted) == 0


@pytest.mark.parametrize(
    "rows",
    [
        "Datum\tBestellnummer\tPosten\tBetrag\n1.11.\tNL10377\t3\t39,00",
        "Bedrag;Factuurnummer;Ordernummer\n39,00;77;NL10377",
        "Order date\tInvoice number\tOrder number\tOrder total\tCredit amount\n1\t2\tNL10377\t80\t39",
        "金额\t日期\t订单号\n39\t11.1\tNL10377",
        "Number\tTotal\nNL10377\t39",
        "Credit note\t\nfor November\t\nOrder\tAmount\nNL10377\t39",
        "Order amount\tSum\nNL10377\t39",
    ],
)
def test_the_columns_are_those_that_a_header_names(accepted: Flask, anna: FlaskClient, rows: str) -> None:
    page = look(anna, rows).text
    assert (page.count("fit-full"), "Together: 39.00 EUR" in page, "wrong-row" in page) == (1, True, False)


def test_what_could_be_a_row_above_a_header_is_not_left_out(accepted: Flask, anna: FlaskClient) -> None:
    page = look(anna, "NL10377\t39\nOrder\tAmount\nNL10377\t12.50").text
    assert (page.count("fit-full"), "Together: 51.50 EUR" in page) == (2, True)
    assert "Two columns are needed" in look(anna, f"Order\tAmount\n{'x' * 200_000}\t39").text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * 1_048_577, "The file is larger than 1 MB."),
        (b"PK\x03\x04" + bytes(5 * 1024 * 1024), "The workbook is larger than 5 MB."),
    ],
    ids=["text", "workbook"],
)
def test_a_file_that_is_too_large_is_refused(accepted: Flask, anna: FlaskClient, content: bytes, words: str) -> None:
    answer = send_large_file(anna, content)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert notes(accepted) == 0


def test_what_changed_since_the_look_is_looked_at_again(accepted: Flask, anna: FlaskClient) -> None:
    shown = re.search(r'name="shown" value="([^"]*)"', look(anna, "NL10377\t39").text)
    assert shown is not None
    with accepted.app_context():
        claim = refunds.get(1)
        given = refunds.Given(claims.money("39"), "INV-6", claims.DAY)
        refunds.credit(claim, given, by=LI_AS_PERSON, at=here())
        db.session.commit()
    answer = look(anna, "NL10377\t39", then="enter", shown=shown[1])
    assert answer.status_code == 409
    assert "Something changed since you looked." in answer.text
    assert "NL10377\t39" in answer.text
    assert notes(accepted) == 0


def test_another_claim_of_the_order_may_be_chosen_or_none(accepted: Flask, anna: FlaskClient) -> None:
    assert enter(anna, "NL10377\t12.50", **{"claim-0": "1"}).status_code == 303
    assert states(accepted) == ["accepted", "accepted"]
    with accepted.app_context():
        assert refunds.get(1).credited == claims.money("12.50")
    answer = enter(anna, "NL10377\t12.50", invoice="INV-8", **{"claim-0": "none"})
    assert answer.status_code == 303


def test_an_unknown_row_is_assigned_by_hand(accepted: Flask, anna: FlaskClient) -> None:
    where = enter(anna, "NL10388\t39").location.split("?")[0]
    for claim, status in (("R-99", 409), ("x", 409), ("r-1", 303), ("R-2", 409)):
        assert send(anna, f"{where}/assign", line="1", claim=claim).status_code == status
    assert states(accepted)[0] == "closed"
    assert send(anna, f"{where}/assign", line="77", claim="R-1").status_code == 404
    unsaid = send(anna, f"{where}/assign", claim="R-1")
    assert (unsaid.status_code, "Choose a row of the credit note." in unsaid.text) == (422, True)
    assert anna.get("/claims/credit-notes/99").status_code == 404


def test_a_look_takes_the_same_queries_however_many_rows(accepted: Flask, anna: FlaskClient) -> None:
    with counted_queries(accepted) as few:
        look(anna, "NL10377\t39")
    with counted_queries(accepted) as many:
        look(anna, "\n".join(f"NL{number}\t{number}" for number in range(10_000, 10_400)))
    assert len(many) == len(few)


def test_the_list_and_a_note_take_the_same_queries_however_much_there_is(accepted: Flask, anna: FlaskClient) -> None:
    paths = ("/claims/credit-notes", "/claims/credit-notes/1")
    enter(anna, "NL10377;39.00")
    few = [queries_for(accepted, anna, path) for path in paths]
    with accepted.app_context():
        head = refunds.Head(people.get_supplier("Dafen Art"), "", "EUR", date(2026, 11, 23))
        line = db.session.get_one(CreditNoteLine, 1)
        for number in range(6):
            entry = refunds.Entry("NL10377", claims.money("1"))
            refunds.enter(head._replace(invoice=f"INV-{number}a"), [(entry, None)] * 4, by=LI_AS_PERSON, places={})
            db.session.add(
                CreditNoteLine(
                    credit_note_id=line.credit_note_id, order_name="NL10377", amount=claims.money("1"), fit="unknown"
                )
            )
        db.session.commit()
    assert [queries_for(accepted, anna, path) for path in paths] == few


def test_what_no_store_can_keep_is_left_out_of_rows(accepted: Flask, anna: FlaskClient) -> None:
    assert enter(anna, "NL10377\x00\t39.00\x00", invoice="IN\x00V-9").status_code == 303
    assert states(accepted)[0] == "closed"


def test_the_day_of_whoever_is_furthest_ahead_has_come(accepted: Flask, anna: FlaskClient) -> None:
    with time_machine.travel("2026-11-24T17:00:00Z"):
        assert enter(anna, "NL10377\t39.00", day="2026-11-25").status_code == 303
