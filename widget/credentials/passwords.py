"""Passwords of staff, who may choose one; and how often somebody may try.

A try counts from its beginning, so that many at once are not more than a few. Whoever tries from a browser that was
signed in to the account before is counted for himself: nobody can lock him out.
"""

from __future__ import annotations

import math
import unicodedata
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select
from werkzeug.security import check_password_hash, generate_password_hash

from widget import history, stores
from widget.credentials import sessions
from widget.credentials.sessions import CameBy
from widget.credentials.tables import FailedTry, Password, SignIn
from widget.db import db, is_postgresql, utcnow
from widget.errors import NotFound, Refused
from widget.people import Person

SHORTEST, LONGEST = 12, 200
FEWEST_DIFFERENT = 5
# Parameters that OWASP recommends: 32 MB, three times; about a fifth of a second.
METHOD = "scrypt:32768:8:3"
# What nobody's password is compared with, so that the answer takes as long.
NOBODYS = (
    "scrypt:32768:8:3$4O7lhTKOSnEurHik$5442cbff1a0d68344876d6eb1e3620e50d12790b6acb50bd4a22bd559792a111"
    "4a789ddcfa2a3206853b74267744f7179d48c079cd33de7b7ad4d9e895982010"
)
FRESH = timedelta(hours=1)

WINDOW = timedelta(minutes=15)
PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, PER_ACCOUNT = 5, 20, 30
KEPT = timedelta(days=1)
# Which lock on PostgreSQL lets one try after the other be counted. SQLite writes one after the other anyway.
COUNTING = 7_402_611


class Throttled(Refused):
    """Too many tries. `seconds`: after how many the next one is taken."""

    def __init__(self, seconds: int) -> None:
        super().__init__("There were too many tries. Wait a while.")
        self.seconds = seconds


class WrongPassword(Refused):
    """What was shown is not the password somebody has."""


def account_of(email: str) -> str:
    """What the tries for an account are counted under, whether there is such an account or not."""
    return stores.hash_of(_as_stored(email))


def begin_try(account: str, address: str, known_browser: str = "") -> FailedTry:
    """Count a try; commit it before the password is looked at, and take it back once the password was right.

    `known_browser` names one that was signed in to this account before. Raises Throttled.
    """
    if is_postgresql():
        db.session.execute(select(func.pg_advisory_xact_lock(COUNTING)))
    source = f"browser {known_browser}" if known_browser else address
    free_at = [_free_at(PER_ACCOUNT_AND_ADDRESS, and_(FailedTry.account == account, FailedTry.address == source))]
    if not known_browser:
        free_at += [
            _free_at(PER_ADDRESS, FailedTry.address == address),
            _free_at(PER_ACCOUNT, FailedTry.account == account),
        ]
    wait = max(free_at) - utcnow()
    if wait > timedelta():
        raise Throttled(math.ceil(wait.total_seconds()))
    tried = FailedTry(account=account, address=source)
    db.session.add(tried)
    db.session.flush()
    return tried


def succeeded(tried: FailedTry) -> None:
    """The password was right: forget the tries for that account from there."""
    db.session.execute(delete(FailedTry).where(FailedTry.account == tried.account, FailedTry.address == tried.address))


def find_by_password(email: str, password: str) -> int | None:
    """The id of whoever signs in with these. Takes as long whoever that is, and if it is nobody."""
    row = db.session.execute(
        select(Person.id, Password.hash)
        .join(Password, Password.person_id == Person.id)
        .where(
            Person.email == _as_stored(email),
            Person.supplier_id.is_(None),
            Person.revoked_at.is_(None),
        )
    ).one_or_none()
    is_right = check_password_hash(row.hash if row else NOBODYS, _as_typed_anywhere(password))
    return int(row.id) if row and is_right else None


def find_password(person: Person) -> Password | None:
    """What the person chose, if anything."""
    return db.session.get(Password, person.id)


def needs_old_password(session: SignIn) -> bool:
    """Whether somebody has to show his password to choose another one: not right after coming by a link."""
    is_fresh = session.came_by == CameBy.LINK and utcnow() - session.began_at < FRESH
    return not is_fresh and find_password(session.person) is not None


def set_password(session: SignIn, new: str, old: str = "") -> None:
    """Choose a password; every other session of the person ends.

    Raises Refused for one that will not do, WrongPassword where the old one is needed and another was shown, NotFound
    where the session has ended meanwhile.
    """
    person = session.person
    if person.supplier_id is not None:
        raise Refused("Only people of customer service sign in with a password.")
    new = _as_typed_anywhere(new)
    _check_new(person, new)
    kept = find_password(person)
    if kept is not None and needs_old_password(session) and not _is_right(kept, old):
        raise WrongPassword("This is not your password.")
    hashed = generate_password_hash(new, METHOD)
    _refuse_if_ended(session)
    changed = ("set", "changed") if kept else ("", "set")
    if kept is None:
        kept = Password(person_id=person.id)
        db.session.add(kept)
    kept.hash, kept.changed_at = hashed, utcnow()
    sessions.end_all(person, but=session.id)
    history.record("person", person.id, "password", *changed, by=(person.name, person.email), version=person.version)
    db.session.flush()


def forget_old_tries() -> None:
    """Drop the tries of the days before."""
    db.session.execute(delete(FailedTry).where(FailedTry.at < utcnow() - KEPT))


def _free_at(at_most: int, of: ColumnElement[bool]) -> datetime:
    """From when on fewer than that many such tries are within the window."""
    earliest: datetime | None = db.session.scalar(
        select(FailedTry.at)
        .where(of, FailedTry.at > utcnow() - WINDOW)
        .order_by(FailedTry.at.desc())
        .offset(at_most - 1)
        .limit(1)
    )
    return earliest + WINDOW if earliest else utcnow()


def _check_new(person: Person, new: str) -> None:
    if len(new) < SHORTEST:
        raise Refused("Use at least {count} characters.", count=SHORTEST)
    if len(new) > LONGEST:
        raise Refused("Use at most {count} characters.", count=LONGEST)
    told = "".join(new.casefold().split())
    if told in {"".join(each.casefold().split()) for each in (person.email, person.name)}:
        raise Refused("Your e-mail address or name is the first that others would try.")
    if len(set(told)) < FEWEST_DIFFERENT:
        raise Refused("Use more different characters.")


def _refuse_if_ended(session: SignIn) -> None:
    """Whoever is just being revoked leaves no password behind. Revoking has the person locked, too."""
    db.session.execute(select(Person.id).where(Person.id == session.person_id).with_for_update())
    db.session.refresh(session, ["ended_at"])
    if session.ended_at is not None:
        raise NotFound("There is no such session.")


def _is_right(kept: Password, shown: str) -> bool:
    return check_password_hash(kept.hash, _as_typed_anywhere(shown))


def _as_typed_anywhere(password: str) -> str:
    """The same characters, whichever way a keyboard makes them: ü is one on Windows and may be two on a Mac.

    Of what is far too long only the beginning: putting thousands of accents into order takes minutes.
    """
    return unicodedata.normalize("NFKC", password[: 4 * LONGEST])


def _as_stored(email: str) -> str:
    """An address as people have it, however it was typed: what is counted is what is looked for."""
    return email.replace("\0", "").strip().casefold()
