"""One step at a vendor: whose connection, when it may still be made, and what came of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from flask import Flask
from sqlalchemy import select

from widget.clients.gorgias import Gorgias
from widget.clients.http import Line, Timeouts
from widget.db import open_reading
from widget.errors import Outcome, ServiceError
from widget.outbox import Fenced, Pace, Report, Step, What
from widget.pictures.storage import StorageTrouble
from widget.secrets import UnreadableSecret
from widget.stores import Helpdesk
from widget.worker.kinds import KINDS, Tools

COUNTED_FOR_SECONDS = 0.5
# The rest is for the moments between the database's clock and ours.
PART_OF_LEASE_USED = 0.9

log = logging.getLogger(__name__)


class Postponed(Exception):
    """We hold a call back ourselves: no slot is free, or the worker is stopping."""


class Gate:
    """What each call of a step passes: counted against the limit, and made only while the lease lasts.

    `counted_at` is when (time.monotonic) the first call was counted and the lease renewed, with the step;
    `count_another` does both for each later call and says when. None: the first call is not counted yet.
    """

    def __init__(self, pace: Pace, count_another: Callable[[], float], counted_at: float | None = None) -> None:
        self.calls = 0
        self._pace = pace
        self._count_another = count_another
        self._counted_at = counted_at

    def __call__(self) -> float:
        """The moment after which nothing may be written. Raises Postponed."""
        counted_at, self._counted_at = self._counted_at, None
        # A call that was counted a while ago would arrive outside of the window it was counted in.
        if counted_at is None or time.monotonic() - counted_at > COUNTED_FOR_SECONDS:
            counted_at = self._count_another()
        write_by = counted_at + self._pace.lease_seconds * PART_OF_LEASE_USED - self._pace.call_seconds
        if time.monotonic() > write_by:
            raise Postponed
        self.calls += 1
        return write_by


class Connections:
    """Clients for accounts, with the connections kept open. One per thread: nothing in it is shared."""

    def __init__(self, app: Flask, pace: Pace) -> None:
        self._app = app
        self._timeouts = Timeouts(connect=pace.connect_seconds, read=pace.read_seconds)
        self._lines: dict[str, Line] = {}

    def tools(self, account: str, gate: Gate) -> Tools:
        """What a step of that account is done with. Raises ServiceError as `client` does."""
        return Tools(self.client(account, gate), self._app.extensions["pictures"])

    def client(self, account: str, gate: Gate) -> Gorgias:
        """The account's client. Raises ServiceError when its key cannot be read or the account is gone."""
        url, email, api_key = self._credentials(account)
        line = self._lines.get(account) or self._lines.setdefault(account, Line())
        return Gorgias(url, email, api_key, self._timeouts, line=line, before_call=gate)

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    def _credentials(self, account: str) -> tuple[str, str, str]:
        vendor, _, number = account.partition(":")
        if vendor != "gorgias" or not number.isdecimal():
            raise ServiceError(Outcome.NEVER, f"There is no account {account}.")
        wanted = select(Helpdesk.url, Helpdesk.email, Helpdesk.api_key_sealed).where(Helpdesk.id == int(number))
        with self._app.app_context(), open_reading() as connection:
            found = connection.execute(wanted).one_or_none()
        if found is None:
            raise ServiceError(Outcome.NEVER, f"There is no account {account} any more.")
        url, email, sealed = found
        try:
            return url, email, self._app.extensions["box"].open(sealed)
        except UnreadableSecret as error:
            raise ServiceError(
                Outcome.KEY_REFUSED,
                "The stored API key cannot be read: SECRET_KEY changed without SECRET_KEY_FALLBACKS."
                " Restore the old key there, or store the API key again with: flask helpdesk add.",
            ) from error


def perform(step: Step, connections: Connections, gate: Gate) -> Report:
    """Do the step; whatever goes wrong becomes a report."""
    try:
        return STEPS[step.what](step, connections.tools(step.account, gate))
    except (Postponed, Fenced):
        return Report(Outcome.NOT_DONE, retry_after=0, postponed=True)
    except StorageTrouble as error:
        return Report(error.outcome, reason=error.reason, elsewhere=True)
    except ServiceError as error:
        return Report(error.outcome, reason=error.reason, status=error.status, retry_after=error.retry_after)
    except Exception as error:
        log.exception("step failed step=%s id=%s kind=%s lane=%s", step.what, step.id, step.kind, step.lane)
        outcome = Outcome.UNKNOWN if gate.calls else Outcome.NOT_DONE
        return Report(outcome, reason=f"A defect of ours: {type(error).__name__}. The log tells more.", defect=True)


def is_delivery(step: Step, report: Report) -> bool:
    """Whether the message is now known to be there, by this step."""
    if step.what is What.SEND:
        return report.outcome is None
    return step.what is What.LOOK_UP and report.outcome is None and bool(report.ids)


def follow_up(step: Step, report: Report) -> Callable[[], None] | None:
    """What follows in our own store from a step that is known to be done; None when nothing does."""
    then = KINDS[step.kind].then if step.kind in KINDS else None
    if then is None or not is_delivery(step, report):
        return None
    return partial(then, step, report)


def _send(step: Step, tools: Tools) -> Report:
    answer = KINDS[step.kind].send(tools, step)
    return Report(ids=(str(answer),) if isinstance(answer, int) else (), answer=answer)


def _look_up(step: Step, tools: Tools) -> Report:
    find = KINDS[step.kind].find
    return Report(ids=tuple(str(found) for found in find(tools, step)) if find else ())


def _sweep(step: Step, tools: Tools) -> Report:
    """Keep the copy we know of, else the oldest, and remove the others; what was removed counts even when a later
    one fails.
    """
    kind, removed = KINDS[step.kind], 0
    copies = kind.find(tools, step) if kind.find else []
    kept = next((copy for copy in copies if str(copy) == step.result), copies[0] if copies else None)
    try:
        for extra in copies:
            if kind.remove and extra != kept:
                kind.remove(tools, step, extra)
                removed += 1
    except Postponed:
        return Report(Outcome.NOT_DONE, retry_after=0, postponed=True, removed=removed)
    except ServiceError as error:
        return Report(error.outcome, reason=error.reason, status=error.status, removed=removed)
    return Report(ids=() if kept is None else (str(kept),), removed=removed)


STEPS: dict[What, Callable[[Step, Tools], Report]] = {
    What.SEND: _send,
    What.LOOK_UP: _look_up,
    What.SWEEP: _sweep,
}
