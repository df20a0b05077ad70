"""What is kept of Gorgias's calls: when it last called, and how often in a row it was answered with an error.

An ordinary answer costs a comparison in memory. What has to be written is written once the answer is on its way, gives
up at once when the store is busy, and is bounded, since anybody can send calls that fail.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from widget import helpdesks
from widget.db import write_at_once
from widget.helpdesks import FAILURES_ALARMING, FAILURES_WORRYING
from widget.web.sidebar.door import bp

CALLED_EVERY_SECONDS = 60.0
# Of failures, per process.
WRITES_PER_MINUTE = 120

log = logging.getLogger(__name__)


class Calls:
    """What one process remembers: when it last wrote down a call of each helpdesk, and when failures."""

    def __init__(self) -> None:
        self.called: dict[int, float] = {}
        self.failed: deque[float] = deque(maxlen=WRITES_PER_MINUTE)

    def is_news(self, helpdesk_id: int) -> bool:
        """Whether a good answer is worth writing down."""
        now = time.monotonic()
        if now - self.called.get(helpdesk_id, -CALLED_EVERY_SECONDS) < CALLED_EVERY_SECONDS:
            return False
        self.called[helpdesk_id] = now
        return True

    def may_fail(self) -> bool:
        """Whether a failure may still be written down this minute."""
        now = time.monotonic()
        if len(self.failed) == WRITES_PER_MINUTE and now - self.failed[0] < 60:
            return False
        self.failed.append(now)
        return True


@bp.after_request
def keep_call(response: Response) -> Response:
    """Only calls of the integration: what agents press is answered to them, and Gorgias does not count it."""
    if request.endpoint == "sidebar.widget_POST":
        helpdesk_id = int((request.view_args or {})["helpdesk_id"])
        calls: Calls = current_app.extensions.setdefault("calls", Calls())
        if response.status_code < 400:
            if g.get("failures") or calls.is_news(helpdesk_id):
                _after(response, _write_called, helpdesk_id)
        elif calls.may_fail():
            _after(response, _write_failure, helpdesk_id, response.status_code)
    return response


def _after(response: Response, write: Callable[..., None], *values: Any) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def now_that_it_is_sent() -> None:
        try:
            with app.app_context():
                write(*values)
        except (DBAPIError, PoolTimeout) as error:
            log.warning("call not written down", extra={"error": type(error).__name__})

    response.call_on_close(now_that_it_is_sent)


def _write_called(helpdesk_id: int) -> None:
    with write_at_once() as connection:
        helpdesks.called(connection, helpdesk_id)


def _write_failure(helpdesk_id: int, status: int) -> None:
    with write_at_once() as connection:
        in_a_row = helpdesks.call_failed(connection, helpdesk_id, status)
    if in_a_row in (FAILURES_WORRYING, FAILURES_ALARMING):
        log.error("integration calls fail", extra={"helpdesk": helpdesk_id, "in_a_row": in_a_row, "status": status})
