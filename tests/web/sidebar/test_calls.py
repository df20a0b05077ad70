"""What is kept of Gorgias's calls, and what that costs."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
import time_machine

from tests import factories
from tests.web.visitors import counted_queries
from widget import installation
from widget.db import db, utcnow
from widget.stores import Helpdesk
from widget.web.sidebar.calls import WRITES_PER_MINUTE


@pytest.fixture(autouse=True)
def _world(app):
    factories.shop(app)


def kept(app):
    with app.app_context():
        desk = db.session.get_one(Helpdesk, 1)
        return desk.called_at, desk.failures, desk.failure


def fail(client, secret="wrong", helpdesk=1, **request):
    headers = {installation.SECRET_HEADER: secret}
    return client.post(installation.answer_path(helpdesk), headers=headers, **(request or {"json": {}})).status_code


def test_failures_in_a_row_are_counted_until_the_first_good_answer(app, client):
    assert kept(app) == (None, 0, "")
    assert [fail(client) for _ in range(12)] == [401] * 12
    assert kept(app) == (None, 12, "401")
    assert fail(client, factories.HOOK_SECRET, data="{", content_type="application/json") == 422
    assert kept(app)[1:] == (13, "422")
    assert factories.ask(client).status_code == 200
    called_at, *failures = kept(app)
    assert failures == [0, ""]
    assert utcnow() - called_at < timedelta(seconds=5)
    assert fail(client) == 401
    assert factories.ask(client).status_code == 200
    assert kept(app)[1:] == (0, "")


def test_a_helpdesk_that_does_not_exist_is_no_trouble(app, client):
    assert fail(client, helpdesk=7) == 401
    assert kept(app) == (None, 0, "")


def test_when_gorgias_last_called_is_written_once_a_minute(app, client):
    factories.ask(client)
    first, *_ = kept(app)
    with counted_queries(app) as statements:
        factories.ask(client)
    assert not [each for each in statements if each.startswith("UPDATE")]
    assert kept(app)[0] == first
    app.extensions["calls"].called[1] -= 61
    with time_machine.travel(utcnow() + timedelta(minutes=1)):
        factories.ask(client)
    assert kept(app)[0] > first


def test_calls_that_fail_do_not_make_us_write_without_end(app, client):
    with counted_queries(app) as statements:
        for _ in range(WRITES_PER_MINUTE + 20):
            fail(client)
    assert len([each for each in statements if each.startswith("UPDATE")]) == WRITES_PER_MINUTE
    assert kept(app)[1] == WRITES_PER_MINUTE


@pytest.mark.only_on("sqlite")
def test_a_busy_store_holds_nothing_up(app, client, database_url):
    factories.ask(client)
    with sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        started = utcnow()
        assert fail(client) == 401
        assert utcnow() - started < timedelta(seconds=0.5)
        other.execute("ROLLBACK")
    other.close()
    assert kept(app)[1] == 0
