"""What admins do to a calendar: its days and hours, and its holidays. Callers commit.

Lines that wait meanwhile are reckoned anew by `problems.recount_calendar`, which the caller has to ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from widget import history, stores
from widget.calendars.hours import MINUTES_A_DAY
from widget.calendars.tables import Calendar, Holiday
from widget.db import db, is_postgresql
from widget.errors import Refused
from widget.history import Change, Outdated
from widget.people import Actor

SUBJECT = "calendar"
HOURS = ("timezone", "working_days", "opens", "closes")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONGEST_RANGE = timedelta(days=62)
LONGEST_NAME = 80
MOST_HOLIDAYS = 1_000
YEARS = range(2020, 2101)
A_DAY = r"\d{4}-\d{1,2}-\d{1,2}"
HOLIDAY = re.compile(rf"({A_DAY})(?:\s*(?:\.\.+|…|–|—|-|to)\s*({A_DAY}))?(?:[\s,:]+(.*))?", re.IGNORECASE)


def change(
    calendar: Calendar, *, timezone: str, working_days: Iterable[int], opens: int, closes: int, by: Actor, version: int
) -> Calendar:
    """Change days and hours; the calendar as it is stored then. `version` is the one that was shown.

    Raises Refused for what cannot be worked in, and Outdated when somebody changed it since it was shown.
    """
    stores.check_timezone(timezone)
    chosen = set(working_days)
    if not chosen or not chosen <= set(range(1, 8)):
        raise Refused("Choose at least one working day.")
    if not 0 <= opens < closes <= MINUTES_A_DAY:
        raise Refused("Closing time has to be later than opening time, on the same day.")
    stored = _take(calendar)
    _refuse_outdated(stored, version)
    wanted = {"timezone": timezone, "working_days": "".join(map(str, sorted(chosen))), "opens": opens, "closes": closes}
    changed = {name: new for name, new in wanted.items() if getattr(stored, name) != new}
    if changed:
        stored.version += 1
    for name, new in changed.items():
        _record(stored, name, told(name, getattr(stored, name)), told(name, new), by)
        setattr(stored, name, new)
    db.session.flush()
    return stored


def add_holidays(calendar: Calendar, typed: str, *, by: Actor) -> int:
    """Add the holidays somebody typed, see read_holidays; how many days are new. Known days get the new name.

    Raises Refused.
    """
    wanted = read_holidays(typed)
    stored = _take(calendar)
    known = {row.day: row for row in stored.holidays}
    new = {day: name for day, name in wanted.items() if day not in known}
    if len(known) + len(new) > MOST_HOLIDAYS:
        raise Refused("A calendar has room for {count} holidays. Remove old ones first.", count=MOST_HOLIDAYS)
    stored.holidays += [Holiday(day=day, name=name) for day, name in new.items()]
    for day, name in wanted.items():
        if day in known and name:
            known[day].name = name
    if new:
        stored.version += 1
        _record(stored, "holidays", "", typed.strip(), by)
    db.session.flush()
    return len(new)


def remove_holidays(calendar: Calendar, days: Iterable[date], *, by: Actor) -> int:
    """Work on these days again; how many were holidays until now. Removing twice changes nothing."""
    stored, wanted = _take(calendar), set(days)
    gone = [row for row in stored.holidays if row.day in wanted]
    if gone:
        stored.version += 1
        _record(stored, "holidays", "\n".join(f"{row.day} {row.name}".strip() for row in gone), "", by)
        stored.holidays = [row for row in stored.holidays if row not in gone]
    db.session.flush()
    return len(gone)


def read_holidays(typed: str) -> dict[date, str]:
    """Days and their names, one per line: `2027-01-29 Spring Festival`, or `2027-01-26..2027-02-03 Spring Festival`.

    Raises Refused naming the line that is none.
    """
    found: dict[date, str] = {}
    for line in filter(None, map(str.strip, normalize("NFKC", typed).splitlines())):
        found.update(_read_line(line))
    if not found:
        raise Refused("Write at least one day, e.g. {example}.", example="2027-01-29 Spring Festival")
    return found


def read_time(typed: str) -> int:
    """Minutes since midnight of a time like 9:00 or 18:30. Raises Refused."""
    match = re.fullmatch(r"(\d{1,2})[:.](\d\d)(?::00)?", normalize("NFKC", typed).strip())
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else -1
    if not 0 <= minutes <= MINUTES_A_DAY:
        raise Refused("“{typed}” is no time. Write it like 09:00.", typed=typed[:20])
    return minutes


def told(field: str, value: object) -> str:
    """A field of a calendar as people read it."""
    if field == "working_days":
        return " ".join(WEEKDAYS[int(day) - 1] for day in str(value))
    if field in ("opens", "closes"):
        return "{:02}:{:02}".format(*divmod(int(str(value)), 60))
    return str(value)


def _read_line(line: str) -> dict[date, str]:
    match = HOLIDAY.fullmatch(line)
    days = _days_of(match) if match else None
    if match is None or days is None:
        raise Refused(
            "“{line}” is no holiday. Write one per line, e.g. {example} or {range}.",
            line=line[:60], example="2027-01-29 Spring Festival", range="2027-01-26..2027-02-03 Spring Festival",
        )  # fmt: skip
    first, last = days
    if not first <= last <= first + LONGEST_RANGE:
        raise Refused("“{line}”: the last day has to follow the first, within two months.", line=line[:60])
    name = (match[3] or "").strip()[:LONGEST_NAME]
    return {first + timedelta(days=number): name for number in range((last - first).days + 1)}


def _days_of(match: re.Match[str]) -> tuple[date, date] | None:
    try:
        first, last = (date(*map(int, day.split("-"))) for day in (match[1], match[2] or match[1]))
    except ValueError:
        return None
    return (first, last) if first.year in YEARS else None


def _take(calendar: Calendar) -> Calendar:
    """The calendar as it is stored now, locked; stored just now if it was not, whoever does it first."""
    whose = Calendar.supplier_id.is_not_distinct_from(calendar.supplier_id)
    stored = select(Calendar).where(whose).order_by(Calendar.id).limit(1).with_for_update()
    found = db.session.scalar(stored, execution_options={"populate_existing": True})
    if found is not None:
        return found
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    columns = ("supplier_id", "timezone", "working_days", "opens", "closes", "version")
    values = {name: getattr(calendar, name) for name in columns}
    db.session.execute(insert(Calendar).values(**values).on_conflict_do_nothing())
    return db.session.scalars(stored, execution_options={"populate_existing": True}).one()


def _refuse_outdated(stored: Calendar, shown: int) -> None:
    """Holidays that came or went meanwhile do not stand in the way of other hours."""
    if stored.version == shown:
        return
    since = select(Change).where(
        Change.subject == SUBJECT, Change.subject_id == stored.id, Change.version > shown, Change.field.in_(HOURS)
    )
    changed = db.session.scalars(since.order_by(Change.id)).all()
    if changed:
        raise Outdated(changed)


def _record(stored: Calendar, field: str, old: str, new: str, by: Actor) -> None:
    history.record(SUBJECT, stored.id, field, old, new, by=(by.name, by.email), version=stored.version)
