"""How answers are packed for slow connections: what is, for whom, and that it stays the same text."""

from __future__ import annotations

import gzip
import re

import pytest
from flask import Flask

from tests import factories
from tests.web.visitors import add_lines, painter_link, signed_in, world

PACKED = {"Accept-Encoding": "gzip, deflate, br"}
HTMX = "/static/vendor/htmx/htmx.min.js"
FIRST_LOAD = 100_000


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("address", ["/supplier", "/supplier/lines/P-1", HTMX, "/static/pages.css"])
def test_texts_are_packed_for_whoever_takes_them(app, address):
    add_lines(app, 3)
    client = signed_in(app, painter_link(app))
    plain, packed = client.get(address), client.get(address, headers=PACKED)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert packed.content_length == len(packed.data)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.vary


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_nobody_gets_what_he_does_not_take(client, accepted):
    assert "Content-Encoding" not in client.get(HTMX, headers={"Accept-Encoding": accepted}).headers


def test_the_length_of_a_page_tells_nothing_about_what_is_in_it(app):
    client = signed_in(app, painter_link(app))
    assert len({len(client.get("/supplier", headers=PACKED).data) for _ in range(30)}) > 3


def test_small_answers_and_those_for_programs_are_left_alone(app, client):
    assert "Content-Encoding" not in client.get("/static/icon.svg", headers=PACKED).headers
    for path in ("/healthz", "/readyz"):
        answer = client.get(path, headers=PACKED)
        assert "Content-Encoding" not in answer.headers
        assert not answer.vary
    answer = client.post("/gorgias/1/actions/comment", data={"token": "forged"}, headers=PACKED)
    assert "Content-Encoding" not in answer.headers
    assert "Content-Encoding" not in factories.ask(client).headers


def test_a_file_that_a_browser_has_is_not_sent_again(client):
    etag = client.get(HTMX, headers=PACKED).headers["ETag"]
    again = client.get(HTMX, headers={**PACKED, "If-None-Match": etag})
    assert again.status_code == 304
    assert not again.data


def test_a_part_of_a_file_is_a_part_of_the_file(client):
    answer = client.get(HTMX, headers={**PACKED, "Range": "bytes=0-2047"})
    assert answer.status_code == 206
    assert "Content-Encoding" not in answer.headers
    assert len(answer.data) == 2048


def test_the_first_load_of_a_full_page_is_small(app):
    add_lines(app, 90)
    client = signed_in(app, painter_link(app))
    page = client.get("/supplier", headers=PACKED)
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', gzip.decompress(page.data).decode())
    assert len(files) > 5
    assert sum(len(client.get(file, headers=PACKED).data) for file in files) + len(page.data) < FIRST_LOAD
