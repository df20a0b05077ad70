"""Stores on the admin side: what they are called, how their order numbers look, who usually paints."""

from __future__ import annotations

import re

import pytest

from tests import factories
from tests.web.admin.worlds import admin, changes, send
from tests.web.visitors import add_lines, queries_for
from widget import people

NL, NEW = "/admin/stores/1", "/admin/stores/new"
FORM = {
    "code": "NL",
    "name": "Shop NL",
    "helpdesk": 1,
    "order_pattern": r"NL\d{5}",
    "currency": "EUR",
    "locale": "nl",
    "timezone": "Europe/Amsterdam",
    "version": 1,
}
GERMAN = {**FORM, "code": "de", "name": "Laden DE", "order_pattern": r"DE-?\d{6}", "locale": "de", "currency": "eur"}


def usual(app, store=1):
    with app.app_context():
        return people.painters_of(store)[0].name


def test_a_new_stores_order_numbers_are_recognised_at_once(app, client, eva):
    assert factories.ask(client, subject="Order DE-123456").get_json()["order_names"] == ""
    answer = send(eva, NEW, **GERMAN)
    page = eva.get(answer.headers["Location"]).text
    assert "Laden DE is added." in page
    assert "nobody yet" in page
    assert factories.ask(client, subject="Order DE-123456").get_json()["order_names"] == "DE-123456"
    assert ("code", "", "DE", "Eva") in changes(app, "store", 2)
    assert ("currency", "", "EUR", "Eva") in changes(app, "store", 2)
    assert "Nobody paints for this store yet" in eva.get("/admin/stores/2").text


def test_changes_are_in_the_history_and_show_at_once(app, client, eva):
    assert send(eva, NL, **{**FORM, "code": "HOL", "order_pattern": r"H\d{4}"}).status_code == 303
    assert factories.ask(client, subject="H1234").get_json()["order_names"] == "H1234"
    assert changes(app, "store", 1) == [
        ("code", "NL", "HOL", "Eva"),
        ("order_pattern", r"NL\d{5}", r"H\d{4}", "Eva"),
    ]


@pytest.mark.only_on("sqlite")
def test_the_code_stays_once_there_are_orders(app, eva):
    add_lines(app, 1)
    assert "It stays, because there are orders of this store." in eva.get(NL).text
    refused = send(eva, NL, **{**FORM, "code": "XX"})
    assert refused.status_code == 409
    assert "The code NL stays: there are orders of this store already." in refused.text
    assert send(eva, NL, **{**FORM, "name": "Winkel"}).status_code == 303


def test_an_admin_chooses_the_usual_supplier(app, eva):
    assert usual(app) == "Dafen Art"
    assert send(eva, NL, **FORM, usual_supplier=2).status_code == 303
    assert usual(app) == "Xiamen Studio"
    assert changes(app, "store", 1) == [("usual_supplier", "Dafen Art", "Xiamen Studio", "Eva")]
    assert '<option value="2" selected>' in eva.get(NL).text
    assert send(eva, NL, **{**FORM, "version": 2}, usual_supplier=77).status_code == 404
    assert usual(app) == "Xiamen Studio"


@pytest.mark.parametrize(
    ("pattern", "sample", "shown"),
    [
        (r"NL\d{5}", "about nl10423 and #NL99999, please", "NL10423, NL99999"),
        (r"NL\d{5}", "about NL1 <b>", "A number that fits looks like NL12345."),
        (r"NL(\d{5}", "NL10423", "is no regular expression"),
        (r"\d*", "NL10423", "also matches where there is no number"),
        ("", "NL10423", "is no regular expression"),
    ],
)
@pytest.mark.only_on("sqlite")
def test_a_pattern_can_be_tried_before_it_is_saved(app, eva, pattern, sample, shown):
    for path in (NL, NEW):
        form = {**FORM, "name": "Half typed", "order_pattern": pattern, "sample": sample, "try": "yes"}
        answer = send(eva, path, **form)
        assert answer.status_code == 200
        assert shown in answer.text
        assert 'value="Half typed"' in answer.text
    assert changes(app, "store", 1) == []


@pytest.mark.parametrize(
    ("wrong", "status", "sentence"),
    [
        ({"code": "N-L"}, 422, "A code is up to 12 letters and digits, e.g. NL."),
        ({"name": " "}, 422, "Write the name."),
        ({"helpdesk": "x"}, 422, "Choose the helpdesk."),
        ({"helpdesk": "77"}, 409, "Choose the helpdesk."),
        ({"currency": "EURO"}, 422, "A currency is three letters, e.g. EUR."),
        ({"currency": "E1R"}, 409, "is no currency code (three letters, e.g. EUR)."),
        ({"locale": "dutch please"}, 422, "A language is a code like nl or de-AT."),
        ({"locale": "Dutch"}, 409, "is no language code (e.g. nl, zh, de-AT)."),
        ({"timezone": "Amsterdam"}, 422, "Choose a time zone from the list"),
        ({"order_pattern": ""}, 422, "Write the pattern"),
        ({"order_pattern": r"NL(\d"}, 409, "is no regular expression"),
        ({"code": "DE"}, 409, "The code DE is Laden DE&#39;s already."),
    ],
)
@pytest.mark.only_on("sqlite")
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(app, eva, wrong, status, sentence):
    send(eva, NEW, **GERMAN)
    answer = send(eva, NL, **{**FORM, "name": "Winkel", **wrong})
    assert answer.status_code == status
    assert sentence in answer.text
    assert "Winkel" in answer.text or "name" in wrong
    assert changes(app, "store", 1) == []


@pytest.mark.only_on("sqlite")
def test_whoever_saves_late_reads_what_changed(app, eva):
    ben = admin(app, "ben@brushwood.example")
    send(eva, NL, **{**FORM, "currency": "GBP"})
    late = send(ben, NL, **{**FORM, "name": "Winkel"})
    assert late.status_code == 409
    assert re.search(r">EUR</td><td[^>]*>GBP</td>", late.text)
    assert 'value="Winkel"' in late.text


@pytest.mark.only_on("sqlite")
def test_unknown_stores(eva):
    assert eva.get("/admin/stores/99").status_code == 404
    assert send(eva, "/admin/stores/99", **FORM).status_code == 404
    assert send(eva, "/admin/stores/99", **{**FORM, "try": "yes"}).status_code == 404


@pytest.mark.only_on("sqlite")
def test_names_are_shown_as_text(eva):
    send(eva, NL, **{**FORM, "name": "<script>alert(1)</script>"})
    assert "<script>alert" not in eva.get("/admin/stores").text + eva.get(NL).text + eva.get("/admin/suppliers/1").text


@pytest.mark.only_on("sqlite")
def test_however_many_stores_the_store_is_asked_as_often(app, eva):
    few = queries_for(app, eva, "/admin/stores")
    for number in range(5):
        send(eva, NEW, **{**FORM, "code": f"S{number}", "order_pattern": rf"S{number}-\d{{4}}"})
    assert queries_for(app, eva, "/admin/stores") == few <= 7
