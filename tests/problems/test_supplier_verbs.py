"""What a supplier's person does to a line: done with it, back again, pictures, and a new address he has seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from tests import factories
from tests.factories import ANNA, CUSTOMER, LI_AS_PERSON, PUBLIC_URL, TICKET
from widget import orders, outbox, problem_types, problems, tickets
from widget.db import db
from widget.errors import Refused
from widget.notes import Attachment
from widget.orders import OrderName
from widget.outbox import Message
from widget.people import Actor, Side
from widget.problem_types import Board
from widget.problems import UNDO_WITHIN, Problem
from widget.tickets import Place

ANNA_AS_AGENT = Actor(ANNA["name"], Side.CUSTOMER_SERVICE, ANNA["email"], ANNA["gorgias_id"])
CHEN = Actor("Chen Yu", Side.SUPPLIER, "chen@dafen.example")
PICTURE = Attachment("ab/abcdef/full", "NL10423-1.jpg", "image/jpeg")


@pytest.fixture
def at(store: Any) -> Place:
    """The order's ticket."""
    factories.supplier(factories.store(factories.helpdesk()))
    return Place(factories.ticket(1, TICKET, CUSTOMER, OrderName(1, "NL10423")), PUBLIC_URL)


@pytest.fixture
def line(at: Place) -> Problem:
    return factories.line(1, ticket=at.ticket)


def queued() -> list[Message]:
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def last_note() -> dict[str, Any]:
    note = [message for message in queued() if message.kind == "gorgias.note"][-1]
    return {**note.payload, "row": note}


def test_done_waits_a_moment_before_it_is_told(line: Problem, at: Place) -> None:
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=line.version)
    note = last_note()["row"]
    assert note.next_at - note.created_at == UNDO_WITHIN
    assert "Handled by Li Wei" in note.payload["message"]["body_text"]


def test_undo_takes_the_note_back_and_leaves_the_turn_as_it_was(line: Problem, at: Place) -> None:
    problems.comment(line, "the number is 12", by=ANNA_AS_AGENT, at=at)
    turn, since, notes = line.waiting_for, line.waiting_since, len(queued())
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=line.version)
    problems.undo_handled(line, by=LI_AS_PERSON, at=at)
    assert (line.handled_at, line.waiting_for, line.waiting_since) == (None, turn, since)
    told = [message for message in queued()[notes:] if message.kind == "gorgias.note"]
    assert told == []
    assert at.ticket is not None
    assert at.ticket.tags == "supplier-problem,waiting-for-supplier"


def test_undo_of_what_was_told_already_is_told_as_well(line: Problem, at: Place) -> None:
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=line.version)
    last_note()["row"].attempts = 1
    problems.undo_handled(line, by=LI_AS_PERSON, at=at)
    assert "Li Wei reopened this line." in last_note()["message"]["body_text"]


def test_undo_leaves_what_was_said_before(line: Problem, at: Place) -> None:
    problems.comment(line, "sent today", by=LI_AS_PERSON, at=at)
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=line.version)
    problems.undo_handled(line, by=LI_AS_PERSON, at=at)
    text = last_note()["message"]["body_text"]
    assert "sent today" in text
    assert "Handled" not in text


def test_only_who_handled_it_undoes_it(line: Problem, at: Place) -> None:
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=line.version)
    with pytest.raises(Refused, match=r"Li Wei marked P-1 as handled. Reopen it instead."):
        problems.undo_handled(line, by=CHEN, at=at)
    with pytest.raises(Refused, match="Li Wei marked"):
        problems.undo_handled(line, by=replace(LI_AS_PERSON, email="li.wei.2@dafen.example"), at=at)
    problems.undo_handled(line, by=LI_AS_PERSON, at=at)
    with pytest.raises(Refused, match=r"P-1 is open already."):
        problems.undo_handled(line, by=LI_AS_PERSON, at=at)


def test_done_is_refused_while_a_new_word_was_not_read(line: Problem, at: Place) -> None:
    shown = line.version
    problems.comment(line, "wait, the customer changed his mind", by=ANNA_AS_AGENT, at=at)
    with pytest.raises(Refused, match=r"Anna Visser wrote on .*“wait, the customer changed his mind”. Read it first"):
        problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=shown)
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=line.version)
    assert line.handled_by == "Li Wei"


def test_ones_own_words_do_not_hide_what_was_written_before_them(line: Problem, at: Place) -> None:
    shown = line.version
    problems.comment(line, "wait, the customer changed his mind", by=ANNA_AS_AGENT, at=at)
    problems.comment(line, "sent today", by=LI_AS_PERSON, at=at)
    with pytest.raises(Refused, match=r"“wait, the customer changed his mind”. Read it first"):
        problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=shown)


def test_done_is_refused_while_a_new_address_was_not_read(line: Problem, at: Place) -> None:
    shown = line.version
    problems.save_address(line, "Damrak 1", by=ANNA_AS_AGENT, at=at, shown=shown)
    with pytest.raises(Refused, match=r"Anna Visser changed the address on .*“Damrak 1”. Read it first"):
        problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=shown)


def test_ones_own_words_are_read(line: Problem, at: Place) -> None:
    shown = line.version
    problems.comment(line, "sent today", by=LI_AS_PERSON, at=at)
    problems.mark_handled(line, by=LI_AS_PERSON, at=at, shown=shown)
    assert line.handled_at is not None


def test_a_new_address_is_confirmed_once_and_told(line: Problem, at: Place) -> None:
    problems.save_address(line, "Damrak 1", by=ANNA_AS_AGENT, at=at, shown=line.version)
    problems.save_address(line, "Damrak 2", by=ANNA_AS_AGENT, at=at, shown=line.version)
    assert (line.address_before, line.address_seen_at) == ("Damrak 1", None)
    problems.confirm_address(line, by=LI_AS_PERSON, at=at, shown=line.version)
    assert line.address_seen_at is not None
    assert line.waiting_for == Side.SUPPLIER
    assert "has seen the new address" in last_note()["message"]["body_text"]
    with pytest.raises(Refused, match=r"There is no new address to confirm on P-1."):
        problems.confirm_address(line, by=LI_AS_PERSON, at=at, shown=line.version)


def test_an_address_that_changed_meanwhile_is_not_confirmed(line: Problem, at: Place) -> None:
    problems.save_address(line, "Damrak 1", by=ANNA_AS_AGENT, at=at, shown=line.version)
    shown = line.version
    problems.save_address(line, "Damrak 2", by=ANNA_AS_AGENT, at=at, shown=shown)
    with pytest.raises(Refused, match=r"Anna Visser changed the address on .*. Read the new one"):
        problems.confirm_address(line, by=LI_AS_PERSON, at=at, shown=shown)
    assert line.address_seen_at is None


def test_pictures_go_out_before_the_note_they_belong_to(line: Problem, at: Place) -> None:
    before = len(queued())
    problems.add_pictures(line, [PICTURE, PICTURE], by=LI_AS_PERSON, at=at)
    kinds = [message.kind for message in queued()[before:] if message.kind != "gorgias.tags"]
    assert kinds == ["gorgias.upload", "gorgias.upload", "gorgias.note"]
    assert "added 2 pictures" in last_note()["message"]["body_text"]
    assert line.waiting_for == Side.CUSTOMER_SERVICE


def test_uploaded_pictures_hang_on_their_note_in_order(line: Problem, at: Place) -> None:
    problems.comment(line, "like this", by=LI_AS_PERSON, at=at, pictures=[PICTURE])
    mark = last_note()["row"].external_id
    tickets.attach(mark, {"url": "https://acme.gorgias.com/a", "name": "one.jpg"})
    tickets.attach(mark, {"url": "https://acme.gorgias.com/b", "name": "two.jpg"})
    assert [each["name"] for each in last_note()["message"]["attachments"]] == ["one.jpg", "two.jpg"]
    tickets.attach("sd-unknown", {"url": "https://acme.gorgias.com/c"})


def test_nothing_joins_a_note_with_pictures(line: Problem, at: Place) -> None:
    problems.add_pictures(line, [PICTURE], by=LI_AS_PERSON, at=at)
    problems.comment(line, "like this", by=LI_AS_PERSON, at=at)
    assert len([message for message in queued() if message.kind == "gorgias.note"]) == 3


def test_a_report_may_say_more_in_a_comment(at: Place) -> None:
    with time_machine.travel("2026-11-23T10:00:00Z", tick=False):
        order, type_ = orders.known(OrderName(1, "NL10423")), problem_types.choices(Board.PROBLEM_SHEET)[0]
        made = problems.report(
            order, type_, "no number", by=LI_AS_PERSON, at=at, supplier=problems.supplier_for(order), comment="hurry"
        )
    assert (made.comment_supplier, [comment.text for comment in made.comments]) == ("hurry", ["hurry"])
    assert "> no number\n> hurry" in last_note()["message"]["body_text"]
    assert outbox.waiting_count() == len(queued())
