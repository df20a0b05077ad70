"""Who has a line open: seen by others for a minute, forgotten after an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from widget import people, presence
from widget.db import db, utcnow
from widget.people import Person, Role
from widget.presence import KEPT, SEEN_WITHIN, Looking
from widget.problems import Problem


@pytest.fixture
def line(store: Any) -> Problem:
    """One line of one shop."""
    desk = factories.helpdesk()
    factories.supplier(factories.store(desk))
    return factories.line(1)


def agent(name: str) -> Person:
    return people.add_person(f"{name.lower()}@brushwood.example", name=name, roles={Role.AGENT}, supplier=None)


def let_pass(time: timedelta) -> None:
    for row in db.session.query(Looking).populate_existing():
        row.seen_at -= time
    db.session.flush()


def test_others_are_told_for_a_minute_and_nobody_of_himself(line: Problem) -> None:
    anna, ben, cem = agent("Anna"), agent("Ben"), agent("Cem")
    assert presence.others(line, anna) == []
    for person in (cem, ben, anna, anna):
        presence.see(line, person)
    assert presence.others(line, anna) == ["Ben", "Cem"]
    assert presence.others(factories.line(1, words="another line"), anna) == []
    let_pass(SEEN_WITHIN)
    assert presence.others(line, anna) == []
    presence.see(line, ben)
    assert presence.others(line, anna) == ["Ben"]
    ben.revoked_at = utcnow()
    assert presence.others(line, anna) == []


def test_what_nobody_is_told_any_more_is_forgotten(line: Problem) -> None:
    presence.see(line, agent("Anna"))
    presence.forget_old()
    assert db.session.query(Looking).count() == 1
    let_pass(KEPT)
    presence.forget_old()
    assert db.session.query(Looking).count() == 0
