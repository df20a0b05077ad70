"""Days as people type them into a field of words. No clock and no time zone here: which day it is, callers say."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from widget.errors import Refused

EARLIEST = date(2000, 1, 1)
LONGEST = 40
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
IN_WORDS = {"today": 0, "yesterday": 1, "今天": 0, "昨天": 1}

YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})(?:[-/.]|年)(?P<month>[0-9]{1,2})(?:[-/.]|月)(?P<day>[0-9]{1,2})日?")
WITH_DOTS = re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})(?:\.(?P<year>[0-9]{4}|[0-9]{2})?)?")
WITH_SLASHES = re.compile(r"(?P<first>[0-9]{1,2})[/-](?P<second>[0-9]{1,2})[/-](?P<year>[0-9]{4}|[0-9]{2})")
NAMED = (
    re.compile(r"(?P<day>[0-9]{1,2})(?:\.|st|nd|rd|th)? ?(?P<name>[a-z]{3,9})\.?,?(?: ?(?P<year>[0-9]{4}|[0-9]{2}))?"),
    re.compile(r"(?P<name>[a-z]{3,9})\.? ?(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>[0-9]{4}|[0-9]{2}))?"),
)


class DayRefused(Refused):
    """What was typed is no day that we take; the sentence says what to write instead."""


def read(typed: str, *, today: date) -> date:
    """The day a person typed: `2026-11-20`, `20.11.2026`, `20 Nov`, `yesterday`. Never one after `today`.

    Raises DayRefused for what is no day, lies in the future or before 2000, and for `05/11/2026`, which is two days.
    """
    text = " ".join(unicodedata.normalize("NFKC", typed[: LONGEST * 2]).casefold().split())
    if text in IN_WORDS:
        return today - timedelta(days=IN_WORDS[text])
    found = _read(text, today) if len(text) <= LONGEST else None
    if found is None:
        raise DayRefused(
            "“{typed}” is not a day. Write it like {example}.", typed=_shown(typed), example=today.isoformat()
        )
    if found > today:
        raise DayRefused("{day} is in the future. Today is {today}.", day=found.isoformat(), today=today.isoformat())
    if found < EARLIEST:
        raise DayRefused("{day} is too long ago. Look at the year.", day=found.isoformat())
    return found


def _read(text: str, today: date) -> date | None:
    if match := YEAR_FIRST.fullmatch(text) or WITH_DOTS.fullmatch(text):
        return _day(match["year"], int(match["month"]), int(match["day"]), today)
    if match := WITH_SLASHES.fullmatch(text):
        return _one_of_two(match, text, today)
    for pattern in NAMED:
        match = pattern.fullmatch(text)
        month = _month(match["name"]) if match else None
        if match and month:
            return _day(match["year"], month, int(match["day"]), today)
    return None


def _one_of_two(match: re.Match[str], text: str, today: date) -> date | None:
    """Day and month, or month and day: asked back unless only one can be."""
    first, second = int(match["first"]), int(match["second"])
    ways = {_day(match["year"], second, first, today), _day(match["year"], first, second, today)} - {None}
    possible = sorted(way for way in ways if way is not None)
    if len(possible) > 1:
        raise DayRefused(
            "“{typed}” can mean {days}. Write it that way.",
            typed=text, days=tuple(way.isoformat() for way in possible),
        )  # fmt: skip
    return possible[0] if possible else None


def _day(year: str | None, month: int, day: int, today: date) -> date | None:
    """A day that exists. Without a year the latest one that has come."""
    if year is None:
        # Two 29th of February are up to eight years apart.
        latest = (_existing(earlier, month, day) for earlier in range(today.year, today.year - 9, -1))
        return next((found for found in latest if found is not None and found <= today), None)
    return _existing(int(year) + (2000 if len(year) == 2 else 0), month, day)


def _existing(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(name: str) -> int | None:
    """`nov`, `november`: three letters are enough, wrong ones behind them are not taken."""
    found = [number for number, month in enumerate(MONTHS, 1) if month.startswith(name)]
    return found[0] if len(found) == 1 else None


def _shown(typed: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in typed[:LONGEST])
