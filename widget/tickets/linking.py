"""Which ticket is about which order: seen in its text, or linked by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, select, true, union_all
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import aliased

from widget import orders
from widget.db import Prepared, db, is_postgresql, utcnow
from widget.errors import Refused
from widget.orders import Order, OrderName
from widget.stores import Helpdesk
from widget.tickets.tables import LINKED, Ticket, TicketOrder

# A customer with more tickets and orders than this is a reseller or a test; the newest count.
MOST_SIGHTINGS = 500


class Sighting(NamedTuple):
    """One row of what is known about a customer: a ticket, and an order it is about if there is one."""

    gorgias_id: int
    customer_id: int
    is_open: bool
    order_id: int | None
    store_id: int | None
    name: str | None
    has_claims: bool | None


class Known(NamedTuple):
    """What one query tells for an answer: whether the helpdesk is still as we remember it, how many of its calls in a
    row failed before this one, and the sightings."""

    secret_hash: str
    catalogue_version: int
    failures: int
    sightings: list[Sighting]


class Link(NamedTuple):
    """A ticket that is about an order, how we know (`linked`: by hand), and since when."""

    ticket: Ticket
    found_in: str
    at: datetime


# Two lookups by index, united: asked with OR, SQLite walks all tickets of the helpdesk in order of their number.
# This ticket may come twice; whoever reads it does not mind.
_CUSTOMERS_TICKETS = union_all(
    *(
        select(Ticket.id, Ticket.gorgias_id, Ticket.customer_id, Ticket.is_open).where(
            Ticket.helpdesk_id == bindparam("helpdesk"), condition
        )
        for condition in (Ticket.customer_id == bindparam("customer"), Ticket.gorgias_id == bindparam("ticket"))
    )
).subquery("seen")
_KNOWN = Prepared(
    select(
        Helpdesk.hook_secret_hash,
        Helpdesk.catalogue_version,
        Helpdesk.failures,
        _CUSTOMERS_TICKETS.c.gorgias_id,
        _CUSTOMERS_TICKETS.c.customer_id,
        _CUSTOMERS_TICKETS.c.is_open,
        Order.id,
        Order.store_id,
        Order.name,
        Order.has_claims,
    )
    .select_from(Helpdesk)
    .outerjoin(_CUSTOMERS_TICKETS, true())
    .outerjoin(TicketOrder, TicketOrder.ticket_id == _CUSTOMERS_TICKETS.c.id)
    .outerjoin(Order, Order.id == TicketOrder.order_id)
    .where(Helpdesk.id == bindparam("helpdesk"))
    .order_by(_CUSTOMERS_TICKETS.c.gorgias_id.desc(), Order.id.desc())
    .limit(MOST_SIGHTINGS)
)


def known(connection: Connection, helpdesk_id: int, customer_id: int, ticket_id: int) -> Known | None:
    """What is known about a customer and this ticket of his, None for an unknown helpdesk. One query."""
    # 0 stands for "not told": it must not bring up every ticket without a customer.
    rows = _KNOWN.rows(connection, helpdesk=helpdesk_id, customer=customer_id or -1, ticket=ticket_id or -1)
    if not rows:
        return None
    secret_hash, catalogue_version, failures = rows[0][:3]
    sightings = [Sighting(*row[3:]) for row in rows if row[3] is not None]
    return Known(secret_hash, catalogue_version, failures, sightings)


def see(
    helpdesk_id: int,
    ticket_id: int,
    customer_id: int,
    found: Iterable[tuple[OrderName, str]],
    *,
    is_open: bool | None = None,
) -> Ticket:
    """Remember a ticket, whose it is, whether it is open (None: not told), and the orders found in it.

    What is linked by hand is left alone.
    """
    ticket = _remember(helpdesk_id, ticket_id, customer_id)
    if is_open is not None:
        ticket.is_open = is_open
    by_hand = _names_linked_by_hand(ticket)
    for name, where in found:
        if name.name not in by_hand:
            _add(ticket, orders.known(name), where)
    return ticket


def find_for(order: Order, ticket_id: int, customer_id: int, where: str) -> Ticket:
    """Remember an open ticket that is about an order, however it became known; locked until the commit."""
    ticket = _remember(order.store.helpdesk_id, ticket_id, customer_id)
    ticket.is_open = True
    _add(ticket, order, where)
    return ticket


def lock_home(order_id: int) -> Ticket | None:
    """The ticket in which things about an order are told, the newest open one if any; locked until the commit."""
    return db.session.scalar(_about(order_id).limit(1).with_for_update(of=Ticket))


def lock(helpdesk_id: int, ticket_id: int) -> Ticket:
    """The ticket somebody acts in, locked until the commit. Raises Refused for one we never heard of."""
    return _get(helpdesk_id, ticket_id, lock=True)


def lock_by_id(ticket_id: int) -> Ticket | None:
    """A ticket of ours, locked until the commit."""
    return db.session.scalar(select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket))


def link(ticket: Ticket, order: Order) -> bool:
    """Say by hand which order a ticket is about; whether that is news.

    Orders of the same number in other stores, found by pattern only, are no longer this ticket's.
    """
    row = db.session.get(TicketOrder, (ticket.id, order.id))
    if row is not None and row.found_in == LINKED:
        return False
    if row is None:
        db.session.add(TicketOrder(ticket_id=ticket.id, order_id=order.id, found_in=LINKED))
    else:
        row.found_in = LINKED
    namesakes = select(Order.id).where(Order.name == order.name, Order.id != order.id)
    db.session.execute(
        delete(TicketOrder).where(
            TicketOrder.ticket_id == ticket.id, TicketOrder.order_id.in_(namesakes), TicketOrder.found_in != LINKED
        )
    )
    return True


def about(order_id: int) -> list[Ticket]:
    """All tickets known to be about an order, open ones first, the newest first."""
    return list(db.session.scalars(_about(order_id)))


def in_order_of_locking(order_ids: Iterable[int]) -> list[int]:
    """The orders by the tickets in which things about them are told: who locks several of those, locks them like this.

    Orders without a ticket come first: there is nothing to lock.
    """
    wanted = set(order_ids)
    rows = db.session.execute(
        select(TicketOrder.order_id, Ticket.is_open, Ticket.gorgias_id, Ticket.id)
        .join(Ticket, Ticket.id == TicketOrder.ticket_id)
        .where(TicketOrder.order_id.in_(wanted))
        .order_by(Ticket.is_open, Ticket.gorgias_id)
    )
    homes = {order_id: ticket_id for order_id, _is_open, _number, ticket_id in rows}
    return sorted(wanted, key=lambda order_id: (homes.get(order_id, 0), order_id))


def with_ticket(order_ids: Iterable[int]) -> set[int]:
    """Which of these orders some ticket is known to be about. One query."""
    about_them = TicketOrder.order_id.in_(set(order_ids))
    return set(db.session.scalars(select(TicketOrder.order_id).where(about_them).distinct()))


def links_of(order_id: int) -> list[Link]:
    """The tickets known to be about an order, open ones first, and how each became known. One query."""
    query = _about(order_id).add_columns(TicketOrder.found_in, TicketOrder.at)
    return [Link(ticket, found_in, at) for ticket, found_in, at in db.session.execute(query)]


def order_ids_of(ticket: Ticket) -> list[int]:
    """The orders one ticket is about."""
    return list(db.session.scalars(select(TicketOrder.order_id).where(TicketOrder.ticket_id == ticket.id)))


def check_customer(ticket: Ticket, customer_id: int) -> None:
    """Raises Refused when a button made for one customer is pressed in another's ticket."""
    if ticket.customer_id != customer_id:
        raise Refused("This ticket belongs to another customer. Reload the ticket and press again.")


def lane_of(order: Order) -> str:
    """What is done for an order without a ticket goes out in order, too."""
    return f"{order.store.helpdesk.account}:order-{order.id}"


def _about(order_id: int) -> Select[Ticket]:
    return (
        select(Ticket)
        .join(TicketOrder, TicketOrder.ticket_id == Ticket.id)
        .where(TicketOrder.order_id == order_id)
        .order_by(Ticket.is_open.desc(), Ticket.gorgias_id.desc())
    )


def _remember(helpdesk_id: int, ticket_id: int, customer_id: int) -> Ticket:
    """Add the ticket, or say whose it is; either locks it."""
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    seen = insert(Ticket).values(
        helpdesk_id=helpdesk_id, gorgias_id=ticket_id, customer_id=customer_id, tags="", is_open=True, seen_at=utcnow()
    )
    whose = {"customer_id": customer_id} if customer_id else {"gorgias_id": ticket_id}
    db.session.execute(seen.on_conflict_do_update(index_elements=["helpdesk_id", "gorgias_id"], set_=whose))
    return _get(helpdesk_id, ticket_id)


def _get(helpdesk_id: int, ticket_id: int, *, lock: bool = False) -> Ticket:
    query = select(Ticket).where(Ticket.helpdesk_id == helpdesk_id, Ticket.gorgias_id == ticket_id)
    ticket = db.session.scalar(query.with_for_update() if lock else query)
    if ticket is None:
        raise Refused("Supplier Desk has not seen this ticket yet. Add a tag or a note to it and press again.")
    return ticket


def _names_linked_by_hand(ticket: Ticket) -> set[str]:
    linked = aliased(TicketOrder)
    return set(
        db.session.scalars(
            select(Order.name)
            .join(linked, linked.order_id == Order.id)
            .where(linked.ticket_id == ticket.id, linked.found_in == LINKED)
        )
    )


def _add(ticket: Ticket, order: Order, where: str) -> None:
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    db.session.execute(
        insert(TicketOrder)
        .values(ticket_id=ticket.id, order_id=order.id, found_in=where, at=utcnow())
        .on_conflict_do_nothing()
    )
