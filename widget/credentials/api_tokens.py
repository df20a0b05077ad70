"""API tokens: what a person's programs show instead of a session. Whatever the person may, never more.

A token is shown once, when it is made; what is kept is its hash.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, or_, select, update

from widget import history
from widget.credentials.tables import ApiToken
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.people import Actor, Person
from widget.stores import hash_of

PREFIX = "sd_"
SCOPES = ("lines:read", "lines:write", "types:read", "claims:read")
LIFETIMES_IN_DAYS = (30, 90, 365)
MOST = 20
LONGEST_NAME = 60
USE_NOTED_EVERY = timedelta(minutes=1)


class Shown(NamedTuple):
    """What we know of a token that a program has shown. `is_use_noted`: it was within the last minute."""

    id: int
    person_id: int
    scopes: frozenset[str]
    is_use_noted: bool


def make(person: Person, name: str, scopes: Collection[str], days: int, *, by: Actor) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can look up later. Raises Refused."""
    chosen = [scope for scope in SCOPES if scope in scopes]
    if not chosen or len(chosen) < len(set(scopes)):
        raise Refused("A token may do one or more of: {scopes}.", scopes=", ".join(SCOPES))
    if days not in LIFETIMES_IN_DAYS:
        raise Refused("A token lives for {days} days.", days=tuple(map(str, LIFETIMES_IN_DAYS)))
    if not name or len(name) > LONGEST_NAME:
        raise Refused("Give the token a name of at most {most} characters.", most=LONGEST_NAME)
    _refuse_too_many(person, name)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        person_id=person.id,
        name=name,
        token_hash=hash_of(secret),
        scopes=" ".join(chosen),
        expires_at=utcnow() + timedelta(days=days),
    )
    db.session.add(token)
    db.session.flush()
    history.record("api_token", token.id, "made", "", f"{name}: {token.scopes}", by=(by.name, by.email))
    return token, secret


def tokens_of(person: Person) -> list[ApiToken]:
    """A person's tokens that still work, the newest first."""
    query = select(ApiToken).where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None), _is_young())
    return list(db.session.scalars(query.order_by(ApiToken.id.desc())))


def revoke(person: Person, token_id: int, *, by: Actor) -> ApiToken:
    """The program is out with its next request; doing it twice is fine. Raises NotFound for somebody else's token."""
    token = db.session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == person.id))
    if token is None:
        raise NotFound("There is no such token.")
    if token.revoked_at is None:
        token.revoked_at = utcnow()
        history.record("api_token", token.id, "revoked", token.name, "", by=(by.name, by.email))
        db.session.flush()
    return token


def find(connection: Connection, secret: str) -> Shown | None:
    """The token of that secret while it works: neither it nor its person revoked, and not expired. One query."""
    row = connection.execute(
        select(ApiToken.id, ApiToken.person_id, ApiToken.scopes, ApiToken.last_used_at)
        .join(Person, Person.id == ApiToken.person_id)
        .where(
            ApiToken.token_hash == hash_of(secret),
            ApiToken.revoked_at.is_(None),
            Person.revoked_at.is_(None),
            _is_young(),
        )
    ).one_or_none()
    if row is None:
        return None
    is_noted = row.last_used_at is not None and row.last_used_at > utcnow() - USE_NOTED_EVERY
    return Shown(row.id, row.person_id, frozenset(row.scopes.split()), is_noted)


def note_use(connection: Connection, token_id: int) -> None:
    """Keep that the token was used now, unless that was noted within the last minute."""
    now = utcnow()
    is_due = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - USE_NOTED_EVERY)
    connection.execute(update(ApiToken).where(ApiToken.id == token_id, is_due).values(last_used_at=now))


def _is_young() -> ColumnElement[bool]:
    return or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > utcnow())


def _refuse_too_many(person: Person, name: str) -> None:
    # Of two tokens made at once the later one is counted with the other.
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    names = [token.name for token in tokens_of(person)]
    if name in names:
        raise Refused("There is a token called “{name}” already. Revoke it first, or choose another name.", name=name)
    if len(names) >= MOST:
        raise Refused("At most {most} tokens at a time. Revoke one that is no longer used.", most=MOST)
