"""What is counted, and how. Each figure is one query, however many lines there are.

An answer time is how long a line waited for one side, in that side's working hours: from the moment it became that
side's turn until the other side's turn began, or the line was handled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, case, cast, extract, func, select

from widget import calendars
from widget.db import db
from widget.orders import Order
from widget.people import Side, Supplier
from widget.problem_types import Board, ProblemType
from widget.problems import Problem, Wait
from widget.stores import Store
from widget.web.figures.door import Wanted

# Upper ends of how long a line has waited for the side whose turn it is, in hours; the last has none.
AGES = (24, 72, 168, 672)
WEEK = timedelta(days=7)
WEEK_SECONDS = 7 * 24 * 3600
# Enough to tell a median; more would take longer than anybody waits for a page.
MOST_WAITS = 20_000
SLOW = 0.9


class Age(NamedTuple):
    """How many open lines have waited about that long, for each side."""

    customer_service: int
    supplier: int


class OpenNow(NamedTuple):
    """The open lines by age, youngest first, and how many of each side's wait too long."""

    ages: list[Age]
    late: Age


class Week(NamedTuple):
    """What was reported and handled in the week that begins then."""

    begins: datetime
    reported: int
    handled: int


class Answers(NamedTuple):
    """How fast one side answered in lines of one kind: how often, and in how many of its working hours."""

    side: Side
    name: str
    number: int
    middle: float
    slow: float


class AnswerTimes(NamedTuple):
    """The answer times by problem type and by supplier; `is_cut` when only the newest were counted."""

    by_type: list[Answers]
    by_supplier: list[Answers]
    is_cut: bool


def open_now(wanted: Wanted, now: datetime) -> OpenNow:
    """The open lines by whose turn it is and how long they have waited. One query."""
    bucket = case(
        *((Problem.waiting_since > now - timedelta(hours=hours), place) for place, hours in enumerate(AGES)),
        else_=len(AGES),
    ).label("bucket")
    is_late = case((Problem.due_at < now, 1), else_=0)
    query = (
        select(Problem.waiting_for, bucket, func.count().label("lines"), func.sum(is_late).label("late"))
        .where(Problem.handled_at.is_(None), *_is_wanted(wanted))
        .group_by(Problem.waiting_for, bucket)
    )
    lines: dict[tuple[str, int], int] = defaultdict(int)
    late: dict[str, int] = defaultdict(int)
    for row in db.session.execute(query):
        lines[row.waiting_for, row.bucket] += row.lines
        late[row.waiting_for] += row.late
    us, them = Side.CUSTOMER_SERVICE.value, Side.SUPPLIER.value
    ages = [Age(lines[us, place], lines[them, place]) for place in range(len(AGES) + 1)]
    return OpenNow(ages, Age(late[us], late[them]))


def by_week(wanted: Wanted, now: datetime) -> list[Week]:
    """What was reported and what handled, week by week, this one last. Weeks begin on Monday, UTC. Two queries."""
    begins = begin_of(wanted, now)
    reported = _per_week(Problem.reported_at, begins, wanted)
    handled = _per_week(Problem.handled_at, begins, wanted)
    return [Week(begins + place * WEEK, reported[place], handled[place]) for place in range(int(wanted.weeks))]


def begin_of(wanted: Wanted, now: datetime) -> datetime:
    """The Monday with which the wanted weeks begin."""
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    return monday - (int(wanted.weeks) - 1) * WEEK


def answer_times(wanted: Wanted, now: datetime, type_name: Any = ProblemType.name_en) -> AnswerTimes:
    """How long each side took, in its own working hours; the types by that one of their names. Three queries."""
    waits = db.session.execute(_waits(wanted, begin_of(wanted, now), type_name)).all()
    hours_of = calendars.all_hours()
    by_type: dict[tuple[Side, str], list[float]] = defaultdict(list)
    by_supplier: dict[tuple[Side, str], list[float]] = defaultdict(list)
    for wait in waits[:MOST_WAITS]:
        side = Side(wait.side)
        working = hours_of[wait.supplier_id if side == Side.SUPPLIER else None]
        hours = calendars.working_time(working, wait.began_at, wait.ended_at) / timedelta(hours=1)
        by_type[side, wait.type].append(hours)
        by_supplier[side, wait.supplier].append(hours)
    return AnswerTimes(_summed_up(by_type), _summed_up(by_supplier), len(waits) > MOST_WAITS)


def _waits(wanted: Wanted, begins: datetime, type_name: Any) -> Select[Any]:
    query = select(
        Wait.side,
        Wait.began_at,
        Wait.ended_at,
        type_name.label("type"),
        Supplier.id.label("supplier_id"),
        Supplier.name.label("supplier"),
    )
    return (
        query.join(Problem, Problem.id == Wait.problem_id)
        .join(ProblemType, ProblemType.id == Problem.type_id)
        .join(Supplier, Supplier.id == Problem.supplier_id)
        .where(Wait.ended_at >= begins, *_is_wanted(wanted))
        .order_by(Wait.ended_at.desc())
        .limit(MOST_WAITS + 1)
    )


def _summed_up(hours: Mapping[tuple[Side, str], list[float]]) -> list[Answers]:
    """The slowest first, each side for itself."""
    summed = [
        Answers(side, name, len(each), median(each), sorted(each)[min(len(each) - 1, int(len(each) * SLOW))])
        for (side, name), each in hours.items()
    ]
    return sorted(summed, key=lambda answers: (answers.side, -answers.middle, answers.name))


def _per_week(moment: Any, begins: datetime, wanted: Wanted) -> dict[int, int]:
    seconds = cast(extract("epoch", moment), Integer) - int(begins.timestamp())
    week = (seconds // WEEK_SECONDS).label("week")
    query = select(week, func.count().label("lines")).where(moment >= begins, *_is_wanted(wanted)).group_by(week)
    counted: dict[int, int] = defaultdict(int)
    counted.update({row.week: row.lines for row in db.session.execute(query)})
    return counted


def _is_wanted(wanted: Wanted) -> list[ColumnElement[bool]]:
    # Both boards are named even when both are wanted: the indexes begin with the board.
    conditions: list[ColumnElement[bool]] = [
        Problem.board.in_([wanted.board] if wanted.board else [board.value for board in Board])
    ]
    if wanted.store:
        of_store = select(Order.id).join(Store, Store.id == Order.store_id).where(Store.code == wanted.store)
        conditions.append(Problem.order_id.in_(of_store))
    if wanted.supplier:
        conditions.append(Problem.supplier_id == int(wanted.supplier))
    return conditions
