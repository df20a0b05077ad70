"""Everybody with a personal link: found, added, and the language they chose."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from widget import history, stores
from widget.db import db
from widget.errors import NotFound, Refused
from widget.people.admins import keep_an_admin
from widget.people.tables import Person, PersonRole, Role, Supplier


def clean_email(text: str) -> str:
    """An e-mail address as we compare it. Raises Refused for what is none."""
    email = text.strip().casefold()
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,190}", email):
        raise Refused("{email} is no e-mail address.", email=repr(text))
    return email


def get_person(email: str) -> Person:
    """By e-mail. Raises NotFound."""
    person = db.session.scalar(select(Person).where(Person.email == clean_email(email)))
    if person is None:
        raise NotFound(
            "There is nobody with the e-mail address {email}. Add them with: flask person add {email} …", email=email
        )
    return person


def add_person(
    email: str, *, name: str, roles: set[Role], supplier: Supplier | None, by: tuple[str, str] | None = None
) -> Person:
    """Add somebody or bring them up to date. Raises Refused for roles that do not fit, and for the last admin's.

    `by` is (name, e-mail) of whoever the history is to name for the roles; None: it says nothing of them.
    """
    if not roles:
        raise Refused("A person needs a role: agent, supplier, approver or admin.")
    if (Role.SUPPLIER in roles) != (supplier is not None):
        raise Refused("A supplier's person needs --supplier NAME, and nobody else may have one.")
    if Role.SUPPLIER in roles and len(roles) > 1:
        raise Refused("A supplier's person cannot have another role as well.")
    email = clean_email(email)
    person = db.session.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(email=email)
        db.session.add(person)
    elif Role.ADMIN not in roles:
        keep_an_admin(person)
    person.name, person.supplier_id = name, supplier.id if supplier else None
    if person.roles != roles:
        _give_roles(person, roles, by)
    db.session.flush()
    return person


def _give_roles(person: Person, roles: set[Role], by: tuple[str, str] | None) -> None:
    old, new = ", ".join(sorted(person.roles)), ", ".join(sorted(roles))
    person.role_rows = [PersonRole(role=role.value) for role in sorted(roles)]
    db.session.flush()
    if by is not None:
        person.version += bool(old)
        history.record("person", person.id, "roles", old, new, by=by, version=person.version)


def choose_language(person: Person, locale: str) -> None:
    """Show the pages in that language from now on. Raises Refused for what is no language code."""
    stores.check_locale(locale)
    person.locale = locale
    db.session.flush()


def staff() -> list[Person]:
    """Everybody of customer service who may sign in, by name."""
    return list(
        db.session.scalars(
            select(Person)
            .where(Person.supplier_id.is_(None), Person.revoked_at.is_(None))
            .order_by(func.lower(Person.name), Person.id)
        )
    )


def is_active_staff(person: Person) -> bool:
    """Whether somebody is of customer service and may sign in."""
    return person.supplier_id is None and person.revoked_at is None
