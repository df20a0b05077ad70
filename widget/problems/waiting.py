"""Whose turn it is, since when, and when it has waited too long: in the working time of the side whose turn it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, update

from widget import calendars
from widget.calendars import Calendar, Hours
from widget.db import db
from widget.history import Change
from widget.people import Side
from widget.problem_types import ProblemType
from widget.problems.tables import Problem, Wait

BATCH = 500

# Whoever got the turn meanwhile has the right moment already.
_MOVE = (
    update(Problem)
    .where(
        Problem.id == bindparam("line"),
        Problem.waiting_for == bindparam("turn"),
        Problem.waiting_since == bindparam("since"),
    )
    .values(due_at=bindparam("due_at"))
)


def hand_turn(problem: Problem, to: Side, now: datetime, *, anew: bool = False) -> None:
    """It is that side's turn from now on. Its own turn already: it waits on as before, unless it is to begin `anew`.

    The only place that says who waits since when. At most one query.
    """
    if problem.waiting_for == to and not anew:
        return
    if problem.waiting_for and not anew:
        end_wait(problem, now)
    problem.waiting_for, problem.waiting_since, problem.reminded_at = to.value, now, None
    whose = problem.supplier.id if to == Side.SUPPLIER else None
    problem.due_at = _due(calendars.hours_of(whose), now, problem.type)


def end_wait(problem: Problem, now: datetime) -> None:
    """Keep how long the line waited for the side whose turn it was."""
    db.session.add(
        Wait(problem_id=problem.id, side=problem.waiting_for, began_at=problem.waiting_since, ended_at=now)
    )  # fmt: skip


def wait_on(problem: Problem, ended_at: datetime) -> bool:
    """What ended a wait then was taken back: the line waits on for the same side, as if nothing had been.

    Whether there was such a wait.
    """
    wait = db.session.scalar(select(Wait).where(Wait.problem_id == problem.id, Wait.ended_at == ended_at).limit(1))
    if wait is None:
        return False
    db.session.delete(wait)
    if (problem.waiting_for, problem.waiting_since) != (wait.side, wait.began_at):
        hand_turn(problem, Side(wait.side), wait.began_at, anew=True)
        problem.reminded_at = db.session.scalar(
            select(func.max(Change.at)).where(
                Change.subject == "problem",
                Change.subject_id == problem.id,
                Change.field == "reminded",
                Change.at.between(wait.began_at, ended_at),
            )
        )
    return True


def recount_type(type_: ProblemType) -> int:
    """The rule of a type changed: say anew when its open lines have waited too long. How many that moved."""
    return _recount(Problem.type_id == type_.id)


def recount_calendar(calendar: Calendar) -> int:
    """A side's working time changed: say anew when what waits for it has waited too long. How many that moved."""
    if calendar.supplier_id is None:
        return _recount(Problem.waiting_for == Side.CUSTOMER_SERVICE)
    return _recount(Problem.waiting_for == Side.SUPPLIER, Problem.supplier_id == calendar.supplier_id)


def recount_missing(limit: int) -> int:
    """Lines that came from before waiting was counted, or past the verbs. Cheap when there are none."""
    ids = select(Problem.id).join(Problem.type).where(
        Problem.handled_at.is_(None), Problem.due_at.is_(None), ProblemType.reminds
    )  # fmt: skip
    found = list(db.session.scalars(ids.limit(limit)))
    return _recount(Problem.id.in_(found)) if found else 0


def _recount(*concerned: ColumnElement[bool]) -> int:
    """In batches, and past the session: who has one of these lines in hand reads it again."""
    hours = calendars.all_hours()
    rows = db.session.execute(
        select(
            Problem.id, Problem.supplier_id, Problem.waiting_for, Problem.waiting_since, Problem.due_at,
            ProblemType.reminds, ProblemType.remind_after,
        )
        .join(Problem.type)
        .where(Problem.handled_at.is_(None), *concerned)
        .order_by(Problem.id)
    ).all()  # fmt: skip
    moved = []
    for row in rows:
        whose = row.supplier_id if row.waiting_for == Side.SUPPLIER else None
        due_at = _due(hours[whose], row.waiting_since, row)
        if due_at != row.due_at:
            moved.append({"line": row.id, "turn": row.waiting_for, "since": row.waiting_since, "due_at": due_at})
    for batch in range(0, len(moved), BATCH):
        db.session.connection().execute(_MOVE, moved[batch : batch + BATCH])
    return len(moved)


def _due(hours: Hours, since: datetime, rule: Any) -> datetime | None:
    """`rule`: a problem type, or a row with its two columns."""
    return calendars.add_working_days(hours, since, rule.remind_after) if rule.reminds else None
