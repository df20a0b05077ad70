"""That somebody always remains who may change everything: the last admin stays one, whoever asks and from wherever."""

from __future__ import annotations

from sqlalchemy import or_, select

from widget.db import db
from widget.errors import NotFound, Refused
from widget.people.tables import Person, PersonRole, Role


def lock_with_admins(person_id: int) -> Person:
    """The person as stored now. All admins are locked with it, always in the same order. Raises NotFound."""
    admins = select(PersonRole.person_id).where(PersonRole.role == Role.ADMIN.value)
    query = select(Person).where(or_(Person.id == person_id, Person.id.in_(admins))).order_by(Person.id)
    locked = db.session.scalars(query.with_for_update(of=Person).execution_options(populate_existing=True)).all()
    person = next((each for each in locked if each.id == person_id), None)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def keep_an_admin(person: Person) -> None:
    """Ask before somebody stops being an admin. Raises Refused when nobody else would be one.

    The admins are locked first, and asked anew for whoever waited for that.
    """
    if Role.ADMIN not in person.roles or person.revoked_at is not None:
        return
    lock_with_admins(person.id)
    other = db.session.scalar(
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role == Role.ADMIN.value, Person.id != person.id, Person.revoked_at.is_(None))
        .limit(1)
    )
    if other is None:
        raise Refused("{name} is the last admin. Make somebody else an admin first.", name=person.name)
