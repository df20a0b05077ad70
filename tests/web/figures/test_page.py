"""The page of figures over HTTP: what is counted, for whom, and as which file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.web.visitors import add_lines, counted_queries, link_of, painter_link, signed_in, world
from widget import problems
from widget.db import db
from widget.people import Actor, Role, Side
from widget.problems import Problem, Wait
from widget.tickets import Place

# A Wednesday, 12:00 in Amsterdam and 19:00 in Shanghai.
NOW = datetime(2026, 11, 18, 11, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ANNA = Actor(name="Anna Visser", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example")


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


def table(client, figure: str, query: str = "") -> list[list[str]]:
    """A figure's file, without its header."""
    answer = client.get(f"/figures/{figure}.csv{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:]


@time_machine.travel(NOW, tick=False)
def test_open_lines_are_counted_by_turn_and_age(app):
    ids = add_lines(app, 4)
    add_lines(app, 1, waiting_for=Side.CUSTOMER_SERVICE)
    with app.app_context():
        changes = {"waiting_since": NOW - timedelta(days=10), "due_at": NOW - timedelta(days=1)}
        db.session.execute(update(Problem).where(Problem.id == ids[0]).values(**changes))
        db.session.execute(update(Problem).where(Problem.id == ids[1]).values(handled_at=NOW))
        db.session.commit()
    client = signed_in(app)
    rows = {row[0]: row[1:] for row in table(client, "open")}
    assert rows == {
        "less than a day": ["1", "2"],
        "1 to 3 days": ["0", "0"],
        "3 to 7 days": ["0", "0"],
        "1 to 4 weeks": ["0", "1"],
        "longer than 4 weeks": ["0", "0"],
        "Waits too long": ["0", "1"],
    }
    assert "Waiting too long: 0 for customer service, 1 for the supplier." in client.get("/figures").text


@time_machine.travel(NOW, tick=False)
def test_weeks_begin_on_monday_and_lines_of_before_are_left_out(app):
    ids = add_lines(app, 4)
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    moments = [
        monday,
        monday - timedelta(seconds=1),
        monday - timedelta(weeks=3),
        monday - timedelta(weeks=3, seconds=1),
    ]
    with app.app_context():
        for number, at in zip(ids, moments, strict=True):
            db.session.execute(update(Problem).where(Problem.id == number).values(reported_at=at))
        db.session.execute(update(Problem).where(Problem.id == ids[3]).values(handled_at=NOW))
        db.session.commit()
    assert table(signed_in(app), "weeks", "?weeks=4") == [
        ["2026-10-26", "1", "0"],
        ["2026-11-02", "0", "0"],
        ["2026-11-09", "1", "0"],
        ["2026-11-16", "1", "1"],
    ]


def test_answers_are_measured_in_the_working_hours_of_whose_turn_it_was(app):
    friday, monday = datetime(2026, 11, 13, 17, tzinfo=AMSTERDAM), datetime(2026, 11, 16, 10, tzinfo=AMSTERDAM)
    with app.app_context():
        with time_machine.travel(friday, tick=False):
            line = factories.line(1)
        at = Place(None, factories.PUBLIC_URL)
        with time_machine.travel(monday, tick=False):
            problems.comment(line, "12, please", by=ANNA, at=at)
        with time_machine.travel(monday + timedelta(days=1), tick=False):
            # Ten in the morning in Amsterdam is five in the afternoon in Shanghai: a working day of nine hours.
            problems.mark_handled(line, by=factories.LI_AS_PERSON, at=at, shown=line.version)
        name = line.type.name_en
        db.session.commit()
    with time_machine.travel(NOW, tick=False):
        client = signed_in(app)
        by_type = table(client, "answers-by-type")
        by_supplier = table(client, "answers-by-supplier")
        page = client.get("/figures").text
    assert by_type == [["Customer service", name, "1", "2.0", "2.0"], ["Supplier", name, "1", "9.0", "9.0"]]
    assert [row[1] for row in by_supplier] == ["Dafen Art", "Dafen Art"]
    assert "2.0 h" in page


@pytest.mark.only_on("sqlite")
def test_filters_leave_out_what_is_not_wanted(app):
    add_lines(app, 6)
    add_lines(app, 1, workshop="Xiamen Studio")
    client = signed_in(app)

    def reported(query: str) -> int:
        return sum(int(row[1]) for row in table(client, "weeks", query))

    found = [reported(f"?{query}") for query in ("", "supplier=2", "board=photo_issues", "store=nl", "store=DE")]
    assert found == [7, 1, 2, 7, 0]
    assert reported("?weeks=999&supplier=x&board=y&store=") == 7


@pytest.mark.only_on("sqlite")
def test_nothing_open_and_nothing_answered_is_said_in_words(app):
    page = signed_in(app).get("/figures").text
    assert "Nothing is open." in page
    assert page.count("No answer was given in this period.") == 2
    assert "no shop is connected" in page


@pytest.mark.only_on("sqlite")
def test_a_type_that_looks_like_a_formula_stays_words(app):
    with app.app_context():
        line = factories.line(1)
        line.type.name_en = "=HYPERLINK(1)<script>"
        db.session.add(Wait(problem_id=line.id, side="supplier", began_at=line.reported_at, ended_at=line.reported_at))
        db.session.commit()
    client = signed_in(app)
    assert table(client, "answers-by-type")[0][1] == "'=HYPERLINK(1)<script>"
    assert "<script>" not in client.get("/figures").text.replace("<script src=", "")


@pytest.mark.only_on("sqlite")
def test_the_page_asks_the_store_as_often_for_many_lines(app):
    client = signed_in(app, link_of(app, "lead@brushwood.example", Role.ADMIN))
    counts = []
    for more in (1, 40):
        ids = add_lines(app, more)
        with app.app_context():
            ended = {"began_at": NOW - timedelta(hours=5), "ended_at": datetime.now(UTC)}
            db.session.add_all([Wait(problem_id=number, side="supplier", **ended) for number in ids])
            db.session.commit()
        with counted_queries(app) as statements:
            assert client.get("/figures").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 14


@pytest.mark.only_on("sqlite")
def test_only_staff_see_figures(app):
    assert app.test_client().get("/figures").status_code == 401
    painter = signed_in(app, painter_link(app))
    assert painter.get("/figures").location == "/"
    assert painter.get("/figures/open.csv").location == "/"
    assert signed_in(app).get("/figures/nothing.csv").status_code == 404
