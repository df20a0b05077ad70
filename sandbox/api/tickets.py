"""Tickets: list with the few documented filters, read, create, partial update, delete."""

from typing import Any

from flask import request

from sandbox import events, people, tags, tickets
from sandbox.api.checks import Fields, boolean, number, page
from sandbox.api.door import body, caller, route
from sandbox.api.messages import checked as checked_message
from sandbox.api.messages import post
from sandbox.desk import desk
from sandbox.errors import ApiError, not_found
from sandbox.store import Record, Store, now

FILTERS = {"customer_id", "external_id", "view_id", "rule_id", "ticket_ids", "trashed", "order_by", "cursor", "limit"}
ORDERS = ("created_datetime", "updated_datetime")
PLAIN = ("subject", "status", "priority", "language", "external_id", "channel", "spam", "meta", "custom_fields",
         "is_unread", "snooze_datetime", "trashed_datetime", "closed_datetime", "opened_datetime")  # fmt: skip


def get(ticket_id: int) -> Record:
    """The ticket; one that was deleted or merged away is not found."""
    ticket = desk().store.find("tickets", ticket_id)
    if not ticket:
        raise not_found()
    return ticket


@route("/tickets")
def list_tickets() -> dict[str, Any]:
    """Without messages, and with those in the trash unless told otherwise.

    There is no filter for status, tag, text or date.
    """
    unknown = set(request.args) - FILTERS
    if unknown:
        raise ApiError(400, "Invalid query string.", {name: ["Unknown field."] for name in sorted(unknown)})
    found = [ticket for ticket in desk().store.all("tickets") if _wanted(ticket)]
    return page(found, lambda ticket: tickets.shown(desk().store, ticket), ORDERS, "created_datetime:desc")


@route("/tickets/<int:ticket_id>")
def get_ticket(ticket_id: int) -> dict[str, Any]:
    """With its customer, messages and tags."""
    return tickets.shown(desk().store, get(ticket_id), messages=True)


@route("/tickets", "POST", 201)
def create_ticket() -> dict[str, Any]:
    """Needs `via` and at least one message; a note alone will do."""
    given = body()
    _check_new(given)
    store = desk().store
    tag_ids = tags.ensure(store, [tag["name"] for tag in given.get("tags") or []])
    ticket = tickets.create(store, given, _customer(store, given), tag_ids)
    desk().triggers.fire("ticket-created", ticket, user_id=caller()["id"])
    for message in given["messages"]:
        post(ticket, message)
    return tickets.shown(store, ticket, messages=True)


@route("/tickets/<int:ticket_id>", "PUT", 202)
def update_ticket(ticket_id: int) -> dict[str, Any]:
    """A partial update, but `tags` replaces all tags."""
    ticket, given, store = get(ticket_id), body(), desk().store
    fields = Fields(given)
    _check_common(fields)
    fields.done("Failed to update ticket")
    ticket.update({key: given[key] for key in PLAIN if key in given})
    if "status" in given:
        ticket["closed_datetime"] = now() if given["status"] == "closed" else None
    if "assignee_user" in given:
        ticket["_assignee"] = (given["assignee_user"] or {}).get("id")
    if "customer" in given:
        ticket["_customer"] = _customer(store, given)["id"]
    if "tags" in given:
        ticket["_tags"] = tags.ensure(store, [tag["name"] for tag in given["tags"]])
    tickets.changed(store, ticket)
    events.record(store, "ticket-updated", "Ticket", ticket_id, caller()["id"])
    desk().triggers.fire("ticket-updated", ticket, user_id=caller()["id"])
    return tickets.shown(store, ticket, messages=True)


@route("/tickets/<int:ticket_id>", "DELETE", 204)
def delete_ticket(ticket_id: int) -> None:
    """For good."""
    tickets.remove(desk().store, get(ticket_id))


def _check_new(given: dict[str, Any]) -> None:
    fields = Fields(given)
    fields.require("via", "messages")
    _check_common(fields)
    messages = given.get("messages")
    if messages is not None and (not isinstance(messages, list) or not 1 <= len(messages) <= 500):
        fields.refuse("messages", "Length must be between 1 and 500.")
        messages = []
    wrong = {str(index): error for index, each in enumerate(messages or []) if (error := checked_message(each))}
    if wrong:
        fields.wrong["messages"] = wrong
    fields.done("Failed to create ticket")


def _check_common(fields: Fields) -> None:
    fields.choice("status", ("open", "closed"))
    fields.choice("priority", ("critical", "high", "normal", "low"))
    fields.length("subject", 998)
    fields.length("external_id", 255)
    listed = fields.given.get("tags")
    if listed is not None and not (
        isinstance(listed, list) and all(isinstance(tag, dict) and isinstance(tag.get("name"), str) for tag in listed)
    ):
        fields.refuse("tags", "Not a valid list of tags.")
    for person in ("customer", "assignee_user"):
        fields.kind(person, dict, "object")


def _customer(store: Store, given: dict[str, Any]) -> Record:
    """The customer who is meant; an unknown address makes a new one, an unknown id is an error."""
    ref = given.get("customer") or {}
    if not ref:
        sender = next((m.get("sender") for m in given.get("messages", []) if not m.get("from_agent")), None)
        ref = sender or {}
    known = people.find_customer(store, ref)
    if known:
        return known
    if "id" in ref:
        raise ApiError(400, "Failed to create ticket", {"customer": {"id": ["Customer not found."]}})
    return people.add_customer(store, ref)


def _wanted(ticket: Record) -> bool:
    customer_id, external_id = number("customer_id"), request.args.get("external_id")
    ids = request.args.getlist("ticket_ids")
    if customer_id is not None and ticket["_customer"] != customer_id:
        return False
    if external_id and ticket["external_id"] != external_id:
        return False
    if boolean("trashed") is False and ticket["trashed_datetime"]:
        return False
    return not ids or str(ticket["id"]) in ",".join(ids).split(",")
