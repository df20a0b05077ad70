"""Tickets: which ticket is about which order, whose it is, its notes and its tags."""

from widget.tickets.linking import Known, Sighting, about, check_customer, known, link, lock, order_ids_of, see
from widget.tickets.posting import drop_leavers, join_note, keep_tags, notes_about, post_note
from widget.tickets.tables import LINKED, Place, Ticket, TicketOrder

__all__ = [
    "LINKED",
    "Known",
    "Place",
    "Sighting",
    "Ticket",
    "TicketOrder",
    "about",
    "check_customer",
    "drop_leavers",
    "join_note",
    "keep_tags",
    "known",
    "link",
    "lock",
    "notes_about",
    "order_ids_of",
    "post_note",
    "see",
]
