"""Loads a document of people and tickets. What is there already, by address or external id, stays as it is."""

import mimetypes
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox import people, tags, tickets
from sandbox.store import Record, Store
from sandbox.triggers import Triggers

PHOTOS = Path(__file__).parent / "photos"


def load(store: Store, triggers: Triggers, document: dict[str, Any], base_url: str) -> dict[str, int]:
    """Adds what is missing and counts it, by kind."""
    with store.open():
        if account := document.get("account"):
            _name_account(store, account)
        return {
            "users": sum(_user(store, user) for user in document.get("users") or []),
            "tags": sum(_tag(store, tag) for tag in document.get("tags") or []),
            "customers": sum(_customer(store, customer) for customer in document.get("customers") or []),
            "tickets": sum(_ticket(store, triggers, ticket, base_url) for ticket in document.get("tickets") or []),
        }


def add_message(store: Store, ticket: Record, given: dict[str, Any], base_url: str) -> Record:
    """A message as a document or the control API describes it: from the customer, an agent, or as a note."""
    user = people.user_with_email(store, given.get("user"))
    customer = store.find("customers", ticket["_customer"]) or {}
    note = given.get("from") == "note"
    from_agent = note or given.get("from") == "agent"
    mentioned = [people.user_with_email(store, email) for email in given.get("mentions") or []]
    fields = {
        "channel": tickets.NOTE if note else given.get("channel") or ticket["channel"],
        "via": "helpdesk" if from_agent else ticket["via"],
        "from_agent": from_agent,
        "body_text": given.get("body_text") or "",
        "mention_ids": [each["id"] for each in mentioned if each],
        "attachments": [_attachment(store, item, base_url) for item in given.get("attachments") or []],
        "created_datetime": _ago(given.get("minutes_ago")),
    }
    agent = user or store.all("users")[0]
    return tickets.add_message(store, ticket, fields, *((agent, customer) if from_agent else (customer, agent)))


def _name_account(store: Store, given: dict[str, Any]) -> None:
    account = store.account()
    account.update({key: given[key] for key in ("domain", "name") if key in given})
    store.save("account", account)


def _user(store: Store, given: dict[str, Any]) -> bool:
    known = people.user_with_email(store, given["email"])
    if known:
        if given.get("api_key") and not known["_api_key"]:
            people.change_user(store, known, {"api_key": given["api_key"]})
        return False
    people.add_user(
        store,
        given["email"],
        given.get("name", ""),
        given.get("role", "agent"),
        given.get("active", True),
        given.get("api_key", ""),
    )
    return True


def _tag(store: Store, given: dict[str, Any]) -> bool:
    if tags.named(store, given["name"]):
        return False
    tags.add(store, given["name"], given.get("description"), given.get("color"))
    return True


def _customer(store: Store, given: dict[str, Any]) -> bool:
    if people.find_customer(store, given):
        return False
    people.add_customer(store, given)
    return True


def _ticket(store: Store, triggers: Triggers, given: dict[str, Any], base_url: str) -> bool:
    external_id = given.get("external_id")
    if external_id and any(ticket["external_id"] == external_id for ticket in store.all("tickets")):
        return False
    customer = people.find_customer(store, {"email": given["customer"]})
    if not customer:
        raise ValueError(f"No customer {given['customer']!r} for ticket {given.get('subject')!r}")
    assignee = people.user_with_email(store, given.get("assignee"))
    messages = given.get("messages") or []
    fields = {
        **{key: given.get(key) for key in ("external_id", "subject", "channel", "language", "status", "meta")},
        "via": given.get("channel") or "email",
        "assignee_user": {"id": assignee["id"]} if assignee else None,
        "created_datetime": _ago(messages[0].get("minutes_ago")) if messages else None,
    }
    ticket = tickets.create(store, fields, customer, tags.ensure(store, given.get("tags") or []))
    for message in messages:
        add_message(store, ticket, message, base_url)
    if "unread" in given:
        ticket["is_unread"] = given["unread"]
        store.save("tickets", ticket)
    triggers.fire("ticket-created", ticket)
    return True


def _attachment(store: Store, item: Any, base_url: str) -> dict[str, Any]:
    """One that is described already, or the name of a picture that comes with the demo."""
    if isinstance(item, dict) and "url" in item:
        return item
    file, name = (item["file"], item.get("name")) if isinstance(item, dict) else (item, None)
    content = (PHOTOS / Path(file).name).read_bytes()
    content_type = mimetypes.guess_type(file)[0] or "application/octet-stream"
    name, key = name or Path(file).name, f"demo-{Path(file).stem}"
    store.put_file(key, content_type, content)
    url = f"{base_url}/attachments/{key}/{name}"
    return {"url": url, "name": name, "content_type": content_type, "size": len(content), "public": False}


def _ago(minutes: float | None) -> str | None:
    return None if minutes is None else (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
