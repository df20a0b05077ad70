"""API tokens: who may make them, how many, and what is kept of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from tests import factories
from widget import history, people
from widget.credentials import api_tokens
from widget.credentials.api_tokens import MOST, SCOPES
from widget.db import db, open_reading, utcnow
from widget.errors import NotFound, Refused
from widget.people import Person, Role


@pytest.fixture
def anna(store) -> Person:
    """Somebody of the staff."""
    factories.helpdesk()
    return people.add_person("anna@brushwood.example", name="Anna", roles={Role.AGENT}, supplier=None)


def make(person: Person, name: str = "stock", *scopes: str, days: int = 90) -> str:
    return api_tokens.make(person, name, scopes or SCOPES, days, by=person.as_actor())[1]


def find(secret: str) -> api_tokens.Shown | None:
    db.session.commit()
    with open_reading() as connection:
        return api_tokens.find(connection, secret)


def test_only_the_hash_is_kept_and_it_opens_with_the_secret(anna):
    token, secret = api_tokens.make(anna, "stock", ["types:read", "lines:read"], 30, by=anna.as_actor())
    assert secret.startswith("sd_")
    assert len(secret) == 46
    assert secret not in repr({column.name: getattr(token, column.name) for column in token.__table__.columns})
    assert token.scopes == "lines:read types:read"
    shown = find(secret)
    assert shown is not None
    assert (shown.id, shown.person_id, shown.scopes) == (token.id, anna.id, frozenset({"lines:read", "types:read"}))
    assert find(secret[:-1]) is None
    assert [change.field for change in history.of("api_token", token.id)] == ["made"]


@pytest.mark.parametrize(
    ("name", "scopes", "days", "said"),
    [
        ("x", [], 30, "one or more of"),
        ("x", ["lines:read", "all"], 30, "one or more of"),
        ("x", ["lines:read"], 31, "30"),
        ("", ["lines:read"], 30, "name"),
        ("x" * 61, ["lines:read"], 30, "name"),
    ],
)
@pytest.mark.only_on("sqlite")
def test_what_is_refused(anna, name, scopes, days, said):
    with pytest.raises(Refused, match=said):
        api_tokens.make(anna, name, scopes, days, by=anna.as_actor())


def test_twenty_live_ones_are_enough(anna):
    first = make(anna, "0", days=30)
    for number in range(1, MOST):
        make(anna, str(number))
    with pytest.raises(Refused, match="20"):
        make(anna, "one more")
    with pytest.raises(Refused, match="already"):
        make(anna, "5")
    with time_machine.travel(utcnow() + timedelta(days=31), tick=False):
        assert find(first) is None
        make(anna, "one more")
        assert find(make_room(anna)) is not None


def make_room(anna: Person) -> str:
    """Revoke one, and make another of its name."""
    token = api_tokens.tokens_of(anna)[0]
    api_tokens.revoke(anna, token.id, by=anna.as_actor())
    api_tokens.revoke(anna, token.id, by=anna.as_actor())
    assert [change.field for change in history.of("api_token", token.id)] == ["made", "revoked"]
    return make(anna, token.name)


@pytest.mark.only_on("sqlite")
def test_another_ones_token_is_none_of_ones_business(anna):
    make(anna)
    ben = people.add_person("ben@brushwood.example", name="Ben", roles={Role.ADMIN}, supplier=None)
    token = api_tokens.tokens_of(anna)[0]
    for number in (token.id, 999):
        with pytest.raises(NotFound):
            api_tokens.revoke(ben, number, by=ben.as_actor())
    # An admin revokes it for her.
    api_tokens.revoke(anna, token.id, by=ben.as_actor())
    assert api_tokens.tokens_of(anna) == []
    assert history.of("api_token", token.id)[-1].actor == "Ben"
