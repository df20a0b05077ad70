"""Accounts: how many calls are left, who is paused, and whose breaker is open. Counted across all workers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from widget.db import Base, db, is_postgresql, open_reading, utcnow
from widget.errors import Refused
from widget.outbox.tables import Account, Call, Lane, Message, State

# A call is counted when it is reserved and arrives a little later; so the window is that much wider.
WINDOW_MARGIN_SECONDS = 1.0
FAILURES_IN_A_ROW = 5
OUTCOMES_KEPT = 20

LOCKED = select(Account).where(Account.account == bindparam("account")).with_for_update()
CALLS_MADE = select(Call.at).where(Call.account == bindparam("account"), Call.at > bindparam("since"))
CALLS_COUNTED = CALLS_MADE.with_only_columns(func.count())

log = logging.getLogger(__name__)


def clock() -> datetime:
    """The time all workers agree on: the database's own where they may run on several hosts (PostgreSQL)."""
    if not is_postgresql():
        return utcnow()
    now: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return now


def clock_in_sql() -> Any:
    """The same clock as an expression inside a statement."""
    return func.clock_timestamp() if is_postgresql() else utcnow()


def insert_into(table: type[Base]) -> Any:
    """An INSERT that can say ON CONFLICT on the database at hand."""
    statement: Insert = postgresql.insert(table) if is_postgresql() else sqlite.insert(table)
    return statement


def is_open_for_calls(now: Any) -> ColumnElement[bool]:
    """The condition under which an account (outer-joined: none is fine) may be called."""
    return Account.probe_at.is_(None) & or_(Account.paused_until.is_(None), Account.paused_until <= now)


def lock(account: str) -> Account:
    """The account's row, locked until the transaction ends; made with the usual limits when it is new."""
    found = db.session.scalar(LOCKED, {"account": account}, execution_options={"populate_existing": True})
    if found is not None:
        return found
    new = {"account": account, "failures": 0, "outcomes": "", "reason": "", "copies_removed": 0}
    db.session.execute(insert_into(Account).values(**new).on_conflict_do_nothing())
    return db.session.scalars(LOCKED, {"account": account}).one()


def reserve(account: Account, now: datetime) -> bool:
    """Count one call against the account's limit; False (and a pause until one is free) when there is none."""
    window = timedelta(seconds=account.calls_period_seconds + WINDOW_MARGIN_SECONDS)
    counted = {"account": account.account, "since": now - window}
    used = db.session.scalar(CALLS_COUNTED, counted) or 0
    if used < account.calls_allowed:
        db.session.add(Call(account=account.account, at=now))
        return True
    one_leaves = CALLS_MADE.order_by(Call.at).offset(used - account.calls_allowed).limit(1)
    leaves_first = db.session.scalars(one_leaves, counted).one()
    pause(account, leaves_first + window)
    return False


def pause(account: Account, until: datetime) -> None:
    """Nobody calls the account before; a longer pause that is already set stays."""
    account.paused_until = max(until, account.paused_until or until)


def went_well(account: Account) -> None:
    """The vendor answered."""
    account.failures, account.outcomes = 0, (account.outcomes + ".")[-OUTCOMES_KEPT:]


def failed(account: Account, reason: str, now: datetime, probe_seconds: float) -> None:
    """The vendor did not answer, or not sensibly: enough of that opens the breaker."""
    account.failures += 1
    account.outcomes = (account.outcomes + "x")[-OUTCOMES_KEPT:]
    bad_half = len(account.outcomes) == OUTCOMES_KEPT and account.outcomes.count("x") * 2 >= OUTCOMES_KEPT
    if account.failures >= FAILURES_IN_A_ROW or bad_half:
        open_breaker(account, reason, now, probe_seconds)


def open_breaker(account: Account, reason: str, now: datetime, probe_seconds: float) -> None:
    """Stop calling the account but for a read now and then; `reason` tells a person what to do."""
    if account.probe_at is None:
        log.error("breaker opened account=%s failures=%s", account.account, account.failures)
        account.opened_at = now
    account.probe_at = now + timedelta(seconds=probe_seconds)
    account.reason = reason


def close_breaker(account: Account) -> None:
    """The account works again."""
    if account.probe_at is not None:
        log.warning("breaker closed account=%s", account.account)
    account.opened_at = account.probe_at = None
    account.failures, account.outcomes, account.reason = 0, "", ""


def has_due_probe() -> bool:
    """Whether any account is due for a probe: a cheap read."""
    with open_reading() as connection:
        return bool(
            connection.execute(select(exists(select(Account).where(Account.probe_at <= clock_in_sql())))).scalar()
        )


def take_probe(probe_seconds: float) -> str | None:
    """An account whose breaker is open and due for a probe; the caller alone probes it this time."""
    now = clock()
    due = select(Account).where(Account.probe_at <= now).order_by(Account.probe_at).limit(1)
    account = db.session.scalar(due.with_for_update(skip_locked=True), execution_options={"populate_existing": True})
    if account is None:
        return None
    account.probe_at = now + timedelta(seconds=probe_seconds)
    return account.account


def is_chore_due(account: str) -> bool:
    """Whether it is worth asking take_chore: a cheap read."""
    resting = select(Account).where(Account.account == account, Account.chores_at > clock_in_sql())
    with open_reading() as connection:
        return not connection.execute(select(exists(resting))).scalar()


def is_held_up(account: str) -> bool:
    """Whether the account may not be called just now: its breaker is open, or the vendor asked for a pause."""
    row = db.session.get(Account, account)
    return row is not None and (row.probe_at is not None or (row.paused_until or clock()) > clock())


def take_chore(account: str, every_seconds: float) -> bool:
    """Whether the account's routine reads are due; the caller alone does them this time."""
    row, now = lock(account), clock()
    may_call = row.probe_at is None and (row.paused_until is None or row.paused_until <= now)
    if not may_call or (row.chores_at is not None and row.chores_at > now):
        return False
    row.chores_at = now + timedelta(seconds=every_seconds)
    return True


def forget_old_calls() -> None:
    """Drop the calls that left every window."""
    now = clock()
    for account, seconds in db.session.execute(select(Account.account, Account.calls_period_seconds)).all():
        old = now - timedelta(seconds=seconds + WINDOW_MARGIN_SECONDS)
        db.session.execute(delete(Call).where(Call.account == account, Call.at <= old))


def set_account_limits(account: str, calls: int, seconds: int) -> None:
    """At most `calls` calls in any `seconds` seconds. Raises Refused for limits that allow nothing."""
    if calls < 1 or seconds < 1:
        raise Refused("A rate limit is at least one call, and at least one second.")
    row = lock(account)
    row.calls_allowed, row.calls_period_seconds = calls, seconds


def key_changed(account: str) -> None:
    """The account got a new key: close its breaker and try everything that waits, now."""
    now = clock()
    close_breaker(lock(account))
    resting = select(Lane).where(Lane.account == account, Lane.due_at > now)
    # A lane that a worker holds just now is being tried anyway; waiting for it here could be a deadlock.
    for lane in db.session.scalars(resting.with_for_update(skip_locked=True)):
        lane.due_at = now
        db.session.execute(
            update(Message)
            .where(Message.lane == lane.lane, Message.state == State.QUEUED, Message.ambiguous.is_(False))
            .where(Message.done_at.is_(None), Message.next_at > now)
            .values(next_at=now)
        )


def list_accounts() -> list[dict[str, Any]]:
    """Every account as a plain row: limits, pause, breaker, reason, calls that failed in a row, copies removed."""
    rows: Iterable[Account] = db.session.scalars(select(Account).order_by(Account.account))
    return [
        {
            "account": row.account,
            "calls_allowed": row.calls_allowed,
            "calls_period_seconds": row.calls_period_seconds,
            "paused_until": row.paused_until,
            "open_since": row.opened_at,
            "reason": row.reason,
            "failures": row.failures,
            "copies_removed": row.copies_removed,
        }
        for row in rows
    ]
