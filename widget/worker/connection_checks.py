"""What admins ask of the worker about a helpdesk: test the connection, install or update the widget.

Each runs in a thread of its own, so that a Gorgias that hangs holds up neither deliveries nor the other chores.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError

from widget import helpdesks
from widget.clients.http import Line, Timeouts
from widget.db import db
from widget.errors import Outcome, ServiceError
from widget.outbox import accounts
from widget.secrets import UnreadableSecret
from widget.worker import installing
from widget.worker.delivery import Postponed
from widget.worker.installing import Connected, Finding

AT_ONCE = 4
# All calls together, well before somebody else begins anew.
SECONDS_AT_MOST = 75.0
# Somebody sits in front of it and waits.
PATIENCE = Timeouts(connect=3.0, read=8.0)
ASK_AGAIN_SECONDS = 0.2
FINISH_TRIES = 3

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taken:
    """A check that is ours to do."""

    id: int
    helpdesk_id: int
    kind: str
    begun_at: datetime


class ConnectionChecks:
    """Those of one worker process; several workers share them out through the store."""

    def __init__(self, app: Flask, stop: threading.Event, probe_seconds: float) -> None:
        self._app = app
        self._stop = stop
        self._probe_seconds = probe_seconds
        self.threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Begin with what is asked for. Called often: a cheap read while there is nothing."""
        self.threads = [thread for thread in self.threads if thread.is_alive()]
        while len(self.threads) < AT_ONCE and (taken := self._take()) is not None:
            thread = threading.Thread(target=self._do, args=(taken,), name="connection check", daemon=True)
            self.threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Let them finish, unless we have to stop: another worker begins anew."""
        for thread in self.threads:
            if not self._stop.is_set():
                thread.join()

    def _take(self) -> Taken | None:
        with self._app.app_context():
            check = helpdesks.take() if helpdesks.has_waiting() else None
            if check is None or check.begun_at is None:
                return None
            taken = Taken(check.id, check.helpdesk_id, check.kind, check.begun_at)
            db.session.commit()
        return taken

    def _do(self, taken: Taken) -> None:
        try:
            with self._app.app_context():
                found = self._find_out(taken)
        except Postponed:
            log.info("connection check left to another worker id=%s", taken.id)
            return
        except Exception:
            log.exception("connection check failed id=%s kind=%s", taken.id, taken.kind)
            found = [Finding("key", False, "defect")]
        self._finish(taken, [each.plain() for each in found])

    def _find_out(self, taken: Taken) -> list[Finding]:
        helpdesk, line = helpdesks.get(taken.helpdesk_id), Line()
        known_as = {"email": helpdesk.email, "url": helpdesk.url}
        account = helpdesk.account
        gate = self._gate(account)
        try:
            known = installing.connected(helpdesk, PATIENCE, line=line, before_call=gate)
            found = _install(known) if taken.kind == "install" else _check(known)
        except UnreadableSecret:
            return [Finding("key", False, "key_unreadable")]
        except ServiceError as error:
            log.warning("connection check id=%s outcome=%s status=%s", taken.id, error.outcome, error.status)
            if error.outcome is Outcome.KEY_REFUSED:
                self._hold_up(account, error.reason)
            return [installing.trouble(known_as, error)]
        finally:
            line.close()
        accounts.close_breaker(accounts.lock(account))
        db.session.commit()
        return found

    def _hold_up(self, account: str, reason: str) -> None:
        """What waits would be refused, too. The probes find out when the key works."""
        db.session.rollback()
        accounts.open_breaker(accounts.lock(account), reason, accounts.clock(), self._probe_seconds)
        db.session.commit()

    def _gate(self, account: str) -> Callable[[], None]:
        """Each call is counted like all others; one for which there is no room waits a little."""
        give_up_at = time.monotonic() + SECONDS_AT_MOST

        def count() -> None:
            while time.monotonic() < give_up_at:
                with self._app.app_context():
                    row, now = accounts.lock(account), accounts.clock()
                    is_paused = row.paused_until is not None and row.paused_until > now
                    is_counted = not is_paused and accounts.reserve(row, now)
                    db.session.commit()
                if is_counted:
                    return
                if self._stop.wait(ASK_AGAIN_SECONDS):
                    raise Postponed
            raise ServiceError(Outcome.NOT_DONE, "There was no room for it beside the outgoing messages.", status=429)

        return count

    def _finish(self, taken: Taken, findings: list[dict[str, Any]]) -> None:
        for tries_left in range(FINISH_TRIES - 1, -1, -1):
            try:
                with self._app.app_context():
                    if not helpdesks.finish(taken.id, taken.begun_at, findings):
                        log.warning("connection check done too late id=%s", taken.id)
                    db.session.commit()
                return
            except DBAPIError:
                if not tries_left:
                    log.exception("connection check not written down id=%s", taken.id)
                elif self._stop.wait(ASK_AGAIN_SECONDS):
                    return


def _install(known: Connected) -> list[Finding]:
    done = installing.install(known)
    installing.remember(known, done)
    return installing.findings_after(done)


def _check(known: Connected) -> list[Finding]:
    return installing.findings(known, installing.look(known))
