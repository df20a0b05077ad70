"""Working hours and holidays: of a supplier, and of customer service."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import render_template
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from widget import calendars, history, people, problems
from widget.calendars import Calendar
from widget.db import utcnow
from widget.people import Supplier
from widget.web import staff
from widget.web.admin.door import bp
from widget.web.admin.saving import EditSchema, Line, Paragraphs, Shown, done, said, save
from widget.web.admin.suppliers import ONE, ZonedSchema
from widget.web.forms import Form
from widget.web.language import N_

WEEKDAYS = {
    1: N_("Monday"),
    2: N_("Tuesday"),
    3: N_("Wednesday"),
    4: N_("Thursday"),
    5: N_("Friday"),
    6: N_("Saturday"),
    7: N_("Sunday"),
}
LABELS = {
    "timezone": N_("Time zone"),
    "working_days": N_("Working days"),
    "opens": N_("From"),
    "closes": N_("To"),
}
SAID = {
    "hours": N_("The working hours of %(name)s are saved. How long lines wait is counted again."),
    "holidays": N_("The holidays of %(name)s are saved. How long lines wait is counted again."),
}
A_TIME = N_("Write a time, e.g. 09:00.")
A_DAY = N_("Choose at least one working day.")
CHOOSE = N_("Choose the holidays to remove.")


class HoursSchema(EditSchema):
    """Days and hours."""

    working_days = fields.List(
        fields.Integer(validate=validate.Range(1, 7, error=A_DAY), error_messages={"invalid": A_DAY}),
        required=True,
        validate=validate.Length(min=1, error=A_DAY),
        error_messages={"required": A_DAY},
    )
    opens = Line(8, A_TIME, A_TIME)
    closes = Line(8, A_TIME, A_TIME)


class ZonedHoursSchema(HoursSchema, ZonedSchema):
    """The same with a time zone: a supplier's is the supplier's own."""


class HolidaysSchema(EditSchema):
    """Holidays as they are typed, one per line."""

    holidays = Paragraphs(
        5000, N_("At most 5,000 characters, please."), N_("Write at least one day, e.g. 2027-01-29 Spring Festival.")
    )


class NoHolidaysSchema(EditSchema):
    """Which days are no holidays after all."""

    days = fields.List(
        fields.Date(error_messages={"invalid": CHOOSE}),
        required=True,
        validate=validate.Length(min=1, error=CHOOSE),
        error_messages={"required": CHOOSE},
    )


@bp.get("/calendar")
def calendar_GET() -> str:
    """Customer service's."""
    return _page(None)


@bp.post("/calendar")
def calendar_POST() -> str | Response:
    """Save customer service's days and hours."""
    return _save_hours(None)


@bp.post("/calendar/holidays")
def calendar_holidays_POST() -> str | Response:
    """Add holidays of customer service."""
    return _save_holidays(None)


@bp.post("/calendar/holidays/remove")
def calendar_holidays_remove_POST() -> str | Response:
    """Work on these days after all."""
    return _remove_holidays(None)


@bp.get(f"{ONE}/calendar")
def supplier_calendar_GET(supplier_id: int) -> str:
    """A supplier's."""
    return _page(people.get_supplier_by_id(supplier_id))


@bp.post(f"{ONE}/calendar")
def supplier_calendar_POST(supplier_id: int) -> str | Response:
    """Save a supplier's days and hours."""
    return _save_hours(people.get_supplier_by_id(supplier_id))


@bp.post(f"{ONE}/calendar/holidays")
def supplier_holidays_POST(supplier_id: int) -> str | Response:
    """Add holidays of a supplier."""
    return _save_holidays(people.get_supplier_by_id(supplier_id))


@bp.post(f"{ONE}/calendar/holidays/remove")
def supplier_holidays_remove_POST(supplier_id: int) -> str | Response:
    """Work on these days after all."""
    return _remove_holidays(people.get_supplier_by_id(supplier_id))


def _save_hours(supplier: Supplier | None) -> str | Response:
    def act(wanted: dict[str, Any]) -> Response:
        calendar = _calendar_of(supplier)
        history.refuse_outdated("calendar", calendar, wanted["version"], LABELS)
        stored = calendars.change(
            calendar,
            timezone=supplier.timezone if supplier else wanted["timezone"],
            working_days=wanted["working_days"],
            opens=calendars.read_time(wanted["opens"]),
            closes=calendars.read_time(wanted["closes"]),
            by=staff.me(),
            version=wanted["version"],
        )
        problems.recount_calendar(stored)
        return _done(supplier, "hours")

    return save(HoursSchema() if supplier else ZonedHoursSchema(), lambda shown: _page(supplier, hours=shown), act)


def _save_holidays(supplier: Supplier | None) -> str | Response:
    def act(wanted: dict[str, Any]) -> Response:
        calendars.add_holidays(_calendar_of(supplier), wanted["holidays"], by=staff.me())
        return _reckoned(supplier)

    return save(HolidaysSchema(), lambda shown: _page(supplier, holidays=shown), act)


def _remove_holidays(supplier: Supplier | None) -> str | Response:
    def act(wanted: dict[str, Any]) -> Response:
        calendars.remove_holidays(_calendar_of(supplier), wanted["days"], by=staff.me())
        return _reckoned(supplier)

    def show(shown: Shown) -> str:
        return _page(supplier, removed=shown)

    return save(NoHolidaysSchema(), show, act)


def _reckoned(supplier: Supplier | None) -> Response:
    problems.recount_calendar(_calendar_of(supplier))
    return _done(supplier, "holidays")


def _done(supplier: Supplier | None, code: str) -> Response:
    if supplier is None:
        return done("admin.calendar_GET", code, 0)
    return done("admin.supplier_calendar_GET", code, supplier.id, supplier_id=supplier.id)


def _calendar_of(supplier: Supplier | None) -> Calendar:
    return calendars.of_supplier(supplier) if supplier else calendars.of_customer_service()


def _page(
    supplier: Supplier | None,
    hours: Shown | None = None,
    holidays: Shown | None = None,
    removed: Shown | None = None,
) -> str:
    calendar = _calendar_of(supplier)
    return render_template(
        "admin/calendar.html",
        supplier=supplier,
        calendar=calendar,
        hours=hours or Shown(_form_of(calendar)),
        holidays=holidays or Shown(),
        removed=removed or Shown(),
        upcoming=[day for day in calendar.holidays if day.day >= utcnow().date()],
        weekdays=WEEKDAYS,
        labels=LABELS,
        zones=sorted(available_timezones()),
        said=said(SAID, {supplier.id if supplier else 0: supplier.name if supplier else "customer service"}),
    )


def _form_of(calendar: Calendar) -> Form:
    return Form(
        {
            "timezone": calendar.timezone,
            "working_days": list(calendar.working_days),
            "opens": calendars.told("opens", calendar.opens),
            "closes": calendars.told("closes", calendar.closes),
        }
    )
