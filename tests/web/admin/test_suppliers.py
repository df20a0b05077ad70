"""Suppliers on the admin side: what they are called, which stores they paint for, when they work."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.web.admin.worlds import admin, changes, find, send
from tests.web.visitors import add_lines, painter_link, queries_for, signed_in
from widget import calendars, people
from widget.db import db, utcnow
from widget.people import Side
from widget.problems import Problem

DAFEN = "/admin/suppliers/1"
FORM = {"name": "Dafen Art", "locale": "zh", "timezone": "Asia/Shanghai", "stores": [1], "mention": "", "version": 1}
HOURS = {"working_days": [1, 2, 3, 4, 5, 6], "opens": "08:30", "closes": "17:00", "version": 1}


def due(app, line):
    with app.app_context():
        return db.session.scalar(select(Problem.due_at).where(Problem.id == line))


def painters(app, store=1):
    with app.app_context():
        return [supplier.name for supplier in people.painters_of(store)]


def test_a_new_supplier_paints_for_its_stores(app, eva):
    new = {**FORM, "name": "Lijiang Brush", "mention": "li@nowhere.example"}
    answer = send(eva, "/admin/suppliers/new", **new)
    page = eva.get(answer.headers["Location"]).text
    assert "Lijiang Brush is added. Invite somebody who works there next." in page
    assert "no user of main" in page
    assert painters(app) == ["Dafen Art", "Xiamen Studio", "Lijiang Brush"]
    assert ("stores", "", "NL", "Eva") in changes(app, "supplier", 3)
    assert (
        "NL10423" in signed_in(app, painter_link(app, "Lijiang Brush")).get("/supplier/order?number=NL10423").text or 1
    )


def test_changes_are_in_the_history(app, eva):
    with app.app_context():
        factories.store(people.stores_of(1)[0].helpdesk, "DE", r"DE\d{5}")
        db.session.commit()
    form = {**FORM, "name": "Dafen", "locale": "en", "stores": [1, 2], "mention": "Ben@brushwood.example"}
    assert send(eva, DAFEN, **form).status_code == 303
    told = changes(app, "supplier", 1)
    assert ("name", "Dafen Art", "Dafen", "Eva") in told
    assert ("stores", "NL", "DE, NL", "Eva") in told
    assert ("mention_email", "liwei@dafen.example", "ben@brushwood.example", "Eva") in told
    assert "DE12345" in signed_in(app, painter_link(app, "Dafen")).get("/supplier").text or painters(app, 2) == [
        "Dafen"
    ]


@pytest.mark.parametrize(
    ("wrong", "status", "sentence"),
    [
        ({"name": ""}, 422, "Write the name."),
        ({"locale": "xx"}, 422, "Choose a language."),
        ({"timezone": "Asia/Dafen"}, 422, "Choose a time zone from the list, e.g. Asia/Shanghai."),
        ({"name": "xiamen STUDIO"}, 409, "There is a supplier “Xiamen Studio” already."),
        ({"mention": "nobody"}, 409, "&#39;nobody&#39; is no e-mail address."),
    ],
)
@pytest.mark.only_on("sqlite")
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(app, eva, wrong, status, sentence):
    answer = send(eva, DAFEN, **{**FORM, "mention": "liwei@dafen.example", **wrong})
    assert answer.status_code == status
    assert sentence in answer.text
    assert 'value="liwei@dafen.example"' in answer.text or "mention" in wrong
    assert changes(app, "supplier", 1) == []


def test_a_store_with_open_lines_stays_with_its_supplier(app, eva):
    add_lines(app, 3)
    refused = send(eva, DAFEN, **{**FORM, "stores": []})
    assert refused.status_code == 409
    assert "Open lines of Shop NL still wait with this supplier: 3. Have them handled first." in refused.text
    assert painters(app) == ["Dafen Art", "Xiamen Studio"]
    assert send(eva, "/admin/suppliers/2", **{**FORM, "name": "Xiamen Studio", "stores": []}).status_code == 303
    assert painters(app) == ["Dafen Art"]


@pytest.mark.only_on("sqlite")
def test_whoever_saves_late_reads_what_changed(app, eva):
    ben = admin(app, "ben@brushwood.example")
    send(eva, DAFEN, **{**FORM, "name": "Dafen"})
    late = send(ben, DAFEN, **{**FORM, "name": "Da Fen"})
    assert late.status_code == 409
    assert re.search(r">Dafen Art</td><td[^>]*>Dafen</td>", late.text)
    assert 'value="Da Fen"' in late.text


def test_of_two_new_suppliers_with_one_name_added_at_once_one_is_refused(app, eva):
    ben = admin(app, "ben@brushwood.example")
    start, answers = Barrier(2, timeout=10), []

    def add(client):
        start.wait()
        answers.append(send(client, "/admin/suppliers/new", **{**FORM, "name": "Lijiang Brush"}))

    threads = [Thread(target=add, args=(client,)) for client in (eva, ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert any('value="Lijiang Brush"' in answer.text for answer in answers)


@pytest.mark.only_on("sqlite")
def test_the_list_says_whether_the_mentioned_user_is_found(app, eva):
    assert eva.get("/admin/suppliers").text.count(">found<") == 2
    send(eva, DAFEN, **{**FORM, "mention": "gone@dafen.example"})
    assert "no user of main" in eva.get("/admin/suppliers").text
    assert "gone@dafen.example is no active user of main" in eva.get(DAFEN).text


@pytest.mark.only_on("sqlite")
def test_working_hours_move_along_with_the_time_zone(app, eva):
    send(eva, DAFEN, **{**FORM, "timezone": "Asia/Tokyo"})
    with app.app_context():
        assert calendars.hours_of(1).timezone == "Asia/Tokyo"


def test_new_hours_and_holidays_reckon_waiting_lines_anew(app, eva):
    line = add_lines(app, 1, waiting_for=Side.SUPPLIER)[0]
    answer = send(eva, f"{DAFEN}/calendar", **HOURS)
    assert "The working hours of Dafen Art are saved." in eva.get(answer.headers["Location"]).text
    before = due(app, line)
    assert before is not None
    today = utcnow().date()
    typed = f"{today - timedelta(days=1)}..{today + timedelta(days=20)} Spring Festival"
    answer = send(eva, f"{DAFEN}/calendar/holidays", holidays=typed)
    page = eva.get(answer.headers["Location"]).text
    assert f"{today + timedelta(days=20)} Spring Festival" in page
    assert due(app, line) > before
    days = [today + timedelta(days=number) for number in range(-1, 21)]
    assert send(eva, f"{DAFEN}/calendar/holidays/remove", days=days).status_code == 303
    assert due(app, line) == before
    with app.app_context():
        assert calendars.hours_of(1).working_days == "123456"


def test_whoever_saves_hours_late_reads_what_changed(app, eva):
    ben = admin(app, "ben@brushwood.example")
    path = f"{DAFEN}/calendar"
    send(eva, path, **HOURS)
    send(eva, f"{path}/holidays", holidays="2099-01-29 Spring Festival")
    late = send(ben, path, **{**HOURS, "opens": "10:00"})
    assert late.status_code == 409
    assert "Eva changed this on" in late.text
    assert re.search(r">09:00</td><td[^>]*>08:30</td>", late.text)
    assert 'value="10:00"' in late.text
    version = find(r'name="version" value="(\d+)"', late.text)
    assert send(ben, path, **{**HOURS, "opens": "10:00", "version": version}).status_code == 303
    # Holidays that somebody added meanwhile are no reason to look again.
    send(eva, f"{path}/holidays", holidays="2099-01-30 Spring Festival")
    assert send(ben, path, **{**HOURS, "opens": "11:00", "version": int(version) + 1}).status_code == 303


def test_customer_service_has_hours_of_its_own(app, eva):
    with app.app_context():
        calendar = calendars.of_customer_service()
        version, known = calendar.version, calendar.id
    answer = send(eva, "/admin/calendar", **{**HOURS, "version": version}, timezone="Europe/Berlin")
    assert "The working hours of customer service are saved." in eva.get(answer.headers["Location"]).text
    assert ("opens", "09:00", "08:30", "Eva") in changes(app, "calendar", known)
    assert send(eva, "/admin/calendar/holidays", holidays="2099-04-27 King's Day").status_code == 303
    assert "2099-04-27 King&#39;s Day" in eva.get("/admin/calendar").text
    assert send(eva, "/admin/calendar/holidays/remove", days="2099-04-27").status_code == 303
    assert "King&#39;s Day" not in eva.get("/admin/calendar").text


@pytest.mark.parametrize(
    ("path", "form", "status", "sentence"),
    [
        ("", {**HOURS, "working_days": []}, 422, "Choose at least one working day."),
        ("", {**HOURS, "working_days": ["8"]}, 422, "Choose at least one working day."),
        ("", {**HOURS, "opens": ""}, 422, "Write a time, e.g. 09:00."),
        ("", {**HOURS, "opens": "late"}, 409, "“late” is no time. Write it like 09:00."),
        ("", {**HOURS, "closes": "07:00"}, 409, "Closing time has to be later than opening time"),
        ("/holidays", {"holidays": ""}, 422, "Write at least one day"),
        ("/holidays", {"holidays": "soon <b>"}, 409, "“soon &lt;b&gt;” is no holiday."),
        ("/holidays/remove", {}, 422, "Choose the holidays to remove."),
    ],
)
@pytest.mark.only_on("sqlite")
def test_impossible_hours_are_refused(eva, path, form, status, sentence):
    answer = send(eva, f"{DAFEN}/calendar{path}", **form)
    assert answer.status_code == status
    assert sentence in answer.text


@pytest.mark.only_on("sqlite")
def test_unknown_suppliers(eva):
    for path in ("/admin/suppliers/99", "/admin/suppliers/99/calendar"):
        assert eva.get(path).status_code == 404
    assert send(eva, "/admin/suppliers/99", **FORM).status_code == 404
    assert send(eva, "/admin/suppliers/99/calendar", **HOURS).status_code == 404


@pytest.mark.only_on("sqlite")
def test_names_are_shown_as_text(eva):
    send(eva, DAFEN, **{**FORM, "name": "<script>alert(1)</script>"})
    page = eva.get("/admin/suppliers").text + eva.get(f"{DAFEN}/calendar").text + eva.get("/admin/people").text
    assert "<script>alert" not in page


@pytest.mark.only_on("sqlite")
def test_however_many_suppliers_the_store_is_asked_as_often(app, eva):
    few = queries_for(app, eva, "/admin/suppliers")
    for number in range(5):
        send(eva, "/admin/suppliers/new", **{**FORM, "name": f"Workshop {number}"})
    assert queries_for(app, eva, "/admin/suppliers") == few <= 9
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(people.Supplier)) == 7
