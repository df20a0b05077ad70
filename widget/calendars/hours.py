"""Reckoning in working time: pure, no store. Moments are aware; hours are wall-clock time in the calendar's zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

# Where nobody works for years, waiting ends all the same: a calendar with a slip in it must not hide a line for ever.
LOOK_AHEAD = timedelta(days=3 * 366)
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Hours:
    """When one side works. Keep one and ask it often: it remembers the days it was asked about.

    `working_days` are ISO weekdays, Monday is "1"; `opens` and `closes` are minutes since midnight, at most 24:00.
    """

    timezone: str
    working_days: str
    opens: int
    closes: int
    holidays: frozenset[date] = frozenset()
    _days: dict[date, tuple[datetime, datetime]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def hours(self) -> Hours:
        """Itself: whoever works in hours can be asked for them."""
        return self

    @property
    def length(self) -> timedelta:
        """How long a working day is."""
        return timedelta(minutes=self.closes - self.opens)

    def day_of(self, at: datetime) -> date:
        """Which day it is there."""
        return at.astimezone(ZoneInfo(self.timezone)).date()

    def is_working_day(self, day: date) -> bool:
        """Whether they open at all that day."""
        return str(day.isoweekday()) in self.working_days and day not in self.holidays

    def open_on(self, day: date) -> tuple[datetime, datetime]:
        """From when to when they work on a day, in UTC; the same moment twice on a day off."""
        known = self._days.get(day)
        if known is None:
            opening = self._moment(day, self.opens)
            closing = self._moment(day, self.closes) if self.is_working_day(day) else opening
            # In the hour that a change of the clock leaves out, closing may come out before opening.
            known = self._days[day] = (opening, max(opening, closing))
        return known

    def _moment(self, day: date, minutes: int) -> datetime:
        day += timedelta(days=minutes // MINUTES_A_DAY)
        wall = time(minutes % MINUTES_A_DAY // 60, minutes % 60)
        return datetime.combine(day, wall, ZoneInfo(self.timezone)).astimezone(UTC)


class Works(Protocol):
    """A calendar, or its hours."""

    @property
    def hours(self) -> Hours:
        """When it works."""


@lru_cache(maxsize=256)
def known_hours(timezone: str, working_days: str, opens: int, closes: int, holidays: frozenset[date]) -> Hours:
    """The same hours for the same calendar, with all the days they were asked about by this process."""
    return Hours(timezone, working_days, opens, closes, holidays)


def add_working_days(calendar: Works, since: datetime, days: int) -> datetime:
    """When that many working days of working time have passed, in UTC; from the next opening on if they are closed.

    Friday 14:00 and one day is Monday 14:00; a whole day is over when they close.
    """
    hours = calendar.hours
    last = since + LOOK_AHEAD
    day, left = hours.day_of(since), hours.length * days
    while True:
        opening, closing = hours.open_on(day)
        begins = max(opening, since)
        if begins < closing:
            if left <= closing - begins:
                return (begins + left).astimezone(UTC)
            left -= closing - begins
        if opening > last:
            return last.astimezone(UTC)
        day += timedelta(days=1)


def is_working(calendar: Works, at: datetime) -> bool:
    """Whether they are at work at that moment."""
    hours = calendar.hours
    opening, closing = hours.open_on(hours.day_of(at))
    return opening <= at < closing


def working_time(calendar: Works, since: datetime, until: datetime) -> timedelta:
    """How much of the time between two moments they were at work; none when `until` is not the later one."""
    hours = calendar.hours
    first, last = hours.day_of(since), hours.day_of(until)
    spent = timedelta()
    for number in range(first.toordinal(), last.toordinal() + 1):
        opening, closing = hours.open_on(date.fromordinal(number))
        spent += max(timedelta(), min(closing, until) - max(opening, since))
    return spent
