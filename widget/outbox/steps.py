"""What workers and the outbox hand each other: leases, steps, reports, and how patient all of it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from widget.errors import Outcome


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
    """One thing to do at the vendor, as plain values.

    `since`: copies of ours are not older than this. `result`: the copy we know of, when we know of one already.
    """

    what: What
    id: int
    lane: str
    account: str
    kind: str
    payload: dict[str, Any]
    external_id: str | None
    attempt: int
    since: datetime
    result: str | None = None


@dataclass(frozen=True)
class Report:
    """What came of a step.

    `outcome` None: the vendor did it, `ids` are the copies there are, lowest first, and `answer` is whatever else
    it said that matters. `postponed`: we held the call back ourselves. `defect`: an exception of ours, the outcome
    says whether a byte may have left. `elsewhere`: what failed was not the vendor, so his account is not to blame.
    """

    outcome: Outcome | None = None
    ids: tuple[str, ...] = ()
    answer: Any = None
    reason: str = ""
    status: int | None = None
    retry_after: float | None = None
    removed: int = 0
    postponed: bool = False
    defect: bool = False
    elsewhere: bool = False
