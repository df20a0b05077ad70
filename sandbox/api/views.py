"""Views: the one way to search tickets by text, with a filter or two of the helpdesk's filter language."""

import re
from typing import Any

from sandbox import tickets
from sandbox.api.checks import page
from sandbox.api.door import body, route
from sandbox.desk import desk
from sandbox.errors import ApiError, not_found
from sandbox.store import Record

ORDERS = ("created_datetime", "updated_datetime", "last_message_datetime")
SAVED = {
    1: {"name": "All", "filters": ""},
    2: {"name": "Open", "filters": "eq(ticket.status, 'open')"},
    3: {"name": "Closed", "filters": "eq(ticket.status, 'closed')"},
}
_TERM = re.compile(r"^(eq|neq|containsAny)\(ticket\.(status|channel|tags\.name),\s*(.+)\)$")


@route("/views")
def list_views() -> dict[str, Any]:
    """The saved views of every account."""
    return page([{"id": key, "type": "ticket-list", **view} for key, view in SAVED.items()], dict, ("id",), "id")


@route("/views/0/items", "PUT")
def search_items() -> dict[str, Any]:
    """Tickets with every word of `view.search` in subject, messages or customer, and matching `view.filters`.

    Of any status, spam too, but none in the trash. A `#` counts for nothing, as in every search for words.
    """
    view = body().get("view")
    if not isinstance(view, dict) or view.get("type") != "ticket-list":
        raise ApiError(400, "Failed to search", {"view": ["A view of type ticket-list is needed."]})
    return _items(view.get("search") or "", view.get("filters") or "")


@route("/views/<int:view_id>/items")
def saved_items(view_id: int) -> dict[str, Any]:
    """The tickets of a saved view."""
    if view_id not in SAVED:
        raise not_found()
    return _items("", SAVED[view_id]["filters"])


def _items(search: str, filters: str) -> dict[str, Any]:
    words = search.casefold().replace("#", " ").split()
    terms = [term.strip() for term in filters.split("&&") if term.strip()]
    found = [
        ticket
        for ticket in desk().store.all("tickets")
        if not ticket["trashed_datetime"]
        and all(_passes(ticket, term) for term in terms)
        and (not words or all(word in _text(ticket) for word in words))
    ]
    return page(found, lambda ticket: tickets.shown(desk().store, ticket), ORDERS, "updated_datetime:desc")


def _passes(ticket: Record, term: str) -> bool:
    match = _TERM.match(term)
    if not match:
        raise ApiError(400, "Failed to search", {"view": {"filters": [f"Cannot read {term!r}."]}})
    wanted = re.findall(r"'([^']*)'|\"([^\"]*)\"", match[3])
    values = {single or double for single, double in wanted}
    names = {tag["name"] for tag in tickets.tags_shown(desk().store, ticket)}
    has = names if match[2] == "tags.name" else {ticket[match[2]]}
    return bool(has & values) is not (match[1] == "neq")


def _text(ticket: Record) -> str:
    store = desk().store
    customer = store.find("customers", ticket["_customer"]) or {}
    bodies = [message["body_text"] for message in store.group("messages", ticket["id"])]
    parts = [ticket["subject"], customer.get("name"), customer.get("email"), *bodies]
    return "\n".join(part or "" for part in parts).casefold()
