"""The lists of problem types: what several admins do to them at once, and what is left out of a dropdown."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from tests import factories
from widget import problem_types
from widget.db import db
from widget.errors import NotFound, Refused
from widget.people import Actor, Side
from widget.problem_types import Board, Wanted, choices, left_out_of_dropdown

EVA = Actor(name="Eva", side=Side.CUSTOMER_SERVICE, email="eva@brushwood.example")
SHEET = Board.PROBLEM_SHEET


def names():
    return [type_.name_en for type_ in choices(SHEET)]


def test_of_two_new_types_with_one_name_added_at_once_one_is_refused(app):
    start, outcomes = Barrier(2, timeout=10), []

    def add(name):
        with app.app_context():
            start.wait()
            try:
                problem_types.add(SHEET, Wanted(name, f"丢失{name}"), by=EVA)
                db.session.commit()
                outcomes.append("added")
            except Refused as error:
                outcomes.append(error.sentence)

    threads = [Thread(target=add, args=(name,)) for name in ("Parcel lost", "parcel LOST")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "added" in outcomes
    assert "There is already a type" in max(outcomes, key=len)


def test_new_types_stand_above_other_and_have_codes_of_their_own(store):
    made = [problem_types.add(SHEET, Wanted(name, zh), by=EVA) for name, zh in (("Lost!", "丢"), ("(Lost)", "失"))]
    chinese = problem_types.add(SHEET, Wanted("丢失", "遗失"), by=EVA)
    assert [type_.code for type_ in (*made, chinese)] == ["lost", "lost_2", "type"]
    assert names()[-4:] == ["Lost!", "(Lost)", "丢失", "Other"]
    assert made[0].version == 1


def test_agents_may_still_choose_what_the_dropdown_has_no_room_for(store):
    for number in range(8):
        problem_types.add(SHEET, Wanted(f"New {number}", f"新{number}"), by=EVA)
    assert [type_.name_en for type_ in left_out_of_dropdown(choices(SHEET))] == ["New 5", "New 6", "New 7"]
    assert problem_types.get_by_name(SHEET, "new 7").name_zh == "新7"


def test_a_restored_type_stands_where_it_stood(store):
    problem_types.archive(2, by=EVA)
    assert names() == ["Address incomplete", "Item sold out", "Shipping problem", "Other"]
    with pytest.raises(NotFound):
        problem_types.get_by_name(SHEET, "Address wrong")
    problem_types.restore(2, by=EVA)
    assert names()[1] == "Address wrong"
    problem_types.archive(2, by=EVA)
    with pytest.raises(Refused, match="keeps its place"):
        problem_types.move(2, None, by=EVA)


@pytest.mark.parametrize("days", [0, 100])
@pytest.mark.only_on("sqlite")
def test_reminders_come_after_a_sensible_time(store, days):
    with pytest.raises(Refused, match="1 to 99"):
        problem_types.change(1, Wanted("A", "甲", remind_after=days), by=EVA, shown=1)


def test_every_helpdesk_hears_of_a_change(store):
    desk = factories.helpdesk()
    before = desk.catalogue_version
    problem_types.move(3, 1, by=EVA)
    db.session.refresh(desk)
    assert desk.catalogue_version == before + 1
