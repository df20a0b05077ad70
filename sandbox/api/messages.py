"""Messages and internal notes: list, read, post, update, delete, with the helpdesk's own checks."""

from typing import Any

from sandbox import people, tickets
from sandbox.api.checks import CHANNELS, VIAS, Fields, number, page
from sandbox.api.door import body, caller, route
from sandbox.desk import desk
from sandbox.errors import ApiError, not_found
from sandbox.store import Record

ORDERS = ("created_datetime",)


@route("/messages")
def list_messages() -> dict[str, Any]:
    """All messages, or those of one ticket."""
    ticket_id = number("ticket_id")
    found = desk().store.all("messages") if ticket_id is None else desk().store.group("messages", ticket_id)
    return page(found, tickets.message_shown, ORDERS, "created_datetime:desc")


@route("/tickets/<int:ticket_id>/messages")
def list_of_ticket(ticket_id: int) -> dict[str, Any]:
    """The messages of a ticket (deprecated, and still there)."""
    _ticket(ticket_id)
    return page(desk().store.group("messages", ticket_id), tickets.message_shown, ORDERS, "created_datetime:asc")


@route("/tickets/<int:ticket_id>/messages/<int:message_id>")
def get_message(ticket_id: int, message_id: int) -> dict[str, Any]:
    """One message."""
    return tickets.message_shown(_message(ticket_id, message_id))


@route("/tickets/<int:ticket_id>/messages", "POST", 201)
def create_message(ticket_id: int) -> dict[str, Any]:
    """Adds a message or an internal note."""
    ticket, given = _ticket(ticket_id), body()
    _refuse_if(checked(given), "Failed to create message")
    return tickets.message_shown(post(ticket, given))


@route("/tickets/<int:ticket_id>/messages/<int:message_id>", "PUT", 202)
def update_message(ticket_id: int, message_id: int) -> dict[str, Any]:
    """Needs channel, from_agent and via again."""
    message, given = _message(ticket_id, message_id), body()
    _refuse_if(checked(given), "Failed to update message")
    tickets.change_message(desk().store, message, given)
    return tickets.message_shown(message)


@route("/tickets/<int:ticket_id>/messages/<int:message_id>", "DELETE")
def delete_message(ticket_id: int, message_id: int) -> None:
    """For good."""
    tickets.remove_message(desk().store, _ticket(ticket_id), _message(ticket_id, message_id))


def post(ticket: Record, given: dict[str, Any]) -> Record:
    """Adds a checked message to a ticket and tells the integrations."""
    store = desk().store
    customer = store.find("customers", ticket["_customer"]) or {}
    if given["from_agent"]:
        sender, receiver = people.find_user(store, given.get("sender")) or caller(), customer
    else:
        sender, receiver = people.find_customer(store, given.get("sender")) or customer, caller()
    message = tickets.add_message(store, ticket, given, sender, receiver)
    desk().triggers.fire("ticket-message-created", ticket, message, sender["id"])
    return message


def checked(given: Any) -> dict[str, Any]:
    """What is wrong with a message, by field; empty when nothing is."""
    if not isinstance(given, dict):
        return {"_schema": ["Invalid input type."]}
    fields = Fields(given)
    fields.require("channel", "from_agent", "via")
    fields.choice("channel", CHANNELS)
    fields.choice("via", VIAS)
    fields.length("external_id", 255)
    for name in ("body_text", "body_html", "subject"):
        fields.kind(name, str, "string")
    for name in ("from_agent", "public"):
        fields.kind(name, bool, "boolean")
    _check_note(fields)
    _check_sender(fields)
    _check_mentions(fields)
    _check_attachments(fields)
    return fields.wrong


def _check_note(fields: Fields) -> None:
    if fields.given.get("channel") == tickets.NOTE and fields.given.get("from_agent") is False:
        fields.refuse("from_agent", "Internal notes are always from an agent.")


def _check_sender(fields: Fields) -> None:
    sender = fields.given.get("sender")
    if sender is None:
        return
    if not isinstance(sender, dict) or not (sender.get("id") or sender.get("email")):
        fields.refuse("sender", "Not a valid reference: id or email is needed.")
    elif fields.given.get("from_agent") and not people.find_user(desk().store, sender):
        fields.refuse("sender", "User not found.")


def _check_mentions(fields: Fields) -> None:
    mentions = fields.given.get("mention_ids")
    if not mentions:
        return
    if not isinstance(mentions, list) or not all(type(each) is int for each in mentions):
        fields.refuse("mention_ids", "Not a valid list of integers.")
    elif fields.given.get("channel") != tickets.NOTE:
        fields.refuse("mention_ids", "Mentions are only possible in internal notes.")
    else:
        for user_id in mentions:
            user = desk().store.find("users", user_id)
            if not user or not user["active"]:
                fields.refuse("mention_ids", f"User {user_id} does not exist or is not active.")


def _check_attachments(fields: Fields) -> None:
    items = fields.given.get("attachments")
    if items is None:
        return
    if not isinstance(items, list):
        fields.refuse("attachments", "Not a valid list.")
        return
    wrong: dict[str, Any] = {}
    for index, item in enumerate(items):
        part = Fields(item if isinstance(item, dict) else {})
        part.require("url", "name", "content_type")
        if str(part.given.get("url") or "http").split(":")[0] not in ("http", "https"):
            part.refuse("url", "Not a valid URL.")
        if part.wrong:
            wrong[str(index)] = part.wrong
    if wrong:
        fields.wrong["attachments"] = wrong


def _refuse_if(wrong: dict[str, Any], msg: str) -> None:
    if wrong:
        raise ApiError(400, msg, wrong)


def _ticket(ticket_id: int) -> Record:
    ticket = desk().store.find("tickets", ticket_id)
    if not ticket:
        raise not_found()
    return ticket


def _message(ticket_id: int, message_id: int) -> Record:
    message = desk().store.find("messages", message_id)
    if not message or message["ticket_id"] != ticket_id:
        raise not_found()
    return message
