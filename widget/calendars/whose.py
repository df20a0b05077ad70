"""Whose calendar: a supplier's, or customer service's. Who has none stored works the usual days and hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select

from widget.calendars.hours import Hours, known_hours
from widget.calendars.tables import USUAL_CLOSES, USUAL_DAYS, USUAL_OPENS, Calendar, Holiday
from widget.db import Prepared, db
from widget.people import Supplier

USUAL_ZONE = "Europe/Amsterdam"

_HOURS = {
    "timezone": Supplier.timezone,
    "working_days": USUAL_DAYS,
    "opens": USUAL_OPENS,
    "closes": USUAL_CLOSES,
}
# Asked with every press that hands a turn over.
_OURS = Prepared(
    select(*(getattr(Calendar, name) for name in ("supplier_id", *_HOURS)), Holiday.day)
    .outerjoin(Holiday, Holiday.calendar_id == Calendar.id)
    .where(Calendar.supplier_id.is_(None))
)
_SUPPLIERS = (
    select(
        Supplier.id,
        *(func.coalesce(getattr(Calendar, name), usual) for name, usual in _HOURS.items()),
        Holiday.day,
    )
    .outerjoin(Calendar, Calendar.supplier_id == Supplier.id)
    .outerjoin(Holiday, Holiday.calendar_id == Calendar.id)
)
_ALL = Prepared(_SUPPLIERS)
_THEIRS = Prepared(_SUPPLIERS.where(Supplier.id == bindparam("supplier")))


def of_customer_service() -> Calendar:
    """Customer service's calendar; not stored yet when nobody changed it."""
    return _find(None) or _usual(None, USUAL_ZONE)


def of_supplier(supplier: Supplier) -> Calendar:
    """A supplier's calendar; not stored yet, and in the supplier's time zone, when nobody changed it."""
    return _find(supplier.id) or _usual(supplier.id, supplier.timezone)


def hours_of(supplier_id: int | None) -> Hours:
    """When a supplier works, or with None customer service. One query."""
    connection = db.session.connection()
    rows = _OURS.rows(connection) if supplier_id is None else _THEIRS.rows(connection, supplier=supplier_id)
    usual = known_hours(USUAL_ZONE, USUAL_DAYS, USUAL_OPENS, USUAL_CLOSES, frozenset())
    return _by_supplier(rows).get(supplier_id, usual)


def all_hours() -> dict[int | None, Hours]:
    """When everybody works, by supplier; None is customer service. Two queries."""
    return {None: hours_of(None), **_by_supplier(_ALL.rows(db.session.connection()))}


def _find(supplier_id: int | None) -> Calendar | None:
    return db.session.scalar(
        select(Calendar).where(Calendar.supplier_id.is_not_distinct_from(supplier_id)).order_by(Calendar.id).limit(1)
    )


def _usual(supplier_id: int | None, zone: str) -> Calendar:
    return Calendar(
        supplier_id=supplier_id,
        timezone=zone, working_days=USUAL_DAYS, opens=USUAL_OPENS, closes=USUAL_CLOSES, version=1, holidays=[],
    )  # fmt: skip


def _by_supplier(rows: Iterable[tuple[Any, ...]]) -> dict[int | None, Hours]:
    """Each row is a calendar with one of its holidays, if it has any, as the driver gives it: SQLite keeps text."""
    holidays: dict[tuple[Any, ...], set[date]] = {}
    for *calendar, day in rows:
        days = holidays.setdefault(tuple(calendar), set())
        if day is not None:
            days.add(date.fromisoformat(day) if isinstance(day, str) else day)
    return {
        whose: known_hours(zone, working_days, opens, closes, frozenset(days))
        for (whose, zone, working_days, opens, closes), days in holidays.items()
    }
