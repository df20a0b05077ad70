"""What is sent to a ticket: notes that join while they wait, and tags."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from widget import outbox, people
from widget.db import db
from widget.notes import Note
from widget.people import Actor, HelpdeskUser
from widget.stores import Helpdesk
from widget.tickets.linking import about
from widget.tickets.tables import Ticket


def join_note(ticket: Ticket, note: Note, *, by: Actor, mention: HelpdeskUser | None = None) -> bool:
    """Add to the ticket's last note while that still waits untouched and fits; whether it did."""
    waiting = outbox.untouched_tail(ticket.lane)
    if waiting is None or waiting.kind != "gorgias.note":
        return False
    joined = Note.from_parts(waiting.payload["parts"]).joined_with(note)
    if joined is None:
        return False
    outbox.amend(waiting, _note_payload(ticket, joined, by, mention))
    return True


def post_note(ticket: Ticket, note: Note, *, by: Actor, mention: HelpdeskUser | None = None) -> None:
    """Queue an internal note."""
    outbox.enqueue(
        "gorgias.note",
        lane=ticket.lane,
        account=ticket.helpdesk.account,
        payload=_note_payload(ticket, note, by, mention),
        external_id=outbox.new_external_id(),
    )


def notes_about(order_id: int, line: str) -> list[outbox.Message]:
    """The notes posted, or waiting to be posted, about a line of an order, oldest first. For staff only."""
    return list(
        db.session.scalars(
            select(outbox.Message)
            .where(
                outbox.Message.lane.in_([ticket.lane for ticket in about(order_id)]),
                outbox.Message.kind == "gorgias.note",
                outbox.Message.payload["parts"]["line"].as_string() == line,
            )
            .order_by(outbox.Message.id)
        )
    )


def drop_leavers(message: outbox.Message, helpdesk: Helpdesk) -> None:
    """Take out of a waiting note whoever is no user of the helpdesk any more: Gorgias would refuse it for ever."""
    body = dict(message.payload.get("message", {}))
    named = {*body.get("mention_ids", []), body.get("sender", {}).get("id")}
    active = people.active_ids(helpdesk.id, named)
    if body.get("sender") and body["sender"]["id"] not in active and helpdesk.api_user_id:
        body["sender"] = {"id": helpdesk.api_user_id}
    if "mention_ids" in body:
        body["mention_ids"] = [gorgias_id for gorgias_id in body["mention_ids"] if gorgias_id in active]
    outbox.amend(message, {**message.payload, "message": body})


def keep_tags(ticket: Ticket, wanted: set[str]) -> None:
    """Queue what makes the ticket carry exactly these of our tags; nothing when it already does."""
    had = set(ticket.tags.split(",")) - {""}
    if wanted == had:
        return
    outbox.enqueue(
        "gorgias.tags",
        lane=ticket.lane,
        account=ticket.helpdesk.account,
        payload={"ticket_id": ticket.gorgias_id, "add": sorted(wanted), "remove": sorted(had - wanted)},
    )
    ticket.tags = ",".join(sorted(wanted))


def _note_payload(ticket: Ticket, note: Note, by: Actor, mention: HelpdeskUser | None) -> dict[str, Any]:
    sender = by.gorgias_id or ticket.helpdesk.api_user_id
    message: dict[str, Any] = {
        "channel": "internal-note",
        "via": "api",
        "from_agent": True,
        "public": False,
        "body_text": note.text(),
        "body_html": note.html(),
    }
    if sender:
        message["sender"] = {"id": sender}
    if mention is not None:
        message["mention_ids"] = [mention.gorgias_id]
    return {"ticket_id": ticket.gorgias_id, "message": message, "parts": note.parts()}
