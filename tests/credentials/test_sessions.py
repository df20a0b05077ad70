"""Sessions: how long they last, who ends them, and when they are forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from widget import credentials, people
from widget.credentials import IDLE, LONGEST, NOTED_EVERY, ApiToken, CameBy, Password, SignIn
from widget.db import utcnow
from widget.errors import NotFound
from widget.people import Person, Role

SOON = timedelta(seconds=30)


def somebody(name: str = "Anna") -> Person:
    return people.add_person(f"{name.lower()}@brushwood.example", name=name, roles={Role.AGENT}, supplier=None)


def begin(person: Person, **told: str) -> str:
    return credentials.begin_session(person.id, CameBy.LINK, **told)


def test_a_session_is_found_by_its_secret_of_which_only_the_hash_is_kept(store: Any) -> None:
    anna = somebody()
    secret = begin(anna, browser="Chrome on Windows " * 10, address="192.0.2.7")
    session = credentials.find_session(secret)
    assert session is not None
    assert session.person == anna
    assert (session.address, len(session.browser), session.came_by) == ("192.0.2.7", 80, "link")
    assert secret not in session.token_hash
    assert credentials.find_session("guessed") is None


def test_a_session_is_over_when_idle_too_long_or_too_old(store: Any) -> None:
    secret, now = begin(somebody()), utcnow()
    session = credentials.find_session(secret)
    assert session is not None
    for seen, began, lasts in (
        (IDLE - SOON, IDLE - SOON, True),
        (IDLE + SOON, IDLE + SOON, False),
        (SOON, LONGEST - SOON, True),
        (SOON, LONGEST + SOON, False),
        (-SOON, -SOON, True),
        (-timedelta(hours=1), -timedelta(hours=1), False),
    ):
        session.seen_at, session.began_at = now - seen, now - began
        store.flush()
        assert (credentials.find_session(secret) is not None) is lasts
        assert bool(credentials.sessions_of(session.person)) is lasts


def test_that_somebody_is_there_is_noted_every_ten_minutes_and_never_after_the_end(store: Any) -> None:
    anna = somebody()
    begin(anna)
    session = credentials.sessions_of(anna)[0]
    start = session.seen_at
    credentials.note_seen(session.id)
    store.expire_all()
    assert session.seen_at == start
    with time_machine.travel(start + NOTED_EVERY + SOON, tick=False):
        credentials.note_seen(session.id)
        store.expire_all()
        assert session.seen_at == start + NOTED_EVERY + SOON
        credentials.end_session(anna, session.id)
    with time_machine.travel(start + timedelta(hours=2), tick=False):
        credentials.note_seen(session.id)
        store.expire_all()
        assert session.seen_at == start + NOTED_EVERY + SOON


def test_somebody_ends_own_sessions_and_no_others(store: Any) -> None:
    anna, ben = somebody(), somebody("Ben")
    secrets = [begin(anna) for _ in range(3)]
    of_ben = begin(ben)
    one, two, three = (credentials.find_session(secret) for secret in secrets)
    assert one and two and three  # noqa: PT018 - three at once
    for person, number in ((ben, one.id), (anna, 10**12)):
        with pytest.raises(NotFound):
            credentials.end_session(person, number)
    ended_at = credentials.end_session(anna, one.id).ended_at
    assert credentials.end_session(anna, one.id).ended_at == ended_at
    credentials.end_all(anna, but=three.id)
    assert [credentials.find_session(secret) is not None for secret in secrets] == [False, False, True]
    credentials.end_all(anna)
    assert credentials.sessions_of(anna) == []
    assert credentials.find_session(of_ben) is not None


def test_revoking_ends_everything_at_once_until_there_is_a_new_link(store: Any) -> None:
    anna = somebody()
    secret, link = begin(anna), credentials.another_link(anna)
    store.add(Password(person_id=anna.id, hash="scrypt:1024:8:1$salt$0"))
    token = ApiToken(person_id=anna.id, name="sheet", token_hash="hash", scopes="lines:read")
    store.add(token)
    store.flush()
    credentials.revoke(anna)
    store.expire_all()
    assert credentials.find_session(secret) is None
    assert credentials.find_link(link) is None
    assert credentials.find_password(anna) is None
    assert token.revoked_at is not None
    assert anna.revoked_at is not None
    again = credentials.new_link(anna)
    assert credentials.open_link(again).person == anna
    assert credentials.find_session(secret) is None


def test_a_new_link_ends_the_sessions_and_one_more_link_does_not(store: Any) -> None:
    anna = somebody()
    secret = begin(anna)
    credentials.another_link(anna)
    assert credentials.find_session(secret) is not None
    credentials.new_link(anna)
    assert credentials.find_session(secret) is None


@pytest.mark.only_on("sqlite")
def test_sessions_are_forgotten_a_month_after_they_were_over(store: Any) -> None:
    anna, now = somebody(), utcnow()
    month, day = timedelta(days=30), timedelta(days=1)
    for began, seen, ended in (
        (day, day, None),
        (LONGEST + month - day, month, None),
        (LONGEST + month - day, 2 * day, month - day),
    ):
        row = SignIn(person_id=anna.id, token_hash=f"kept {began}{ended}", came_by="link")
        row.began_at, row.seen_at, row.ended_at = now - began, now - seen, now - ended if ended else None
        store.add(row)
    for began, seen, ended in (
        (month + 2 * day, month + day, None),
        (LONGEST + month + day, day, None),
        (month + 2 * day, month + 2 * day, month + day),
    ):
        row = SignIn(person_id=anna.id, token_hash=f"old {began}{ended}", came_by="link")
        row.began_at, row.seen_at, row.ended_at = now - began, now - seen, now - ended if ended else None
        store.add(row)
    store.flush()
    credentials.forget_old_sessions()
    assert store.scalar(select(func.count()).select_from(SignIn)) == 3
    assert all(name.startswith("kept") for name in store.scalars(select(SignIn.token_hash)))
