"""Signing in by password: who gets in, what everybody else is told, and how often anybody may try."""

from __future__ import annotations

import dataclasses
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.web.visitors import FROM_OUR_PAGE, contents, give_password, link_of, painter_link, signed_in, world
from widget.config import Config
from widget.credentials import FailedTry, SignIn
from widget.db import db, utcnow
from widget.people import get_person

ANNA, GOOD, WRONG = "anna@brushwood.example", "correct horse battery", "wrong horse battery"
TOGETHER = "do not belong together"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.fixture
def app(app: Flask) -> Flask:
    """With Anna, who chose a password."""
    world(app)
    link_of(app)
    give_password(app, ANNA, GOOD)
    return app


def sign_in(client: FlaskClient, email: str = ANNA, password: str = GOOD, **options: Any) -> TestResponse:
    typed = {"email": email, "password": password}
    return client.post("/sign-in", **{"headers": FROM_OUR_PAGE, "data": typed, **options})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_staff_sign_in_and_go_on_to_where_they_were_going(app, client, caplog):
    caplog.set_level(logging.INFO)
    assert client.get("/lines/P-31?from=note").status_code == 401
    assert sign_in(client, password=WRONG).status_code == 401
    answer = sign_in(client, " Anna@Brushwood.Example ", headers={**FROM_OUR_PAGE, "User-Agent": CHROME})
    assert (answer.status_code, answer.location) == (303, "/lines/P-31?from=note")
    assert is_signed_in(client)
    with app.app_context():
        row = db.session.scalars(select(SignIn)).one()
        assert (row.came_by, row.browser, row.address) == ("password", "Chrome on Windows", "127.0.0.1")
    assert client.get("/sign-in").location == "/"
    assert [record.message for record in caplog.records if record.name == "widget.web.signin"] == [
        "sign-in refused",
        "signed in",
    ]
    assert ANNA not in caplog.text
    assert GOOD not in caplog.text


def test_all_that_is_wrong_looks_alike_and_leaves_only_a_try(app):
    painter_link(app)
    for email in ("new@brushwood.example", "gone@brushwood.example"):
        link_of(app, email)
    give_password(app, "gone@brushwood.example", GOOD)
    give_password(app, "li@dafen.example", GOOD)
    with app.app_context():
        get_person("gone@brushwood.example").revoked_at = utcnow()
        db.session.commit()
    before, seen = contents(app), set()
    for email, password in (
        (ANNA, WRONG),
        ("nobody@brushwood.example", GOOD),
        ("new@brushwood.example", GOOD),
        ("li@dafen.example", GOOD),
        ("gone@brushwood.example", GOOD),
        ("no address at all\0", GOOD),
        ("x" * 5_000, "x" * 5_000),
    ):
        answer = sign_in(app.test_client(), email, password)
        assert "Set-Cookie" not in answer.headers
        told = answer.text.replace(f'value="{email}"'.replace("\0", "\ufffd"), "").replace(f'value="{email}"', "")
        seen.add((answer.status_code, told))
    assert len(seen) == 1
    status, page = seen.pop()
    assert status == 401
    assert TOGETHER in page
    after = contents(app)
    assert len(after.pop("failed_tries")) == 7
    assert before | {"failed_tries": []} == after | {"failed_tries": []}


@pytest.mark.only_on("sqlite")
def test_the_page_says_both_ways_in_and_keeps_the_email_that_was_typed(app, client):
    for answer, status in (
        (client.get("/"), 200),
        (client.get("/sign-in"), 200),
        (client.get("/account"), 401),
        (client.get("/supplier"), 401),
    ):
        assert answer.status_code == status
        assert "Open your personal link" in answer.text
        assert 'action="/sign-in"' in answer.text
        assert "flask" not in answer.text
    page = sign_in(client, password=WRONG).text
    assert f'value="{ANNA}"' in page
    assert WRONG not in page


@pytest.mark.only_on("sqlite")
def test_what_is_left_out_is_named_and_is_no_try(app, client):
    before = contents(app)
    for typed, words in (
        ({}, ["Write your e-mail address.", "Write your password."]),
        ({"email": ANNA, "password": ""}, ["Write your password."]),
        ({"email": "", "password": GOOD}, ["Write your e-mail address."]),
    ):
        answer = client.post("/sign-in", headers=FROM_OUR_PAGE, data=typed)
        assert answer.status_code == 422
        for sentence in words:
            assert sentence in answer.text
    assert contents(app) == before


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=str)
def test_a_form_of_another_site_signs_nobody_in(app, client, headers):
    before = contents(app)
    assert sign_in(client, headers=headers).status_code == 403
    assert contents(app) == before


def test_signing_in_again_ends_the_session_that_the_browser_had(app):
    client = signed_in(app, painter_link(app))
    assert sign_in(client).status_code == 303
    assert is_signed_in(client)
    with app.app_context():
        ended = db.session.scalars(select(SignIn).order_by(SignIn.id)).all()
        assert [row.ended_at is not None for row in ended] == [True, False]


# How often


def test_the_sixth_wrong_password_has_to_wait_even_if_it_is_the_right_one(app, client, caplog):
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as traveller:
        for _ in range(5):
            assert sign_in(client, password=WRONG).status_code == 401
        traveller.shift(timedelta(minutes=3))
        answer = sign_in(client)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "720"
        assert "Try again in 12 minutes" in answer.text
        assert f'value="{ANNA}"' in answer.text
        assert "throttled" in caplog.text
        assert sign_in(client, "ben@brushwood.example").status_code == 401
        traveller.shift(timedelta(seconds=720))
        assert sign_in(client).status_code == 303


def test_many_tries_at_once_are_no_more_than_a_few(app):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_in(app.test_client(), password=WRONG).status_code, range(12)))
    assert sorted(answers) == [401] * 5 + [429] * 7


def test_the_right_password_forgets_the_wrong_ones(app, client):
    for _ in range(2):
        for _ in range(4):
            assert sign_in(client, password=WRONG).status_code == 401
        assert sign_in(client).status_code == 303
        client.post("/sign-out", headers=FROM_OUR_PAGE)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(FailedTry)) == 0


def test_a_browser_that_was_signed_in_before_is_not_held_up_by_others(app):
    mine, stranger = signed_in(app, link_of(app)), app.test_client()
    mine.post("/sign-out", headers=FROM_OUR_PAGE)
    for _ in range(5):
        sign_in(stranger, password=WRONG)
    assert sign_in(stranger).status_code == 429
    assert sign_in(mine).status_code == 303
    mine.post("/sign-out", headers=FROM_OUR_PAGE)
    assert [sign_in(mine, password=WRONG).status_code for _ in range(6)] == [401] * 5 + [429]


@pytest.mark.only_on("sqlite")
def test_a_browser_is_known_for_the_accounts_it_was_signed_in_to_only(app):
    link_of(app, "ben@brushwood.example")
    give_password(app, "ben@brushwood.example", GOOD)
    client = signed_in(app, link_of(app, "ben@brushwood.example"))
    cookie = client.get_cookie("sd-known")
    assert cookie is not None
    assert cookie.http_only
    assert "ben" not in cookie.value
    for _ in range(5):
        sign_in(app.test_client(), password=WRONG)
    assert sign_in(client).status_code == 429
    forger = app.test_client()
    forger.set_cookie("sd-known", cookie.value.replace(".", ".00", 1))
    for _ in range(5):
        sign_in(app.test_client(), "ben@brushwood.example", WRONG)
    assert sign_in(forger, "ben@brushwood.example").status_code == 429
    assert sign_in(client, "ben@brushwood.example").status_code == 303
    assert signed_in(app, painter_link(app)).get_cookie("sd-known") is None


class TestBehindAProxy:
    """Which says who asks."""

    pytestmark = pytest.mark.only_on("sqlite")

    @pytest.fixture
    def config(self, config: Config) -> Config:
        return dataclasses.replace(config, proxies=1)

    def test_the_address_is_the_one_the_proxy_saw(self, app):
        said = {**FROM_OUR_PAGE, "X-Forwarded-For": "203.0.113.5, 192.0.2.7", "X-Forwarded-Host": "evil.example"}
        assert sign_in(app.test_client(), headers=said).status_code == 303
        with app.app_context():
            assert db.session.scalars(select(SignIn.address)).one() == "192.0.2.7"


@pytest.mark.only_on("sqlite")
def test_without_a_proxy_nobody_chooses_an_address(app, client):
    sign_in(client, headers={**FROM_OUR_PAGE, "X-Forwarded-For": "192.0.2.7"})
    with app.app_context():
        assert db.session.scalars(select(SignIn.address)).one() == "127.0.0.1"
