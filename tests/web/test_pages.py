"""What all pages share: how moments are told, the headers they carry, and errors in plain words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from tests.web.visitors import FROM_OUR_PAGE, add_lines, link_of, signed_in, world
from widget.db import utcnow
from widget.web.pages import ago, moment

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3_599, "59 min ago"),
        (3_600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago"),
        (40 * 86_400, "40 days ago"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(seconds, words):
    now = utcnow()
    assert ago(now - timedelta(seconds=seconds), now) == words


def test_one_zone_is_told_once():
    assert moment(utcnow(), "Europe/Amsterdam", "Europe/Amsterdam").count("Amsterdam") == 1


def test_every_page_protects_itself(app):
    line = add_lines(app, 1)[0]
    client, stranger = signed_in(app), app.test_client()
    answers = [client.get(path) for path in ("/orders", f"/lines/P-{line}", "/lines/P-999", "/nothing", "/l/unknown")]
    answers += [stranger.get("/orders"), stranger.get(link_of(app, "new@brushwood.example")), client.post("/orders")]
    for answer in answers:
        assert answer.mimetype == "text/html"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        for part in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers


def test_pages_hold_no_script_and_no_style_of_their_own(app):
    line = add_lines(app, 1)[0]
    client = signed_in(app)
    for path in ("/orders", "/tickets", f"/lines/P-{line}", "/nothing"):
        page = client.get(path).text
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=", page)


def test_files_of_pages_are_kept_because_their_address_changes_with_them(app, client):
    page = client.get("/nothing").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) == 3
    for file in files:
        with client.get(file) as answer:
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert re.search(r"\?v=[0-9a-f]{12}$", file)


def test_errors_are_told_in_plain_words(app):
    def broken() -> str:
        raise ZeroDivisionError("a secret detail")

    app.add_url_rule("/broken", "broken", broken)
    client = signed_in(app)
    for path, method, status, words in (
        ("/nothing", "GET", 404, "There is nothing here"),
        ("/static/nothing.css", "GET", 404, "There is nothing here"),
        ("/orders", "POST", 405, "This address does not work that way"),
        ("/broken", "GET", 500, "Something went wrong on our side"),
    ):
        answer = client.open(path, method=method, headers=FROM_OUR_PAGE)
        assert answer.status_code == status
        assert words in answer.text
        assert "ZeroDivision" not in answer.text
        assert "detail" not in answer.text
    assert client.post("/orders", headers=FROM_OUR_PAGE).headers["Allow"] == "GET, HEAD, OPTIONS"


def test_the_sidebar_keeps_its_own_form_of_errors(app, client):
    answer = client.post("/gorgias/1/actions/comment", data={"token": "forged"})
    assert answer.status_code == 403
    assert answer.is_json
    assert "Content-Security-Policy" not in answer.headers
