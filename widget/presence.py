"""Presence: who has a line's page open now, so that two do not answer the same line."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base, db, is_postgresql, utcnow
from widget.people import Person
from widget.problems import Problem

# Three times as long as pages take from one look to the next.
SEEN_WITHIN = timedelta(seconds=60)
KEPT = timedelta(hours=1)


class Looking(Base):
    """Somebody of the staff has the page of a line open, as of `seen_at`."""

    __tablename__ = "looking"

    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    seen_at: Mapped[datetime]


def see(problem: Problem, person: Person) -> None:
    """The person has the line open now. Safe when two pages of one person say so at once."""
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    now = utcnow()
    seen = insert(Looking).values(problem_id=problem.id, person_id=person.id, seen_at=now)
    db.session.execute(seen.on_conflict_do_update(index_elements=["problem_id", "person_id"], set_={"seen_at": now}))


def others(problem: Problem, person: Person) -> list[str]:
    """The names of who else had the line open within the last minute."""
    return list(
        db.session.scalars(
            select(Person.name)
            .join(Looking, Looking.person_id == Person.id)
            .where(
                Looking.problem_id == problem.id,
                Looking.person_id != person.id,
                Looking.seen_at > utcnow() - SEEN_WITHIN,
                Person.revoked_at.is_(None),
            )
            .order_by(Person.name, Person.id)
        )
    )


def forget_old() -> None:
    """Drop what nobody is told any more."""
    db.session.execute(delete(Looking).where(Looking.seen_at < utcnow() - KEPT))
