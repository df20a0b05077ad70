"""What the worker does beside deliveries: probe accounts whose breaker is open, copy users, forget old calls.

None of it may stop a delivery: whatever fails is logged and done again next time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from widget import people
from widget.db import db, utcnow
from widget.errors import Outcome, ServiceError
from widget.outbox import Pace, accounts
from widget.stores import Helpdesk
from widget.worker.delivery import Connections, Gate, Postponed

USERS_EVERY_SECONDS = 60.0
FORGET_EVERY_SECONDS = 10.0

log = logging.getLogger(__name__)


class Chores:
    """The chores of one worker process; several workers share them out through the store."""

    def __init__(self, app: Flask, pace: Pace) -> None:
        self._app = app
        self._pace = pace
        self._connections = Connections(app, pace)
        self._forget_at = 0.0

    def do(self) -> None:
        """Everything that is due."""
        for chore in (self._probe, self._copy_users, self._forget):
            try:
                chore()
            except Postponed:
                pass
            except ServiceError as error:
                log.warning("chore failed chore=%s outcome=%s status=%s", chore.__name__, error.outcome, error.status)
            except Exception:
                log.exception("chore failed chore=%s", chore.__name__)

    def close(self) -> None:
        self._connections.close()

    def _probe(self) -> None:
        """One read tells whether an account works again; a read can never double a note."""
        with self._app.app_context():
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
            self._connections.client(account, Gate(None, self._reserve(account), counted=0)).me()
        except ServiceError as error:
            return error
        return None

    def _copy_users(self) -> None:
        with self._app.app_context():
            helpdesks = [(row.id, row.account) for row in db.session.scalars(select(Helpdesk))]
        for helpdesk_id, account in helpdesks:
            with self._app.app_context():
                mine = accounts.take_chore(account, USERS_EVERY_SECONDS)
                db.session.commit()
            if mine:
                self._copy_users_of(helpdesk_id, account)

    def _copy_users_of(self, helpdesk_id: int, account: str) -> None:
        users = self._connections.client(account, Gate(None, self._reserve(account), counted=0)).list_users()
        with self._app.app_context():
            people.copy_users(helpdesk_id, users)
            db.session.get_one(Helpdesk, helpdesk_id).users_copied_at = utcnow()
            db.session.commit()

    def _forget(self) -> None:
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + FORGET_EVERY_SECONDS
        with self._app.app_context():
            accounts.forget_old_calls()
            db.session.commit()

    def _reserve(self, account: str) -> Callable[[], None]:
        def reserve() -> None:
            with self._app.app_context():
                row, now = accounts.lock(account), accounts.clock()
                reserved = accounts.reserve(row, now)
                db.session.commit()
            if not reserved:
                raise Postponed

        return reserve
