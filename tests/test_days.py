"""Days as people type them: read as they mean them, asked back where they mean two, never one that has not come."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widget import days
from widget.days import DayRefused

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("day", "all_typed"),
    [
        ("2026-11-20", ("2026-11-20", "2026/11/20", "2026.11.20")),
        ("2026-11-20", ("2026年11月20日", "2026年11月20", "２０２６-１１-２０")),
        ("2026-11-20", ("20.11.2026", "20.11.26", "20.11.", "20.11")),
        ("2026-11-20", (" 20.11.2026\n", "20/11/2026", "11/20/2026", "20-11-26")),
        ("2026-11-20", ("20 Nov", "20. November", "20nov", "20th Nov", "20 NOV. 2026", "20 nov, 26", "20Nov2026")),
        ("2026-11-20", ("Nov 20", "nov. 20", "November 20, 2026", "Nov 20th", "Nov 20 26")),
        ("2026-11-24", ("today", "Today ", "今天", "2026-11-24", "24.11.")),
        ("2026-11-23", ("yesterday", "昨天", "YESTERDAY")),
        ("2026-01-05", ("2026-1-5", "5.1.", "05.01.2026", "5 jan")),
        ("2026-05-05", ("05/05/2026", "5 May", "may 5")),
        # Without a year it is the latest one that has come.
        ("2025-12-25", ("25.12.", "25 Dec", "dec 25", "25.12")),
        ("2024-02-29", ("29.2.", "29 Feb", "29.02.2024")),
        ("2000-01-01", ("2000-01-01", "1.1.2000", "01.01.00")),
    ],
)  # fmt: skip
def test_days_are_read_as_they_are_meant(day: str, all_typed: tuple[str, ...]) -> None:
    for typed in all_typed:
        assert days.read(typed, today=TODAY).isoformat() == day, typed


@pytest.mark.parametrize("typed", ["05/11/2026", "05-11-26", "5/11/2026", "11/05/26", "０５/１１/２０２６"])
def test_what_can_mean_two_days_is_asked_back(typed: str) -> None:
    with pytest.raises(DayRefused, match=r"can mean 2026-05-11 or 2026-11-05. Write it that way"):
        days.read(typed, today=TODAY)


@pytest.mark.parametrize(
    ("words", "all_typed"),
    [
        ("is in the future. Today is 2026-11-24", ("2026-11-25", "25.11.2026", "9999-12-31")),
        ("is in the future. Today is 2026-11-24", ("25 Nov 2026", "1.1.99")),
        ("is too long ago. Look at the year", ("1999-12-31", "0001-01-01", "1.1.1999", "20 Nov 1926")),
        ("is not a day. Write it like 2026-11-24", ("", " ", "last week", "tomorrow")),
        ("is not a day. Write it like 2026-11-24", ("Friday", "20", "2026", "11/2026")),
        ("is not a day", ("31.02.2026", "0.0.2026", "2026-13-01", "2026-00-10")),
        ("is not a day", ("0000-01-01", "29.2.2026", "31.4.", "13/13/2026")),
        ("is not a day", ("20261120", "2026-11-20T10:00", "20/11", "5/11", "20 Nov 1")),
        ("is not a day", ("20 No", "20 Novembre", "juli 5", "20 Nov 20266")),
        ("is not a day", ("٢٠.11.2026", "20.11.2026.", "-20.11.2026", "2026--11-20")),
        ("is not a day", ("x" * 300, "1" * 300, "20\x00.11.", "\ud800")),
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused_saying_what_to_write(words: str, all_typed: tuple[str, ...]) -> None:
    for typed in all_typed:
        with pytest.raises(DayRefused, match=words) as refused:
            days.read(typed, today=TODAY)
        assert refused.value.sentence.isprintable(), typed
        assert len(refused.value.sentence) < 120, typed


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(0, 400))
def test_every_day_that_has_come_is_read_back(day: date, later: int) -> None:
    today = date.fromordinal(day.toordinal() + later)
    written = [
        day.isoformat(),
        f"{day:%d.%m.%Y}",
        f"{day:%Y/%m/%d}",
        f"{day.day} {days.MONTHS[day.month - 1]} {day.year}",
    ]
    assert {days.read(typed, today=today) for typed in written} == {day}


NEAR_DAYS = st.text(alphabet="0123456789.-/ ,年月日novdectodayst\u00a0２", max_size=200)


@settings(deadline=None)
@given(st.text(max_size=200) | NEAR_DAYS, st.dates(date(2020, 1, 1), date(2100, 12, 31)))
def test_any_text_is_a_day_that_has_come_or_refused_and_quickly(typed: str, today: date) -> None:
    begun = time.process_time()
    try:
        read = days.read(typed, today=today)
    except DayRefused:
        pass
    else:
        assert days.EARLIEST <= read <= today
        assert days.read(read.isoformat(), today=today) == read
    assert time.process_time() - begun < 0.5
