"""Whose turn it is, since when, and when it has waited too long: in the working time of the side whose turn it is."""

from __future__ import annotations

from datetime import datetime

from widget import calendars
from widget.people import Side
from widget.problems.tables import Problem


def hand_turn(problem: Problem, to: Side, now: datetime, *, anew: bool = False) -> None:
    """It is that side's turn from now on. Its own turn already: it waits on as before, unless it is to begin `anew`.

    The only place that says who waits since when. At most one query.
    """
    if problem.waiting_for == to and not anew:
        return
    problem.waiting_for, problem.waiting_since, problem.reminded_at = to.value, now, None
    whose = problem.supplier.id if to == Side.SUPPLIER else None
    type_ = problem.type
    problem.due_at = (
        calendars.add_working_days(calendars.hours_of(whose), now, type_.remind_after) if type_.reminds else None
    )
