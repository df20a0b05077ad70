"""Lines that have waited too long: which ones, and how the side whose turn it is hears of it, once a turn.

Customer service gets a note in the order's ticket, in its working time. The supplier sees it on his page; an agent may
ask him besides, and that note tags him.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from widget import calendars, history, notes, tickets
from widget.db import db, utcnow
from widget.errors import Refused
from widget.history import Change
from widget.notes import Note
from widget.people import ITSELF, Actor, Side
from widget.problems.tables import Problem
from widget.problems.telling import tell
from widget.tickets import Place

REMIND_AGAIN_AFTER = timedelta(hours=4)
REMINDED = "reminded"


def remind_supplier(problem: Problem, *, by: Actor, at: Place) -> None:
    """An agent asks the supplier to look at a line that waits for him, with a note that tags him.

    A reminder is the note: it goes out even where others are switched off.
    Raises Refused when the line is handled, it is not the supplier's turn, or he was asked in the last four hours.
    """
    if problem.handled_at is not None:
        raise Refused(
            "{line} was handled by {who} on {at}.",
            line=problem.reference, who=problem.handled_by, at=problem.handled_at,
        )  # fmt: skip
    if problem.waiting_for != Side.SUPPLIER:
        raise Refused("{line} waits for customer service, not for the supplier.", line=problem.reference)
    now = utcnow()
    last = _last_asked(problem)
    if last is not None and last.at > now - REMIND_AGAIN_AFTER:
        raise Refused(
            "{who} reminded the supplier of {line} on {at}. Give him four hours to answer.",
            who=last.actor, line=problem.reference, at=last.at,
        )  # fmt: skip
    _mark(problem, now, by)
    tell(problem, notes.supplier_reminded(by.name, problem.waiting_since), by=by, at=replace(at, is_silent=False))


def overdue(now: datetime, limit: int) -> list[int]:
    """The ids of open lines that have waited too long and whose side was not reminded of it, longest first.

    Those that wait for customer service only while it works.
    """
    late = select(Problem.id).where(Problem.handled_at.is_(None), Problem.due_at < now, Problem.reminded_at.is_(None))
    if not calendars.is_working(calendars.hours_of(None), now):
        late = late.where(Problem.waiting_for == Side.SUPPLIER)
    return list(db.session.scalars(late.order_by(Problem.due_at, Problem.id).limit(limit)))


def remind(problem: Problem, *, at: Place, now: datetime) -> bool:
    """Remind whoever has let a line wait too long; whether that was still to be done. The line is locked, see overdue.

    Customer service gets a note where somebody sees it, in an open ticket; there is nothing to post to the supplier.
    """
    if not problem.was_late(now) or problem.reminded_at is not None:
        return False
    if problem.waiting_for == Side.SUPPLIER:
        problem.reminded_at = now
        return True
    if not calendars.is_working(calendars.hours_of(None), now):
        return False
    _mark(problem, now, ITSELF)
    if at.ticket is not None and at.ticket.is_open:
        note = Note(
            heading=notes.heading(problem.order.name, problem.reference, problem.type.name_en),
            sentences=(notes.waits_too_long(problem.waiting_since, is_informed=problem.informed_at is not None),),
            url=f"{at.public_url}/lines/{problem.reference}",
            line=problem.reference,
        )
        tickets.post_note(at.ticket, note, by=ITSELF)
    return True


def _last_asked(problem: Problem) -> Change | None:
    """When somebody last asked the supplier, in this turn of his."""
    return db.session.scalar(
        select(Change)
        .where(
            Change.subject == "problem",
            Change.subject_id == problem.id,
            Change.field == REMINDED,
            Change.at >= problem.waiting_since,
        )
        .order_by(Change.id.desc())
        .limit(1)
    )


def _mark(problem: Problem, now: datetime, by: Actor) -> None:
    problem.reminded_at = now
    problem.version += 1
    problem.changed_at = now
    history.record(
        "problem", problem.id, REMINDED, "", problem.waiting_for, by=(by.name, by.email), version=problem.version
    )
    db.session.flush()
