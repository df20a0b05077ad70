"""Taking back: nothing is told that was withdrawn, what was told is corrected, and nothing of anybody else is lost."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from tests import factories
from tests.factories import ANNA, BEN, CUSTOMER, LI_AS_PERSON, PUBLIC_URL, TICKET
from widget import history, orders, problem_types, problems, tickets
from widget.db import db, utcnow
from widget.errors import Refused
from widget.orders import OrderName
from widget.outbox import Message
from widget.people import Actor, Side
from widget.problem_types import Board
from widget.problems import UNDO_WITHIN, ChangedMeanwhile, Problem, Wait
from widget.tickets import Place, WaitingNote

ANNA_AS_AGENT = Actor(ANNA["name"], Side.CUSTOMER_SERVICE, ANNA["email"], ANNA["gorgias_id"])
BEN_AS_AGENT = Actor(BEN["name"], Side.CUSTOMER_SERVICE, BEN["email"], BEN["gorgias_id"])


@pytest.fixture
def at(store: Any) -> Place:
    """The order's ticket."""
    factories.supplier(factories.store(factories.helpdesk()))
    return Place(factories.ticket(1, TICKET, CUSTOMER, OrderName(1, "NL10423")), PUBLIC_URL)


@pytest.fixture
def line(at: Place) -> Problem:
    """Reported an hour ago, so that its note went out long before."""
    with time_machine.travel(utcnow().timestamp() - 3600, tick=True):
        line = factories.line(1, ticket=at.ticket)
    _all_sent()
    return line


def _all_sent() -> None:
    for message in db.session.scalars(select(Message)):
        db.session.delete(message)
    db.session.flush()


def notes() -> list[str]:
    found = db.session.scalars(select(Message).where(Message.kind == "gorgias.note").order_by(Message.id))
    return [message.payload["message"]["body_text"] for message in found]


def turn(line: Problem) -> tuple[Any, ...]:
    return line.waiting_for, line.waiting_since, line.due_at


def comment(line: Problem, words: str, at: Place, by: Actor = ANNA_AS_AGENT) -> None:
    problems.comment(line, words, by=by, at=at, wait=UNDO_WITHIN)


def address(line: Problem, words: str, at: Place, by: Actor = ANNA_AS_AGENT) -> None:
    problems.save_address(line, words, by=by, at=at, shown=line.version, wait=UNDO_WITHIN)


def test_a_comment_is_taken_back_before_anybody_hears_of_it(line: Problem, at: Place) -> None:
    before = turn(line)
    comment(line, "please hurry", at)
    assert turn(line) != before
    assert len(notes()) == 1
    problems.undo_comment(line, by=ANNA_AS_AGENT, at=at)
    assert (turn(line), line.comment_cs, notes()) == (before, "", [])
    assert line.comments == []
    assert db.session.scalars(select(Wait)).all() == []
    assert [(change.old, change.new) for change in history.of("problem", line.id)][1:] == [
        ("", "please hurry"),
        ("please hurry", ""),
    ]
    assert at.ticket is not None
    assert "waiting-for-cs" in at.ticket.tags


def test_the_words_before_come_back(line: Problem, at: Place) -> None:
    comment(line, "which size?", at)
    _all_sent()
    comment(line, "oh, I see", at)
    before = turn(line)
    problems.undo_comment(line, by=ANNA_AS_AGENT, at=at)
    assert (line.comment_cs, turn(line)) == ("which size?", before)
    assert line.waiting_for == Side.SUPPLIER


def test_a_comment_that_was_posted_or_answered_stays(line: Problem, at: Place) -> None:
    comment(line, "please hurry", at)
    for message in db.session.scalars(select(Message).where(Message.kind == "gorgias.note")):
        message.attempts = 1
    with pytest.raises(Refused, match="may have read"):
        problems.undo_comment(line, by=ANNA_AS_AGENT, at=at)
    problems.comment(line, "tomorrow", by=LI_AS_PERSON, at=at)
    with pytest.raises(Refused, match="not the newest"):
        problems.undo_comment(line, by=ANNA_AS_AGENT, at=at)
    with pytest.raises(Refused, match="not the newest"):
        problems.undo_comment(line, by=BEN_AS_AGENT, at=at)
    assert [each.text for each in line.comments] == ["please hurry", "tomorrow"]


def test_a_comment_without_a_note_can_be_taken_back_while_it_is_young(line: Problem, at: Place) -> None:
    silent = Place(at.ticket, PUBLIC_URL, is_silent=True)
    comment(line, "please hurry", silent)
    with time_machine.travel(utcnow().timestamp() + 60), pytest.raises(Refused, match="may have read"):
        problems.undo_comment(line, by=ANNA_AS_AGENT, at=silent)
    problems.undo_comment(line, by=ANNA_AS_AGENT, at=silent)
    assert notes() == []
    assert line.waiting_for == Side.CUSTOMER_SERVICE


def test_what_was_done_without_a_note_takes_no_note_of_before_with_it(line: Problem, at: Place) -> None:
    """Gorgias may be away for hours: what was told before still waits, and still has to be told."""
    silent = Place(at.ticket, PUBLIC_URL, is_silent=True)
    comment(line, "please hurry", at)
    comment(line, "or not", silent)
    problems.undo_comment(line, by=ANNA_AS_AGENT, at=silent)
    for where, address in ((at, "Kerkstraat 1"), (silent, "Kerkstraat 2")):
        problems.save_address(line, address, by=ANNA_AS_AGENT, at=where, shown=line.version, wait=UNDO_WITHIN)
    problems.undo_address(line, by=ANNA_AS_AGENT, at=silent)
    assert (line.comment_cs, line.address) == ("please hurry", "Kerkstraat 1")
    problems.mark_handled(line, by=BEN_AS_AGENT, at=silent, shown=line.version)
    problems.reopen(line, by=ANNA_AS_AGENT, at=at)
    problems.mark_handled(line, by=ANNA_AS_AGENT, at=silent, shown=line.version)
    problems.undo_handled(line, by=ANNA_AS_AGENT, at=silent)
    told = "\n".join(notes())
    assert [words for words in ("please hurry", "Kerkstraat 1", "reopened this line") if words not in told] == []
    assert "or not" not in told
    assert "Kerkstraat 2" not in told


def test_what_waits_for_a_ticket_is_taken_back_too(store: Any) -> None:
    factories.supplier(factories.store(factories.helpdesk()))
    order, type_ = orders.known(OrderName(1, "NL10423")), problem_types.choices(Board.PROBLEM_SHEET)[0]
    nowhere = Place(None, PUBLIC_URL)
    workshop = problems.supplier_for(order)
    line = problems.report(order, type_, "number missing", by=LI_AS_PERSON, at=nowhere, supplier=workshop)
    assert tickets.is_searching(order.id)
    comment(line, "please hurry", nowhere)
    problems.undo_comment(line, by=ANNA_AS_AGENT, at=nowhere)
    waiting = db.session.scalars(select(WaitingNote)).all()
    assert [note.payload["parts"]["sentences"][0]["act"] for note in waiting] == ["reported"]


def test_the_tick_is_taken_back_silently_while_its_note_waits(line: Problem, at: Place) -> None:
    problems.mark_informed(line, by=ANNA_AS_AGENT, at=at, shown=line.version, wait=UNDO_WITHIN)
    problems.undo_informed(line, by=ANNA_AS_AGENT, at=at, shown=1)
    assert (line.informed_at, notes()) == (None, [])


def test_a_tick_that_was_told_is_corrected(line: Problem, at: Place) -> None:
    problems.mark_informed(line, by=ANNA_AS_AGENT, at=at, shown=line.version)
    _all_sent()
    with pytest.raises(ChangedMeanwhile) as refusal:
        problems.undo_informed(line, by=BEN_AS_AGENT, at=at, shown=1)
    assert refusal.value.change.actor == "Anna Visser"
    problems.undo_informed(line, by=BEN_AS_AGENT, at=at, shown=line.version)
    assert "Ben Okafor took back that the customer has been informed." in notes()[-1]
    with pytest.raises(Refused, match="is not ticked"):
        problems.undo_informed(line, by=BEN_AS_AGENT, at=at, shown=line.version)


def test_the_address_of_before_comes_back_with_all_that_belongs_to_it(line: Problem, at: Place) -> None:
    address(line, "Dorp 1", at)
    problems.confirm_address(line, by=LI_AS_PERSON, at=at, shown=line.version)
    _all_sent()
    seen, before = line.address_seen_at, turn(line)
    address(line, "Dorp 12", at)
    problems.undo_address(line, by=ANNA_AS_AGENT, at=at)
    assert (line.address, line.address_before, turn(line), notes()) == ("Dorp 1", "", before, [])
    assert seen is not None
    assert line.address_seen_at is not None
    address(line, "Dorp 2", at)
    _all_sent()
    problems.undo_address(line, by=ANNA_AS_AGENT, at=at)
    assert "Dorp 1" in notes()[-1]


def test_the_first_address_is_taken_back_with_its_turn(line: Problem, at: Place) -> None:
    before = turn(line)
    address(line, "Dorp 1", at)
    _all_sent()
    problems.undo_address(line, by=ANNA_AS_AGENT, at=at)
    assert (line.address, turn(line)) == ("", before)
    assert "took the delivery address back" in notes()[-1]
    with pytest.raises(Refused, match="no address to take back"):
        problems.undo_address(line, by=ANNA_AS_AGENT, at=at)


def test_an_address_of_somebody_else_or_one_that_was_seen_stays(line: Problem, at: Place) -> None:
    address(line, "Dorp 1", at, by=BEN_AS_AGENT)
    with pytest.raises(ChangedMeanwhile):
        problems.undo_address(line, by=ANNA_AS_AGENT, at=at)
    problems.confirm_address(line, by=LI_AS_PERSON, at=at, shown=line.version)
    with pytest.raises(Refused, match="has seen"):
        problems.undo_address(line, by=BEN_AS_AGENT, at=at)


def test_the_turn_stays_where_something_else_handed_it_over(line: Problem, at: Place) -> None:
    address(line, "Dorp 1", at)
    comment(line, "there it is", at)
    handed = turn(line)
    problems.undo_address(line, by=ANNA_AS_AGENT, at=at)
    assert turn(line) == handed
    problems.undo_comment(line, by=ANNA_AS_AGENT, at=at)
    assert line.comments == []


def test_nothing_is_taken_back_on_a_handled_line(line: Problem, at: Place) -> None:
    address(line, "Dorp 1", at)
    comment(line, "there it is", at)
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=line.version)
    for undo in (problems.undo_address, problems.undo_comment):
        with pytest.raises(Refused, match="was handled by Li Wei"):
            undo(line, by=ANNA_AS_AGENT, at=at)
    with pytest.raises(Refused, match="was handled by Li Wei"):
        problems.undo_informed(line, by=ANNA_AS_AGENT, at=at, shown=1)


def test_handled_goes_past_what_was_taken_back_but_not_past_what_stayed(line: Problem, at: Place) -> None:
    shown = line.version
    comment(line, "wrong line, sorry", at)
    problems.undo_comment(line, by=ANNA_AS_AGENT, at=at)
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=shown)
    assert len(db.session.scalars(select(Wait)).all()) == 1
    problems.undo_handled(line, by=LI_AS_PERSON, at=at)
    assert db.session.scalars(select(Wait)).all() == []
    comment(line, "please hurry", at)
    comment(line, "wrong line, sorry", at)
    problems.undo_comment(line, by=ANNA_AS_AGENT, at=at)
    with pytest.raises(Refused, match="please hurry"):
        problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=shown)
