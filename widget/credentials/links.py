"""Personal links: a supplier's works until it is revoked, one of the staff once within 24 hours."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import and_, delete, or_, select, update

from widget import people, stores
from widget.credentials import sessions
from widget.credentials.tables import ApiToken, Password, SignInLink
from widget.db import db, utcnow
from widget.errors import NotFound
from widget.people import Person

STAFF_LINK_LIFETIME = timedelta(hours=24)


def revoke(person: Person) -> None:
    """The person is out with the next request, and nothing lets in any more, a password included, until a new link.

    Raises Refused for the last admin.
    """
    people.keep_an_admin(person)
    person.revoked_at = person.revoked_at or utcnow()
    _end_links(person)
    sessions.end_all(person)
    db.session.execute(delete(Password).where(Password.person_id == person.id))
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=utcnow())
    )


def new_link(person: Person) -> str:
    """A fresh secret for the person's link; older links and all sessions end. A staff link lives 24 hours."""
    _end_links(person)
    sessions.end_all(person)
    return another_link(person)


def another_link(person: Person) -> str:
    """One more secret beside those that work: their hashes cannot be shown again. Lets in again whoever was revoked."""
    person.revoked_at = None
    secret = secrets.token_urlsafe(24)
    expires = None if person.supplier_id is not None else utcnow() + STAFF_LINK_LIFETIME
    db.session.add(SignInLink(person_id=person.id, token_hash=stores.hash_of(secret), expires_at=expires))
    db.session.flush()
    return secret


def find_link(secret: str, *, lock: bool = False) -> SignInLink | None:
    """The personal link of that secret while it can be opened: not revoked, not expired, a staff link not used.

    One query for every secret, so that the answer's time tells nothing either.
    """
    for_ever = and_(SignInLink.expires_at.is_(None), Person.supplier_id.is_not(None))
    just_once = and_(SignInLink.expires_at > utcnow(), SignInLink.used_at.is_(None))
    query = (
        select(SignInLink)
        .join(Person, Person.id == SignInLink.person_id)
        .where(
            SignInLink.token_hash == stores.hash_of(secret),
            SignInLink.revoked_at.is_(None),
            Person.revoked_at.is_(None),
            or_(for_ever, just_once),
        )
    )
    return db.session.scalar(query.with_for_update(of=SignInLink) if lock else query)


def open_link(secret: str) -> SignInLink:
    """Use a personal link; of two who open a staff link at once, one is too late. Raises NotFound."""
    link = find_link(secret, lock=True)
    if link is None:
        raise NotFound("This link does not work.")
    link.used_at = utcnow()
    db.session.flush()
    return link


def _end_links(person: Person) -> None:
    db.session.execute(
        update(SignInLink)
        .where(SignInLink.person_id == person.id, SignInLink.revoked_at.is_(None))
        .values(revoked_at=utcnow())
    )
