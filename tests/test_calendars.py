"""Reckoning in working time, whose calendar it is, and what admins do to one."""

import threading
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import factories
from widget import calendars, history, people
from widget.calendars import Calendar, Hours
from widget.db import db
from widget.errors import Refused
from widget.people import Actor, Side

KATJA = Actor(name="Katja", side=Side.CUSTOMER_SERVICE, email="katja@brushwood.example")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
USUAL = Hours("Europe/Amsterdam", "12345", 9 * 60, 18 * 60)
CHINA = Hours(
    "Asia/Shanghai", "123456", 8 * 60 + 30, 17 * 60, frozenset(date(2027, 2, 5) + timedelta(days=n) for n in range(10))
)


def at(text, zone=AMSTERDAM):
    """A moment as somebody there writes it."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


# Reckoning


@pytest.mark.parametrize(
    ("since", "days", "until"),
    [
        ("2026-11-24 14:00", 1, "2026-11-25 14:00"),
        ("2026-11-27 14:00", 1, "2026-11-30 14:00"),
        ("2026-11-27 14:00", 6, "2026-12-07 14:00"),
        ("2026-11-28 11:00", 1, "2026-11-30 18:00"),
        ("2026-11-24 22:00", 1, "2026-11-25 18:00"),
        ("2026-11-24 07:00", 1, "2026-11-24 18:00"),
        ("2026-11-28 11:00", 0, "2026-11-30 09:00"),
        # The clock changes on the Sundays between.
        ("2026-10-23 14:00", 2, "2026-10-27 14:00"),
        ("2027-03-26 14:00", 2, "2027-03-30 14:00"),
    ],
)
def test_working_days_are_counted_from_the_next_opening(since, days, until):
    assert calendars.add_working_days(USUAL, at(since), days) == at(until)


def test_holidays_are_no_working_days():
    reported = at("2027-02-04 16:00", ZoneInfo("Asia/Shanghai"))
    assert calendars.add_working_days(CHINA, reported, 1) == at("2027-02-15 16:00", ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-11-24 08:59", False),
        ("2026-11-24 09:00", True),
        ("2026-11-24 17:59", True),
        ("2026-11-24 18:00", False),
        ("2026-11-28 12:00", False),
    ],
)
def test_they_work_from_opening_until_closing(moment, works):
    assert calendars.is_working(USUAL, at(moment)) is works


def test_working_time_leaves_out_nights_weekends_and_what_is_backwards():
    friday, tuesday = at("2026-11-27 17:00"), at("2026-12-01 10:00")
    assert calendars.working_time(USUAL, friday, tuesday) == timedelta(hours=1 + 9 + 1)
    assert calendars.working_time(USUAL, tuesday, friday) == timedelta()
    assert calendars.working_time(USUAL, at("2026-11-28 01:00"), at("2026-11-29 23:00")) == timedelta()


def test_a_day_around_the_clock_follows_the_change_of_the_clock():
    always = Hours("Europe/Amsterdam", "1234567", 0, 24 * 60)
    assert calendars.working_time(always, at("2027-03-28 00:00"), at("2027-03-29 00:00")) == timedelta(hours=23)
    assert calendars.working_time(always, at("2026-10-25 00:00"), at("2026-10-26 00:00")) == timedelta(hours=25)


@pytest.mark.parametrize(
    "never",
    [
        Hours("Europe/Amsterdam", "", 540, 1080),
        Hours("Europe/Amsterdam", "12345", 540, 540),
        Hours(
            "Europe/Amsterdam",
            "1234567",
            540,
            1080,
            frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(4000)),
        ),
    ],
    ids=["no days", "no hours", "only holidays"],
)
def test_where_nobody_works_waiting_ends_after_years(never):
    since = at("2026-11-24 12:00")
    assert calendars.add_working_days(never, since, 2) == since + timedelta(days=3 * 366)
    assert calendars.working_time(never, since, since + timedelta(days=3000)) == timedelta()


def test_four_hundred_holidays_in_a_row_are_sat_out():
    days = frozenset(date(2026, 11, 25) + timedelta(days=n) for n in range(400))
    away = Hours("Europe/Amsterdam", "1234567", 540, 1080, days)
    assert calendars.add_working_days(away, at("2026-11-24 18:00"), 1) == at("2027-12-30 18:00")


some_hours = st.builds(
    lambda zone, days, edges, holidays: Hours(
        zone,
        "".join(sorted(days)),
        min(edges),
        max(edges),
        frozenset(date(2026, 1, 1) + timedelta(days=n) for n in holidays),
    ),
    st.sampled_from(["Europe/Amsterdam", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.sets(st.sampled_from("1234567"), min_size=1),
    st.sets(st.integers(0, 24 * 60), min_size=2, max_size=2),
    st.sets(st.integers(0, 500), max_size=40),
)
moments = st.integers(0, 500 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(max_examples=60, deadline=None)
@given(some_hours, moments, st.integers(1, 20))
def test_so_many_days_added_are_so_many_days_worked(hours, since, days):
    until = calendars.add_working_days(hours, since, days)
    assert calendars.working_time(hours, since, until) == days * hours.length
    assert until > since


@settings(max_examples=60, deadline=None)
@given(some_hours, moments, moments, moments, st.integers(0, 10))
def test_who_begins_later_is_not_done_sooner_and_time_adds_up(hours, one, other, third, days):
    first, second, last = sorted([one, other, third])
    assert calendars.add_working_days(hours, first, days) <= calendars.add_working_days(hours, second, days)
    assert calendars.working_time(hours, first, second) + calendars.working_time(
        hours, second, last
    ) == calendars.working_time(hours, first, last)
    assert calendars.is_working(hours, one) == (
        calendars.working_time(hours, one, one + timedelta(microseconds=1)) > timedelta()
    )


def test_thousands_of_waits_are_measured_quickly():
    hours = Hours("Europe/Amsterdam", "12345", 540, 1080)
    begins = perf_counter()
    for number in range(5_000):
        since = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        calendars.working_time(hours, since, since + timedelta(days=6))
    assert perf_counter() - begins < 2


# Whose calendar


def test_a_supplier_works_the_usual_hours_in_his_zone_until_somebody_says_otherwise(store):
    workshop = factories.supplier(factories.store(factories.helpdesk()))
    assert calendars.of_supplier(workshop).timezone == "Asia/Shanghai"
    assert calendars.hours_of(workshop.id) == Hours("Asia/Shanghai", "12345", 540, 1080)
    assert calendars.of_customer_service().supplier_id is None
    assert db.session.query(Calendar).count() == 1, "looking at a calendar stores nothing"
    ours = calendars.change(
        calendars.of_supplier(workshop), timezone="Asia/Shanghai", working_days=[1, 2, 3, 4, 5, 6], opens=510,
        closes=1020, by=KATJA, version=1,
    )  # fmt: skip
    calendars.add_holidays(ours, "2027-02-05..2027-02-14 Spring Festival", by=KATJA)
    assert calendars.hours_of(workshop.id) == calendars.of_supplier(workshop).hours == CHINA
    assert calendars.all_hours() == {None: calendars.of_customer_service().hours, workshop.id: CHINA}


@pytest.mark.only_on("sqlite")
def test_hours_take_one_query(store):
    workshop = factories.supplier(factories.store(factories.helpdesk())).id
    calendars.add_holidays(calendars.of_customer_service(), "2026-12-25\n2026-12-26", by=KATJA)
    statements: list[str] = []
    driver = store.connection().connection.driver_connection
    driver.set_trace_callback(statements.append)
    calendars.hours_of(None)
    calendars.hours_of(workshop)
    assert len(statements) == 2
    calendars.all_hours()
    driver.set_trace_callback(None)
    assert len(statements) == 4


def test_two_who_change_a_calendar_for_the_first_time_make_one(app):
    with app.app_context():
        factories.supplier(factories.store(factories.helpdesk()))
        db.session.commit()
    both, troubles = threading.Barrier(2), []

    def add(day):
        with app.app_context():
            calendar = calendars.of_supplier(people.get_supplier("Dafen Art"))
            db.session.rollback()
            both.wait(10)
            try:
                calendars.add_holidays(calendar, day, by=KATJA)
                db.session.commit()
            except Exception as error:  # noqa: BLE001
                troubles.append(error)

    threads = [threading.Thread(target=add, args=(day,)) for day in ("2027-01-01", "2027-01-02")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert troubles == []
    with app.app_context():
        found = calendars.of_supplier(people.get_supplier("Dafen Art"))
        assert (len(found.holidays), found.version) == (2, 3)


# Changing one


@pytest.fixture
def ours(store):
    """Customer service's calendar."""
    return calendars.of_customer_service()


def changed(calendar, **values):
    """Changed by Katja, who had just looked at it."""
    as_it_is = {"timezone": calendar.timezone, "working_days": [1, 2, 3, 4, 5], "opens": 540, "closes": 1080}
    return calendars.change(calendar, **{**as_it_is, "by": KATJA, "version": calendar.version, **values})


def test_changes_are_kept_in_the_history_and_none_is_no_change(ours):
    changed(ours)
    assert ours.version == 1
    changed(ours, opens=480, working_days=[1, 2, 3, 4])
    assert (ours.opens, ours.working_days, ours.version) == (480, "1234", 2)
    kept = [(c.field, c.old, c.new, c.actor) for c in history.of("calendar", ours.id)]
    assert kept == [
        ("working_days", "Mon Tue Wed Thu Fri", "Mon Tue Wed Thu", "Katja"),
        ("opens", "09:00", "08:00", "Katja"),
    ]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"opens": 1080, "closes": 540}, "Closing time has to be later"),
        ({"opens": 540, "closes": 540}, "Closing time has to be later"),
        ({"closes": 1441}, "Closing time has to be later"),
        ({"opens": -1}, "Closing time has to be later"),
        ({"working_days": []}, "Choose at least one working day."),
        ({"working_days": [0]}, "Choose at least one working day."),
        ({"working_days": [12]}, "Choose at least one working day."),
        ({"timezone": "Europe/Atlantis"}, "is no time zone"),
        ({"timezone": "../etc/passwd"}, "is no time zone"),
    ],
)
def test_hours_nobody_can_work_are_refused(ours, values, sentence):
    with pytest.raises(Refused, match=sentence):
        changed(ours, **values)
    assert (ours.version, history.of("calendar", ours.id)) == (1, [])


@pytest.mark.only_on("sqlite")
def test_a_late_save_hears_who_changed_what(ours):
    changed(ours, opens=480)
    with pytest.raises(history.Outdated, match=r"Katja changed this on .* UTC") as late:
        changed(ours, opens=600, version=1)
    assert [(change.field, change.old, change.new) for change in late.value.changes] == [("opens", "09:00", "08:00")]
    assert ours.opens == 480
    calendars.add_holidays(ours, "2026-12-25", by=KATJA)
    changed(ours, opens=600, version=2)
    assert ours.opens == 600, "holidays and hours do not collide"


@pytest.mark.only_on("sqlite")
def test_holidays_are_added_named_and_removed(ours):
    assert calendars.add_holidays(ours, "2026-12-25 Christmas Day\n\n2026-12-30..2027-01-01 New Year", by=KATJA) == 4
    assert calendars.add_holidays(ours, "2026-12-25 Christmas\n2026-12-26", by=KATJA) == 1
    assert {row.day.day: row.name for row in ours.holidays} == {
        25: "Christmas", 26: "", 30: "New Year", 31: "New Year", 1: "New Year",
    }  # fmt: skip
    assert calendars.remove_holidays(ours, [date(2026, 12, 26), date(2026, 12, 30)], by=KATJA) == 2
    assert calendars.remove_holidays(ours, [date(2026, 12, 26)], by=KATJA) == 0
    assert ours.version == 4
    kept = [(c.field, c.old, c.new) for c in history.of("calendar", ours.id)]
    assert kept[-1] == ("holidays", "2026-12-26\n2026-12-30 New Year", "")
    db.session.expire_all()
    assert [row.day.day for row in ours.holidays] == [25, 31, 1]


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("2027-01-29 Spring Festival", {date(2027, 1, 29): "Spring Festival"}),
        ("2027-1-29", {date(2027, 1, 29): ""}),
        ("２０２７-01-29　春节", {date(2027, 1, 29): "春节"}),
        ("2027-01-29, off", {date(2027, 1, 29): "off"}),
        ("2027-01-29 - 2027-01-30 off", {date(2027, 1, 29): "off", date(2027, 1, 30): "off"}),
        ("2027-01-29..2027-01-29", {date(2027, 1, 29): ""}),
        ("2027-01-29…2027-01-30", {date(2027, 1, 29): "", date(2027, 1, 30): ""}),
    ],
)
def test_holidays_are_read_as_people_type_them(typed, days):
    assert calendars.read_holidays(typed) == days


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Write at least one day"),
        ("Spring Festival", "“Spring Festival” is no holiday. Write one per line"),
        ("2027-02-30 never", "“2027-02-30 never” is no holiday"),
        ("2027-01-29\n29.1.2027", "“29.1.2027” is no holiday"),
        ("0001-01-01", "is no holiday"),
        ("2027-02-03..2027-01-29", "the last day has to follow the first"),
        ("2027-01-01..2027-12-31", "within two months"),
        ("2027-01-29Spring", "is no holiday"),
    ],
)
def test_what_is_no_holiday_is_named(typed, sentence):
    with pytest.raises(Refused, match=sentence):
        calendars.read_holidays(typed)


@pytest.mark.parametrize(
    ("typed", "minutes"), [("09:00", 540), ("9:30", 570), ("18.15", 1095), ("24:00", 1440), ("09：00", 540)]
)
def test_times_are_read_as_people_type_them(typed, minutes):
    assert calendars.read_time(typed) == minutes


@pytest.mark.parametrize("typed", ["", "9", "25:00", "24:01", "9:60", "nine", "-1:00"])
def test_what_is_no_time_is_refused(typed):
    with pytest.raises(Refused, match="is no time"):
        calendars.read_time(typed)
