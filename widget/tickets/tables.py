"""What is stored of tickets: whose they are, and which orders they are about. None of their text is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget.db import Base, Id, VendorId, utcnow
from widget.stores import Helpdesk

LINKED = "linked"


class Ticket(Base):
    """A ticket we were told about, and whose it is. None of its text is kept."""

    __tablename__ = "tickets"
    __table_args__ = (UniqueConstraint("helpdesk_id", "gorgias_id"), Index(None, "helpdesk_id", "customer_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    helpdesk_id: Mapped[int] = mapped_column(ForeignKey("helpdesks.id"))
    gorgias_id: Mapped[int] = mapped_column(VendorId)
    customer_id: Mapped[int] = mapped_column(VendorId, default=0)
    tags: Mapped[str] = mapped_column(default="")
    # As the helpdesk last said; a ticket of which it said nothing counts as open.
    is_open: Mapped[bool] = mapped_column(default=True)
    seen_at: Mapped[datetime] = mapped_column(default=utcnow)

    helpdesk: Mapped[Helpdesk] = relationship()

    @property
    def lane(self) -> str:
        """Everything that is sent to this ticket goes out in order."""
        return f"{self.helpdesk.account}:{self.gorgias_id}"


class TicketOrder(Base):
    """A ticket is about an order: found in its text, or linked by hand."""

    __tablename__ = "ticket_orders"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True, index=True)
    found_in: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utcnow)


class SearchState(StrEnum):
    """How far the search for an order's ticket is."""

    SEARCHING = "searching"
    OFFERED = "offered"
    OPENING = "opening"
    OVER = "over"


class TicketSearch(Base):
    """The search for the ticket of an order that has something to say. Its row is the lock of that order's search."""

    __tablename__ = "ticket_searches"
    __table_args__ = (CheckConstraint("state IN ('searching', 'offered', 'opening', 'over')", name="state"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    state: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(default=utcnow)


class TicketCandidate(Base):
    """A ticket that may be about an order, for an agent to choose. Gone with the choice."""

    __tablename__ = "ticket_candidates"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    gorgias_id: Mapped[int] = mapped_column(VendorId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(VendorId)
    subject: Mapped[str]
    channel: Mapped[str]
    updated_at: Mapped[datetime | None]


class WaitingNote(Base):
    """A finished note about an order whose ticket is not known yet."""

    __tablename__ = "waiting_notes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(default=utcnow)


@dataclass(frozen=True)
class Place:
    """Where somebody acts: the ticket, if any, how our links begin, and whether no note is wanted of it."""

    ticket: Ticket | None
    public_url: str
    is_silent: bool = False
