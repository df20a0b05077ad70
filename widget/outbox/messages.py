"""What subjects and doors do with the outbox, inside their own transaction: nothing here commits."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, update

from widget.db import db
from widget.errors import NotFound, Refused
from widget.outbox.accounts import clock, insert_into
from widget.outbox.tables import WAITING, Lane, Message, State

NO_WAIT = timedelta()


def new_external_id() -> str:
    """The mark by which we find our own note again: unique for ever, says nothing."""
    return f"sd-{secrets.token_hex(16)}"


def enqueue(
    kind: str,
    *,
    lane: str,
    account: str,
    payload: dict[str, Any],
    external_id: str | None = None,
    wait: timedelta = NO_WAIT,
) -> Message:
    """Put a finished message at the end of its lane; it goes out after the caller's commit.

    `lane` is `gorgias:{helpdesk}:{ticket}`, `account` is `gorgias:{helpdesk}`. A note needs an `external_id`
    (see new_external_id); what may safely be done twice does not. While it has to `wait`, it can be withdrawn.
    """
    now = clock()
    message = Message(
        kind=kind,
        lane=lane,
        account=account,
        seq=_next_seq(lane, account, now),
        payload=payload,
        external_id=external_id,
        created_at=now,
        next_at=now + wait,
    )
    db.session.add(message)
    db.session.flush()
    return message


def untouched_tail(lane: str) -> Message | None:
    """The lane's last message while nobody has tried to send it, held back from the workers until the commit."""
    if not lock_lane(lane):
        return None
    last = select(Message).where(Message.lane == lane).order_by(Message.seq.desc()).limit(1)
    message = db.session.scalar(last, execution_options={"populate_existing": True})
    if message is None or message.state != State.QUEUED or message.attempts or message.ambiguous:
        return None
    return message


def untouched(lane: str, kind: str) -> list[Message]:
    """The lane's messages of that kind that nobody has tried to send, the newest first, held back until the commit."""
    if not lock_lane(lane):
        return []
    waiting = select(Message).where(
        Message.lane == lane,
        Message.kind == kind,
        Message.state == State.QUEUED,
        Message.attempts == 0,
        Message.ambiguous.is_(False),
    )
    return list(db.session.scalars(waiting.order_by(Message.seq.desc()), execution_options={"populate_existing": True}))


def amend(message: Message, payload: dict[str, Any]) -> None:
    """Replace what an untouched message says, so that several actions become one note."""
    message.payload = payload
    db.session.flush()


def withdraw(message: Message) -> None:
    """Take back an untouched message, as if it had never been queued. See untouched_tail, untouched and find_unsent."""
    db.session.delete(message)
    db.session.flush()


def find_message(external_id: str) -> Message | None:
    """By its mark."""
    return db.session.scalar(select(Message).where(Message.external_id == external_id))


def find_unsent(lane: str, kind: str) -> Message | None:
    """The lane's message of that kind while it is certainly not at the vendor, held back until the commit."""
    if not lock_lane(lane):
        return None
    unsent = select(Message).where(
        Message.lane == lane,
        Message.kind == kind,
        Message.state.in_((State.QUEUED, State.PARKED)),
        Message.ambiguous.is_(False),
    )
    return db.session.scalar(unsent.limit(1), execution_options={"populate_existing": True})


def get_message(message_id: int) -> Message:
    """By id. Raises NotFound."""
    message = db.session.get(Message, message_id)
    if message is None:
        raise NotFound("There is no outgoing message {number}.", number=message_id)
    return message


def retry(message_id: int) -> Message:
    """Send a parked message again, now, or one that was given up; one whose outcome is unknown is looked up first.

    Raises NotFound, and Refused when the message is neither.
    """
    message = _held(message_id)
    if message.state not in (State.PARKED, State.GIVEN_UP):
        raise Refused(
            "Message {number} was sent already, or is on its way: there is nothing to send again.",
            number=message_id,
        )
    now = clock()
    message.move(State.QUEUED)
    # An ambiguous one was parked with the time at which it can be looked up.
    message.next_at = max(now, message.next_at) if message.ambiguous else now
    message.crashes, message.trying_since, message.reason = 0, None, ""
    make_due(message.lane, message.next_at)
    db.session.flush()
    return message


def give_up(message_id: int, reason: str) -> Message:
    """Never send a parked message, unless somebody thinks better of it. Raises NotFound, and Refused when the message
    is not parked: what is on its way cannot be stopped any more.
    """
    message = _held(message_id)
    if message.state != State.PARKED:
        raise Refused(
            "Message {number} was sent or given up already, or is on its way: only what was not sent can be given up.",
            number=message_id,
        )
    message.move(State.GIVEN_UP)
    message.reason = reason
    db.session.flush()
    return message


def parked_of(account: str, at_most: int) -> list[int]:
    """The parked messages of an account, in the order in which they were queued."""
    parked = select(Message.id).where(
        Message.account == account, Message.state == State.PARKED, Message.done_at.is_(None)
    )
    return list(db.session.scalars(parked.order_by(Message.id).limit(at_most)))


def restored() -> int:
    """The store was put back from a backup: whatever waits may have gone out after the backup was made.

    Such notes are looked up before they are sent; how many there are. Leases of workers of that time end.
    """
    doubtful = (Message.done_at.is_(None), Message.state.in_(WAITING), Message.external_id.is_not(None))
    since = func.coalesce(Message.unknown_since, Message.created_at)
    changed = update(Message).where(*doubtful).values(ambiguous=True, unknown_since=since, looked_up_at=None)
    db.session.execute(update(Lane).values(holder=None, lease_until=None))
    return len(db.session.scalars(changed.returning(Message.id)).all())


def _held(message_id: int) -> Message:
    """A message as it is, its lane held back from the workers until the transaction ends. Raises NotFound."""
    message = get_message(message_id)
    lock_lane(message.lane)
    db.session.refresh(message)
    return message


def lock_lane(lane: str) -> bool:
    """Keep workers out of the lane until the transaction ends; False when nothing was ever sent there."""
    found = db.session.scalar(select(Lane.lane).where(Lane.lane == lane).with_for_update())
    return found is not None


def make_due(lane: str, at: datetime) -> None:
    """Have a worker look at the lane at `at`, or earlier if it is due earlier."""
    row = db.session.get_one(Lane, lane, populate_existing=True)
    row.due_at = min(at, row.due_at or at)


def _next_seq(lane: str, account: str, now: datetime) -> int:
    """Count within the lane, under its row lock: a database's sequence would not follow the order of commits."""
    new = insert_into(Lane).values(lane=lane, account=account, next_seq=2, due_at=now, fence=0)
    counted = new.on_conflict_do_update(
        index_elements=[Lane.lane],
        set_={
            "next_seq": Lane.next_seq + 1,
            "due_at": case((Lane.due_at < now, Lane.due_at), else_=now),
        },
    )
    next_seq: int = db.session.execute(counted.returning(Lane.next_seq)).scalar_one()
    return next_seq - 1
