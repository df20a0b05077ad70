"""Passwords: which will do, who may have one, and how many may be tried."""

from __future__ import annotations

import hashlib
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from werkzeug.security import generate_password_hash

from tests import factories
from widget import credentials, history, people
from widget.credentials import CameBy, FailedTry, Password, SignIn, Throttled, WrongPassword, passwords
from widget.credentials.passwords import FRESH, PER_ACCOUNT, PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, WINDOW
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.people import Person, Role

EMAIL, GOOD, OTHER = "anna@brushwood.example", "correct horse battery", "staple hat umbrella"
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


def somebody(email: str = EMAIL, name: str = "Anna Visser") -> Person:
    return people.add_person(email, name=name, roles={Role.AGENT}, supplier=None)


def painter() -> Person:
    workshop = factories.supplier(factories.store(factories.helpdesk()))
    return people.add_person("li@dafen.example", name="Li", roles={Role.SUPPLIER}, supplier=workshop)


def session_of(person: Person, came_by: CameBy = CameBy.LINK) -> SignIn:
    session = credentials.find_session(credentials.begin_session(person.id, came_by))
    assert session is not None
    return session


def keep(store: Any, person: Person, password: str = GOOD) -> None:
    store.add(Password(person_id=person.id, hash=generate_password_hash(password, "scrypt:1024:8:1")))
    store.flush()


# Choosing one


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "at least 12"),
        ("eleven char", "at least 12"),
        ("x1!" * 67, "at most 200"),
        ("Anna@Brushwood.Example", "first that others"),
        ("anna  v i s s e r", "first that others"),
        ("abababababababab", "more different"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(store: Any, password: str, words: str) -> None:
    session = session_of(somebody())
    with pytest.raises(Refused, match=words):
        credentials.set_password(session, password)
    assert credentials.find_password(session.person) is None


@pytest.mark.only_on("sqlite")
def test_a_suppliers_person_has_none(store: Any) -> None:
    session = session_of(painter())
    with pytest.raises(Refused, match="Only people of customer service"):
        credentials.set_password(session, GOOD)


def test_choosing_one_ends_the_other_sessions_and_is_in_the_history(store: Any) -> None:
    anna = somebody()
    before, session = session_of(anna), session_of(anna)
    credentials.set_password(session, GOOD)
    assert [each.id for each in credentials.sessions_of(anna)] == [session.id]
    store.refresh(before)
    assert before.ended_at is not None
    credentials.set_password(session, OTHER)
    told = [(change.field, change.old, change.new) for change in history.of("person", anna.id)]
    assert told == [("password", "", "set"), ("password", "set", "changed")]
    kept = credentials.find_password(anna)
    assert kept is not None
    assert kept.hash.startswith("scrypt:")
    assert OTHER not in kept.hash


@pytest.mark.only_on("sqlite")
def test_changing_it_needs_the_old_one_unless_a_link_was_opened_lately(store: Any) -> None:
    anna = somebody()
    by_link, by_password = session_of(anna), session_of(anna, CameBy.PASSWORD)
    assert not credentials.needs_old_password(by_password)
    keep(store, anna)
    assert not credentials.needs_old_password(by_link)
    assert credentials.needs_old_password(by_password)
    with time_machine.travel(utcnow() + FRESH, tick=False):
        assert credentials.needs_old_password(by_link)
        for wrong in ("", OTHER):
            with pytest.raises(WrongPassword):
                credentials.set_password(by_link, OTHER, wrong)
        credentials.set_password(by_link, OTHER, GOOD)
    assert credentials.find_by_password(EMAIL, OTHER) == anna.id
    assert credentials.find_by_password(EMAIL, GOOD) is None


@pytest.mark.only_on("postgresql")
def test_whoever_is_revoked_at_that_moment_leaves_none_behind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite does one after the other anyway."""
    with app.app_context():
        secret = credentials.begin_session(somebody().id, CameBy.LINK)
        db.session.commit()

    def revoke_meanwhile(_password: str, _method: str) -> str:
        def revoke() -> None:
            with app.app_context():
                credentials.revoke(people.get_person(EMAIL))
                db.session.commit()

        thread = threading.Thread(target=revoke)
        thread.start()
        thread.join()
        return "scrypt:x"

    monkeypatch.setattr(passwords, "generate_password_hash", revoke_meanwhile)
    with app.app_context():
        session = credentials.find_session(secret)
        assert session is not None
        with pytest.raises(NotFound):
            credentials.set_password(session, GOOD)
        db.session.rollback()
        assert credentials.find_password(people.get_person(EMAIL)) is None


# Signing in with it


def test_it_is_the_same_password_whatever_keyboard_it_is_typed_on(store: Any) -> None:
    anna = somebody()
    credentials.set_password(session_of(anna), "gru\u0308ne \u00c4pfel im Korb")
    assert credentials.find_by_password("  Anna@Brushwood.example ", "gr\u00fcne A\u0308pfel im Korb") == anna.id


def test_whoever_it_is_takes_as_long(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every refusal makes one hash of the usual cost, for people who have a password and for those who have none."""
    anna = somebody()
    credentials.set_password(session_of(anna), GOOD)
    gone = somebody("gone@brushwood.example", "Gone")
    keep(store, gone)
    gone.revoked_at = utcnow()
    somebody("new@brushwood.example", "New")
    li = painter()
    keep(store, li)
    costs: list[Any] = []
    scrypt = hashlib.scrypt

    def counted(password: bytes, **cost: Any) -> bytes:
        costs.append({name: cost[name] for name in "nrp"})
        return scrypt(password, **{**cost, "n": 1024})

    monkeypatch.setattr(hashlib, "scrypt", counted)
    for email in (EMAIL, gone.email, "new@brushwood.example", li.email, "nobody@b.example", "", "\0", "x" * 5_000):
        assert credentials.find_by_password(email, "wrong \0 password") is None
    assert costs == [{"n": 2**15, "r": 8, "p": 3}] * 8


@pytest.mark.only_on("sqlite")
def test_thousands_of_accents_take_no_longer(store: Any) -> None:
    accents = "a" + "\u0301\u0323" * 60_000
    began = time.process_time()
    assert credentials.find_by_password(EMAIL, accents) is None
    with pytest.raises(Refused, match="at most 200"):
        credentials.set_password(session_of(somebody()), accents)
    assert time.process_time() - began < 2


# How many may be tried


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "typed", ["Anna@Brushwood.Example", f" {EMAIL}\n", f"\0 {EMAIL}", "anna\0@brush\0wood.example"]
)
def test_who_is_signed_in_is_who_is_counted(store: Any, typed: str) -> None:
    keep(store, anna := somebody())
    assert credentials.find_by_password(typed, GOOD) == anna.id
    assert credentials.account_of(typed) == credentials.account_of(EMAIL)


def tries(store: Any, count: int, account: str, address: str, ago: timedelta = timedelta()) -> None:
    at = utcnow() - ago
    store.add_all(FailedTry(account=account, address=address, at=at) for _ in range(count))
    store.flush()


@pytest.mark.parametrize(
    ("spread", "count"),
    [
        (lambda number: (EMAIL, HERE), PER_ACCOUNT_AND_ADDRESS),
        (lambda number: (f"{number}@brushwood.example", HERE), PER_ADDRESS),
        (lambda number: (EMAIL, f"192.0.2.{number + 20}"), PER_ACCOUNT),
    ],
    ids=["account and address", "address", "account"],
)
def test_after_some_tries_the_next_has_to_wait(store: Any, spread: Any, count: int) -> None:
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as traveller:
        for number in range(count):
            account, address = spread(number)
            credentials.begin_try(account, address)
        traveller.shift(timedelta(minutes=5))
        with pytest.raises(Throttled) as refused:
            credentials.begin_try(EMAIL, HERE)
        assert refused.value.seconds == 600
        assert store.scalar(select(func.count()).select_from(FailedTry)) == count
        traveller.shift(timedelta(seconds=600))
        credentials.begin_try(EMAIL, HERE)


@pytest.mark.only_on("sqlite")
def test_others_tries_do_not_hold_up_a_browser_that_is_known(store: Any) -> None:
    tries(store, PER_ACCOUNT, EMAIL, ELSEWHERE)
    tries(store, PER_ADDRESS, "others", HERE)
    for _ in range(PER_ACCOUNT_AND_ADDRESS):
        credentials.begin_try(EMAIL, HERE, "known")
    with pytest.raises(Throttled):
        credentials.begin_try(EMAIL, HERE, "known")
    credentials.begin_try(EMAIL, HERE, "another")


@pytest.mark.only_on("sqlite")
def test_a_right_password_forgets_the_tries_for_that_account_from_there(store: Any) -> None:
    tries(store, 4, EMAIL, HERE)
    tries(store, 4, EMAIL, ELSEWHERE)
    tries(store, 4, "others", HERE)
    credentials.succeeded(credentials.begin_try(EMAIL, HERE))
    left = store.execute(select(FailedTry.account, FailedTry.address, func.count()).group_by("account", "address"))
    assert sorted(tuple(row) for row in left) == [(EMAIL, ELSEWHERE, 4), ("others", HERE, 4)]


@pytest.mark.only_on("sqlite")
def test_tries_are_forgotten_after_a_day(store: Any) -> None:
    tries(store, 1, EMAIL, HERE, timedelta(hours=25))
    tries(store, 1, EMAIL, HERE, WINDOW)
    credentials.forget_old_tries()
    assert store.scalar(select(func.count()).select_from(FailedTry)) == 1
