"""What the supplier's page says of lines that have waited too long, and of what happened lately."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.web.visitors import (
    FROM_OUR_PAGE,
    OTHER_WORKSHOP,
    add_lines,
    painter_link,
    signed_in,
)
from widget import people, problems
from widget.db import db, utcnow
from widget.people import Side
from widget.problem_types import Board
from widget.problems import Problem
from widget.tickets import Place

MARK = "Waits too long"


@pytest.fixture
def app(app: Flask) -> Flask:
    """Four lines of the workshop on the problem sheet, in a shop with two workshops."""
    add_lines(app, 4)
    with app.app_context():
        db.session.execute(update(Problem).values(board=Board.PROBLEM_SHEET.value))
        db.session.commit()
    return app


def make_late(app: Flask, *ids: int) -> None:
    """Whose turn it is should have answered an hour ago."""
    with app.app_context():
        due = {"due_at": utcnow() - timedelta(hours=1)}
        db.session.execute(update(Problem).where(Problem.id.in_(ids)).values(due))
        db.session.commit()


def told_at_the_top(page: str) -> str:
    """The line above the lines."""
    found = re.search(r'<p class="lately">(.*?)</p>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else "nothing"


def test_late_lines_are_marked_and_counted_at_the_top(app):
    client = signed_in(app, painter_link(app))
    page = client.get("/supplier").text
    assert MARK not in page
    assert "too long" not in told_at_the_top(page)
    make_late(app, 1)
    assert "1 line has been waiting for you too long." in told_at_the_top(client.get("/supplier").text)
    make_late(app, 2)
    page = client.get("/supplier").text
    assert page.count(MARK) == 2
    assert "2 lines have been waiting for you too long." in told_at_the_top(page)
    assert MARK in client.get("/supplier/lines/P-2").text
    assert "too long" not in told_at_the_top(client.get("/supplier?board=photo_issues").text)
    assert told_at_the_top(client.get("/supplier?view=handled").text) == "nothing"


@pytest.mark.only_on("sqlite")
def test_what_is_late_of_others_is_not_the_readers(app):
    others = add_lines(app, 1, OTHER_WORKSHOP)
    with app.app_context():
        problems.get(3).waiting_for = Side.CUSTOMER_SERVICE.value
        problems.get(4).handled_at = utcnow()
        db.session.commit()
    make_late(app, 3, 4, *others)
    page = signed_in(app, painter_link(app)).get("/supplier").text
    assert "too long" not in told_at_the_top(page)
    assert page.count(MARK) == 1, "that customer service is late is said on its line"


@pytest.mark.only_on("sqlite")
def test_the_count_follows_what_is_done(app):
    make_late(app, 1, 2)
    client = signed_in(app, painter_link(app))
    headers = {**FROM_OUR_PAGE, "HX-Request": "true"}
    page = client.post("/supplier/lines/P-1/handled", data={"version": 1}, headers=headers).text
    assert re.search(r'id="late" hx-swap-oob="true">1 line has been waiting for you too long\.</span>', page)
    page = client.post("/supplier/lines/P-2/comment", data={"version": 1, "comment": "soon"}, headers=headers).text
    assert re.search(r'id="late" hx-swap-oob="true"></span>', page)


def test_what_happened_since_yesterday_is_said_in_one_line(app):
    client = signed_in(app, painter_link(app))
    with app.app_context():
        long_ago = utcnow() - timedelta(days=9)
        db.session.execute(update(Problem).values(reported_at=long_ago, waiting_since=long_ago))
        db.session.commit()
    assert told_at_the_top(client.get("/supplier").text) == ""
    with app.app_context():
        first, second, anna = problems.get(1), problems.get(2), people.get_agent(1, factories.ANNA["email"])
        here = Place(None, factories.PUBLIC_URL)
        first.waiting_for = Side.CUSTOMER_SERVICE.value
        problems.comment(first, "the large one", by=anna, at=here)
        problems.mark_handled(second, by=factories.LI_AS_PERSON, at=here, shown=1)
        factories.line(1, by=anna)
        db.session.commit()
    assert told_at_the_top(client.get("/supplier").text) == "Since yesterday: 1 new, 1 answered, 1 handled"
    assert "Since" not in client.get("/supplier?q=NL2").text
