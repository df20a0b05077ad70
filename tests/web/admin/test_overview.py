"""The overview of the admin side: one sign per thing that may be wrong, the worst first."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from tests.outbox.time_travel import time_passes
from tests.refunds import claims
from tests.refunds.unwalled import take_walls_down
from tests.web.visitors import WORKSHOP, add_lines, counted_queries, painter_link
from widget import outbox, people
from widget.db import db, utcnow
from widget.outbox import Message, State, accounts
from widget.people import SupplierStore
from widget.problem_types import ProblemType
from widget.problems import Problem
from widget.stores import Helpdesk


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop, two workshops with people, and everything as it should be."""
    for workshop in (WORKSHOP, "Xiamen Studio"):
        painter_link(app, workshop)
    with app.app_context():
        desk = db.session.get_one(Helpdesk, 1)
        desk.integration_id, desk.widget_id, desk.is_active = 5, 6, True
        desk.called_at = desk.looked_at = utcnow()
        accounts.take_chore("gorgias:1", 60)
        db.session.commit()
    return app


def read(client):
    """The headline, and name and state of all signs in their order."""
    page = html.unescape(client.get("/admin").text)
    (headline,) = re.findall(r"<h1[^>]*>\s*(.*?)\s*</h1>", page, re.DOTALL)
    found = re.findall(r'<li class="(\w+)">\s*<span class="what">(?:<a [^>]*>)?([^<]*)<', page)
    return headline, [(name, level) for level, name in found], page


def bad_ones(client):
    return [(name, level) for name, level in read(client)[1] if level != "good"]


def change(app, thing, **values):
    with app.app_context():
        kind, number = thing
        for name, value in values.items():
            setattr(db.session.get_one(kind, number), name, value)
        db.session.commit()


def test_when_all_is_well_it_says_so_first(app, eva):
    headline, signs, page = read(eva)
    assert headline == "All is well"
    assert [name for name, _level in signs] == [
        *("Worker", "Outgoing messages", "Helpdesk main", "Open lines", "Suppliers", "Stores", "Problem types"),
        *("Pictures", "Refund claims", "Data store"),
    ]
    assert ("PostgreSQL answers" in page) != ("SQLite answers" in page)
    with counted_queries(app) as few:
        eva.get("/admin")
    add_lines(app, 5)
    with app.app_context():
        for number in range(9):
            outbox.enqueue("gorgias.tags", lane=f"gorgias:1:{number}", account="gorgias:1", payload={})
        db.session.commit()
    with counted_queries(app) as many:
        eva.get("/admin")
    assert len(many) == len(few)


def test_a_database_that_lost_the_lock_on_claims_is_noticed(app, eva):
    with app.app_context():
        claims.approver()
        claims.confirmed()
        db.session.commit()
        take_walls_down()
    assert bad_ones(eva) == [("Refund claims", "bad")]
    assert "The database lost what guards them, so nothing is filed: claims_" in read(eva)[2]
    with app.app_context():
        db.session.execute(text("UPDATE claims SET amount = amount + amount"))
        db.session.commit()
    assert bad_ones(eva) == [("Refund claims", "bad")]
    assert "Filed or confirmed without an approver's written word: R-1." in read(eva)[2]


def test_a_worker_that_does_not_run_is_noticed(app, eva):
    with app.app_context():
        time_passes(60)
    assert bad_ones(eva) == []
    with app.app_context():
        time_passes(150)
    assert bad_ones(eva) == [("Worker", "bad")]
    assert "not running or cannot keep up" in read(eva)[2]
    with app.app_context():
        accounts.take_chore("gorgias:1", 60)
        outbox.enqueue("gorgias.tags", lane="gorgias:1:1", account="gorgias:1", payload={})
        db.session.commit()
    assert bad_ones(eva) == []
    change(app, (outbox.Lane, "gorgias:1:1"), due_at=utcnow() - timedelta(minutes=3))
    assert bad_ones(eva) == [("Worker", "bad")]
    change(app, (outbox.Lane, "gorgias:1:1"), due_at=None)
    change(app, (outbox.Account, "gorgias:1"), chores_at=None)
    assert bad_ones(eva) == []
    change(app, (Helpdesk, 1), created_at=utcnow() - timedelta(hours=1))
    assert "No worker was ever running here" in read(eva)[2]


def test_what_needs_somebody_comes_first_the_worst_before_the_rest(app, eva):
    lines = add_lines(app, 2)
    change(app, (Problem, lines[0]), due_at=utcnow() - timedelta(hours=1))
    with app.app_context():
        made = outbox.enqueue("gorgias.tags", lane="gorgias:1:1", account="gorgias:1", payload={})
        made.state = State.PARKED
        db.session.get_one(outbox.Lane, "gorgias:1:1").due_at = None
        db.session.commit()
    headline, signs, page = read(eva)
    assert headline == "2 things need you, the worst first"
    assert signs[:2] == [("Outgoing messages", "bad"), ("Open lines", "watch")]
    assert "1 message was not sent: Gorgias refused it." in page
    assert "1 line waits too long for the supplier." in page
    assert '<a href="/desk?stores=all&late=yes">Look on the desk.</a>' in page
    change(app, (Message, 1), state=State.SENT, done_at=utcnow())
    assert read(eva)[0] == "It works, and one thing needs a look"


@pytest.mark.only_on("sqlite")
def test_each_thing_that_may_be_wrong_is_said_in_words(app, eva):
    def says(words, name, level):
        headline, signs, page = read(eva)
        assert headline != "All is well"
        assert (name, level) in signs
        assert words in page

    change(app, (Helpdesk, 1), failures=50, failure="401")
    says("At 100 in a row Gorgias switches the integration off.", "Helpdesk main", "bad")
    change(app, (Helpdesk, 1), failures=0)
    change(app, (outbox.Account, "gorgias:1"), failures=2)
    says("The last 2 calls to Gorgias failed.", "Helpdesk main", "watch")
    change(app, (outbox.Account, "gorgias:1"), failures=0)
    with app.app_context():
        people.get_person("li@dafen.example").revoked_at = utcnow()
        db.session.get_one(ProblemType, 1).name_zh = "Address incomplete"
        db.session.query(SupplierStore).delete()
        waiting = outbox.enqueue("gorgias.tags", lane="gorgias:1:1", account="gorgias:1", payload={})
        waiting.created_at = utcnow() - timedelta(hours=2)
        db.session.commit()
    says("Nobody can sign in for: Dafen Art.", "Suppliers", "watch")
    says("No supplier paints for: NL.", "Stores", "watch")
    says("These types have no Chinese name: Address incomplete.", "Problem types", "watch")
    says("1 message waits, since 2 hours ago.", "Outgoing messages", "watch")
    with app.app_context():
        db.session.execute(db.text("UPDATE alembic_version SET version_num = '0001'"))
        db.session.commit()
    says("The tables in SQLite are not the ones this version needs.", "Data store", "bad")


@pytest.mark.only_on("sqlite")
def test_an_empty_service_says_where_to_begin(app, eva):
    with app.app_context():
        for table in ("supplier_stores", "stores", "helpdesk_users", "helpdesks"):
            db.session.execute(db.text(f"DELETE FROM {table}"))
        db.session.commit()
    assert "There is no helpdesk yet, so agents see nothing in Gorgias." in read(eva)[2]
