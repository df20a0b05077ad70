"""Approvers: the few who may confirm a refund claim in writing, as admins named them."""

from __future__ import annotations

from sqlalchemy import func, select

from widget.db import db
from widget.errors import Refused
from widget.people.tables import Person, PersonRole, Role


def lock_approver(person_id: int) -> Person:
    """The person as stored now, locked, so that nobody takes the role away meanwhile. Raises Refused without it."""
    query = select(Person).where(Person.id == person_id).with_for_update(of=Person)
    person = db.session.scalar(query.execution_options(populate_existing=True))
    if person is None or person.revoked_at is not None or Role.APPROVER not in person.roles:
        raise Refused("Only an approver may do this. Admins name the approvers, under People.")
    return person


def approvers() -> list[Person]:
    """Everybody who may confirm now, by name."""
    query = select(Person).join(PersonRole, PersonRole.person_id == Person.id)
    query = query.where(PersonRole.role == Role.APPROVER.value, Person.revoked_at.is_(None))
    return list(db.session.scalars(query.order_by(func.lower(Person.name), Person.id)))
