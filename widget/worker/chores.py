"""What the worker does beside deliveries: probe accounts whose breaker is open, test connections that somebody wants
tested, copy users, watch over integrations, remind of what waits too long, void confirmations nobody used, forget
old calls, sweep pictures.

None of it may stop a delivery: whatever fails is logged and done again next time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from flask import Flask
from sqlalchemy import select

from widget import credentials, people, pictures, presence, presses
from widget.credentials import api_answers
from widget.db import db, open_reading, utcnow
from widget.errors import Outcome, ServiceError
from widget.outbox import Pace, accounts
from widget.stores import Helpdesk
from widget.worker import expiring, reminders, watchdog
from widget.worker.connection_checks import ConnectionChecks
from widget.worker.delivery import Connections, Gate, Postponed

USERS_EVERY_SECONDS = 60.0
ROUND_SECONDS = 5.0
SWEEP_SECONDS = 3_600.0

log = logging.getLogger(__name__)


class Chores:
    """The chores of one worker process; several workers share them out through the store.

    `sweep_after`: seconds until the first sweep. A worker that just started has deliveries to catch up with.
    """

    def __init__(self, app: Flask, pace: Pace, stop: threading.Event, *, sweep_after: float = 60.0) -> None:
        self._app = app
        self._pace = pace
        self._stop = stop
        self._connections = Connections(app, pace)
        self._checks = ConnectionChecks(app, stop, pace.probe_seconds)
        self._next_round_at = 0.0
        self._next_reminders_at = 0.0
        self._next_sweep_at = time.monotonic() + sweep_after
        self._sweep: threading.Thread | None = None

    def do(self) -> None:
        """Everything that is due. Called often, so it looks at the store with cheap reads."""
        self._try(self._probe)
        self._try(self._checks.begin)
        if time.monotonic() >= self._next_round_at:
            self._next_round_at = time.monotonic() + ROUND_SECONDS
            self._try(self._copy_users)
            self._try(self._watch)
            self._try(self._forget)
        if time.monotonic() >= self._next_reminders_at:
            self._next_reminders_at = time.monotonic() + reminders.LOOK_EVERY_SECONDS
            self._try(self._remind)
            self._try(self._expire)
        if time.monotonic() >= self._next_sweep_at:
            self._next_sweep_at = time.monotonic() + SWEEP_SECONDS
            # In a thread of its own: the other chores, and with --once the deliveries, do not wait for a bucket.
            self._sweep = threading.Thread(target=self._try, args=(self._sweep_pictures,), name="sweep", daemon=True)
            self._sweep.start()

    def _try(self, chore: Callable[[], None]) -> None:
        try:
            chore()
        except Postponed:
            pass
        except ServiceError as error:
            log.warning("chore failed chore=%s outcome=%s status=%s", chore.__name__, error.outcome, error.status)
        except Exception:
            log.exception("chore failed chore=%s", chore.__name__)

    def close(self) -> None:
        """Let a sweep finish, unless we have to stop: another hour's will do."""
        self._checks.close()
        if self._sweep is not None and not self._stop.is_set():
            self._sweep.join()
        self._connections.close()

    def _probe(self) -> None:
        """One read tells whether an account works again; a read can never double a note."""
        with self._app.app_context():
            if not accounts.has_due_probe():
                return
            account = accounts.take_probe(self._pace.probe_seconds)
            db.session.commit()
        if account is None:
            return
        error = self._answer_of(account)
        works = error is None or error.outcome is Outcome.NEVER or error.status == 429
        with self._app.app_context():
            if works:
                accounts.close_breaker(accounts.lock(account))
            elif error is not None:
                row = accounts.lock(account)
                accounts.open_breaker(row, error.reason, accounts.clock(), self._pace.probe_seconds)
            db.session.commit()

    def _answer_of(self, account: str) -> ServiceError | None:
        try:
            self._connections.client(account, self._gate(account)).me()
        except ServiceError as error:
            return error
        return None

    def _copy_users(self) -> None:
        with self._app.app_context(), open_reading() as connection:
            helpdesks = [f"gorgias:{number}" for number in connection.scalars(select(Helpdesk.id))]
        for account in helpdesks:
            with self._app.app_context():
                mine = accounts.is_chore_due(account) and accounts.take_chore(account, USERS_EVERY_SECONDS)
                db.session.commit()
            if mine:
                self._copy_users_of(account)

    def _copy_users_of(self, account: str) -> None:
        users = self._connections.client(account, self._gate(account)).list_users()
        with self._app.app_context():
            people.copy_users(int(account.removeprefix("gorgias:")), users)
            db.session.commit()

    def _watch(self) -> None:
        watchdog.watch(self._app, lambda account: self._connections.client(account, self._gate(account)))

    def _remind(self) -> None:
        reminders.remind(self._app, self._stop)

    def _expire(self) -> None:
        expiring.expire(self._app, self._stop)

    def _forget(self) -> None:
        with self._app.app_context():
            accounts.forget_old_calls()
            presses.forget_old()
            api_answers.forget_old()
            credentials.forget_old_tries()
            credentials.forget_old_sessions()
            presence.forget_old()
            db.session.commit()

    def _sweep_pictures(self) -> None:
        """Listing a bucket takes long: once an hour for all workers together, also those that run once a minute.

        The hour belongs to whoever puts its mark first; a mark has no row, so it is swept like a lost file.
        """
        storage = self._app.extensions["pictures"]
        with suppress(FileExistsError), self._app.app_context():
            storage.put(f"swept/{utcnow():%Y-%m-%d-%H}", b"swept", "text/plain")
            pictures.drop_old_drafts()
            db.session.commit()
            pictures.sweep(storage)

    def _gate(self, account: str) -> Gate:
        """Chores have no lease, but their calls are counted like all others."""

        def count() -> float:
            with self._app.app_context():
                counted = accounts.reserve(accounts.lock(account), accounts.clock())
                db.session.commit()
            if not counted or self._stop.is_set():
                raise Postponed
            return time.monotonic()

        return Gate(self._pace, count)
