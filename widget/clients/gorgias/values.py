"""Gorgias's objects as plain values. Nothing is believed: what is missing or of another kind becomes empty."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from widget.clients.http import Part

# Of one message; what is longer is a pasted log or an attack on whoever looks through it.
LONGEST_TEXT = 50_000
NOTE = "internal-note"
LABEL = "file"


@dataclass(frozen=True)
class FoundTicket:
    """A ticket as lists show it. `customer_id` is 0 when it is not known; spam and trash are not open."""

    id: int
    customer_id: int
    subject: str
    is_open: bool
    updated_at: datetime | None
    channel: str


@dataclass(frozen=True)
class ReadTicket(FoundTicket):
    """The same with what people wrote to each other: its subject and its messages, without internal notes."""

    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ReadMessage:
    """A message of a ticket, with what tells who wrote it where. `sender_id` is 0 when it is not known."""

    id: int
    ticket_id: int
    at: datetime | None
    sender_id: int
    channel: str
    via: str
    from_agent: bool
    public: bool
    external_id: str
    text: str = field(repr=False)


T = TypeVar("T", bound=FoundTicket)


def as_tickets(items: list[Any]) -> list[FoundTicket]:
    tickets = [as_ticket(item, FoundTicket) for item in items if isinstance(item, dict)]
    return [ticket for ticket in tickets if ticket is not None]


def as_ticket(item: dict[str, Any], kind: type[T], **more: Any) -> T | None:
    """None for one without a usable id."""
    number, customer = as_id(item.get("id")), item.get("customer")
    if number is None:
        return None
    return kind(
        id=number,
        customer_id=as_id(customer.get("id") if isinstance(customer, dict) else None) or 0,
        subject=as_text(item.get("subject")),
        is_open=item.get("status") == "open" and not item.get("spam") and not item.get("trashed_datetime"),
        updated_at=as_moment(item.get("updated_datetime")),
        channel=as_text(item.get("channel")),
        **more,
    )


def texts_of(item: dict[str, Any]) -> tuple[str, ...]:
    """The subject and the messages, without notes: those tell what we or the agents wrote about, not whose it is."""
    messages = item.get("messages")
    said = [m for m in messages if isinstance(m, dict) and not _is_note(m)] if isinstance(messages, list) else []
    texts = [as_text(item.get("subject")), *(_body_of(message) for message in said)]
    return tuple(text[:LONGEST_TEXT] for text in texts if text)


def as_message(item: dict[str, Any]) -> ReadMessage | None:
    """None for one without a usable id. What is not said to be private counts as public."""
    number, sender = as_id(item.get("id")), item.get("sender")
    if number is None:
        return None
    return ReadMessage(
        id=number,
        ticket_id=as_id(item.get("ticket_id")) or 0,
        at=as_moment(item.get("created_datetime")),
        sender_id=as_id(sender.get("id") if isinstance(sender, dict) else None) or 0,
        channel=as_text(item.get("channel")),
        via=as_text(item.get("via")),
        from_agent=item.get("from_agent") is True,
        public=item.get("public") is not False,
        external_id=as_text(item.get("external_id")),
        text=as_text(item.get("body_text"))[:LONGEST_TEXT],
    )


def _is_note(message: dict[str, Any]) -> bool:
    return NOTE in (message.get("channel"), message.get("via"))


def _body_of(message: dict[str, Any]) -> str:
    for key in ("body_text", "stripped_text"):
        if as_text(message.get(key)).strip():
            return as_text(message[key])
    # A space for each tag, so that two cells of a table do not become one word.
    return html.unescape(re.sub(r"<[^<>]*>", " ", as_text(message.get("body_html")))).strip()


def as_attachment(kept: dict[str, Any], sent: Part) -> dict[str, Any]:
    # The label all our files have would tell nobody which picture it is.
    name = kept.get("name") if kept.get("name") != LABEL else None
    return {
        "url": kept["url"],
        "name": as_text(name) or sent.name,
        "content_type": as_text(kept.get("content_type")) or sent.content_type,
        "size": as_id(kept.get("size")) or len(sent.content),
        "public": False,
    }


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def as_id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def as_moment(value: Any) -> datetime | None:
    """Datetimes come with and without an offset; without one they are UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
