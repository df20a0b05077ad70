"""What is sent to a ticket: notes that join while they wait, and tags."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from widget import outbox, people
from widget.db import db
from widget.notes import Note, Sentence
from widget.orders import Order
from widget.people import Actor, HelpdeskUser, Side
from widget.stores import Helpdesk
from widget.tickets.linking import about, lane_of
from widget.tickets.tables import Ticket


def join_note(ticket: Ticket, note: Note, *, by: Actor, mention: HelpdeskUser | None = None) -> bool:
    """Add to the ticket's last note while that still waits untouched and fits; whether it did."""
    waiting = outbox.untouched_tail(ticket.lane)
    if waiting is None or waiting.kind != "gorgias.note":
        return False
    joined = Note.from_parts(waiting.payload["parts"]).joined_with(note)
    if joined is None:
        return False
    payload = finished(ticket.helpdesk, joined, by, mention.gorgias_id if mention else None)
    outbox.amend(waiting, {"ticket_id": ticket.gorgias_id, **payload})
    return True


def post_note(
    ticket: Ticket, note: Note, *, by: Actor, mention: HelpdeskUser | None = None, wait: timedelta = outbox.NO_WAIT
) -> None:
    """Queue an internal note, and before it the pictures that go along."""
    post_finished(ticket, finished(ticket.helpdesk, note, by, mention.gorgias_id if mention else None), wait)


def post_finished(ticket: Ticket, payload: dict[str, Any], wait: timedelta = outbox.NO_WAIT) -> None:
    """Queue a note that was finished before its ticket was known."""
    mark = outbox.new_external_id()
    upload_for(mark, payload, lane=ticket.lane, account=ticket.helpdesk.account)
    outbox.enqueue(
        "gorgias.note",
        lane=ticket.lane,
        account=ticket.helpdesk.account,
        payload={"ticket_id": ticket.gorgias_id, **payload},
        external_id=mark,
        wait=wait,
    )


def upload_for(mark: str, payload: dict[str, Any], *, lane: str, account: str) -> None:
    """Queue the pictures of a finished note, which goes out behind them in the same lane as `mark`."""
    for picture in payload["parts"].get("pictures", ()):
        outbox.enqueue("gorgias.upload", lane=lane, account=account, payload={"picture": picture, "for": mark})


def attach(mark: str, attachment: dict[str, Any]) -> None:
    """Hang an uploaded picture on the note it goes along with. One that went out without it stays as it is."""
    message = outbox.find_message(mark)
    if message is None:
        return
    body = dict(message.payload["message"])
    body["attachments"] = [*body.get("attachments", ()), attachment]
    outbox.amend(message, {**message.payload, "message": body})


def take_back(ticket: Ticket, line: str, told: Sentence, *, by: Actor) -> bool:
    """Withdraw the note that still waits to tell what somebody just did to a line; whether there was one."""
    for waiting in outbox.untouched(ticket.lane, "gorgias.note"):
        if Note.from_parts(waiting.payload["parts"]).tells_only(told, line, by.email):
            outbox.withdraw(waiting)
            return True
    return False


def notes_about(order: Order, line: str) -> list[outbox.Message]:
    """The notes posted, or waiting to be posted, about a line of an order, oldest first. For staff only.

    One that begins a ticket of its own is among them.
    """
    return list(
        db.session.scalars(
            select(outbox.Message)
            .where(
                outbox.Message.lane.in_([lane_of(order), *(ticket.lane for ticket in about(order.id))]),
                outbox.Message.kind.in_(("gorgias.note", "gorgias.ticket")),
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


def finished(helpdesk: Helpdesk, note: Note, by: Actor, mention: int | None) -> dict[str, Any]:
    """A note as it is sent, without the ticket it goes to. `mention` is the id of the Gorgias user it tags."""
    sender = _sender(helpdesk, by)
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
        message["mention_ids"] = [mention]
    return {"message": message, "parts": note.parts()}


def _sender(helpdesk: Helpdesk, by: Actor) -> int | None:
    """In whose name a note stands: the agent's own where he is a user of the helpdesk, the API user's otherwise."""
    if by.gorgias_id or by.side == Side.SUPPLIER:
        return by.gorgias_id or helpdesk.api_user_id
    user = people.find_user(helpdesk.id, by.email)
    return user.gorgias_id if user else helpdesk.api_user_id
