"""Pages of a long list: the next one begins behind the keys of the last line, found by an index instead of counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def sorted_by(keys: Sequence[ColumnElement[Any]], *, descending: bool = False) -> list[ColumnElement[Any]]:
    """All keys in the same direction."""
    return [key.desc() if descending else key.asc() for key in keys]


def is_beyond(
    keys: Sequence[ColumnElement[Any]], position: Sequence[Any], *, descending: bool = False
) -> ColumnElement[bool]:
    """Whether a line comes behind the one whose keys have these values."""
    steps = []
    for place, (key, value) in enumerate(zip(keys, position, strict=True)):
        same = [earlier == known for earlier, known in zip(keys[:place], position, strict=False)]
        steps.append(and_(*same, key < value if descending else key > value))
    # The first condition follows from the others; by it the index finds where to begin.
    return and_(keys[0] <= position[0] if descending else keys[0] >= position[0], or_(*steps))


def as_number(at: datetime) -> int:
    """A moment as an address carries it: microseconds; sixteen digits reach into the year 2286."""
    return (at - EPOCH) // MICROSECOND


def as_moment(number: str | int) -> datetime:
    """Back again."""
    return EPOCH + int(number) * MICROSECOND
