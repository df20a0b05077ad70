"""Absences: on which days somebody of the staff is away, and who covers. Days are whole, both ends included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from widget import history
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.people.persons import is_active_staff
from widget.people.tables import Absence, Actor, Person

LONGEST_DAYS = 366
# Somewhere it is still yesterday.
YESTERDAY = timedelta(days=1)


def add_absence(person: Person, first_day: date, last_day: date, cover: Person | None, *, by: Actor) -> Absence:
    """Say that somebody is away. Raises Refused for days that are over, turned round or taken, and for such a cover."""
    _check_days(first_day, last_day)
    if not is_active_staff(person):
        raise Refused("Only people of customer service can be away here.")
    _lock(person, cover)
    if taken := _find_overlap(person.id, first_day, last_day):
        raise Refused("{name} is already away {days}.", name=person.name, days=_told(taken.first_day, taken.last_day))
    if cover is not None:
        _check_cover(person, cover, first_day, last_day)
    absence = Absence(person_id=person.id, first_day=first_day, last_day=last_day, cover=cover)
    db.session.add(absence)
    db.session.flush()
    _record(person, "", _words(absence), by)
    return absence


def drop_absence(person: Person, absence_id: int, *, by: Actor) -> Absence:
    """Take one of somebody's absences away; what it said. Raises NotFound, also for somebody else's."""
    absence = db.session.get(Absence, absence_id)
    if absence is None or absence.person_id != person.id:
        raise NotFound("There is no such absence.")
    _record(person, _words(absence), "", by)
    db.session.delete(absence)
    db.session.flush()
    return absence


def absences_of(person_id: int) -> list[Absence]:
    """The absences that are not over yet, the next one first, with who covers."""
    return list(
        db.session.scalars(
            select(Absence)
            .where(Absence.person_id == person_id, Absence.last_day >= utcnow().date() - YESTERDAY)
            .order_by(Absence.first_day)
            .options(joinedload(Absence.cover).lazyload(Person.role_rows))
        )
    )


def away(person_ids: Iterable[int], day: date) -> dict[int, Absence]:
    """Which of these people are away on that day, by id, with who covers. One query."""
    rows = db.session.scalars(
        select(Absence)
        .where(Absence.person_id.in_(list(person_ids)), Absence.first_day <= day, Absence.last_day >= day)
        .options(joinedload(Absence.cover).lazyload(Person.role_rows))
    )
    return {absence.person_id: absence for absence in rows}


def _check_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise Refused("The last day is before the first.")
    if last_day < utcnow().date() - YESTERDAY:
        raise Refused("These days are over already.")
    if (last_day - first_day).days >= LONGEST_DAYS:
        raise Refused("An absence lasts a year at most. Are the years right?")


def _lock(*those: Person | None) -> None:
    """Two who say at once that somebody is away would not see each other's days. Always in the same order."""
    ids = [person.id for person in those if person is not None]
    db.session.execute(select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update())


def _check_cover(person: Person, cover: Person, first_day: date, last_day: date) -> None:
    if cover.id == person.id:
        raise Refused("Somebody else has to cover.")
    if not is_active_staff(cover):
        raise Refused("{name} cannot cover: only people of customer service who may sign in can.", name=cover.name)
    if taken := _find_overlap(cover.id, first_day, last_day):
        raise Refused(
            "{name} cannot cover, being away {days}.", name=cover.name, days=_told(taken.first_day, taken.last_day)
        )


def _find_overlap(person_id: int, first_day: date, last_day: date) -> Absence | None:
    return db.session.scalar(
        select(Absence)
        .where(Absence.person_id == person_id, Absence.first_day <= last_day, Absence.last_day >= first_day)
        .order_by(Absence.first_day)
        .limit(1)
    )


def _words(absence: Absence) -> str:
    days = _told(absence.first_day, absence.last_day)
    return f"{days}, covered by {absence.cover.name}" if absence.cover else days


def _told(first_day: date, last_day: date) -> str:
    return f"{first_day}" if first_day == last_day else f"{first_day} – {last_day}"


def _record(person: Person, old: str, new: str, by: Actor) -> None:
    history.record("person", person.id, "absence", old, new, by=(by.name, by.email), version=person.version)
