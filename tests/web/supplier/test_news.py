"""What others changed meanwhile: told once, only to whom it concerns, cheaply."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.visitors import (
    FROM_OUR_PAGE,
    OTHER_WORKSHOP,
    WORKSHOP,
    add_lines,
    counted_queries,
    link_of,
    painter_link,
    signed_in,
)
from widget import problems
from widget.db import db
from widget.people import Actor, Role, Side
from widget.tickets import Place

ANNA = Actor(name="Anna Visser", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Li of the workshop."""
    return signed_in(app, painter_link(app))


def in_cs(app: Flask, *lines: int) -> None:
    """Customer service writes on these lines."""
    with app.app_context():
        for line in lines:
            problems.comment(problems.get(line), "the small one", by=ANNA, at=Place(None, ""))
        db.session.commit()


def since(client: FlaskClient) -> str:
    """Where the page that is open now asks for news, as a script does."""
    return client.get("/supplier").text.split('hx-get="/supplier/news?', 1)[1].split('"', 1)[0].replace("&amp;", "&")


def test_nothing_new_is_no_answer(app, client):
    add_lines(app, 2)
    answer = client.get(f"/supplier/news?{since(client)}")
    assert answer.status_code == 204
    assert not answer.data


def test_lines_that_others_changed_are_counted_once_each(app, client):
    lines = add_lines(app, 5)
    address = f"/supplier/news?{since(client)}"
    in_cs(app, lines[0], lines[0])
    assert "1 line changed" in client.get(address).text
    in_cs(app, lines[1])
    page = client.get(address).text
    assert "2 lines changed" in page
    assert 'href="/supplier"' in page
    assert client.get(f"/supplier/news?{since(client)}").status_code == 204


def test_own_acts_are_no_news_but_those_of_a_colleague_are(app, client):
    line = add_lines(app, 1)[0]
    address = f"/supplier/news?{since(client)}"
    act = {"data": {"comment": "large", "version": "1"}, "headers": FROM_OUR_PAGE}
    client.post(f"/supplier/lines/P-{line}/comment", **act)
    assert client.get(address).status_code == 204
    mei = signed_in(app, link_of(app, "mei@dafen.example", Role.SUPPLIER, WORKSHOP))
    mei.post(f"/supplier/lines/P-{line}/comment", **act)
    assert "1 line changed" in client.get(address).text


def test_neither_other_boards_nor_other_suppliers_are_news(app, client):
    lines, others = add_lines(app, 3), add_lines(app, 1, OTHER_WORKSHOP)
    address = f"/supplier/news?{since(client)}"
    in_cs(app, lines[2], *others)
    assert client.get(address).status_code == 204
    assert client.get(f"{address}&board=photo_issues").status_code == 200


def test_the_view_is_kept_and_the_language_too(app):
    lines = add_lines(app, 2)
    in_cs(app, *lines)
    client = signed_in(app, painter_link(app, language="zh"))
    page = client.get("/supplier/news?since=0&turn=supplier&q=a%22b").text
    assert 'href="/supplier?q=a%22b&amp;turn=supplier"' in page
    assert "lines changed" not in page


@pytest.mark.parametrize("asked", ["", "x", "-1", "1.5", "９", "9" * 30, "0;1"])
def test_what_makes_no_sense_brings_nothing(app, client, asked):
    in_cs(app, *add_lines(app, 1))
    assert client.get("/supplier/news", query_string={"since": asked}).status_code == 204


def test_only_a_suppliers_people_hear_of_it(app):
    assert app.test_client().get("/supplier/news?since=0").status_code == 401
    assert signed_in(app).get("/supplier/news?since=0").status_code == 303


def test_asking_is_cheap(app, client):
    in_cs(app, *add_lines(app, 40))
    with counted_queries(app) as statements:
        client.get("/supplier/news?since=0")
    assert len(statements) <= 3
