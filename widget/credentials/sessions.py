"""Sessions: in which browsers somebody is signed in. Each lasts until it is ended, was idle too long or is too old."""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import contains_eager

from widget import stores
from widget.credentials.tables import SignIn
from widget.db import db, utcnow
from widget.errors import NotFound
from widget.people import Person

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
# That somebody is still there is noted no more often than this: looking at pages is no reason to write all the time.
NOTED_EVERY = timedelta(minutes=10)
# How far the clocks of two hosts may be apart.
LEEWAY = timedelta(minutes=1)
KEPT_AFTERWARDS = timedelta(days=30)
BROWSER_AT_MOST = 80


class CameBy(StrEnum):
    """What somebody proved with who he is."""

    LINK = "link"
    PASSWORD = "password"  # noqa: S105 - the word


def begin_session(person_id: int, came_by: CameBy, *, browser: str = "", address: str = "") -> str:
    """Sign somebody in; the secret his browser shows from now on. Only its hash is stored."""
    secret = secrets.token_urlsafe(24)
    db.session.add(
        SignIn(
            person_id=person_id,
            token_hash=stores.hash_of(secret),
            came_by=came_by.value,
            browser=browser[:BROWSER_AT_MOST],
            address=address,
        )
    )
    db.session.flush()
    return secret


def find_session(secret: str) -> SignIn | None:
    """The session of that secret while it lasts, with its person and the person's supplier. One query."""
    return db.session.scalar(
        select(SignIn)
        .join(SignIn.person)
        .where(SignIn.token_hash == stores.hash_of(secret), _lasts(), Person.revoked_at.is_(None))
        .options(contains_eager(SignIn.person).joinedload(Person.supplier))
    )


def note_seen(session_id: int) -> None:
    """Remember that somebody is still there. Does nothing when that was noted a moment ago, or the session ended."""
    now = utcnow()
    db.session.execute(
        update(SignIn)
        .where(SignIn.id == session_id, SignIn.ended_at.is_(None), SignIn.seen_at < now - NOTED_EVERY)
        .values(seen_at=now)
    )


def sessions_of(person: Person) -> list[SignIn]:
    """The sessions that last, the one used last first."""
    return list(
        db.session.scalars(
            select(SignIn).where(SignIn.person_id == person.id, _lasts()).order_by(SignIn.seen_at.desc(), SignIn.id)
        )
    )


def end_session(person: Person, session_id: int) -> SignIn:
    """Sign somebody out in one browser; twice is fine. Raises NotFound, also for a session of somebody else."""
    session = db.session.get(SignIn, session_id)
    if session is None or session.person_id != person.id:
        raise NotFound("There is no such session.")
    session.ended_at = session.ended_at or utcnow()
    db.session.flush()
    return session


def end_all(person: Person, but: int | None = None) -> None:
    """Sign somebody out everywhere, or everywhere but in the session with that id."""
    query = update(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    if but is not None:
        query = query.where(SignIn.id != but)
    db.session.execute(query.values(ended_at=utcnow()))


def forget_old_sessions() -> None:
    """Drop the sessions that were over a month ago."""
    over = utcnow() - KEPT_AFTERWARDS
    db.session.execute(
        delete(SignIn).where(
            or_(SignIn.ended_at < over, SignIn.seen_at < over - IDLE, SignIn.began_at < over - LONGEST)
        )
    )


def _lasts() -> ColumnElement[bool]:
    now = utcnow()
    return and_(
        SignIn.ended_at.is_(None),
        SignIn.seen_at.between(now - IDLE, now + LEEWAY),
        SignIn.began_at.between(now - LONGEST, now + LEEWAY),
    )
