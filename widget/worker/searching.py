"""Which ticket is about an order: asks Gorgias and decides. What is done about the answer, and our own store, are
not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from widget.clients.gorgias import FoundTicket, Gorgias, ReadTicket
from widget.errors import ServiceError
from widget.orders import plain

# Each costs a call of the forty in twenty seconds, and an older ticket is hardly the one that is meant.
MOST_READ = 10
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """One ticket that is certainly the one, or several open ones to choose from (newest first), or neither.

    `customer_id` says whom a new ticket should be for, 0 when that is not known.
    """

    certain: FoundTicket | None = None
    candidates: list[FoundTicket] = field(default_factory=list)
    customer_id: int = 0


def find_ticket(gorgias: Gorgias, order_name: str, customer_ids: list[int]) -> Found:
    """The open ticket about an order; `customer_ids` are the customers we know the order to be of.

    An open ticket in which the order's name was written comes first. Where there is none, the order's customer may
    have another open ticket, if it is certain who he is. At most 12 calls; raises ServiceError.
    """
    hits = _tickets_that_name(gorgias, order_name)
    open_hits = [ticket for ticket in hits if ticket.is_open]
    if open_hits:
        return _among(open_hits)
    customers = ({ticket.customer_id for ticket in hits} | set(customer_ids)) - {0}
    if len(customers) != 1:
        return Found()
    (customer_id,) = customers
    others = [ticket for ticket in gorgias.tickets_of_customer(customer_id) if ticket.is_open]
    return _among(others) if others else Found(customer_id=customer_id)


def _among(tickets: list[FoundTicket]) -> Found:
    customers = {ticket.customer_id for ticket in tickets}
    customer_id = customers.pop() if len(customers) == 1 else 0
    if len(tickets) == 1:
        return Found(tickets[0], customer_id=customer_id)
    return Found(candidates=_newest_first(tickets), customer_id=customer_id)


def _tickets_that_name(gorgias: Gorgias, order_name: str) -> list[FoundTicket]:
    """The search also finds parts of words, customers and our own notes, so what it found is read."""
    bare = plain(order_name).strip().removeprefix("#")
    pattern = re.compile(rf"(?<![0-9A-Za-z])#?{re.escape(bare)}(?![0-9A-Za-z])", re.IGNORECASE)
    newest = _newest_first(gorgias.search_tickets(bare))[:MOST_READ]
    read = [ticket for hit in newest if (ticket := _read(gorgias, hit.id)) is not None]
    # By number: one that was merged into another hit answers as that one.
    named = {ticket.id: ticket for ticket in read if any(pattern.search(plain(text)) for text in ticket.texts)}
    return [_without_texts(ticket) for ticket in named.values()]


def _without_texts(ticket: ReadTicket) -> FoundTicket:
    """What customers wrote goes no further than this module."""
    return FoundTicket(**{each.name: getattr(ticket, each.name) for each in fields(FoundTicket)})


def _read(gorgias: Gorgias, ticket_id: int) -> ReadTicket | None:
    try:
        return gorgias.read_ticket(ticket_id)
    except ServiceError as error:
        # Merged or deleted since the search engine looked at it.
        if error.status == 404:
            return None
        raise


def _newest_first(tickets: Iterable[FoundTicket]) -> list[FoundTicket]:
    return sorted(tickets, key=lambda ticket: (ticket.updated_at or LONG_AGO, ticket.id), reverse=True)
