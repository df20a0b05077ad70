"""Signing in by personal link: who gets in, where it leads, and what everybody else sees."""

from __future__ import annotations

import dataclasses
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text, update

from tests.web.visitors import (
    FROM_OUR_PAGE,
    contents,
    counted_queries,
    is_signed_in,
    link_of,
    painter_link,
    press_continue,
    session_cookie,
    signed_in,
    world,
)
from widget.config import Config
from widget.credentials import SignInLink
from widget.db import db, utcnow
from widget.people import PersonRole, Role, get_person

ANNA = "anna@brushwood.example"


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


# The page with the button


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_at_a_link_signs_nobody_in_and_changes_nothing(app, client, method):
    path = link_of(app)
    before = contents(app)
    for _ in range(2):
        answer = client.open(path, method=method)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert contents(app) == before
    assert not is_signed_in(client)


def test_the_link_page_has_one_button_and_says_whose_it_is(app, client):
    page = client.get(link_of(app)).text
    assert page.count("<button") == 1
    assert "Continue</button>" in page
    assert "Anna" in page


def test_continue_signs_in_and_leads_to_an_address_without_the_secret(app, client):
    answer = press_continue(client, link_of(app))
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_signed_in(client)


def test_signing_in_leads_to_the_line_that_was_asked_for(app, client):
    assert client.get("/lines/P-31").status_code == 401
    assert press_continue(client, link_of(app)).location == "/lines/P-31"


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/claims/approvals", "/claims/approvals"),
        ("/desk?board=refunds", "/desk?board=refunds"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/nowhere", "/"),
        ("/sign-out", "/"),
        ("", "/"),
    ],
)
def test_a_link_may_say_to_which_of_our_pages_it_leads(app, client, asked, led_to):
    answer = client.post(link_of(app), query_string={"next": asked}, headers=FROM_OUR_PAGE)
    assert (answer.status_code, answer.location) == (303, led_to)
    assert is_signed_in(client)


def test_a_staff_link_works_once(app, client):
    path = link_of(app)
    assert press_continue(client, path).status_code == 303
    assert press_continue(app.test_client(), path).status_code == 404
    assert app.test_client().get(path).status_code == 404


def test_whoever_opens_a_staff_link_at_the_same_time_waits_and_is_too_late(app):
    path = link_of(app)
    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), db.engine.connect() as other, other.begin():
            other.execute(update(SignInLink).values(used_at=utcnow()))
            second = pool.submit(press_continue, app.test_client(), path)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.3)
        assert second.result().status_code == 404


def test_a_staff_link_works_for_a_day(app):
    path = link_of(app)
    with time_machine.travel(utcnow() + timedelta(hours=23, minutes=59), tick=True):
        assert app.test_client().get(path).status_code == 200
    with time_machine.travel(utcnow() + timedelta(hours=24, seconds=1), tick=True):
        assert press_continue(app.test_client(), path).status_code == 404


def test_a_suppliers_link_works_again_and_again(app):
    path = painter_link(app)
    for day in (0, 1, 400):
        with time_machine.travel(utcnow() + timedelta(days=day), tick=True):
            assert press_continue(app.test_client(), path).status_code == 303


def test_a_suppliers_link_ends_when_the_person_becomes_staff(app):
    path = painter_link(app)
    link_of(app, "someone@else.example")
    with app.app_context():
        person = get_person("li@dafen.example")
        person.supplier_id = None
        db.session.commit()
    assert press_continue(app.test_client(), path).status_code == 404


def test_all_links_that_do_not_work_look_alike(app):
    used, expired = link_of(app, "used@brushwood.example"), link_of(app, "late@brushwood.example")
    press_continue(app.test_client(), used)
    renewed = painter_link(app)
    painter_link(app)
    dismissed = painter_link(app, "Xiamen Studio")
    with app.app_context():
        late = get_person("late@brushwood.example")
        links = update(SignInLink).where(SignInLink.person_id == late.id)
        db.session.execute(links.values(expires_at=utcnow() - timedelta(seconds=1)))
        get_person("li@xiamen.example").revoked_at = utcnow()
        db.session.commit()
    before, seen = contents(app), set()
    for path in (used, expired, renewed, dismissed, "/l/unknown", "/l/" + "x" * 5_000, "/l/%00%ff", "/l/中文"):
        for method in ("GET", "POST"):
            client = app.test_client()
            answer = client.open(path, method=method, headers=FROM_OUR_PAGE)
            assert "Set-Cookie" not in answer.headers
            seen.add((answer.status_code, answer.data, str(sorted(answer.headers))))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 404
    assert contents(app) == before


def test_links_that_do_not_work_take_the_same_queries(app):
    path = link_of(app)
    press_continue(app.test_client(), path)
    counts = []
    for tried in (path, "/l/unknown"):
        with counted_queries(app) as statements:
            app.test_client().get(tried)
        counts.append(len(statements))
    assert counts[0] == counts[1] == 1


def test_who_guesses_links_is_told_to_slow_down_and_a_working_one_opens(app):
    client = app.test_client()
    path = painter_link(app)
    answers = [client.get(f"/l/guess-{number}") for number in range(22)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 2
    assert answers[0].data == answers[-1].data
    assert answers[-1].headers["Retry-After"] == "60"
    assert client.get(path).status_code == 200
    assert press_continue(client, path).status_code == 303


# Forms of other sites


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
    ],
    ids=str,
)
def test_a_form_of_another_site_signs_nobody_in(app, client, headers):
    path = link_of(app)
    before = contents(app)
    answer = client.post(path, headers=headers)
    assert answer.status_code == 403
    assert "Please reload the page" in answer.text
    assert contents(app) == before
    assert not is_signed_in(client)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "http://localhost"}], ids=str)
def test_old_browsers_that_do_not_say_where_a_form_is_from_can_sign_in(app, client, headers):
    assert client.post(link_of(app), headers=headers).status_code == 303
    assert is_signed_in(client)


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}], ids=str)
def test_a_form_without_the_key_does_not_sign_out(app, headers):
    client = signed_in(app)
    for sent in ({}, {"form_key": "guessed"}, {"form_key": "画"}):
        assert client.post("/sign-out", headers=headers, data=sent).status_code == 403
    assert is_signed_in(client)


def test_an_old_browser_signs_out_with_the_key_of_its_page(app):
    client = signed_in(app)
    key = client.get("/account").text.split('name="form_key" value="')[1].split('"')[0]
    assert client.post("/sign-out", data={"form_key": key}).status_code == 303
    assert not is_signed_in(client)


# Where everybody goes


def test_everybody_is_led_to_the_own_door(app, client):
    assert client.get("/").status_code == 200
    assert signed_in(app).get("/").location == "/desk"
    assert signed_in(app, painter_link(app)).get("/").location == "/supplier"


def test_whoever_has_no_role_is_told_so(app):
    client = signed_in(app)
    with app.app_context():
        db.session.query(PersonRole).delete()
        db.session.commit()
    assert client.get("/account").location == "/"
    answer = client.get("/")
    assert answer.status_code == 403
    assert "You have no role yet" in answer.text


# When the store does not answer, and what is logged


def test_a_store_that_is_locked_signs_nobody_in_and_says_so(app, client):
    path = link_of(app)
    with app.app_context(), db.engine.connect() as other, other.begin():
        other.execute(text("UPDATE sign_in_links SET used_at = used_at"))
        answer = press_continue(client, path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert "Set-Cookie" not in answer.headers
    assert "busy" in answer.text
    assert press_continue(client, path).status_code == 303


def test_links_never_appear_in_the_log(app, client, caplog):
    caplog.set_level(logging.DEBUG)
    path = link_of(app)
    client.get(path)
    press_continue(client, path)
    client.get(path)
    with app.app_context():
        db.session.execute(text("ALTER TABLE sign_in_links RENAME TO gone"))
        db.session.commit()
    assert client.get(path).status_code == 500
    assert "signed in" in caplog.text
    assert path.removeprefix("/l/") not in caplog.text


# On a public address


class TestOnAPublicAddress:
    """https, and one name."""

    @pytest.fixture
    def config(self, config: Config) -> Config:
        return dataclasses.replace(config, public_url="https://desk.brushwood.example")

    def test_the_cookie_belongs_to_this_host_and_https(self, app, client):
        answer = press_continue(client, link_of(app), base_url="https://desk.brushwood.example")
        cookie = session_cookie(answer)
        assert cookie.startswith("__Host-sd=")
        for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert mark in cookie
        assert "Domain" not in cookie
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"

    def test_pages_are_shown_under_our_own_name_only(self, app, client):
        for path in ("/", link_of(app), "/lines/P-1", "/nothing"):
            answer = client.get(path, base_url="https://evil.example")
            assert answer.status_code == 400
            assert "evil" not in answer.text
        assert client.get("/", base_url="https://desk.brushwood.example:443").status_code == 200

    def test_load_balancers_and_gorgias_may_call_by_number(self, app, client):
        assert client.get("/healthz", base_url="http://10.0.0.7:8000").status_code == 200
        assert client.post("/gorgias/1/widget", base_url="http://10.0.0.7:8000").status_code == 401


def test_every_role_of_staff_gets_in(app):
    for role in (Role.AGENT, Role.APPROVER, Role.ADMIN):
        assert is_signed_in(signed_in(app, link_of(app, f"{role}@brushwood.example", role)))
