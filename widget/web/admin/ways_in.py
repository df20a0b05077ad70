"""What the list tells of each person besides the name: when somebody was last here, and how he gets in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from widget.credentials import Password, SignIn, SignInLink
from widget.db import db, utcnow
from widget.people import Person, Supplier
from widget.web.language import N_

REVOKED, NO_LINK, WAITS, WORKS, USED, PASSWORD = (
    N_("may not sign in"),
    N_("nothing: needs a link"),
    N_("a link, not opened yet"),
    N_("a link"),
    N_("a new link, next time"),
    N_("a password"),
)


@dataclass
class Known:
    """One person as the list shows him. `way_in` is a text of the catalogue."""

    person: Person
    seen_at: datetime | None
    way_in: str


@dataclass
class Group:
    """The people of one side: of customer service, or of a supplier."""

    supplier: Supplier | None
    people: list[Known] = field(default_factory=list)


def everybody() -> list[Group]:
    """Customer service first, then each supplier by name, people by name; who may not sign in comes last.

    A fixed number of queries.
    """
    groups = {supplier.id: Group(supplier) for supplier in db.session.scalars(select(Supplier).order_by(Supplier.name))}
    staff = Group(None)
    last_seen, links, passwords = _last_seen(), _links(), set(db.session.scalars(select(Password.person_id)))
    order = (Person.revoked_at.is_not(None), func.lower(Person.name), Person.id)
    for person in db.session.scalars(select(Person).order_by(*order).options(joinedload(Person.supplier))):
        way_in = _way_in(person, links.get(person.id, []), has_password=person.id in passwords)
        group = groups[person.supplier_id] if person.supplier_id else staff
        group.people.append(Known(person, last_seen.get(person.id), way_in))
    return [staff, *groups.values()]


def way_in_of(person: Person) -> str:
    """How one person gets in."""
    has_password = db.session.get(Password, person.id) is not None
    return _way_in(person, _links(person.id).get(person.id, []), has_password=has_password)


def _last_seen() -> dict[int, datetime]:
    rows = db.session.execute(select(SignIn.person_id, func.max(SignIn.seen_at)).group_by(SignIn.person_id))
    return dict(rows.all())


def _links(person_id: int | None = None) -> dict[int, list[SignInLink]]:
    query = select(SignInLink).where(SignInLink.revoked_at.is_(None))
    found: dict[int, list[SignInLink]] = {}
    for link in db.session.scalars(query.where(SignInLink.person_id == person_id) if person_id else query):
        found.setdefault(link.person_id, []).append(link)
    return found


def _way_in(person: Person, links: Sequence[SignInLink], *, has_password: bool) -> str:
    if person.revoked_at is not None:
        return REVOKED
    if has_password:
        return PASSWORD
    if person.supplier_id is not None:
        return (WORKS if any(link.used_at for link in links) else WAITS) if links else NO_LINK
    if any(link.used_at is None and link.expires_at and link.expires_at > utcnow() for link in links):
        return WAITS
    return USED if any(link.used_at for link in links) else NO_LINK
