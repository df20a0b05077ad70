"""Who is let in, how fast, and that everything that goes wrong is a problem in one form."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from tests.web.api.programs import ANNA, LI, Program, line_of, of_staff, of_workshop, person, program
from tests.web.visitors import OTHER_WORKSHOP, WORKSHOP, contents, signed_in
from widget import people
from widget.credentials import ApiToken, api_tokens
from widget.db import db, utcnow
from widget.people import Role
from widget.web.api import pace
from widget.web.api.door import OPERATIONS
from widget.web.api.refusals import KINDS

PROBLEM = "application/problem+json"
BODIES = {"lines_POST": {"order_name": "NL10423", "type": "sold_out", "problem": "x"}, "comments_POST": {"text": "x"}}


def revoke_person(app, email: str) -> None:
    with app.app_context():
        people.get_person(email).revoked_at = utcnow()
        db.session.commit()


def only_token(app) -> ApiToken:
    with app.app_context():
        return db.session.scalars(select(ApiToken)).one()


def refused(answer, status: int, kind: str) -> str:
    """The detail, once the form is right."""
    assert (answer.status_code, answer.mimetype) == (status, PROBLEM), answer.text
    told = answer.json
    assert told["type"].endswith(f"/api/docs#{kind}")
    assert (told["title"], told["status"]) == (KINDS[kind].title, status)
    assert ("instance" in told) == (status != 404)
    return str(told["detail"])


@pytest.mark.only_on("sqlite")
def test_without_a_token_that_works_nobody_gets_in(app):
    client = app.test_client()
    before = contents(app)
    unknown = "Bearer sd_" + "x" * 43
    for header in ("", "Bearer", "Bearer nonsense", unknown, "Basic c2Q6c2Q=", "Bearer ü", "sd_x", "Bearer a=b"):
        for operation in OPERATIONS.values():
            path = f"/api/v1{operation.path.replace('{reference}', 'P-1')}"
            body: dict[str, str] | None = None if operation.body is None else {}
            answer = client.open(path, method=operation.method, headers={"Authorization": header}, json=body)
            refused(answer, 401, "no-token")
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Supplier Desk"')
    assert contents(app) == before


def test_a_session_is_no_token(app):
    browser = signed_in(app)
    refused(browser.get("/api/v1/lines"), 401, "no-token")


def test_whoever_is_revoked_or_expired_is_out_with_the_next_request(app, staff):
    others = [of_workshop(app), of_workshop(app, OTHER_WORKSHOP)]
    assert [each.get("/types").status_code for each in (staff, *others)] == [200, 200, 200]
    with app.app_context():
        anna = people.get_person(ANNA)
        api_tokens.revoke(anna, api_tokens.tokens_of(anna)[0].id, by=anna.as_actor())
        db.session.commit()
    revoke_person(app, LI)
    refused(staff.get("/types"), 401, "no-token")
    refused(others[0].get("/types"), 401, "no-token")
    assert others[1].get("/types").status_code == 200
    with time_machine.travel(utcnow() + timedelta(days=90, seconds=1), tick=False):
        refused(others[1].get("/types"), 401, "no-token")


@pytest.mark.only_on("sqlite")
def test_a_token_does_only_what_its_scopes_name(app):
    reader = program(app, ANNA, "types:read")
    before = contents(app)
    for operation in OPERATIONS.values():
        if operation.scope == "types:read":
            continue
        path = operation.path.replace("{reference}", "P-1")
        answer = reader.ask(operation.method, path, BODIES.get(operation.name, {}) if operation.body else None)
        assert operation.scope in refused(answer, 403, "scope-missing")
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert reader.get("/types").status_code == 200
    assert {**contents(app), "api_tokens": 0} == {**before, "api_tokens": 0}


def test_a_token_follows_the_person_to_another_supplier(app, workshop, line):
    assert workshop.get(f"/lines/{line}").status_code == 200
    with app.app_context():
        person(LI, Role.SUPPLIER, OTHER_WORKSHOP)
        db.session.commit()
    assert workshop.get(f"/lines/{line}").status_code == 404


def test_its_use_is_noted_once_a_minute(app, staff):
    assert only_token(app).last_used_at is None
    now = utcnow()
    with time_machine.travel(now, tick=False) as clock:
        staff.get("/types")
        first = only_token(app).last_used_at
        clock.shift(59)
        staff.get("/types")
        assert only_token(app).last_used_at == first == now
        clock.shift(2)
        staff.post("/lines", BODIES["lines_POST"])
        assert only_token(app).last_used_at == now + timedelta(seconds=61)


@pytest.mark.only_on("sqlite")
def test_a_store_that_cannot_note_the_use_still_answers(app, staff):
    def fail(_connection, _cursor, statement, *_rest):
        if statement.startswith("UPDATE api_tokens"):
            raise OperationalError(statement, None, Exception("database is locked"))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", fail)
    try:
        assert staff.get("/types").status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", fail)


@pytest.mark.only_on("sqlite")
def test_a_store_that_does_not_answer_is_told_as_such(app, staff):
    def fail(_connection, _cursor, statement, *_rest):
        raise OperationalError(statement, None, Exception("database is locked"))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", fail)
    try:
        answer = staff.get("/types")
    finally:
        event.remove(engine, "before_cursor_execute", fail)
    refused(answer, 503, "busy")
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.only_on("sqlite")
def test_who_is_too_fast_waits_and_nobody_else_does(app, staff, workshop, monkeypatch):
    monkeypatch.setattr(pace, "AT_MOST", 3)
    assert [staff.get("/types").status_code for _ in range(3)] == [200] * 3
    answer = staff.get("/types")
    refused(answer, 429, "too-fast")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert workshop.get("/types").status_code == 200
    monkeypatch.setattr(pace, "WINDOW_SECONDS", 0.0)
    assert staff.get("/types").status_code == 200


@pytest.mark.only_on("sqlite")
def test_what_is_no_json_is_refused(staff, line):
    headers = {"Authorization": f"Bearer {staff.secret}", "Content-Type": "application/json"}
    for value, said in (
        (b"", "not JSON"),
        (b"NaN", "NaN"),
        (b"-Infinity", "Infinity"),
        (b'"a", "text": "b"', "twice"),
        (b'"\xff"', "not JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "deep"),
        (b"[" * 9 + b"]" * 9, "deep"),
        (b"9" * 10_000, "not JSON"),
    ):
        sent = b'{"text": %b}' % value
        answer = staff.client.post(f"/api/v1/lines/{line}/comments", data=sent, headers=headers)
        assert said in refused(answer, 400, "bad-request")


@pytest.mark.only_on("sqlite")
def test_bodies_of_another_kind_or_size_are_refused(staff, line):
    at = f"/api/v1/lines/{line}/comments"
    headers = {"Authorization": f"Bearer {staff.secret}"}
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/xml"):
        refused(staff.client.post(at, data="{}", content_type=kind, headers=headers), 415, "not-json")
    assert staff.post(f"/lines/{line}/comments", {"text": "x" * 70_000}).status_code == 413
    refused(staff.post(f"/lines/{line}/comments", {"text": "x" * 70_000}), 413, "too-large")
    with_charset = {**headers, "Content-Type": "application/json; charset=utf-8"}
    assert staff.client.post(at, data=b'{"text": "x"}', headers=with_charset).status_code == 201


@pytest.mark.only_on("sqlite")
def test_a_body_in_pieces_is_read_to_its_end_or_not_at_all(staff, line):
    for filling, status in (("", 201), (" " * 70_000, 413)):
        answer = staff.client.post(
            f"/api/v1/lines/{line}/comments",
            input_stream=BytesIO(b'{"text": "x"}' + filling.encode()),
            headers={"Authorization": f"Bearer {staff.secret}", "Content-Type": "application/json"},
            environ_overrides={"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
        )
        assert answer.status_code == status


def test_signs_that_no_store_keeps_are_left_out(staff, line):
    made = staff.post(f"/lines/{line}/comments", {"text": "a\x00b\ud800c \U0001f600"})
    assert made.json["text"] == "abc \U0001f600"


@pytest.mark.only_on("sqlite")
def test_addresses_and_methods_that_there_are_not(staff, line):
    for path in ("/nothing", "/lines/", "/lines/P-1/pictures", ""):
        refused(staff.get(path), 404, "not-found")
    answer = staff.ask("DELETE", f"/lines/{line}")
    refused(answer, 405, "method")
    assert {"GET", "PATCH"} <= set(answer.headers["Allow"].split(", "))
    refused(staff.ask("POST", "/types", {}), 405, "method")


@pytest.mark.only_on("sqlite")
def test_head_and_options_behave(app, staff, line):
    whole = staff.get(f"/lines/{line}")
    head = staff.ask("HEAD", f"/lines/{line}")
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", whole.headers["ETag"])
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    options = app.test_client().options(f"/api/v1/lines/{line}")
    assert (options.status_code, options.data) == (204, b"")
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PATCH"}
    assert "Access-Control-Allow-Origin" not in options.headers


@pytest.mark.only_on("sqlite")
def test_answers_are_kept_by_nobody_and_called_by_our_name(staff):
    answer = staff.get("/lines")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/json", "no-store")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    refused(staff.get("/lines", Host="elsewhere.example"), 400, "bad-request")


@pytest.mark.only_on("sqlite")
def test_reading_changes_nothing(app, staff, workshop, line):
    for each in (staff, workshop):
        each.get("/types")
    before = contents(app)
    for each in (staff, workshop):
        for path in (
            "/lines",
            f"/lines/{line}",
            f"/lines/{line}/comments",
            f"/lines/{line}/history",
            "/types",
            "/claims",
        ):
            each.get(path)
    assert contents(app) == before


def test_a_defect_is_told_without_a_word_of_what_it_was(app, staff, monkeypatch, caplog):
    def fall(*_rest):
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("widget.web.api.finding.page", fall)
    answer = staff.get("/lines")
    refused(answer, 500, "defect")
    assert "secret reason" not in answer.text
    assert "api.lines_GET" in caplog.text


def test_programs_of_both_sides_work_on_one_line(app):
    """From the report to the end, as the two sides' software would."""
    supplier, shop = of_workshop(app, WORKSHOP), of_staff(app)
    assert isinstance(shop, Program)
    made = supplier.post("/lines", {**BODIES["lines_POST"], "problem": "which size?"}).json["reference"]
    (seen,) = shop.get("/lines?turn=customer_service").json["items"]
    assert seen["reference"] == made
    shop.patch(f"/lines/{made}", {"informed_customer": True})
    shop.post(f"/lines/{made}/comments", {"text": "40 x 60"})
    (waiting,) = supplier.get("/lines?turn=supplier").json["items"]
    assert waiting["comment_cs"] == "40 x 60"
    supplier.patch(f"/lines/{made}", {"handled": True})
    assert shop.get("/lines").json["items"] == []
    assert line_of(app, WORKSHOP, order="NL55555") != made
