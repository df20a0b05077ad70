"""The protocol between workers and the outbox: take a lane and begin a step, settle it, begin the next, let go.

Nothing here commits and nothing here calls a vendor. A worker commits that a step was begun before a byte
leaves, calls the vendor without any session open, then settles. Whatever it dies between, the next holder
of the lane finds out from the rows alone:

- `sending` means an attempt began and nobody knows how it ended: it rests, is looked up, then sent again;
- `crashes` was counted up with the step and is taken back by settling, so what kills workers is noticed;
- the lane's `fence` grew with every lease, so a holder that slept through its lease cannot settle any more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, or_, select

from widget.db import db, open_reading
from widget.outbox import accounts
from widget.outbox.accounts import clock, clock_in_sql
from widget.outbox.settling import SETTLERS, left_sending, park, settle_account
from widget.outbox.steps import Fenced, Lease, Pace, Report, Step, What
from widget.outbox.tables import WAITING, Account, Lane, Message, State

CRASHES_BEFORE_PARKED = 8
# Their clock and ours may differ: copies are looked for from a little before the first doubtful attempt.
CLOCKS_DIFFER = timedelta(minutes=10)

log = logging.getLogger(__name__)


MINE = select(Lane).where(Lane.lane == bindparam("lane"), Lane.fence == bindparam("fence")).with_for_update()
HEAD = (
    select(Message)
    .where(Message.lane == bindparam("lane"), Message.done_at.is_(None), Message.state.in_(WAITING))
    .order_by(Message.seq)
    .limit(1)
)
DOUBTFUL = (
    select(Message)
    .where(Message.lane == bindparam("lane"), Message.verify_at.is_not(None))
    .order_by(Message.verify_at)
    .limit(1)
)
FRESH = {"populate_existing": True}


def has_due_lane() -> bool:
    """Whether there is anything to take: a cheap read for idle workers."""
    with open_reading() as connection:
        return bool(connection.execute(select(exists(_due(select(Lane.lane), clock_in_sql())))).scalar())


def take(holder: str, pace: Pace) -> tuple[Lease, Step | None] | None:
    """Lease the lane that has been due longest and whose account may be called, and begin its first step.

    None when there is no such lane. Without a step there was nothing to do after all, and the lane is free again.
    """
    now = clock()
    due = _due(select(Lane), now).order_by(Lane.due_at).limit(1).with_for_update(of=Lane, skip_locked=True)
    lane: Lane | None = db.session.scalar(due, execution_options=FRESH)
    if lane is None:
        return None
    if lane.holder is not None:
        log.warning("lease taken over lane=%s from=%s", lane.lane, lane.holder)
    lane.holder, lane.fence = holder, lane.fence + 1
    lease = Lease(lane.lane, lane.account, holder, lane.fence)
    return lease, _begin(lane, accounts.lock(lane.account), now, pace)


def reserve_another(lease: Lease, pace: Pace) -> bool:
    """Count one more call for the step under way and renew the lease; False when none is free. Raises Fenced."""
    lane, now = _held(lease), clock()
    lane.lease_until = now + timedelta(seconds=pace.lease_seconds)
    return _reserve(accounts.lock(lane.account), now)


def settle(
    lease: Lease, step: Step, report: Report, pace: Pace, *, go_on: bool, then: Callable[[], None] | None = None
) -> Step | None:
    """Write down what came of a step, and begin the lane's next one or let the lane go. Raises Fenced.

    `then` is what follows from it in our own store: it runs while the lane is held, before the next step begins.
    """
    lane, now = _held(lease), clock()
    message = db.session.get_one(Message, step.id, populate_existing=True)
    if message.attempts != step.attempt or (step.what is What.SEND and message.state != State.SENDING):
        raise Fenced(f"message {step.id} is {message.state} at attempt {message.attempts}, not at {step.attempt}")
    account = accounts.lock(lane.account)
    settle_account(account, report, now, pace)
    if not report.defect:
        message.crashes = max(0, message.crashes - 1)
    SETTLERS[step.what](message, account, report, now, pace)
    log.info(
        "outbox step=%s id=%s kind=%s lane=%s attempt=%s outcome=%s status=%s state=%s",
        step.what, step.id, step.kind, step.lane, step.attempt, report.outcome or "done", report.status, message.state,
    )  # fmt: skip
    if then is not None:
        then()
        db.session.flush()
    if go_on:
        return _begin(lane, account, now, pace)
    _let_go(lane, *_next_due(lane.lane))
    return None


def _due(lanes: Select[Any], now: Any) -> Select[Any]:
    free: ColumnElement[bool] = or_(Lane.lease_until.is_(None), Lane.lease_until < now)
    return lanes.outerjoin(Account, Account.account == Lane.account).where(
        Lane.due_at <= now, free, accounts.is_open_for_calls(now)
    )


def _held(lease: Lease) -> Lane:
    lane = db.session.scalar(MINE, {"lane": lease.lane, "fence": lease.fence}, execution_options=FRESH)
    if lane is None:
        raise Fenced(f"lane {lease.lane} has another holder")
    return lane


def _begin(lane: Lane, account: Account, now: datetime, pace: Pace) -> Step | None:
    """The lane's next step, written down as begun and its call counted; None, and the lane let go, when
    nothing is due or the account may not be called now."""
    doubtful, head = _doubtful(lane.lane), _head(lane.lane, now, pace)
    what, message = _choose(doubtful, head, now, pace)
    if message is None or not _reserve(account, now):
        _let_go(lane, doubtful, head)
        return None
    lane.lease_until = now + timedelta(seconds=pace.lease_seconds)
    message.crashes += 1
    if what is What.SEND:
        message.move(State.SENDING)
        message.attempts += 1
        message.sent_at = now
        message.trying_since = message.trying_since or now
        message.looked_up_at = None
    return _step(what, message, now)


def _choose(doubtful: Message | None, head: Message | None, now: datetime, pace: Pace) -> tuple[What, Message | None]:
    """What is due: first extra copies, then the head; later messages wait for the head."""
    if doubtful is not None and doubtful.verify_at is not None and doubtful.verify_at <= now:
        return What.SWEEP, doubtful
    if head is not None and head.next_at <= now:
        return _what_next(head, now, pace), head
    return What.SEND, None


def _doubtful(lane: str) -> Message | None:
    """The message whose extra copies are to be looked for next."""
    while message := db.session.scalar(DOUBTFUL, {"lane": lane}, execution_options=FRESH):
        if message.crashes < CRASHES_BEFORE_PARKED:
            return message
        message.verify_at = None
        db.session.flush()
    return None


def _head(lane: str, now: datetime, pace: Pace) -> Message | None:
    """The message that goes next. What stopped workers too often is parked, so that the lane goes on."""
    while head := db.session.scalar(HEAD, {"lane": lane}, execution_options=FRESH):
        if head.state == State.SENDING:
            left_sending(head, now, pace)
        # A look-up may save a message whose sending stopped the worker, so it is allowed longer.
        patience = 2 if _what_next(head, now, pace) is What.LOOK_UP else 1
        if head.crashes < CRASHES_BEFORE_PARKED * patience:
            return head
        park(head, f"Sending it stopped the worker {head.crashes} times.")
        db.session.flush()
    return None


def _what_next(message: Message, now: datetime, pace: Pace) -> What:
    """A doubtful message is looked up right before each attempt: an earlier look may have come before its landing."""
    still_good = timedelta(seconds=max(pace.settle_seconds, 60))
    looked = message.looked_up_at
    if message.ambiguous and (looked is None or looked < now - still_good):
        return What.LOOK_UP
    return What.SEND


def _next_due(lane: str) -> tuple[Message | None, Message | None]:
    return (
        db.session.scalar(DOUBTFUL, {"lane": lane}, execution_options=FRESH),
        db.session.scalar(HEAD, {"lane": lane}, execution_options=FRESH),
    )


def _let_go(lane: Lane, doubtful: Message | None, head: Message | None) -> None:
    times = [message.verify_at for message in (doubtful,) if message and message.verify_at is not None]
    lane.due_at = min([*times, *([head.next_at] if head else [])], default=None)
    lane.holder = lane.lease_until = None


def _reserve(account: Account, now: datetime) -> bool:
    paused = account.paused_until is not None and account.paused_until > now
    return not paused and account.probe_at is None and accounts.reserve(account, now)


def _step(what: What, message: Message, now: datetime) -> Step:
    return Step(
        what=what,
        id=message.id,
        lane=message.lane,
        account=message.account,
        kind=message.kind,
        payload=message.payload,
        external_id=message.external_id,
        attempt=message.attempts,
        since=(message.unknown_since or now) - CLOCKS_DIFFER,
        result=message.result,
    )
