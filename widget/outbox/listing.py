"""How messages are looked at: by people at a terminal or on a page, and counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select

from widget.db import db
from widget.outbox.accounts import clock, is_open_for_calls
from widget.outbox.tables import WAITING, Account, Lane, Message, State

LISTED_AT_MOST = 1_000


@dataclass(frozen=True)
class Wanted:
    """Which messages: in these states; in these lanes, if any are named; of that line (`P-31`), if one is."""

    states: Collection[State]
    lanes: Collection[str] | None = None
    line: str = ""


def list_messages(states: Iterable[State | str] | None = None, limit: int = LISTED_AT_MOST) -> list[dict[str, Any]]:
    """The newest messages (of these states) as plain rows, oldest first.

    A waiting message that its account holds up carries the account's reason.
    """
    rows = select(Message, Account).outerjoin(Account, Account.account == Message.account)
    if states is not None:
        rows = rows.where(Message.state.in_([State(state) for state in states]))
    now = clock()
    newest = db.session.execute(rows.order_by(Message.id.desc()).limit(limit)).all()
    return [_row(message, account, now) for message, account in reversed(newest)]


def counts() -> dict[str, int]:
    """How many messages stand in each state."""
    rows = db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all()
    return {state.value: 0 for state in State} | {state.value: number for state, number in rows}


def waiting_count() -> int:
    """How many messages are still to go out (parked ones wait for a person and are not counted)."""
    waiting = select(func.count()).select_from(Message).where(Message.done_at.is_(None), Message.state.in_(WAITING))
    return db.session.scalar(waiting) or 0


def page_of(wanted: Wanted, *, before: int | None, at_most: int) -> list[tuple[Message, str]]:
    """The newest messages older than number `before`, newest first, each with why it is where it is."""
    rows = select(Message, Account).outerjoin(Account, Account.account == Message.account)
    rows = rows.where(Message.state.in_(wanted.states))
    # What is not sent is few, and an index of its own knows it.
    rows = rows.where(Message.done_at.is_not(None) if State.SENT in wanted.states else Message.done_at.is_(None))
    if wanted.lanes is not None:
        rows = rows.where(Message.lane.in_(wanted.lanes))
    if wanted.line:
        rows = rows.where(Message.payload["parts"]["line"].as_string() == wanted.line)
    if before is not None:
        rows = rows.where(Message.id < before)
    now = clock()
    found = db.session.execute(rows.order_by(Message.id.desc()).limit(at_most)).all()
    return [(message, _reason(message, account, now)) for message, account in found]


def unsent_counts() -> dict[State, int]:
    """How many messages stand in each state but sent, of which there are too many to count for a page."""
    rows = select(Message.state, func.count()).where(Message.done_at.is_(None)).group_by(Message.state)
    return dict.fromkeys(State, 0) | {row[0]: row[1] for row in db.session.execute(rows)}


def oldest_due() -> datetime | None:
    """Since when the lane waits that a worker should have taken first; None when nothing waits for a worker.

    What waits behind an earlier message, for a vendor, or for its account is not the worker's fault.
    """
    now = clock()
    free = or_(Lane.lease_until.is_(None), Lane.lease_until < now)
    due = select(func.min(Lane.due_at)).outerjoin(Account, Account.account == Lane.account)
    return db.session.scalar(due.where(Lane.due_at <= now, free, is_open_for_calls(now)))


def oldest_waiting() -> datetime | None:
    """When the message was made that waits longest, whatever it waits for."""
    waiting = (Message.done_at.is_(None), Message.state.in_(WAITING))
    return db.session.scalar(select(func.min(Message.created_at)).where(*waiting))


def round_due() -> datetime | None:
    """Since when a worker should have done an account's routine reads, which it does every minute, or have tried
    whether one works again; None when nothing is due. See has_worked.
    """
    now = clock()
    due = [row.probe_at or row.chores_at for row in db.session.scalars(select(Account)) if not _is_paused(row, now)]
    return min((at for at in due if at is not None and at <= now), default=None)


def has_worked() -> bool:
    """Whether a worker ever did its rounds here."""
    seen = or_(Account.chores_at.is_not(None), Account.probe_at.is_not(None))
    return bool(db.session.scalar(select(exists().where(seen))))


def _row(message: Message, account: Account | None, now: datetime) -> dict[str, Any]:
    return {
        "id": message.id,
        "state": message.state.value,
        "kind": message.kind,
        "lane": message.lane,
        "account": message.account,
        "ticket": message.lane.rpartition(":")[2],
        "external_id": message.external_id,
        "attempts": message.attempts,
        "ambiguous": message.ambiguous,
        "reason": _reason(message, account, now),
        "result": message.result,
        "created_at": message.created_at,
        "next_at": message.next_at,
        "done_at": message.done_at,
    }


def _reason(message: Message, account: Account | None, now: datetime) -> str:
    return (_held_up_by(account, now) if message.state in WAITING else "") or message.reason


def _held_up_by(account: Account | None, now: datetime) -> str:
    if account is None:
        return ""
    return account.reason if _is_paused(account, now) or account.probe_at is not None else ""


def _is_paused(account: Account, now: datetime) -> bool:
    return account.paused_until is not None and account.paused_until > now
