"""Who hears of what customer service does to a line: said beside the line before somebody does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from widget import people, tickets
from widget.problems.tables import Problem


class Told(NamedTuple):
    """Whether a note is posted, whether it waits for the order's ticket to be found, and whether it tags somebody."""

    has_ticket: bool = False
    is_searching: bool = False
    tags: bool = False


def who_hears_of(lines: Sequence[Problem]) -> dict[int, Told]:
    """By the line's number. Three queries, however many lines there are; their orders and suppliers are loaded."""
    order_ids = {line.order_id for line in lines}
    with_ticket, searched = tickets.with_ticket(order_ids), tickets.being_searched(order_ids)
    users = people.active_users({line.supplier.mention_email for line in lines})
    return {
        line.id: Told(
            line.order_id in with_ticket,
            line.order_id in searched,
            (line.order.store.helpdesk_id, line.supplier.mention_email) in users,
        )
        for line in lines
    }
