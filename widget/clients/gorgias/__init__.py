"""Gorgias's REST API: plain values in, plain values out. https://developers.gorgias.com/reference

Known about all of it: basic authentication with e-mail and API key; 40 calls in 20 seconds; errors are
{"error": {"msg": …, "data": {field: [what is wrong]}}}; lists come in pages of at most 100 with a cursor;
there is no idempotency key anywhere. Every method raises ServiceError.
"""

from widget.clients.gorgias.account import PAGES_AT_MOST
from widget.clients.gorgias.refusals import gone
from widget.clients.gorgias.setup import Setup
from widget.clients.gorgias.tickets import Tickets
from widget.clients.gorgias.values import LONGEST_TEXT, FoundTicket, ReadMessage, ReadTicket

__all__ = ["LONGEST_TEXT", "PAGES_AT_MOST", "FoundTicket", "Gorgias", "ReadMessage", "ReadTicket", "gone"]


class Gorgias(Tickets, Setup):
    """One Gorgias account."""
