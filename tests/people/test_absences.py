"""Who is away, who covers, and whose stores somebody looks after."""

from __future__ import annotations

from datetime import date
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests import factories
from widget import history, people
from widget.db import db
from widget.errors import NotFound, Refused
from widget.people import Person, Role

TODAY = date(2026, 11, 24)
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 5)


@pytest.fixture(autouse=True)
def on_a_tuesday():
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False):
        yield


def somebody(name: str) -> Person:
    return people.add_person(f"{name.lower()}@brushwood.example", name=name, roles={Role.AGENT}, supplier=None)


def test_an_absence_says_who_is_away_and_who_covers(store: Any) -> None:
    anna, ben = somebody("Anna"), somebody("Ben")
    people.add_absence(anna, FIRST, LAST, ben, by=ben.as_actor())
    assert people.away({anna.id, ben.id}, FIRST)[anna.id].cover == ben
    assert people.away([anna.id], LAST).keys() == {anna.id}
    assert not people.away([anna.id, ben.id], TODAY)
    assert not people.away([], FIRST)
    change = history.of("person", anna.id)[-1]
    assert (change.actor, change.old, change.new) == ("Ben", "", "2026-12-01 – 2026-12-05, covered by Ben")


def test_absences_are_listed_until_they_are_over(store: Any) -> None:
    anna = somebody("Anna")
    people.add_absence(anna, FIRST, LAST, None, by=anna.as_actor())
    people.add_absence(anna, TODAY, TODAY, None, by=anna.as_actor())
    assert [absence.first_day for absence in people.absences_of(anna.id)] == [TODAY, FIRST]
    with time_machine.travel("2026-12-05T23:00:00Z"):
        assert [absence.first_day for absence in people.absences_of(anna.id)] == [FIRST]
    with time_machine.travel("2026-12-07T10:00:00Z"):
        assert people.absences_of(anna.id) == []


def test_an_absence_is_dropped_by_its_own_person_only(store: Any) -> None:
    anna, ben = somebody("Anna"), somebody("Ben")
    absence = people.add_absence(anna, FIRST, LAST, None, by=anna.as_actor())
    for person, number in ((ben, absence.id), (anna, absence.id + 1)):
        with pytest.raises(NotFound):
            people.drop_absence(person, number, by=person.as_actor())
    people.drop_absence(anna, absence.id, by=anna.as_actor())
    assert people.absences_of(anna.id) == []
    assert history.of("person", anna.id)[-1].old == "2026-12-01 – 2026-12-05"


def test_of_two_absences_added_at_once_for_the_same_days_one_is_refused(app: Flask) -> None:
    with app.app_context():
        number = somebody("Anna").id
        db.session.commit()
    start, outcomes = Barrier(2, timeout=10), []

    def add() -> None:
        with app.app_context():
            start.wait()
            anna = people.get_by_id(number)
            try:
                people.add_absence(anna, FIRST, LAST, None, by=anna.as_actor())
                db.session.commit()
                outcomes.append("added")
            except Refused as error:
                outcomes.append(error.sentence)

    threads = [Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Anna is already away 2026-12-01 – 2026-12-05.", "added"]


@pytest.mark.only_on("sqlite")
def test_days_and_covers_that_do_not_work_are_refused(store: Any) -> None:
    anna, ben, gone = somebody("Anna"), somebody("Ben"), somebody("Gone")
    workshop = factories.supplier(factories.store(factories.helpdesk()))
    li = people.add_person("li@dafen.example", name="Li", roles={Role.SUPPLIER}, supplier=workshop)
    gone.revoked_at = gone.created_at
    people.add_absence(ben, LAST, LAST, None, by=ben.as_actor())
    people.add_absence(anna, TODAY, TODAY, None, by=anna.as_actor())
    for person, first, last, cover, words in (
        (anna, LAST, FIRST, None, "before the first"),
        (anna, date(2025, 12, 1), date(2025, 12, 5), None, "over already"),
        (anna, FIRST, date(2027, 12, 5), None, "years right"),
        (anna, date(2026, 11, 20), LAST, None, "Anna is already away 2026-11-24"),
        (anna, FIRST, LAST, anna, "Somebody else"),
        (anna, FIRST, LAST, ben, "Ben cannot cover, being away 2026-12-05"),
        (anna, FIRST, LAST, gone, "Gone cannot cover"),
        (anna, FIRST, LAST, li, "Li cannot cover"),
        (li, FIRST, LAST, None, "Only people of customer service"),
    ):
        with pytest.raises(Refused, match=words):
            people.add_absence(person, first, last, cover, by=anna.as_actor())
    assert len(people.absences_of(anna.id)) == 1


def test_staff_are_all_of_customer_service_who_may_sign_in(store: Any) -> None:
    somebody("Ben"), somebody("anna")
    gone = somebody("Gone")
    gone.revoked_at = gone.created_at
    workshop = factories.supplier(factories.store(factories.helpdesk()))
    people.add_person("li@dafen.example", name="Li", roles={Role.SUPPLIER}, supplier=workshop)
    assert [person.name for person in people.staff()] == ["anna", "Ben"]


def test_somebody_looks_after_some_stores_or_all(store: Any) -> None:
    anna, desk = somebody("Anna"), factories.helpdesk()
    dutch, german = factories.store(desk), factories.store(desk, "DE", r"DE\d{5}")
    assert people.stores_looked_after(anna.id) == set()
    people.look_after(anna, {dutch.id, german.id})
    people.look_after(anna, [german.id])
    assert people.stores_looked_after(anna.id) == {german.id}
    with pytest.raises(NotFound):
        people.look_after(anna, {german.id, 99})
    people.look_after(anna, [])
    assert people.stores_looked_after(anna.id) == set()
