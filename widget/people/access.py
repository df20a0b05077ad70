"""Who may sign in and as what, as admins decide it. The links themselves are credentials' business.

All in the caller's transaction. Whoever takes something from somebody has locked all admins first: two who take each
other's role at once would leave nobody.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from widget import history, stores
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.people.admins import keep_an_admin, lock_with_admins
from widget.people.persons import clean_email
from widget.people.tables import Actor, Person, PersonRole, Role, Supplier

SUBJECT = "person"
STAFF_ROLES = (Role.AGENT, Role.APPROVER, Role.ADMIN)


class Described(NamedTuple):
    """How a person is to be. Staff have roles, a supplier's people a supplier; `locale` empty: the usual one."""

    name: str
    roles: frozenset[Role]
    supplier: Supplier | None
    locale: str = ""


def get_by_id(person_id: int) -> Person:
    """By id. Raises NotFound."""
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def invite(email: str, wanted: Described, *, by: Actor) -> Person:
    """Add somebody, who has no link yet. Raises Refused when the e-mail address is somebody's already."""
    email = clean_email(email)
    known = db.session.scalar(select(Person).where(Person.email == email))
    if known is not None:
        raise Refused("{email} is {name} already.", email=email, name=known.name)
    _check(wanted)
    person = Person(email=email, name=wanted.name, supplier=wanted.supplier, locale=wanted.locale, version=1)
    person.role_rows = [PersonRole(role=role.value) for role in sorted(wanted.roles)]
    db.session.add(person)
    db.session.flush()
    for field, new in [("email", email), *_told(wanted)]:
        if new:
            _record(person, field, "", new, by)
    db.session.flush()
    return person


def change_person(person_id: int, wanted: Described, *, by: Actor, shown: int) -> Person:
    """Change somebody's name, roles, supplier, language. Nobody changes sides.

    Raises Refused, also for the last admin's role, and Outdated.
    """
    person = lock_with_admins(person_id)
    history.refuse_outdated(SUBJECT, person, shown)
    _check(wanted)
    if (wanted.supplier is None) != (person.supplier_id is None):
        raise Refused("Nobody changes sides. Invite {name} with another e-mail address.", name=person.name)
    if Role.ADMIN not in wanted.roles:
        keep_an_admin(person)
    told = zip(_described(person), _told(wanted), strict=True)
    differing = [(field, old, new) for (field, old), (_field, new) in told if old != new]
    person.version += bool(differing)
    for field, old, new in differing:
        _record(person, field, old, new, by)
    person.name, person.locale = wanted.name, wanted.locale
    person.supplier_id = wanted.supplier.id if wanted.supplier else None
    if person.roles != wanted.roles:
        person.role_rows = [PersonRole(role=role.value) for role in sorted(wanted.roles)]
    db.session.flush()
    return person


def shut_out(person_id: int, *, by: Actor) -> Person:
    """Whoever it is may not sign in any more; ending links and sessions is left to credentials. Twice is fine.

    Raises Refused for oneself and for the last admin.
    """
    person = lock_with_admins(person_id)
    if person.email == by.email:
        raise Refused("You cannot shut yourself out. Another admin can.")
    keep_an_admin(person)
    if person.revoked_at is None:
        person.revoked_at = utcnow()
        person.version += 1
        _record(person, "revoked", "no", "yes", by)
    db.session.flush()
    return person


def let_in(person_id: int, *, by: Actor) -> Person:
    """Whoever was shut out may sign in again, with a new link. Raises Refused for anybody else."""
    person = lock_with_admins(person_id)
    if person.revoked_at is None:
        raise Refused("{name} may sign in already.", name=person.name)
    person.revoked_at = None
    person.version += 1
    _record(person, "revoked", "yes", "no", by)
    db.session.flush()
    return person


def note_new_link(person_id: int, *, by: Actor) -> Person:
    """Remember who made a new link for whom. Raises Refused for somebody who was shut out."""
    person = lock_with_admins(person_id)
    if person.revoked_at is not None:
        raise Refused("{name} may not sign in. Bring {name} back first.", name=person.name)
    _record(person, "link", "", "new", by)
    return person


def _check(wanted: Described) -> None:
    if wanted.locale:
        stores.check_locale(wanted.locale)
    if wanted.supplier is not None and wanted.roles != {Role.SUPPLIER}:
        raise Refused("A supplier's person cannot have another role as well.")
    if wanted.supplier is None and (not wanted.roles or not wanted.roles <= set(STAFF_ROLES)):
        raise Refused("Choose at least one role.")


def _described(person: Person) -> list[tuple[str, str]]:
    return _told(Described(person.name, frozenset(person.roles), person.supplier, person.locale))


def _told(wanted: Described) -> list[tuple[str, str]]:
    """For the history."""
    supplier = wanted.supplier.name if wanted.supplier else ""
    roles = ", ".join(sorted(wanted.roles))
    return [("name", wanted.name), ("roles", roles), ("supplier", supplier), ("locale", wanted.locale)]


def _record(person: Person, field: str, old: str, new: str, by: Actor) -> None:
    history.record(SUBJECT, person.id, field, old, new, by=(by.name, by.email), version=person.version)
