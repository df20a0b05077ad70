"""The worker: takes lanes from the outbox, step by step, and hands the steps to the vendors' clients.

Between two commits there is either a call or a transaction, never both. A worker may be killed anywhere:
what it leaves in the store is enough for the next one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from sqlalchemy.exc import DBAPIError

from widget import outbox
from widget.config import Config
from widget.db import be_patient, db, is_busy, is_postgresql
from widget.outbox import Fenced, Lease, Pace, Report, State, Step, lanes
from widget.worker.chores import Chores
from widget.worker.crash import crash_point
from widget.worker.delivery import Connections, Gate, Postponed, follow_up, is_delivery, perform
from widget.worker.kinds import LOOKED_UP_KINDS

LANES_AT_ONCE = 4
STEPS_PER_LEASE = 20
POLL_SECONDS = 0.3
STOP_WITHIN_SECONDS = 25.0
STORE_AWAY_SECONDS = 2.0
SETTLE_TRIES = 5
SETTLE_AGAIN_SECONDS = 0.2
PART_OF_LEASE_WAITED = 0.25

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Begun:
    """A step that was written down as begun; `at` is when (time.monotonic), for the lease and the call's slot."""

    step: Step
    at: float


class Worker:
    """One worker process. Several may run at once, on one host (SQLite) or many (PostgreSQL)."""

    def __init__(self, app: Flask) -> None:
        config: Config = app.extensions["config"]
        be_patient(app)
        self._app = app
        self._pace = Pace(config.outbox_settle_seconds, config.outbox_lease_seconds, LOOKED_UP_KINDS)
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._stop = threading.Event()
        with app.app_context():
            # SQLite has one writer and no queue for it: threads that wait in turn here do not crowd out the web.
            self._turn = contextlib.nullcontext() if is_postgresql() else threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set; then finish the calls under way, let the lanes go and return.

        Raises DBAPIError when there is no store to begin with; one that goes away later is waited for.
        """
        self._stop = stop
        self._look_once()
        threads = [threading.Thread(target=self._serve, name=f"lane-{n}", daemon=True) for n in range(LANES_AT_ONCE)]
        log.info("worker started holder=%s", self._name)
        threads.append(threading.Thread(target=self._do_chores, name="chores", daemon=True))
        for thread in threads:
            thread.start()
        # Not stop.wait(): a signal may reach another thread, which does not wake this one, and its handler must not
        # find this one inside the event's own lock.
        while not stop.is_set():
            time.sleep(POLL_SECONDS)
        give_up_at = time.monotonic() + STOP_WITHIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, give_up_at - time.monotonic()))
        log.info("worker stopped holder=%s", self._name)

    def run_once(self) -> dict[str, int]:
        """Deliver what is due now and return what became of it: messages sent just now, still waiting, parked."""
        chores = Chores(self._app, self._pace, self._stop, sweep_after=0)
        connections = Connections(self._app, self._pace)
        chores.do()
        sent = 0
        while (count := self._work_on_a_lane(connections)) is not None:
            sent += count
        connections.close()
        chores.close()
        with self._app.app_context():
            return {"sent": sent, "waiting": outbox.waiting_count(), "parked": outbox.counts()[State.PARKED]}

    def _serve(self) -> None:
        connections = Connections(self._app, self._pace)
        while not self._stop.is_set():
            try:
                while self._work_on_a_lane(connections) is not None and not self._stop.is_set():
                    pass
                self._wait_for_work()
            except Exception as error:  # noqa: BLE001  whatever it is, deliveries go on
                _log_trouble(error)
                self._stop.wait(STORE_AWAY_SECONDS)
        connections.close()

    def _wait_for_work(self) -> None:
        """Ask cheaply until there is something to take."""
        while not self._stop.wait(POLL_SECONDS) and not self._look_once():
            pass

    def _look_once(self) -> bool:
        """Raises DBAPIError when there is no store to work on, or one without tables."""
        with self._app.app_context():
            return lanes.has_due_lane()

    def _do_chores(self) -> None:
        chores = Chores(self._app, self._pace, self._stop)
        while not self._stop.wait(POLL_SECONDS):
            chores.do()
        chores.close()

    def _work_on_a_lane(self, connections: Connections) -> int | None:
        """Take a lane and its due steps; how many messages were sent, None when no lane was to be had."""
        taken = self._take()
        if taken is None:
            return None
        (lease, begun), sent = taken, 0
        for left in range(STEPS_PER_LEASE, 0, -1):
            if begun is None:
                break
            report = self._perform(lease, begun, connections)
            sent += is_delivery(begun.step, report)
            begun = self._settle(lease, begun.step, report, go_on=left > 1)
        return sent

    def _take(self) -> tuple[Lease, Begun | None] | None:
        with self._transaction():
            taken = lanes.take(self._name, self._pace)
            begun = Begun(taken[1], time.monotonic()) if taken and taken[1] else None
            crash_point("leasing")
        return (taken[0], begun) if taken else None

    def _perform(self, lease: Lease, begun: Begun, connections: Connections) -> Report:
        crash_point("begun")
        gate = Gate(self._pace, lambda: self._reserve_another(lease), counted_at=begun.at)
        report = perform(begun.step, connections, gate)
        crash_point("answered")
        return report

    def _settle(self, lease: Lease, step: Step, report: Report, *, go_on: bool) -> Begun | None:
        """Write down what came of the step and begin the next one in the same commit.

        What is known of a call must not get lost because the store was away for a moment, or because the
        next message is a bad one; so it is tried again, without going on.
        """
        for tries_left in range(SETTLE_TRIES - 1, -1, -1):
            try:
                return self._settle_now(lease, step, report, go_on=go_on)
            except Fenced as error:
                log.warning("too late to settle id=%s lane=%s: %s", step.id, step.lane, error)
                return None
            except Exception as error:
                if not tries_left:
                    raise
                _log_trouble(error)
                go_on = False
                time.sleep(SETTLE_AGAIN_SECONDS)
        return None

    def _settle_now(self, lease: Lease, step: Step, report: Report, *, go_on: bool) -> Begun | None:
        with self._transaction():
            go_on = go_on and not self._stop.is_set()
            following = lanes.settle(lease, step, report, self._pace, go_on=go_on, then=follow_up(step, report))
            begun = Begun(following, time.monotonic()) if following else None
            crash_point("settling")
        crash_point("settled")
        return begun

    def _reserve_another(self, lease: Lease) -> float:
        """When the call was counted (time.monotonic). Raises Postponed.

        Waits a little for its turn, holding the lane: a step of many calls that began anew each time the account is
        busy would never end.
        """
        give_up_at = time.monotonic() + self._pace.lease_seconds * PART_OF_LEASE_WAITED
        while True:
            with self._transaction():
                reserved = not self._stop.is_set() and lanes.reserve_another(lease, self._pace)
                counted_at = time.monotonic()
            if reserved:
                return counted_at
            if counted_at > give_up_at or self._stop.wait(POLL_SECONDS):
                raise Postponed

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._turn, self._app.app_context():
            yield
            db.session.commit()


def _log_trouble(error: Exception) -> None:
    if isinstance(error, DBAPIError) and is_busy(error):
        log.warning("store not available, trying again: %s", type(error.orig).__name__)
    else:
        log.error("worker had an unexpected error, going on", exc_info=error)
