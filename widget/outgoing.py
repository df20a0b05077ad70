"""What people do with outgoing messages: find those of an order or a line, send one again, give one up."""

from __future__ import annotations

import re

from sqlalchemy import select

from widget import history, orders, outbox, stores, tickets
from widget.db import db
from widget.errors import Refused
from widget.orders import Order
from widget.outbox import Message, State
from widget.problems import Problem
from widget.stores import Helpdesk
from widget.tickets import SearchState, TicketSearch

SUBJECT = "message"
RETRIED_AT_ONCE = 200
LONGEST_REASON = 500
# Stores that count alike.
MOST_NAMESAKES = 20
WITH_A_NOTE = ("gorgias.note", "gorgias.ticket")
# An order has something to say as long as its ticket is looked for, so these two are part of a search.
OF_A_SEARCH = ("gorgias.find_ticket", "gorgias.ticket")


def retry(message_id: int, *, by: tuple[str, str]) -> Message:
    """Send a message again that is parked or was given up, without whoever left the helpdesk meanwhile.

    `by` is (name, e-mail). Raises NotFound, and Refused when it is neither, or when it is not needed any more.
    """
    was = outbox.get_message(message_id)
    old_state, old_reason = was.state, was.reason
    message = outbox.retry(message_id)
    if old_state == State.GIVEN_UP and message.kind in OF_A_SEARCH:
        _search_again(message)
    if message.kind in WITH_A_NOTE:
        tickets.drop_leavers(message, stores.helpdesk_of(message.account))
    history.record(SUBJECT, message.id, "retry", old_reason, "", by=by)
    return message


def retry_all(helpdesk: Helpdesk, *, by: tuple[str, str]) -> int:
    """Send all parked messages of a helpdesk again, at most RETRIED_AT_ONCE; how many."""
    parked = outbox.parked_of(helpdesk.account, RETRIED_AT_ONCE)
    for message_id in parked:
        retry(message_id, by=by)
    return len(parked)


def give_up(message_id: int, reason: str, *, by: tuple[str, str]) -> Message:
    """Do not send a parked message. Raises NotFound, and Refused without a reason or when it is not parked."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused("Say why it is not to be sent. Whoever looks for the note later reads it here.")
    if len(reason) > LONGEST_REASON:
        raise Refused("Say it in at most 500 characters.")
    told = outbox.get_message(message_id).reason
    message = outbox.give_up(message_id, reason)
    if message.kind in OF_A_SEARCH:
        _stop_searching(message)
    history.record(SUBJECT, message.id, "given_up", told, reason, by=by)
    return message


def lanes_about(text: str) -> tuple[set[str], str]:
    """Where messages about a ticket's number, an order or a line (`P-31`) go, and the line, if it is one."""
    text = orders.plain(text).strip().upper()
    if re.fullmatch(r"P-[0-9]{1,18}", text, re.ASCII):
        line = db.session.get(Problem, int(text.removeprefix("P-")))
        return (_lanes_of(line.order) if line else set()), text
    lanes: set[str] = set()
    if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        lanes = {f"{helpdesk.account}:{text}" for helpdesk in db.session.scalars(select(Helpdesk))}
    for order in db.session.scalars(select(Order).where(Order.name == text.removeprefix("#")).limit(MOST_NAMESAKES)):
        lanes |= _lanes_of(order)
    return lanes, ""


def _lanes_of(order: Order) -> set[str]:
    return {tickets.lane_of(order), *(ticket.lane for ticket in tickets.about(order.id))}


def _stop_searching(message: Message) -> None:
    """The order's ticket is not looked for any more; what waited for it is told with the next thing that happens."""
    search = db.session.get(TicketSearch, message.payload["order_id"], with_for_update=True)
    if search is not None:
        search.state = SearchState.OVER.value


def _search_again(message: Message) -> None:
    order_id = message.payload["order_id"]
    search = db.session.get(TicketSearch, order_id, with_for_update=True)
    if search is None or search.state != SearchState.OVER or any(each.is_open for each in tickets.about(order_id)):
        raise Refused("It is not needed any more: this order's ticket was found, or is being looked for again.")
    search.state = SearchState.SEARCHING.value
