"""What is stored of calendars: days, hours and holidays."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget.calendars.hours import Hours, known_hours
from widget.db import Base

USUAL_DAYS = "12345"
USUAL_OPENS, USUAL_CLOSES = 9 * 60, 18 * 60


class Calendar(Base):
    """The working days and hours of a supplier, or of customer service: the one without a supplier.

    `working_days` are ISO weekdays, Monday is 1; the hours are minutes since midnight in the calendar's time zone.
    """

    __tablename__ = "calendars"

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("suppliers.id"), unique=True)
    timezone: Mapped[str]
    working_days: Mapped[str] = mapped_column(default=USUAL_DAYS)
    opens: Mapped[int] = mapped_column(default=USUAL_OPENS)
    closes: Mapped[int] = mapped_column(default=USUAL_CLOSES)
    version: Mapped[int] = mapped_column(default=1)

    holidays: Mapped[list[Holiday]] = relationship(cascade="all, delete-orphan", order_by="Holiday.day")

    @property
    def hours(self) -> Hours:
        """The calendar as a value to reckon with."""
        return known_hours(
            self.timezone, self.working_days, self.opens, self.closes, frozenset(row.day for row in self.holidays)
        )


class Holiday(Base):
    """A day on which nobody works there."""

    __tablename__ = "holidays"

    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
