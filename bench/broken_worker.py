"""`flask worker` with one rule of its protocol taken out: the kill run has to notice, else it proves nothing.

What is broken is broken here, from outside. The product has no switch for it.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask.cli import main as flask
from sqlalchemy import update

from widget.db import db
from widget.outbox import Lease, Message, Pace, Report, State, Step, What, accounts, lanes
from widget.worker import kinds, loop


def without_look_up() -> None:
    """Nobody reads the ticket: whatever may have arrived counts as not there, before a second try and after it."""
    for name, kind in kinds.KINDS.items():
        if kind.find:
            kinds.KINDS[name] = dataclasses.replace(kind, find=lambda _client, _step: [])


def without_settling() -> None:
    """A note is looked up at once, though what was sent may still be on its way."""

    def hasty(_settle_seconds: float, lease_seconds: float, looked_up_kinds: frozenset[str]) -> Pace:
        return Pace(0, lease_seconds, looked_up_kinds)

    loop.Pace = hasty  # type: ignore[assignment,attr-defined]


def without_mark() -> None:
    """That a note is being sent is written down when the answer is there, not before the first byte leaves."""
    begin, settle = lanes._begin, lanes.settle

    def begin_unmarked(*arguments: Any) -> Step | None:
        step = begin(*arguments)
        if step is not None and step.what is What.SEND:
            _write(step, state=State.QUEUED, sent_at=None)
        return step

    def settle_marked(lease: Lease, step: Step, report: Report, pace: Pace, **how: Any) -> Step | None:
        if step.what is What.SEND:
            _write(step, state=State.SENDING, sent_at=accounts.clock())
        return settle(lease, step, report, pace, **how)

    lanes._begin = begin_unmarked  # type: ignore[assignment]
    lanes.settle = settle_marked


def _write(step: Step, *, state: State, sent_at: datetime | None) -> None:
    db.session.flush()
    db.session.execute(update(Message).where(Message.id == step.id).values(state=state, sent_at=sent_at))
    db.session.expire_all()


VARIANTS: dict[str, Callable[[], None]] = {
    "no-look-up": without_look_up,
    "no-settling": without_settling,
    "no-mark": without_mark,
}


if __name__ == "__main__":
    VARIANTS[sys.argv.pop(1)]()
    sys.argv = ["flask", "worker"]
    flask()
