"""What the outbox stores: lanes, messages, accounts, and the calls counted against an account's limit.

A message waits in a lane (one ticket) and goes out through an account (one Gorgias). Sent messages stay as
a ledger. Payloads are finished: nothing is looked up in the subjects' tables when they go out.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Enum, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base, Id, utcnow

CALLS_ALLOWED = 40
CALLS_PERIOD_SECONDS = 20


class State(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    PARKED = "parked"
    GIVEN_UP = "given_up"


MOVES: dict[State, frozenset[State]] = {
    # A queued message may turn out to be there already, when an earlier attempt was ambiguous.
    State.QUEUED: frozenset({State.SENDING, State.SENT, State.PARKED}),
    State.SENDING: frozenset({State.SENT, State.QUEUED, State.UNKNOWN, State.PARKED}),
    State.UNKNOWN: frozenset({State.SENT, State.QUEUED, State.PARKED}),
    State.SENT: frozenset(),
    State.PARKED: frozenset({State.QUEUED, State.GIVEN_UP}),
    # A person decided that it is not to go out; another one may think better of it.
    State.GIVEN_UP: frozenset({State.QUEUED}),
}
WAITING = (State.QUEUED, State.SENDING, State.UNKNOWN)


class Lane(Base):
    """Messages that must arrive in order: one ticket. Whoever holds the lease sends from it, nobody else.

    `due_at` is when a worker should look at the lane next (None: nothing to do); `fence` counts the leases,
    so that a holder whose lease was taken over is noticed.
    """

    __tablename__ = "outbox_lanes"

    lane: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(index=True)
    next_seq: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    holder: Mapped[str | None]
    fence: Mapped[int] = mapped_column(default=0)


class Message(Base):
    """One change of the outside world, written in the same commit as the change it tells of.

    `ambiguous` stays true once any attempt ended without a known outcome (the first of them began at
    `unknown_since`): such a message is looked up before it is sent again, and swept for extra copies after.
    `crashes` counts the steps that were begun and never ended; `trying_since` is when the first attempt
    began that counts against the time we keep trying.
    """

    __tablename__ = "outbox_messages"
    __table_args__ = (
        UniqueConstraint("lane", "seq"),
        Index(
            "ix_outbox_messages_open",
            "lane",
            "seq",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_outbox_messages_verify",
            "lane",
            "verify_at",
            sqlite_where=text("verify_at IS NOT NULL"),
            postgresql_where=text("verify_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    lane: Mapped[str]
    account: Mapped[str]
    seq: Mapped[int]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[State] = mapped_column(
        Enum(State, native_enum=False, length=16, values_callable=lambda states: [state.value for state in states]),
        default=State.QUEUED,
    )
    attempts: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    trying_since: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    unknown_since: Mapped[datetime | None]
    looked_up_at: Mapped[datetime | None]
    next_at: Mapped[datetime] = mapped_column(default=utcnow)
    ambiguous: Mapped[bool] = mapped_column(default=False)
    verify_at: Mapped[datetime | None]
    verifications: Mapped[int] = mapped_column(default=0)
    result: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    done_at: Mapped[datetime | None]

    def move(self, state: State) -> None:
        """Change the state. Raises ValueError when that move is not allowed."""
        if state not in MOVES[self.state]:
            raise ValueError(f"message {self.id} may not go from {self.state} to {state}")
        self.state = state


class Account(Base):
    """One account at a vendor: how often it may be called, and whether it may be called now.

    `probe_at` is set while the breaker is open: when the next single read may try whether it works again.
    `outcomes` holds one letter per call, the newest last: `.` fine, `x` failed.
    """

    __tablename__ = "outbox_accounts"

    account: Mapped[str] = mapped_column(primary_key=True)
    calls_allowed: Mapped[int] = mapped_column(default=CALLS_ALLOWED)
    calls_period_seconds: Mapped[int] = mapped_column(default=CALLS_PERIOD_SECONDS)
    paused_until: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    outcomes: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    chores_at: Mapped[datetime | None]
    copies_removed: Mapped[int] = mapped_column(default=0)


class Call(Base):
    """One call that was, or is about to be, made: the log the sliding window is counted from."""

    __tablename__ = "outbox_calls"
    __table_args__ = (Index("ix_outbox_calls_account_at", "account", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account: Mapped[str]
    at: Mapped[datetime]
