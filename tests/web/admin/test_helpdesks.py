"""Helpdesks on the admin side: keys that never come back, tests the worker does, and how each one is, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.visitors import FROM_OUR_PAGE, link_of, queries_for, signed_in
from widget import helpdesks, history, outbox
from widget.db import db, utcnow
from widget.outbox import Account, Lane, accounts
from widget.people import Role
from widget.stores import ConnectionCheck, Helpdesk

NEW, ONE = "/admin/helpdesks/new", "/admin/helpdesks/1"
FORM = {
    "name": "main",
    "url": "http://127.0.0.1:1",
    "email": "desk@brushwood.example",
    "calls_allowed": "40",
    "calls_period_seconds": "20",
}
SECRET = "a-very-secret-key"


def send(client, path, **form):
    return client.post(path, data=form, headers=FROM_OUR_PAGE)


def desk(app, number=1):
    with app.app_context():
        return db.session.get_one(Helpdesk, number)


def change(app, **values):
    with app.app_context():
        for name, value in values.items():
            setattr(db.session.get_one(Helpdesk, 1), name, value)
        db.session.commit()


def test_a_helpdesk_is_added_and_its_key_never_shown_again(app, eva, caplog):
    wrong = send(eva, NEW, **{**FORM, "name": "second", "url": "acme", "api_key": SECRET})
    assert wrong.status_code == 409
    assert "is no address" in wrong.text
    assert 'value="second"' in wrong.text
    made = send(eva, NEW, **{**FORM, "name": "second", "url": "https://acme.gorgias.com/", "api_key": SECRET})
    page = eva.get(made.headers["Location"])
    assert "“second” is added" in page.text
    kept = desk(app, 2)
    assert (kept.url, kept.calls_allowed, kept.version) == ("https://acme.gorgias.com", 40, 1)
    assert app.extensions["box"].open(kept.api_key_sealed) == SECRET
    for text in (wrong.text, page.text, eva.get("/admin/helpdesks").text, caplog.text, kept.api_key_sealed):
        assert SECRET not in text
    with app.app_context():
        assert SECRET not in str([(row.old, row.new) for row in history.of("helpdesk", 2)])


def test_an_empty_key_keeps_the_one_there_is_and_a_new_one_tries_what_waits(app, eva):
    before = desk(app).api_key_sealed
    with app.app_context():
        outbox.enqueue("gorgias.tags", lane="gorgias:1:9001", account="gorgias:1", payload={"ticket_id": 9001})
        accounts.open_breaker(accounts.lock("gorgias:1"), "No key (401)", utcnow(), 60)
        db.session.get_one(Lane, "gorgias:1:9001").due_at = utcnow() + timedelta(hours=1)
        db.session.commit()
    assert send(eva, ONE, **FORM, version=1).status_code == 303
    assert desk(app).api_key_sealed == before
    with app.app_context():
        assert db.session.get_one(Account, "gorgias:1").probe_at is not None
        assert history.of("helpdesk", 1) == []
    send(eva, ONE, **{**FORM, "calls_allowed": "80"}, api_key=SECRET, version=1)
    with app.app_context():
        account = db.session.get_one(Account, "gorgias:1")
        assert (account.probe_at, account.calls_allowed) == (None, 80)
        due_at = db.session.get_one(Lane, "gorgias:1:9001").due_at
        assert due_at is not None
        assert due_at <= utcnow()
        told = {(row.field, row.old, row.new, row.actor) for row in history.of("helpdesk", 1)}
    assert told == {("calls_allowed", "40", "80", "Eva"), ("api_key", "", "stored", "Eva")}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("wrong", "status", "sentence"),
    [
        ({"name": ""}, 422, "Give the helpdesk a name."),
        ({"calls_allowed": "0"}, 422, "whole number from 1 to 10,000"),
        ({"calls_period_seconds": "soon"}, 422, "whole number from 1 to 10,000"),
        ({"email": "nobody"}, 409, "is no e-mail address"),
        ({"url": "ftp://x"}, 409, "is no address"),
        ({"url": "http://[::1"}, 409, "is no address"),
        ({"url": "https://x.example:port"}, 409, "is no address"),
        ({"name": "other"}, 409, "There is already a helpdesk"),
    ],
)
def test_what_is_wrong_is_said_and_everything_typed_but_the_key_stays(app, eva, wrong, status, sentence):
    send(eva, NEW, **{**FORM, "name": "other", "api_key": "k"})
    page = send(eva, ONE, **{**FORM, "email": "changed@brushwood.example", **wrong}, api_key=SECRET, version=1)
    assert page.status_code == status
    assert sentence in page.text
    assert wrong.get("email", "changed@brushwood.example") in page.text
    assert SECRET not in page.text
    assert desk(app).version == 1


def test_a_late_save_is_told_who_changed_what(app, eva):
    ben = signed_in(app, link_of(app, "ben@brushwood.example", Role.ADMIN))
    send(ben, ONE, **{**FORM, "email": "new@brushwood.example"}, version=1)
    late = send(eva, ONE, **{**FORM, "name": "Brushwood"}, version=1)
    assert late.status_code == 409
    assert "Ben changed this" in late.text
    assert "new@brushwood.example" in late.text
    assert 'value="Brushwood"' in late.text
    assert send(eva, ONE, **{**FORM, "name": "Brushwood"}, version=2).status_code == 303


@pytest.mark.only_on("sqlite")
def test_a_key_goes_to_no_other_address_than_the_one_it_was_pasted_for(app, eva):
    answer = send(eva, ONE, **{**FORM, "url": "https://mistyped.example"}, version=1)
    assert answer.status_code == 409
    assert "Paste the API key" in answer.text
    assert desk(app).version == 1
    answer = send(eva, ONE, **{**FORM, "url": "https://mistyped.example"}, api_key=SECRET, version=1)
    assert answer.status_code == 303


@pytest.mark.only_on("sqlite")
def test_unknown_helpdesks_and_tests_are_not_found(eva):
    assert eva.get("/admin/helpdesks/77").status_code == 404
    assert send(eva, "/admin/helpdesks/77", **FORM).status_code == 404
    assert send(eva, "/admin/helpdesks/77/checks", kind="check").status_code == 404
    assert eva.get("/admin/helpdesks/77/state").status_code == 404
    assert send(eva, f"{ONE}/checks", kind="delete everything").status_code == 404


def test_a_test_is_asked_for_once_and_its_findings_are_told_in_words(app, eva):
    for _ in range(2):
        assert send(eva, f"{ONE}/checks", kind="check").status_code == 303
    assert send(eva, f"{ONE}/checks", kind="install").status_code == 409
    waiting = eva.get(f"{ONE}/state").text
    assert "Waiting for the worker." in waiting
    assert 'hx-trigger="every 2s"' in waiting
    with app.app_context():
        (check,) = db.session.query(ConnectionCheck).all()
        assert check.asked_by == "Eva"
        check.asked_at -= timedelta(seconds=20)
        db.session.commit()
    assert "No worker has taken it yet. Is `flask worker` running?" in eva.get(f"{ONE}/state").text
    with app.app_context():
        taken = helpdesks.take()
        assert taken is not None
        assert taken.begun_at is not None
        db.session.commit()
        assert "Gorgias is being asked." in eva.get(ONE).text
        values = {"email": "<script>alert(1)</script>", "url": "http://127.0.0.1:1"}
        found = [
            {"check": "key", "ok": False, "words": "refused_401", "values": values},
            {"check": "supplier", "ok": False, "words": "nobody_to_tag", "values": {**values, "supplier": "Dafen"}},
            {"check": "what", "ok": False, "words": "nobody knows", "values": {}},
        ]
        assert helpdesks.finish(taken.id, taken.begun_at, found)
        db.session.commit()
    page = eva.get(ONE).text
    assert "Gorgias does not accept our e-mail address and API key." in page
    assert "Make a new key in Gorgias" in page
    assert "Something went wrong on our side." in page
    assert "flask" not in page
    assert "<script>alert" not in page
    assert "every 2s" not in page
    press = eva.post(f"{ONE}/checks", data={"kind": "check"}, headers={**FROM_OUR_PAGE, "HX-Request": "true"})
    assert press.status_code == 200
    assert press.text.lstrip().startswith("<div id")


@pytest.mark.only_on("sqlite")
def test_how_a_helpdesk_is_is_said_in_words(app, eva):
    def says(*sentences, **values):
        change(app, **values)
        page = eva.get(ONE).text
        for sentence in sentences:
            assert sentence in page

    now = utcnow()
    says("The widget is not installed yet.", "Gorgias has never called us.", "Gorgias takes what we send.")
    says("It is not known whether", integration_id=5)
    says("switched off, or deleted", is_active=False, looked_at=now)
    says("We switched it on again 2 times today.", is_active=True, revived_on=now.date(), revived=2)
    says("Gorgias last called just now.", "The last call from Gorgias went well.", called_at=now)
    says("the integration may be switched off", called_at=now - timedelta(days=4))
    says("The last 9 calls failed: it did not show our secret.", failures=9, failure="401")
    says("At 100 in a row Gorgias switches the integration off.", "state watch", failures=10)
    says("The last 50 calls failed: our store was busy.", "state bad", failures=50, failure="503")
    with app.app_context():
        accounts.open_breaker(accounts.lock("gorgias:1"), "Gorgias does not accept our key (401).", now, 60)
        db.session.commit()
    says("Nothing is sent since just now: Gorgias does not accept our e-mail address and API key.")
    assert "Not working" in eva.get("/admin/helpdesks").text


@pytest.mark.only_on("sqlite")
def test_the_list_asks_as_much_for_many_helpdesks_as_for_one(app, eva):
    few = queries_for(app, eva, "/admin/helpdesks")
    for number in range(5):
        send(eva, NEW, **{**FORM, "name": f"desk {number}", "api_key": "k"})
    assert queries_for(app, eva, "/admin/helpdesks") == few


@pytest.mark.only_on("sqlite")
def test_without_helpdesks_the_list_says_how_one_gets_here(app, client):
    with app.app_context():
        for statement in ("supplier_stores", "stores", "helpdesk_users", "helpdesks"):
            db.session.execute(db.text(f"DELETE FROM {statement}"))
        db.session.commit()
    page = signed_in(app, link_of(app, "eva@brushwood.example", Role.ADMIN)).get("/admin/helpdesks")
    assert "There is no helpdesk yet." in page.text
