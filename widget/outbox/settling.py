"""What becomes of a message, and of its account, after a step: one function per kind of step."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from widget.errors import Outcome
from widget.outbox import accounts
from widget.outbox.steps import Pace, Report, What
from widget.outbox.tables import Account, Message, State

DEFECTS_BEFORE_PARKED = 3
TRYING_AT_MOST = timedelta(hours=24)
BACK_OFF_BASE_SECONDS = 1.0
BACK_OFF_CAP_SECONDS = 15 * 60.0
# Extra copies are looked for this many settle times after a message was sent.
SWEEPS_AFTER_SETTLES = (2, 15)

log = logging.getLogger(__name__)
# Spreads attempts over time; nothing secret depends on it.
dice = random.Random()  # noqa: S311


def back_off(attempts: int) -> float:
    """Seconds until the next attempt: full jitter, so that many messages do not come back together."""
    return dice.uniform(0, min(BACK_OFF_CAP_SECONDS, BACK_OFF_BASE_SECONDS * 2 ** min(attempts - 1, 20)))


def left_sending(message: Message, now: datetime, pace: Pace) -> None:
    """The worker that began this attempt never settled it."""
    _became_unknown(message, pace, now)
    if message.sent_at is not None and message.state == State.UNKNOWN:
        surely_over = message.sent_at + timedelta(seconds=pace.call_seconds + pace.settle_seconds)
        message.next_at = max(now, surely_over)
    message.reason = "The worker was stopped while this was on its way."


def settle_account(account: Account, report: Report, now: datetime, pace: Pace) -> None:
    """What the step says about the account: does the vendor answer, and is our key good?"""
    if report.postponed or report.defect or report.elsewhere:
        return
    if report.outcome is None or report.outcome is Outcome.NEVER:
        accounts.went_well(account)
    elif report.outcome is Outcome.KEY_REFUSED:
        accounts.open_breaker(account, report.reason, now, pace.probe_seconds)
    elif report.status != 429:
        accounts.failed(account, report.reason, now, pace.probe_seconds)


def park(message: Message, reason: str) -> None:
    """Set a message aside for a person; its lane goes on."""
    message.move(State.PARKED)
    message.reason = reason
    log.error(
        "message parked id=%s kind=%s lane=%s attempts=%s", message.id, message.kind, message.lane, message.attempts
    )


def _settle_send(message: Message, account: Account, report: Report, now: datetime, pace: Pace) -> None:
    message.reason = message.reason if report.postponed else report.reason
    if report.outcome is None:
        _sent(message, report, now, pace)
    elif report.outcome is Outcome.NEVER:
        message.next_at = now
        park(message, report.reason)
    elif report.defect and message.crashes >= DEFECTS_BEFORE_PARKED:
        _unknown_or_queued(message, account, report, now, pace)
        park(message, report.reason)
    else:
        _unknown_or_queued(message, account, report, now, pace)
        if report.outcome is Outcome.KEY_REFUSED:
            message.trying_since = None
        if message.state == State.QUEUED and _tried_too_long(message, now):
            park(message, f"Given up after trying for a day. The last answer: {report.reason}")


def _settle_look_up(message: Message, account: Account, report: Report, now: datetime, pace: Pace) -> None:
    if report.outcome is None and report.ids:
        _sent(message, report, now, pace)
    elif report.outcome is None:
        message.looked_up_at = message.next_at = now
        if message.state == State.UNKNOWN:
            message.move(State.QUEUED)
        if message.attempts > 1 and _tried_too_long(message, now):
            park(message, f"Given up after trying for a day. {message.reason}")
    else:
        if not report.postponed:
            message.reason = f"It is not known whether it arrived, and looking it up failed: {report.reason}"
        message.next_at = now + _until_next_look(report, pace)
        if report.status == 429:
            _pause_account(account, report, message.next_at)
        if _tried_too_long(message, now) or (report.defect and message.crashes >= DEFECTS_BEFORE_PARKED):
            park(message, message.reason)


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


def _became_unknown(message: Message, pace: Pace, now: datetime) -> None:
    if message.kind not in pace.looked_up_kinds:
        message.move(State.QUEUED)
        message.next_at = now
        return
    message.move(State.UNKNOWN)
    message.ambiguous = True
    message.unknown_since = message.unknown_since or message.sent_at
    message.next_at = now + timedelta(seconds=pace.settle_seconds)


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
