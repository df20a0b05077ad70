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
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, or_, select

from widget.db import db, reading
from widget.errors import Outcome
from widget.outbox import accounts
from widget.outbox.accounts import clock, clock_in_sql
from widget.outbox.tables import WAITING, Account, Lane, Message, State

CRASHES_BEFORE_PARKED = 8
DEFECTS_BEFORE_PARKED = 3
TRYING_AT_MOST = timedelta(hours=24)
BACK_OFF_BASE_SECONDS = 1.0
BACK_OFF_CAP_SECONDS = 15 * 60.0
# Their clock and ours may differ: copies are looked for from a little before the first doubtful attempt.
CLOCKS_DIFFER = timedelta(minutes=10)
# Extra copies are looked for this many settle times after a message was sent.
SWEEPS_AFTER_SETTLES = (2, 15)

log = logging.getLogger(__name__)
# Spreads attempts over time; nothing secret depends on it.
dice = random.Random()  # noqa: S311


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


class Fenced(Exception):
    """The lease was taken over: what this worker did is for the present holder to find out."""


class What(StrEnum):
    """The kinds of steps in a lane."""

    SEND = "send"
    LOOK_UP = "look_up"
    SWEEP = "sweep"


@dataclass(frozen=True)
class Pace:
    """How patient the protocol is, and which kinds of messages must never be done twice."""

    settle_seconds: float = 60
    lease_seconds: float = 90
    looked_up_kinds: frozenset[str] = frozenset()

    @property
    def connect_seconds(self) -> float:
        return min(3.0, self.lease_seconds / 10)

    @property
    def read_seconds(self) -> float:
        return min(20.0, self.lease_seconds / 3)

    @property
    def call_seconds(self) -> float:
        """The longest a call may take, so that the lease outlives it."""
        return self.connect_seconds + self.read_seconds

    @property
    def probe_seconds(self) -> float:
        return min(30.0, self.settle_seconds / 2)


@dataclass(frozen=True)
class Lease:
    """The right to work on a lane, until `fence` is out of date."""

    lane: str
    account: str
    holder: str
    fence: int


@dataclass(frozen=True)
class Step:
    """One thing to do at the vendor, as plain values. `since`: copies of ours are not older than this."""

    what: What
    id: int
    lane: str
    account: str
    kind: str
    payload: dict[str, Any]
    external_id: str | None
    attempt: int
    since: datetime


@dataclass(frozen=True)
class Report:
    """What came of a step.

    `outcome` None: the vendor did it, `ids` are the copies there are, lowest first. `postponed`: we held the
    call back ourselves. `defect`: an exception of ours, the outcome says whether a byte may have left.
    """

    outcome: Outcome | None = None
    ids: tuple[str, ...] = ()
    reason: str = ""
    status: int | None = None
    retry_after: float | None = None
    removed: int = 0
    postponed: bool = False
    defect: bool = False


def has_due_lane() -> bool:
    """Whether there is anything to take: a cheap read for idle workers."""
    with reading() as connection:
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


def settle(lease: Lease, step: Step, report: Report, pace: Pace, *, go_on: bool) -> Step | None:
    """Write down what came of a step, and begin the lane's next one or let the lane go. Raises Fenced."""
    lane, now = _held(lease), clock()
    message = db.session.get_one(Message, step.id, populate_existing=True)
    if message.attempts != step.attempt:
        raise Fenced(f"message {step.id} is at attempt {message.attempts}, not {step.attempt}")
    account = accounts.lock(lane.account)
    _settle_account(account, report, now, pace)
    if not report.defect:
        message.crashes = max(0, message.crashes - 1)
    SETTLERS[step.what](message, account, report, now, pace)
    log.info(
        "outbox step=%s id=%s kind=%s lane=%s attempt=%s outcome=%s status=%s state=%s",
        step.what, step.id, step.kind, step.lane, step.attempt, report.outcome or "done", report.status, message.state,
    )  # fmt: skip
    if go_on:
        return _begin(lane, account, now, pace)
    _let_go(lane, *_next_due(lane.lane))
    return None


def back_off(attempts: int) -> float:
    """Seconds until the next attempt: full jitter, so that many messages do not come back together."""
    return dice.uniform(0, min(BACK_OFF_CAP_SECONDS, BACK_OFF_BASE_SECONDS * 2 ** min(attempts - 1, 20)))


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
            _left_sending(head, now, pace)
        # A look-up may save a message whose sending stopped the worker, so it is allowed longer.
        patience = 2 if _what_next(head, now, pace) is What.LOOK_UP else 1
        if head.crashes < CRASHES_BEFORE_PARKED * patience:
            return head
        _park(head, f"Sending it stopped the worker {head.crashes} times.")
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
    )


def _left_sending(message: Message, now: datetime, pace: Pace) -> None:
    """The worker that began this attempt never settled it."""
    _became_unknown(message, pace, now)
    if message.sent_at is not None and message.state == State.UNKNOWN:
        surely_over = message.sent_at + timedelta(seconds=pace.call_seconds + pace.settle_seconds)
        message.next_at = max(now, surely_over)
    message.reason = "The worker was stopped while this was on its way."


def _became_unknown(message: Message, pace: Pace, now: datetime) -> None:
    if message.kind not in pace.looked_up_kinds:
        message.move(State.QUEUED)
        message.next_at = now
        return
    message.move(State.UNKNOWN)
    message.ambiguous = True
    message.unknown_since = message.unknown_since or message.sent_at
    message.next_at = now + timedelta(seconds=pace.settle_seconds)


def _park(message: Message, reason: str) -> None:
    message.move(State.PARKED)
    message.reason = reason
    log.error(
        "message parked id=%s kind=%s lane=%s attempts=%s", message.id, message.kind, message.lane, message.attempts
    )


def _settle_account(account: Account, report: Report, now: datetime, pace: Pace) -> None:
    if report.postponed or report.defect:
        return
    if report.outcome is None or report.outcome is Outcome.NEVER:
        accounts.went_well(account)
    elif report.outcome is Outcome.KEY_REFUSED:
        accounts.open_breaker(account, report.reason, now, pace.probe_seconds)
    elif report.status != 429:
        accounts.failed(account, report.reason, now, pace.probe_seconds)


def _settle_send(message: Message, account: Account, report: Report, now: datetime, pace: Pace) -> None:
    message.reason = message.reason if report.postponed else report.reason
    if report.outcome is None:
        _sent(message, report, now, pace)
    elif report.outcome is Outcome.NEVER:
        message.next_at = now
        _park(message, report.reason)
    elif report.defect and message.crashes >= DEFECTS_BEFORE_PARKED:
        _unknown_or_queued(message, account, report, now, pace)
        _park(message, report.reason)
    else:
        _unknown_or_queued(message, account, report, now, pace)
        if report.outcome is Outcome.KEY_REFUSED:
            message.trying_since = None
        if message.state == State.QUEUED and _tried_too_long(message, now):
            _park(message, f"Given up after trying for a day. The last answer: {report.reason}")


def _unknown_or_queued(message: Message, account: Account, report: Report, now: datetime, pace: Pace) -> None:
    """Not sent this time. A pause the vendor asked for is the whole account's."""
    wait = report.retry_after if report.retry_after is not None else back_off(message.attempts)
    if report.outcome is Outcome.UNKNOWN:
        _became_unknown(message, pace, now)
        if message.state == State.UNKNOWN:
            return
    else:
        message.move(State.QUEUED)
    message.next_at = now + timedelta(seconds=wait)
    if report.status == 429:
        _pause_account(account, report, message.next_at)


def _pause_account(account: Account, report: Report, until: datetime) -> None:
    accounts.pause(account, until)
    account.reason = report.reason


def _sent(message: Message, report: Report, now: datetime, pace: Pace) -> None:
    message.move(State.SENT)
    message.done_at, message.reason, message.crashes = now, "", 0
    message.result = report.ids[0] if report.ids else None
    if message.ambiguous:
        message.verify_at = now if len(report.ids) > 1 else _sweep_time(message, pace)


def _settle_look_up(message: Message, account: Account, report: Report, now: datetime, pace: Pace) -> None:
    if report.outcome is None and report.ids:
        _sent(message, report, now, pace)
    elif report.outcome is None:
        message.looked_up_at = message.next_at = now
        if message.state == State.UNKNOWN:
            message.move(State.QUEUED)
        if message.attempts > 1 and _tried_too_long(message, now):
            _park(message, f"Given up after trying for a day. {message.reason}")
    else:
        if not report.postponed:
            message.reason = f"It is not known whether it arrived, and looking it up failed: {report.reason}"
        message.next_at = now + _until_next_look(report, pace)
        if report.status == 429:
            _pause_account(account, report, message.next_at)
        if _tried_too_long(message, now) or (report.defect and message.crashes >= DEFECTS_BEFORE_PARKED):
            _park(message, message.reason)


def _settle_sweep(message: Message, account: Account, report: Report, now: datetime, pace: Pace) -> None:
    if report.removed:
        account.copies_removed += report.removed
        log.warning("extra copies removed id=%s lane=%s copies=%s", message.id, message.lane, report.removed)
    if report.outcome is None:
        message.verifications += 1
        message.result = report.ids[0] if report.ids else message.result
        message.verify_at = _sweep_time(message, pace)
    elif message.done_at is None or now - message.done_at > TRYING_AT_MOST:
        message.verify_at = None
        log.error("gave up looking for extra copies id=%s lane=%s", message.id, message.lane)
    else:
        message.verify_at = now + _until_next_look(report, pace)
        if report.status == 429:
            _pause_account(account, report, message.verify_at)


def _sweep_time(message: Message, pace: Pace) -> datetime | None:
    if message.done_at is None or message.verifications >= len(SWEEPS_AFTER_SETTLES):
        return None
    return message.done_at + timedelta(seconds=SWEEPS_AFTER_SETTLES[message.verifications] * pace.settle_seconds)


def _until_next_look(report: Report, pace: Pace) -> timedelta:
    own = dice.uniform(0.5, 1) * pace.settle_seconds
    return timedelta(seconds=own if report.retry_after is None else report.retry_after)


def _tried_too_long(message: Message, now: datetime) -> bool:
    return message.trying_since is not None and now - message.trying_since >= TRYING_AT_MOST


SETTLERS: dict[What, Callable[[Message, Account, Report, datetime, Pace], None]] = {
    What.SEND: _settle_send,
    What.LOOK_UP: _settle_look_up,
    What.SWEEP: _settle_sweep,
}
