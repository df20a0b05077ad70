"""One's own page: what it shows, what can be changed there, and what is refused without losing what was typed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories
from tests.web.test_signin_by_password import sign_in
from tests.web.visitors import (
    FROM_OUR_PAGE,
    contents,
    counted_queries,
    give_password,
    link_of,
    painter_link,
    signed_in,
    world,
)
from widget import people, stores
from widget.credentials import SignIn
from widget.db import db, utcnow
from widget.people import Role, get_person

ANNA, BEN = "anna@brushwood.example", "ben@brushwood.example"
GOOD, OTHER = "correct horse battery", "staple hat umbrella"
NEXT_WEEK = {"first_day": "2026-12-01", "last_day": "2026-12-05"}

on_one = pytest.mark.only_on("sqlite")


@pytest.fixture
def app(app: Flask) -> Flask:
    """With three shops, and Ben beside Anna."""
    world(app)
    with app.app_context():
        for code in ("DE", "FR"):
            factories.store(stores.get_helpdesk("main"), code, rf"{code}\d{{5}}")
        people.add_person(BEN, name="Ben Okafor", roles={Role.AGENT}, supplier=None)
        db.session.commit()
    return app


@pytest.fixture
def anna(app: Flask) -> FlaskClient:
    """Anna, signed in by link."""
    return signed_in(app)


def send(client: FlaskClient, where: str, **typed: Any) -> TestResponse:
    return client.post(f"/account{where}", headers=FROM_OUR_PAGE, data=typed)


def number_of(app: Flask, email: str) -> int:
    with app.app_context():
        return get_person(email).id


def sessions(app: Flask) -> list[SignIn]:
    with app.app_context():
        return list(db.session.scalars(select(SignIn).order_by(SignIn.id)))


def told(answer: TestResponse) -> str:
    """The page without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


# Who sees what


def test_the_page_says_who_one_is_and_where_one_is_signed_in(app, anna):
    give_password(app, ANNA, GOOD)
    agent = {**FROM_OUR_PAGE, "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Gecko Firefox/140.0"}
    other = app.test_client()
    assert sign_in(other, headers=agent).status_code == 303
    page = told(other.get("/account"))
    for words in (
        ANNA,
        "Agent",
        "Firefox on Mac This one 127.0.0.1",
        "by password",
        "by link",
        "Last changed: just now",
    ):
        assert words in page
    assert page.count("This one") == 1


def test_it_takes_the_same_queries_however_much_it_shows(app, anna):
    counts = []
    for more in range(2):
        for number in range(4 * more):
            signed_in(app, link_of(app, f"extra{number}@brushwood.example"))
            with app.app_context():
                day = utcnow().date() + timedelta(days=number)
                someone = get_person(ANNA)
                people.add_absence(someone, day, day, get_person(BEN), by=someone.as_actor())
                db.session.commit()
        with counted_queries(app) as statements:
            assert anna.get("/account").status_code == 200
        counts.append(len(statements))
    assert counts == [9, 9]


@on_one
def test_only_staff_have_one(app, client):
    painter = signed_in(app, painter_link(app))
    before = contents(app)
    assert client.get("/account").status_code == 401
    assert painter.get("/account").location == "/"
    for where in ("/password", "/stores", "/absences", "/absences/1/remove", "/sessions/1/end", "/sessions/end-others"):
        assert send(client, where, new=GOOD).status_code == 401
        assert send(painter, where, new=GOOD).location == "/"
        assert signed_in(app, link_of(app, BEN)).post(f"/account{where}", data={"new": GOOD}).status_code == 403
    after = contents(app)
    for table in ("passwords", "absences", "person_stores"):
        assert before[table] == after[table] == []


# The password


def test_a_password_is_chosen_once_signed_in_by_link(app, anna):
    answer = send(anna, "/password", new=GOOD)
    assert (answer.status_code, answer.location) == (303, "/account?done=password")
    assert "Your password is saved. Everywhere else you are signed out." in told(anna.get(answer.location))
    assert sign_in(app.test_client()).status_code == 303


def test_changing_it_ends_the_other_sessions_and_needs_the_old_one_later(app, anna):
    give_password(app, ANNA, GOOD)
    other = app.test_client()
    sign_in(other)
    assert "Password until now" not in anna.get("/account").text
    assert "Password until now" in other.get("/account").text
    for old in ("", OTHER):
        refused = send(other, "/password", new=OTHER, old=old)
        assert refused.status_code == 409
        assert "This is not your password." in refused.text
        assert OTHER not in refused.text
    assert send(other, "/password", new=OTHER, old=GOOD).status_code == 303
    assert anna.get("/account").status_code == 401
    assert sign_in(app.test_client()).status_code == 401
    assert sign_in(app.test_client(), password=OTHER).status_code == 303


@on_one
def test_a_password_that_will_not_do_says_why(app, anna):
    before = contents(app)
    for typed, status, words in (
        ({}, 422, "Write the new password."),
        ({"new": ""}, 422, "Write the new password."),
        ({"new": "too short"}, 409, "Use at least 12 characters."),
        ({"new": ANNA}, 409, "the first that others would try"),
    ):
        answer = send(anna, "/password", **typed)
        assert answer.status_code == status
        assert words in told(answer)
    assert contents(app) == before


@on_one
def test_whoever_sits_at_somebodys_desk_may_not_guess_for_long(app, anna):
    give_password(app, ANNA, GOOD)
    with time_machine.travel(utcnow() + timedelta(hours=2), tick=True):
        answers = [send(anna, "/password", new=OTHER, old=f"wrong {number}") for number in range(6)]
        assert [answer.status_code for answer in answers] == [409] * 5 + [429]
        assert "Try again in 15 minutes" in told(answers[-1])
        assert int(answers[-1].headers["Retry-After"]) > 800
        assert send(anna, "/password", new=OTHER, old=GOOD).status_code == 429
        assert sign_in(app.test_client()).status_code == 303


# Sessions


def test_a_session_is_ended_from_another_browser(app, anna):
    give_password(app, ANNA, GOOD)
    other, third = app.test_client(), app.test_client()
    sign_in(other)
    sign_in(third)
    numbers = [row.id for row in sessions(app)]
    answer = send(anna, f"/sessions/{numbers[1]}/end")
    assert "That browser is signed out." in told(anna.get(answer.location))
    assert send(anna, f"/sessions/{numbers[1]}/end").status_code == 303
    assert [client.get("/account").status_code for client in (anna, other, third)] == [200, 401, 200]
    assert send(third, "/sessions/end-others").status_code == 303
    assert [client.get("/account").status_code for client in (anna, other, third)] == [401, 401, 200]
    send(third, f"/sessions/{numbers[2]}/end")
    assert third.get("/account").status_code == 401


@on_one
def test_sessions_of_others_are_as_unknown_as_those_that_are_not(app, anna):
    signed_in(app, link_of(app, BEN))
    before = contents(app)
    of_ben = sessions(app)[-1].id
    answers = [send(anna, f"/sessions/{number}/end") for number in (of_ben, 999, 2**63 - 1, 2**63)]
    assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}
    assert contents(app) == before


# Stores and absences


def test_the_stores_one_looks_after_are_ticked(app, anna):
    assert anna.get("/account").text.count(" checked") == 0
    assert send(anna, "/stores", stores=["2", "3"]).location == "/account?done=stores"
    assert anna.get("/account").text.count(" checked") == 2
    for wrong in ("99", "x", "-1", str(2**70)):
        assert send(anna, "/stores", stores=["1", wrong]).status_code == 404
    assert anna.get("/account").text.count(" checked") == 2
    assert send(anna, "/stores").status_code == 303
    assert anna.get("/account").text.count(" checked") == 0


@time_machine.travel("2026-11-24T10:00:00Z", tick=True)
def test_an_absence_is_added_removed_and_put_back(app):
    anna = signed_in(app)
    answer = send(anna, "/absences", **NEXT_WEEK, cover=number_of(app, BEN))
    page = told(anna.get(answer.location))
    assert "Your absence is noted." in page
    assert "1–5 Dec 2026 Ben Okafor Remove" in page
    removed = anna.get(send(anna, "/absences/1/remove").location)
    assert "The absence is removed. Undo" in told(removed)
    assert "1–5 Dec 2026" not in removed.text
    again = dict(re.findall(r'<input type="hidden" name="(first_day|last_day|cover)" value="([^"]*)"', removed.text))
    send(anna, "/absences", **again)
    assert "1–5 Dec 2026 Ben Okafor" in told(anna.get("/account"))


@on_one
@time_machine.travel("2026-11-24T10:00:00Z", tick=True)
def test_days_that_do_not_work_come_back_as_they_were_typed(app):
    anna = signed_in(app)
    send(anna, "/absences", **NEXT_WEEK)
    before = contents(app)
    for typed, status, words in (
        ({}, 422, "Choose the first day."),
        ({"first_day": "soon", "last_day": "2026-12-05"}, 422, "Choose the first day."),
        ({"first_day": "2026-12-05", "last_day": "2026-12-01"}, 409, "The last day is before the first."),
        (NEXT_WEEK, 409, "Anna is already away 2026-12-01 – 2026-12-05."),
        ({"first_day": "2027-01-04", "last_day": "2027-01-05", "cover": "99"}, 409, "Choose again who covers"),
    ):
        answer = send(anna, "/absences", **typed)
        assert answer.status_code == status
        assert words in told(answer)
        for typed_in in typed.values():
            assert typed_in == "99" or f'value="{typed_in}"' in answer.text
    assert contents(app) == before


@on_one
def test_absences_of_others_are_not_there(app, anna):
    send(anna, "/absences", first_day=f"{utcnow():%Y-%m-%d}", last_day=f"{utcnow():%Y-%m-%d}")
    ben = signed_in(app, link_of(app, BEN))
    before = contents(app)
    answers = [send(ben, f"/absences/{number}/remove") for number in (1, 2, 2**63)]
    assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}
    assert contents(app) == before
