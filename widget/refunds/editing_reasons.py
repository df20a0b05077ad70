"""What admins do to the reasons: add, change, order, archive, restore. Nothing is deleted, for old claims keep theirs.

All in the caller's transaction.
"""

from __future__ import annotations

from typing import NamedTuple

from widget.people import Actor
from widget.refunds.reasons import REASONS
from widget.refunds.tables import ClaimReason


class ReasonNames(NamedTuple):
    """What a reason is to be called."""

    name_en: str
    name_zh: str


def add_reason(wanted: ReasonNames, *, by: Actor) -> ClaimReason:
    """A new reason, above "other". Raises Refused."""
    return REASONS.add(wanted, by=by)


def change_reason(reason_id: int, wanted: ReasonNames, *, by: Actor, shown: int) -> set[str]:
    """Which names differ from what they were. Raises Refused, NotFound, and Outdated for an old version."""
    return REASONS.change(reason_id, wanted, by=by, shown=shown)


def move_reason(reason_id: int, before: int | None, *, by: Actor) -> ClaimReason:
    """Put a reason before another one; None: last. "Other" stays below whatever happens. Raises Refused, NotFound."""
    return REASONS.move(reason_id, before, by=by)


def archive_reason(reason_id: int, *, by: Actor) -> ClaimReason:
    """No new claim can give it; claims that have it keep it. Done already is fine. Raises Refused for "other"."""
    return REASONS.archive(reason_id, by=by)


def restore_reason(reason_id: int, *, by: Actor) -> ClaimReason:
    """It can be given again, where it stood. Done already is fine. Raises NotFound."""
    return REASONS.restore(reason_id, by=by)
