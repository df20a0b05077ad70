"""Whose turn it is since when, when that is too long, and what changes when a rule or a calendar does."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
import time_machine
from sqlalchemy import event, insert, select

from tests import factories
from tests.factories import ANNA, LI_AS_PERSON
from tests.web.visitors import add_lines, world
from widget import calendars, people, problem_types, problems
from widget.db import db, utcnow
from widget.people import Actor, Side
from widget.problem_types import Board, ProblemType
from widget.problems import Problem, Wait
from widget.problems.waiting import hand_turn
from widget.tickets import Place

# 09:30 in Amsterdam, 16:30 in Shanghai.
FRIDAY = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
HERE = Place(None, factories.PUBLIC_URL)
KATJA = Actor(name="Katja", side=Side.CUSTOMER_SERVICE, email="katja@brushwood.example")


@pytest.fixture
def agent(store):
    """Anna of customer service, in a shop whose workshop is in Shanghai."""
    desk = factories.helpdesk()
    factories.supplier(factories.store(desk))
    return people.get_agent(desk.id, ANNA["email"])


def test_a_wait_is_counted_in_the_working_days_of_the_side_whose_turn_it_is(agent):
    with time_machine.travel(FRIDAY, tick=False):
        ours, theirs = factories.line(1), factories.line(1, words="which size?", by=agent)
    assert (ours.waiting_for, ours.due_at) == (Side.CUSTOMER_SERVICE, FRIDAY + timedelta(days=4))
    assert (theirs.waiting_for, theirs.due_at) == (Side.SUPPLIER, FRIDAY + timedelta(days=4))
    saturday = FRIDAY + timedelta(days=1)
    with time_machine.travel(saturday, tick=False):
        problems.comment(ours, "the large one", by=agent, at=HERE)
    assert ours.waiting_since == saturday
    assert ours.due_at == datetime(2026, 12, 1, 10, tzinfo=UTC), "closing time in Shanghai, the second day after"


@pytest.mark.only_on("sqlite")
def test_a_second_word_of_the_same_side_does_not_begin_the_wait_anew(agent):
    with time_machine.travel(FRIDAY, tick=False) as clock:
        line = factories.line(1)
        due_at, line.reminded_at = line.due_at, FRIDAY
        clock.shift(timedelta(days=3))
        problems.comment(line, "please hurry", by=LI_AS_PERSON, at=HERE)
        problems.mark_informed(line, by=agent, at=HERE, shown=1)
    assert (line.waiting_since, line.due_at, line.reminded_at) == (FRIDAY, due_at, FRIDAY)
    assert db.session.scalars(select(Wait)).all() == []


@pytest.mark.only_on("sqlite")
def test_a_line_that_comes_back_begins_to_wait_anew(agent):
    with time_machine.travel(FRIDAY, tick=False) as clock:
        line = factories.line(1, by=agent)
        problems.mark_handled(line, by=LI_AS_PERSON, at=HERE, shown=1)
        clock.shift(timedelta(days=30))
        assert not line.is_late, "a handled line waits for nobody"
        problems.reopen(line, by=agent, at=HERE)
        assert line.waiting_since == FRIDAY + timedelta(days=30)
        assert not line.is_late
        clock.shift(timedelta(days=7))
        assert line.is_late


def test_how_long_a_side_took_is_kept(agent):
    with time_machine.travel(FRIDAY, tick=False) as clock:
        line = factories.line(1)
        clock.shift(timedelta(hours=2))
        problems.comment(line, "the large one", by=agent, at=HERE)
    wait = db.session.scalars(select(Wait)).one()
    assert (wait.problem_id, wait.side) == (line.id, Side.CUSTOMER_SERVICE)
    assert (wait.began_at, wait.ended_at) == (FRIDAY, FRIDAY + timedelta(hours=2))


@pytest.mark.only_on("sqlite")
def test_a_type_that_does_not_remind_is_never_due(agent):
    problem_types.choices(Board.PROBLEM_SHEET)[0].reminds = False
    line = factories.line(1)
    assert (line.due_at, line.is_late) == (None, False)


@pytest.mark.only_on("sqlite")
def test_a_turn_costs_one_question_more(store, agent):
    line = factories.line(1)
    assert line.type.reminds
    assert line.supplier.id
    store.flush()
    statements: list[str] = []
    driver = store.connection().connection.driver_connection
    driver.set_trace_callback(statements.append)
    hand_turn(line, Side.SUPPLIER, utcnow())
    driver.set_trace_callback(None)
    assert [each.split()[0] for each in statements] == ["SELECT"]


def test_a_changed_rule_moves_the_open_lines_of_its_type(agent):
    with time_machine.travel(FRIDAY, tick=False):
        line, handled = factories.line(1), factories.line(1, "NL10424")
        other = factories.line(1, "NL10425", board=Board.PHOTO_ISSUES)
        problems.mark_handled(handled, by=LI_AS_PERSON, at=HERE, shown=1)
    type_ = line.type
    type_.remind_after = 1
    assert problems.recount_type(type_) == 1
    db.session.expire_all()
    assert line.due_at == FRIDAY + timedelta(days=3)
    assert handled.due_at == other.due_at == FRIDAY + timedelta(days=4)
    type_.reminds = False
    assert problems.recount_type(type_) == 1
    db.session.expire_all()
    assert db.session.get_one(Problem, line.id).due_at is None
    assert problems.recount_type(type_) == 0, "nothing left to move"


def test_a_changed_calendar_moves_what_waits_for_that_side(agent):
    with time_machine.travel(FRIDAY, tick=False):
        ours, theirs = factories.line(1), factories.line(1, words="which size?", by=agent)
    workshop, before = theirs.supplier, ours.due_at
    calendars.add_holidays(calendars.of_supplier(workshop), "2026-11-30", by=KATJA)
    assert problems.recount_calendar(calendars.of_supplier(workshop)) == 1
    db.session.expire_all()
    assert (ours.due_at, theirs.due_at) == (before, FRIDAY + timedelta(days=5))
    calendars.add_holidays(calendars.of_customer_service(), "2026-11-30..2026-12-01", by=KATJA)
    assert problems.recount_calendar(calendars.of_customer_service()) == 1
    db.session.expire_all()
    assert ours.due_at == FRIDAY + timedelta(days=6)


def test_lines_from_before_are_counted_some_at_a_time(app):
    world(app)
    add_lines(app, 5)
    with app.app_context():
        assert problems.recount_missing(3) == 3
        assert problems.recount_missing(3) == 2
        assert problems.recount_missing(3) == 0
        line = db.session.scalars(select(Problem)).first()
        assert line is not None
        hours = calendars.hours_of(line.supplier_id)
        assert line.due_at == calendars.add_working_days(hours, line.waiting_since, line.type.remind_after)


def test_thousands_of_lines_are_moved_quickly(app):
    world(app)
    add_lines(app, 1)
    with app.app_context():
        one = dict(db.session.execute(select(Problem.__table__)).mappings().one())
        one.pop("id")
        since = one["waiting_since"]
        db.session.execute(
            insert(Problem),
            [{**one, "waiting_since": since - timedelta(minutes=7 * number)} for number in range(2_000)],
        )
        begins = perf_counter()
        assert problems.recount_type(db.session.get_one(ProblemType, one["type_id"])) == 2_001
        assert perf_counter() - begins < 4


def test_a_line_whose_turn_passed_meanwhile_keeps_its_moment(app):
    world(app)
    add_lines(app, 1)

    def answer(connection, _cursor, statement, *_rest):
        if statement.startswith("UPDATE problems SET due_at"):
            connection.exec_driver_sql("UPDATE problems SET waiting_for = 'customer_service'")

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", answer)
        problems.recount_missing(10)
        event.remove(db.engine, "before_cursor_execute", answer)
        assert db.session.scalars(select(Problem.due_at)).all() == [None]


def test_what_happened_lately_is_counted_for_each_reader(agent):
    with time_machine.travel(FRIDAY, tick=False) as clock:
        old, answered, handled = (factories.line(1, f"NL1042{number}") for number in range(3))
        clock.shift(timedelta(days=5))
        since = utcnow()
        theirs = factories.line(1, "NL10429", by=agent)
        clock.shift(timedelta(minutes=1))
        problems.comment(answered, "the large one", by=agent, at=HERE)
        problems.mark_handled(handled, by=LI_AS_PERSON, at=HERE, shown=1)
        assert problems.digest(since) == (1, 0, 1, 1)
        assert problems.digest(since, theirs.supplier_id) == (1, 1, 1, 0)
        clock.shift(timedelta(minutes=1))
        problems.comment(theirs, "which one?", by=LI_AS_PERSON, at=HERE)
        assert problems.digest(since).answered == 1
        assert problems.digest(since, theirs.supplier_id + 1) == (0, 0, 0, 0)
        clock.shift(timedelta(days=7))
        assert problems.digest(utcnow(), theirs.supplier_id) == (0, 0, 0, 1)
        assert old.is_late
