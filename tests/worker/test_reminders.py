"""The worker reminds of lines that have waited too long: once, whoever looks and whatever is in the way."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests import factories
from widget import calendars, history
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.outbox import Lane
from widget.people import Actor, Side
from widget.problems import Problem
from widget.stores import Helpdesk
from widget.worker import reminders

KATJA = Actor(name="Katja", side=Side.CUSTOMER_SERVICE, email="katja@brushwood.example")


@pytest.fixture
def late_lines(app, desk):
    """Three lines in three tickets that have waited too long for customer service, which works around the clock."""

    def report():
        factories.supplier(factories.store(db.session.get_one(Helpdesk, desk.id)))
        calendars.change(
            calendars.of_customer_service(),
            timezone="UTC", working_days=range(1, 8), opens=0, closes=24 * 60, by=KATJA, version=1,
        )  # fmt: skip
        for number in range(3):
            factories.ticket(desk.id, 9001 + number, 501, OrderName(1, f"NL1042{number}"))
            factories.line(1, f"NL1042{number}")
        a_week_ago = utcnow() - timedelta(days=7)
        db.session.execute(update(Problem).values(waiting_since=a_week_ago, due_at=a_week_ago + timedelta(days=2)))

    desk.in_store(report)
    return desk


def reminded(desk):
    """How often each line was reminded of."""
    return desk.in_store(
        lambda: [[change.field for change in history.of("problem", number)].count("reminded") for number in (1, 2, 3)]
    )


def test_a_worker_that_runs_once_reminds_and_posts_it(late_lines, fake):
    late_lines.deliver()
    late_lines.deliver()
    posted = [message for message in fake.messages if "which is too long" in message["body_text"]]
    assert sorted(message["ticket_id"] for message in posted) == [9001, 9002, 9003]


def test_two_workers_remind_once(app, late_lines):
    both = threading.Barrier(2)

    def look():
        both.wait(10)
        reminders.remind(app, threading.Event())

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert reminded(late_lines) == [1, 1, 1]


@pytest.mark.only_on("sqlite")
def test_a_worker_that_stops_leaves_the_rest_to_the_next(app, late_lines):
    stop = threading.Event()
    stop.set()
    reminders.remind(app, stop)
    assert reminded(late_lines) == [0, 0, 0]
    reminders.remind(app, threading.Event(), at_most=2)
    assert reminded(late_lines) == [1, 1, 0]
    reminders.remind(app, threading.Event())
    assert reminded(late_lines) == [1, 1, 1]


def test_one_bad_line_does_not_keep_the_others_waiting(app, late_lines):
    late_lines.in_store(lambda: db.session.execute(update(Lane).where(Lane.lane.endswith(":9001")).values(next_seq=1)))
    reminders.remind(app, threading.Event())
    assert reminded(late_lines) == [0, 1, 1]


def test_lines_that_were_never_counted_are_counted_and_reminded_of(app, late_lines):
    late_lines.in_store(lambda: db.session.execute(update(Problem).values(due_at=None)))
    reminders.remind(app, threading.Event())
    assert reminded(late_lines) == [1, 1, 1]
