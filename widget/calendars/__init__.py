"""Calendars: when each side works. Waiting is counted in the working time of the side whose turn it is.

`hours` reckons, `whose` finds a side's calendar, `changing` is what admins do to one.
"""

from widget.calendars.changing import (
    add_holidays,
    change,
    read_holidays,
    read_time,
    remove_holidays,
    told,
)
from widget.calendars.hours import Hours, add_working_days, is_working, working_time
from widget.calendars.tables import Calendar, Holiday
from widget.calendars.whose import all_hours, hours_of, of_customer_service, of_supplier

__all__ = [
    "Calendar",
    "Holiday",
    "Hours",
    "add_holidays",
    "add_working_days",
    "all_hours",
    "change",
    "hours_of",
    "is_working",
    "of_customer_service",
    "of_supplier",
    "read_holidays",
    "read_time",
    "remove_holidays",
    "told",
    "working_time",
]
