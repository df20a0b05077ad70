"""Signing in by personal link: who gets in, how long it lasts, and what everybody else sees."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text, update

from tests.web.visitors import (
    FROM_OUR_PAGE,
    contents,
    counted_queries,
    link_of,
    painter_link,
    press_continue,
    signed_in,
    world,
)
from widget import credentials, people
from widget.config import Config
from widget.credentials import IDLE, LONGEST, SignIn, SignInLink
from widget.db import db, utcnow
from widget.people import Person, PersonRole, Role, get_person

ANNA = "anna@brushwood.example"
NOT_SIGNED_IN = "Open your personal link"
BAD_SIGNATURE = "a" * 43


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


def is_signed_in(client) -> bool:
    return NOT_SIGNED_IN not in client.get("/").text


def session_cookie(answer) -> str:
    """The header that sets the session, of all that set a cookie."""
    found: list[str] = answer.headers.getlist("Set-Cookie")
    return next(header for header in found if "-known=" not in header)


def change(app: Flask, model: type, **values: object) -> None:
    with app.app_context():
        db.session.execute(update(model).values(**values))
        db.session.commit()


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


# The session


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


def test_who_guesses_links_is_told_to_slow_down_and_a_working_one_opens(app):
    client = app.test_client()
    path = painter_link(app)
    answers = [client.get(f"/l/guess-{number}") for number in range(22)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 2
    assert answers[0].data == answers[-1].data
    assert answers[-1].headers["Retry-After"] == "60"
    assert client.get(path).status_code == 200
    assert press_continue(client, path).status_code == 303


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
