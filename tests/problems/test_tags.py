"""Which tags a ticket carries: of the board, of whose turn it is, and the one a problem type has of its own."""

from __future__ import annotations

import pytest

from tests import factories
from widget import problem_types, problems, tickets
from widget.db import db
from widget.orders import OrderName
from widget.problem_types import Board
from widget.tickets import Place


@pytest.fixture
def ticket(store):
    """A ticket about one order, in a shop whose first problem type has a tag of its own."""
    desk = factories.helpdesk()
    factories.supplier(factories.store(desk))
    problem_types.choices(Board.PROBLEM_SHEET)[0].gorgias_tag = "check address"
    return factories.ticket(desk.id, factories.TICKET, factories.CUSTOMER, OrderName(1, "NL10423"))


def carried(ticket):
    """The tags of ours that the ticket carries."""
    return set(ticket.tags.split(","))


def test_a_ticket_carries_the_types_tag_as_long_as_such_a_line_is_open(ticket):
    here = Place(ticket, factories.PUBLIC_URL)
    first, second = factories.line(1, ticket=ticket), factories.line(1, words="no street", ticket=ticket)
    factories.line(1, words="too dark", board=Board.PHOTO_ISSUES, ticket=ticket)
    assert carried(ticket) == {"supplier-problem", "photo-issue", "waiting-for-cs", "check address"}
    problems.mark_handled(first, by=factories.LI_AS_PERSON, at=here, shown=1)
    assert "check address" in carried(ticket)
    problems.mark_handled(second, by=factories.LI_AS_PERSON, at=here, shown=1)
    assert carried(ticket) == {"photo-issue", "waiting-for-cs"}


def test_a_tag_that_was_renamed_is_taken_away(ticket):
    line = factories.line(1, ticket=ticket)
    line.type.gorgias_tag = "address"
    problems.keep_tags_true(ticket)
    assert carried(ticket) == {"supplier-problem", "waiting-for-cs", "address"}
    assert tickets.about(line.order_id) == [ticket]


@pytest.mark.only_on("sqlite")
def test_all_tags_are_those_of_ours_and_of_the_types(ticket):
    problem_types.choices(Board.PHOTO_ISSUES)[0].gorgias_tag = "check address"
    db.session.flush()
    assert problems.tags() == [*problems.TAGS, "check address"]
