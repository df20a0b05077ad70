"""The sentences we post in tickets, none of them for a customer, and the notes that are made of them.

`note` is how a note is put together, `lines` what is said about problems and photo issues, `claims` what is said
about refund claims.
"""

from widget.notes import claims
from widget.notes.lines import (
    address_saved,
    address_seen,
    address_taken_back,
    commented,
    customer_informed,
    handled,
    heading,
    not_informed,
    opened_for,
    order_linked,
    pictures_added,
    reopened,
    reported,
    supplier_commented,
    supplier_reminded,
    supplier_reported,
    waits_too_long,
)
from widget.notes.note import INFORMED, Attachment, Note, Sentence

__all__ = [
    "INFORMED",
    "Attachment",
    "Note",
    "Sentence",
    "address_saved",
    "address_seen",
    "address_taken_back",
    "claims",
    "commented",
    "customer_informed",
    "handled",
    "heading",
    "not_informed",
    "opened_for",
    "order_linked",
    "pictures_added",
    "reopened",
    "reported",
    "supplier_commented",
    "supplier_reminded",
    "supplier_reported",
    "waits_too_long",
]
