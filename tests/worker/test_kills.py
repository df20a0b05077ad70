"""Workers as real processes, killed at every step, killed at random, frozen, stopped: nothing is lost or doubled."""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.processes import Process, Processes
from tests.worker.wire import FakeGorgias
from widget import outbox
from widget.db import db, is_postgresql
from widget.outbox import Lane
from widget.worker.crash import POINTS, VARIABLE

TICKETS = range(9001, 9004)
NOTES_EACH = 3
IN_TRANSACTION = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
)


@pytest.fixture
def start_worker(processes: Processes) -> Callable[..., Process]:
    """A worker process with short leases and settle times."""

    def start(crash_at: str = "", **env: str) -> Process:
        processes.env |= {"OUTBOX_SETTLE_SECONDS": "0.5", "OUTBOX_LEASE_SECONDS": "2", **env}
        processes.env[VARIABLE] = crash_at
        return processes.start_worker()

    return start


def assert_each_once_in_order(fake: FakeGorgias, ticket: int, wanted: list[str]) -> None:
    assert fake.notes(ticket) == wanted


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(desk, fake, start_worker, until, point):
    wanted = [f"note {number}" for number in range(NOTES_EACH)]
    for words in wanted:
        for ticket in TICKETS:
            desk.note(words, ticket)
    killed = start_worker(f"{point}:2")
    until(lambda: not killed.is_running)
    assert killed.stop() == -signal.SIGKILL
    start_worker()
    until(lambda: set(desk.states()) == {"sent"}, 30)
    for ticket in TICKETS:
        assert_each_once_in_order(fake, ticket, wanted)


def test_workers_killed_at_random_lose_and_double_nothing(desk, fake, start_worker, until):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    wanted: dict[int, list[str]] = {ticket: [] for ticket in range(9001, 9007)}
    workers = [start_worker(), start_worker()]
    for number in range(60):
        ticket = dice.choice(list(wanted))
        wanted[ticket].append(f"note {number}")
        desk.note(f"note {number}", ticket)
        if number % 10 == 5:
            already = len(fake.messages)
            until(lambda already=already: len(fake.messages) > already + dice.randrange(3), 30)
            workers.pop(dice.randrange(2)).kill()
            workers.append(start_worker())
    until(lambda: set(desk.states()) == {"sent"}, 40)
    assert {ticket: fake.notes(ticket) for ticket in wanted} == wanted


def test_a_worker_that_is_told_to_stop_finishes_its_call_and_lets_its_lanes_go(desk, fake, start_worker, until):
    under_way, go_on = threading.Event(), threading.Event()

    def slow(call: Any) -> None:
        if call.method == "POST":
            under_way.set()
            go_on.wait(10)

    fake.during = slow
    first, second = desk.note("first"), desk.note("second")
    worker = start_worker(OUTBOX_LEASE_SECONDS="30")
    assert under_way.wait(15)
    threading.Timer(0.3, go_on.set).start()
    assert worker.stop() == 0
    assert desk.row(first)["state"] == "sent"
    assert (desk.row(second)["state"], desk.row(second)["attempts"]) == ("queued", 0)
    with desk.app.app_context():
        lane = db.session.get_one(Lane, f"{desk.account}:9001")
        assert (lane.holder, lane.lease_until) == (None, None)


def test_an_idle_worker_stops_at_once(start_worker, until, desk, fake):
    worker = start_worker()
    until(lambda: "worker started" in worker.output())
    assert worker.stop(timeout=5) == 0


def is_writing(app: Flask) -> bool:
    """Whether somebody is in the middle of a transaction, whose locks a frozen process would keep."""
    with app.app_context():
        if is_postgresql():
            count: int = db.session.execute(IN_TRANSACTION).scalar_one()
            return count > 0
        path = db.engine.url.database
    store = sqlite3.connect(str(path), timeout=0.3, isolation_level=None)
    try:
        store.execute("BEGIN IMMEDIATE")
        store.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        store.close()
    return False


def test_a_worker_that_is_frozen_does_not_hold_up_the_others_for_long(desk, fake, start_worker, until):
    frozen = start_worker()
    desk.note("one")
    until(lambda: desk.states() == ["sent"])
    reached = threading.Event()

    def freeze(call: Any) -> None:
        if call.method == "POST" and not reached.is_set():
            frozen.freeze()
            # Its other threads may be in the middle of a commit, and would keep their locks.
            while is_writing(desk.app):
                frozen.thaw()
                until(lambda: not is_writing(desk.app))
                frozen.freeze()
            reached.set()

    fake.during = freeze
    desk.note("two")
    assert reached.wait(10)
    start_worker()
    desk.note("three")
    until(lambda: set(desk.states()) == {"sent"}, 30)
    frozen.thaw()
    assert fake.notes(9001) == ["one", "two", "three"]
    assert frozen.stop() == 0
    assert desk.in_store(outbox.waiting_count) == 0
