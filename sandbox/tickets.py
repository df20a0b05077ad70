"""Tickets and their messages: how they are made, changed and shown. Checking the input is the doors' work."""

import html
import re
from typing import Any

from sandbox import events, people
from sandbox.store import Record, Store, now, public

NOTE = "internal-note"


def create(store: Store, fields: dict[str, Any], customer: Record, tags: list[int]) -> Record:
    """Makes an empty ticket; its first message follows at once."""
    made = fields.get("created_datetime") or now()
    ticket = {
        "external_id": fields.get("external_id"),
        "subject": fields.get("subject"),
        "channel": fields.get("channel") or "email",
        "via": fields.get("via") or "api",
        "from_agent": bool(fields.get("from_agent")),
        "status": fields.get("status") or "open",
        "priority": fields.get("priority") or "normal",
        "language": fields.get("language"),
        "spam": bool(fields.get("spam")),
        "is_unread": False,
        "excerpt": "",
        "meta": fields.get("meta") or {},
        "custom_fields": fields.get("custom_fields") or [],
        "assignee_team": None,
        "messages_count": 0,
        "created_datetime": made,
        "updated_datetime": made,
        "opened_datetime": None,
        "closed_datetime": fields.get("closed_datetime") or (made if fields.get("status") == "closed" else None),
        "snooze_datetime": fields.get("snooze_datetime"),
        "trashed_datetime": fields.get("trashed_datetime"),
        "last_message_datetime": None,
        "last_received_message_datetime": None,
        "_customer": customer["id"],
        "_talked_at": made,
        "_assignee": (fields.get("assignee_user") or {}).get("id"),
        "_tags": tags,
    }
    store.add("tickets", ticket)
    events.record(store, "ticket-created", "Ticket", ticket["id"])
    return ticket


def add_message(
    store: Store, ticket: Record, fields: dict[str, Any], sender: Record, receiver: Record | None
) -> Record:
    """Adds a message or an internal note and brings the ticket up to date."""
    note = fields["channel"] == NOTE
    made = fields.get("created_datetime") or now()
    body_text, body_html = _bodies(fields)
    message = {
        "ticket_id": ticket["id"],
        "external_id": fields.get("external_id"),
        "message_id": fields.get("message_id"),
        "channel": fields["channel"],
        "via": fields.get("via") or "api",
        "from_agent": bool(fields["from_agent"]),
        "public": not note and fields.get("public", True) is not False,
        "sender": people.as_party(sender),
        "receiver": people.as_party(receiver) if receiver and not note else None,
        "source": _source(fields["channel"], sender, None if note else receiver),
        "subject": fields.get("subject") or ticket["subject"],
        "body_text": body_text,
        "body_html": body_html,
        "stripped_text": body_text,
        "stripped_html": body_html,
        "stripped_signature": None,
        "mention_ids": fields.get("mention_ids") or [],
        "attachments": fields.get("attachments") or [],
        "actions": fields.get("actions") or [],
        "macros": fields.get("macros") or [],
        "meta": fields.get("meta"),
        "headers": fields.get("headers"),
        "integration_id": fields.get("integration_id"),
        "rule_id": None,
        "created_datetime": made,
        "sent_datetime": fields.get("sent_datetime") or made,
        "opened_datetime": None,
        "failed_datetime": None,
        "last_sending_error": None,
    }
    store.add("messages", message)
    _touch(store, ticket, message)
    events.record(store, "ticket-message-created", "Ticket", ticket["id"], data={"message_id": message["id"]})
    return message


def change_message(store: Store, message: Record, fields: dict[str, Any]) -> None:
    """Applies what was given; text and HTML follow each other."""
    kept = ("external_id", "channel", "via", "from_agent", "public", "mention_ids", "attachments", "meta", "subject")
    message.update({key: fields[key] for key in kept if key in fields})
    if "body_text" in fields or "body_html" in fields:
        message["body_text"], message["body_html"] = _bodies(fields)
        message["stripped_text"], message["stripped_html"] = message["body_text"], message["body_html"]
    store.save("messages", message)


def remove_message(store: Store, ticket: Record, message: Record) -> None:
    """Deletes a message for good."""
    store.remove("messages", message["id"])
    ticket["messages_count"] -= 1
    store.save("tickets", ticket)


def remove(store: Store, ticket: Record) -> None:
    """Deletes a ticket with its messages."""
    for message in store.group("messages", ticket["id"]):
        store.remove("messages", message["id"])
    store.remove("tickets", ticket["id"])


def merge(store: Store, source: Record, target: Record) -> None:
    """Moves the messages into another ticket; the source is gone afterwards."""
    for message in store.group("messages", source["id"]):
        store.move("messages", message, target["id"])
        target["messages_count"] += 1
    target["_tags"] += [tag for tag in source["_tags"] if tag not in target["_tags"]]
    changed(store, target)
    store.remove("tickets", source["id"])


def changed(store: Store, ticket: Record) -> None:
    """Saves a ticket somebody changed."""
    ticket["updated_datetime"] = now()
    store.save("tickets", ticket)


def shown(store: Store, ticket: Record, messages: bool = False) -> Record:
    """A ticket as the API answers it: with messages when one is asked for, without in lists."""
    customer = store.find("customers", ticket["_customer"])
    assignee = store.find("users", ticket["_assignee"])
    answer = {
        **public(ticket),
        "uri": f"/api/tickets/{ticket['id']}/",
        "customer": people.customer_shown(customer) if customer else None,
        "assignee_user": people.as_party(assignee) if assignee else None,
        "tags": tags_shown(store, ticket),
    }
    if messages:
        answer["messages"] = [message_shown(message) for message in store.group("messages", ticket["id"])]
    return answer


def tags_shown(store: Store, ticket: Record) -> list[Record]:
    """The ticket's tags in the order they were added."""
    found = [store.find("tags", tag) for tag in ticket["_tags"]]
    return [{key: tag[key] for key in ("id", "name", "decoration")} for tag in found if tag]


def message_shown(message: Record) -> Record:
    """A message as the API answers it."""
    return {**public(message), "uri": f"/api/tickets/{message['ticket_id']}/messages/{message['id']}/"}


def _touch(store: Store, ticket: Record, message: Record) -> None:
    ticket["messages_count"] += 1
    ticket["last_message_datetime"] = message["created_datetime"]
    if message["channel"] != NOTE:
        ticket["_talked_at"] = message["created_datetime"]
        ticket["excerpt"] = " ".join(message["body_text"].split())[:140]
        ticket["is_unread"] = not message["from_agent"]
    if not message["from_agent"]:
        ticket["last_received_message_datetime"] = message["created_datetime"]
    ticket["updated_datetime"] = message["created_datetime"]
    store.save("tickets", ticket)


def _source(channel: str, sender: Record, receiver: Record | None) -> Record:
    to = [{"name": receiver["name"], "address": receiver["email"]}] if receiver else []
    return {
        "type": channel,
        "from": {"name": sender["name"], "address": sender["email"]},
        "to": to,
        "cc": [],
        "bcc": [],
    }


def _bodies(fields: dict[str, Any]) -> tuple[str, str]:
    text, markup = fields.get("body_text"), fields.get("body_html")
    if text is None and markup:
        text = html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br\s*/?>|</p>", "\n", markup))).strip()
    text = text or ""
    return text, markup or "<p>" + html.escape(text, quote=False).replace("\n", "<br>") + "</p>"
