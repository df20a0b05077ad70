"""Several workers on one outbox at once: order, the rate limit, and no note twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.worker.conftest import Desk
from tests.worker.wire import FakeGorgias
from widget import outbox
from widget.config import Config
from widget.worker import Worker


@pytest.fixture
def config(config: Config) -> Config:
    """Calls have time enough on a busy machine: one that timed out would rest here for longer than the tests wait."""
    return replace(config, outbox_settle_seconds=1, outbox_lease_seconds=30)


@pytest.fixture
def start_workers(app: Flask) -> Iterator[Callable[[int], None]]:
    """So many workers, each with its threads, until the test ends."""
    stop, threads = threading.Event(), []

    def start(count: int) -> None:
        for _ in range(count):
            threads.append(threading.Thread(target=Worker(app).run, args=(stop,)))
            threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join(30)


def most_calls_within(fake: FakeGorgias, seconds: float) -> int:
    times = [call.at for call in fake.calls]
    return max(sum(start <= time < start + seconds for time in times) for start in times)


def test_three_workers_deliver_each_note_once_and_in_order(desk: Desk, fake, start_workers, until):
    wanted: dict[int, list[str]] = {}
    for number in range(120):
        ticket = 9001 + number % 12
        wanted.setdefault(ticket, []).append(str(number))
        desk.note(str(number), ticket)
    start_workers(3)
    until(lambda: set(desk.states()) == {"sent"}, 60)
    assert {ticket: fake.notes(ticket) for ticket in wanted} == wanted


def test_three_workers_together_never_call_more_often_than_allowed(desk: Desk, fake, start_workers, until):
    desk.in_store(lambda: outbox.set_account_limits(desk.account, 8, 1))
    for number in range(24):
        desk.note("hello", ticket=9001 + number)
    start_workers(3)
    until(lambda: set(desk.states()) == {"sent"}, 60)
    assert most_calls_within(fake, 1) <= 8


def test_the_documented_limit_holds(desk: Desk, fake, start_workers, until):
    desk.in_store(lambda: outbox.set_account_limits(desk.account, 40, 20))
    for number in range(60):
        desk.note("hello", ticket=9001 + number)
    start_workers(3)
    until(lambda: len(fake.calls) == 40, 30)
    until(lambda: desk.in_store(outbox.list_accounts)[0]["paused_until"] is not None)
    assert most_calls_within(fake, 20) == 40
    assert desk.in_store(outbox.waiting_count) > 0


def test_another_account_goes_on_while_one_is_paused(desk: Desk, fake, start_workers, until, app):
    desk.in_store(lambda: outbox.set_account_limits(desk.account, 1, 3600))
    desk.note("one", 9001)
    desk.note("two", 9002)
    start_workers(1)
    until(lambda: desk.in_store(outbox.list_accounts)[0]["paused_until"] is not None)
    other = Desk(app, fake.url, "second")
    other.note("elsewhere", 9003)
    until(lambda: fake.notes(9003) == ["elsewhere"])
    assert desk.in_store(outbox.waiting_count) >= 1
