"""Sent twice, done once: Idempotency-Key."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import insert, select

from tests.web.api.programs import WORKSHOP, Program, of_workshop
from tests.web.visitors import contents
from widget.credentials import ApiAnswer, api_answers
from widget.db import db, utcnow
from widget.problems import Problem

REPORT = {"order_name": "NL10423", "type": "sold_out", "problem": "the frame is sold out"}


def changed(app: Any) -> dict[str, Any]:
    """Everything but when a token was used."""
    return {**contents(app), "api_tokens": 0}


def test_the_same_again_gets_the_same_answer_and_does_nothing(app, workshop):
    first = workshop.post("/lines", REPORT, Idempotency_Key="k-1")
    before = changed(app)
    again = workshop.post("/lines", dict(reversed(REPORT.items())), Idempotency_Key="k-1")
    assert (again.status_code, again.data) == (201, first.data)
    for header in ("Location", "ETag", "Content-Type"):
        assert again.headers[header] == first.headers[header]
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert changed(app) == before


def test_comments_too(app, workshop, line):
    answers = [workshop.post(f"/lines/{line}/comments", {"text": "ok"}, Idempotency_Key="k") for _ in range(3)]
    assert {answer.data for answer in answers} == {answers[0].data}
    assert len(workshop.get(f"/lines/{line}/comments").json["items"]) == 1
    without = workshop.post(f"/lines/{line}/comments", {"text": "ok"})
    assert without.json["id"] != answers[0].json["id"]


def test_a_key_belongs_to_one_request(app, workshop, line):
    workshop.post("/lines", REPORT, Idempotency_Key="k")
    before = changed(app)
    for path, body in (("/lines", {**REPORT, "problem": "another"}), (f"/lines/{line}/comments", {"text": "x"})):
        answer = workshop.post(path, body, Idempotency_Key="k")
        assert answer.status_code == 422
        assert answer.json["type"].endswith("#key-reused")
    assert changed(app) == before


def test_a_key_says_nothing_to_another_token(app, workshop, stranger):
    workshop.post("/lines", REPORT, Idempotency_Key="k")
    assert "P-" not in stranger.post("/lines", REPORT, Idempotency_Key="k").text
    other = {**REPORT, "problem": "ours"}
    assert stranger.post("/lines", other, Idempotency_Key="k").json["supplier"] == "Xiamen Studio"
    assert of_workshop(app).post("/lines", other, Idempotency_Key="k").status_code == 409


def test_what_was_refused_may_be_corrected_under_its_key(workshop, line):
    at = f"/lines/{line}"
    workshop.patch(at, {"handled": True})
    assert workshop.post(f"{at}/comments", {"text": "x"}, Idempotency_Key="k").status_code == 409
    workshop.patch(at, {"handled": False})
    assert workshop.post(f"{at}/comments", {"text": "x"}, Idempotency_Key="k").status_code == 201


def test_after_a_day_a_key_is_forgotten(app, workshop, line):
    at = f"/lines/{line}/comments"
    workshop.post(at, {"text": "x"}, Idempotency_Key="k")
    workshop.post(at, {"text": "y"}, Idempotency_Key="other")
    with time_machine.travel(utcnow() + timedelta(hours=24, seconds=1), tick=False):
        assert workshop.post(at, {"text": "z"}, Idempotency_Key="k").status_code == 201
        with app.app_context():
            api_answers.forget_old()
            db.session.commit()
            assert list(db.session.scalars(select(ApiAnswer.key))) == ["k"]


@pytest.mark.only_on("sqlite")
def test_keys_have_a_form(workshop):
    for key in ("", "a b", "ü", "x" * 201):
        answer = workshop.post("/lines", REPORT, Idempotency_Key=key)
        assert answer.status_code == 422
        assert [(error["in"], error["name"]) for error in answer.json["errors"]] == [("header", "Idempotency-Key")]


def test_many_at_once_do_it_once(app, workshop):
    programs = [Program(app.test_client(), workshop.secret) for _ in range(6)]
    answers: list[Any] = []
    ready = threading.Barrier(len(programs))

    def send(program: Program) -> None:
        ready.wait()
        answers.append(program.post("/lines", REPORT, Idempotency_Key="k"))

    threads = [threading.Thread(target=send, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert len([answer for answer in answers if "Idempotency-Replayed" not in answer.headers]) == 1
    with app.app_context():
        assert len(db.session.scalars(select(Problem)).all()) == 1


def test_while_the_first_is_not_done_the_second_is_told_so(app, workshop):
    """PostgreSQL knows which request is in the way; SQLite has one writer, and only knows that it is busy."""
    workshop.get("/types")
    with app.app_context():
        engine, is_sqlite = db.engine, db.engine.dialect.name == "sqlite"
    row = {"token_id": 1, "key": "k", "fingerprint": "f", "status": 0, "body": "", "location": "", "etag": ""}
    with engine.connect() as first:
        first.execute(insert(ApiAnswer), row)
        answer = workshop.post("/lines", REPORT, Idempotency_Key="k")
        first.rollback()
    assert answer.status_code == (503 if is_sqlite else 409)
    assert answer.json["type"].endswith("#busy" if is_sqlite else "#in-flight")
    assert answer.headers["Retry-After"] == "2"
    assert workshop.post("/lines", REPORT, Idempotency_Key="k").status_code == 201
    assert workshop.get("/lines").json["items"][0]["supplier"] == WORKSHOP
