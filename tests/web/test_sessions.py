"""Sessions: how long one lasts, what ends it, and what its cookie holds."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text, update

from tests.web.visitors import (
    FROM_OUR_PAGE,
    is_signed_in,
    link_of,
    painter_link,
    press_continue,
    session_cookie,
    signed_in,
    world,
)
from widget import credentials, people
from widget.credentials import IDLE, LONGEST, SignIn
from widget.db import db, utcnow
from widget.people import Person

BAD_SIGNATURE = "a" * 43


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


def change(app: Flask, model: type, **values: object) -> None:
    with app.app_context():
        db.session.execute(update(model).values(**values))
        db.session.commit()


def test_signing_out_ends_the_session_and_twice_is_fine(app):
    client = signed_in(app)
    for _ in range(2):
        answer = client.post("/sign-out", headers=FROM_OUR_PAGE)
        assert (answer.status_code, answer.location) == (303, "/")
        assert not is_signed_in(client)


def test_nobody_signs_out_by_following_a_link(app):
    client = signed_in(app)
    assert client.get("/sign-out").status_code == 405
    assert is_signed_in(client)


def test_the_cookie_is_marked_as_on_this_machine(app, client):
    cookie = session_cookie(press_continue(client, link_of(app)))
    assert cookie.startswith("sd=")
    assert "Secure" not in cookie
    for mark in ("HttpOnly", "SameSite=Lax", "Path=/", "Expires="):
        assert mark in cookie


def test_the_cookie_holds_no_secret_no_name_and_nothing_from_before(app, client):
    path = painter_link(app)
    client.get("/lines/P-31")
    cookie = session_cookie(press_continue(client, path)).split("=", 1)[1]
    body = cookie.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    said = json.loads(zlib.decompress(raw) if cookie.startswith(".") else raw)
    assert path.removeprefix("/l/") not in str(said)
    assert said.keys() == {"_permanent", "secret", "form"}


def test_a_forged_cookie_is_no_session(app, client):
    client.set_cookie("sd", "eyJwZXJzb24iOjF9." + BAD_SIGNATURE)
    assert not is_signed_in(client)


def test_revoking_a_person_throws_them_out_with_the_next_request(app):
    client = signed_in(app)
    change(app, Person, revoked_at=utcnow())
    assert client.get("/lines/P-1").status_code == 401
    assert not is_signed_in(client)


def test_revoking_the_links_throws_out_whoever_came_by_them(app):
    client = signed_in(app, painter_link(app))
    with app.app_context():
        credentials.revoke(people.get_person("li@dafen.example"))
        db.session.commit()
    assert not is_signed_in(client)


def test_a_new_link_throws_out_whoever_came_by_the_old_one(app):
    old = painter_link(app)
    client = signed_in(app, old)
    new = painter_link(app)
    assert not is_signed_in(client)
    assert press_continue(client, old).status_code == 404
    assert press_continue(client, new).status_code == 303
    assert is_signed_in(client)


def test_a_link_of_somebody_else_replaces_the_session(app):
    client = signed_in(app)
    assert "Anna" in client.get("/account").text
    press_continue(client, painter_link(app))
    assert client.get("/").location == "/supplier"
    page = client.get("/supplier").text
    assert "Dafen Art" in page
    assert "Anna" not in page


def test_a_session_ends_after_twelve_idle_hours(app):
    client = signed_in(app)
    with time_machine.travel(utcnow() + IDLE + timedelta(minutes=1), tick=True):
        assert not is_signed_in(client)


def test_a_session_in_use_lasts_thirty_days_and_no_longer(app):
    client, start = signed_in(app), utcnow()
    moment = start
    while moment < start + LONGEST - timedelta(hours=11):
        moment += timedelta(hours=11)
        with time_machine.travel(moment, tick=True):
            assert is_signed_in(client)
    with time_machine.travel(start + LONGEST + timedelta(minutes=1), tick=True):
        assert not is_signed_in(client)


def test_a_host_whose_clock_is_a_little_behind_knows_the_session(app):
    client = signed_in(app)
    with time_machine.travel(utcnow() - timedelta(seconds=30), tick=True):
        assert is_signed_in(client)
    with time_machine.travel(utcnow() - timedelta(hours=1), tick=True):
        assert not is_signed_in(client)


def test_a_kept_cookie_is_worth_nothing_after_signing_out(app):
    client, thief = signed_in(app), app.test_client()
    cookie = client.get_cookie("sd")
    assert cookie is not None
    thief.set_cookie("sd", cookie.value)
    assert is_signed_in(thief)
    client.post("/sign-out", headers=FROM_OUR_PAGE)
    assert not is_signed_in(thief)


def test_looking_at_pages_keeps_a_session_alive_and_writes_no_cookie(app):
    client, start = signed_in(app), utcnow()

    def seen() -> timedelta:
        with app.app_context():
            return db.session.scalars(select(SignIn.seen_at)).one() - start

    for after, noted in ((5, 0), (11, 11), (20, 11), (22, 22)):
        with time_machine.travel(start + timedelta(minutes=after), tick=True):
            answer = client.get("/account")
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers
        assert round(seen() / timedelta(minutes=1)) == noted


def test_a_busy_store_takes_no_page_away_that_can_be_read(app):
    client = signed_in(app)
    with time_machine.travel(utcnow() + timedelta(hours=1), tick=True):
        with app.app_context(), db.engine.connect() as other, other.begin():
            other.execute(text("UPDATE sign_ins SET seen_at = seen_at"))
            assert client.get("/account").status_code == 200
        assert client.get("/account").status_code == 200


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) … Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) … Version/18 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) … Chrome/116 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14.6; rv:140.0) Gecko Firefox/140.0", "Firefox on Mac"),
        ("curl/8.9", ""),
    ],
)
def test_a_browser_is_called_what_people_call_it(app, agent, words):
    client = app.test_client()
    press_continue(client, link_of(app), headers={**FROM_OUR_PAGE, "User-Agent": agent.replace("…", "x")})
    with app.app_context():
        assert db.session.scalars(select(SignIn.browser)).one() == words
