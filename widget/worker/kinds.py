"""What each kind of message does at its vendor, and what follows from it in our own store.

A new kind is a function or two and a line in KINDS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app

from widget import orders, problems, refunds, tickets
from widget.clients.gorgias import FoundTicket, Gorgias, ReadMessage, gone
from widget.config import Config
from widget.errors import Outcome, ServiceError
from widget.outbox import Report, Step
from widget.pictures.storage import Missing, Storage
from widget.tickets import Candidate, Place
from widget.worker.searching import Found, find_ticket


@dataclass(frozen=True)
class Tools:
    """What a step is done with: the account's client, and the files of pictures."""

    gorgias: Gorgias
    pictures: Storage


@dataclass(frozen=True)
class Kind:
    """How to send a message, how to find and remove its copies, and what follows when it was done.

    A kind without `find` may be sent again without looking: doing it twice is the same as doing it once. `send`
    returns the vendor's id, or what else it answered. `then` runs in the transaction that settles the step, may run
    again for the same message, and never calls a vendor.
    """

    send: Callable[[Tools, Step], Any]
    find: Callable[[Tools, Step], list[int]] | None = None
    remove: Callable[[Tools, Step, int], None] | None = None
    then: Callable[[Step, Report], None] | None = None


def send_note(tools: Tools, step: Step) -> int:
    """Payload: ticket_id, message (the finished body)."""
    gorgias, ticket_id = tools.gorgias, step.payload["ticket_id"]
    try:
        return gorgias.post_note(ticket_id, step.payload["message"], _mark(step))
    except ServiceError as error:
        raise _explained(gorgias, ticket_id, error) from error


def find_note(tools: Tools, step: Step) -> list[int]:
    """The ticket's messages that carry our mark."""
    return tools.gorgias.find_note(step.payload["ticket_id"], _mark(step), step.since)


def remove_note(tools: Tools, step: Step, message_id: int) -> None:
    """Delete one copy for good."""
    tools.gorgias.delete_message(step.payload["ticket_id"], message_id)


def upload_picture(tools: Tools, step: Step) -> dict[str, Any]:
    """Payload: picture (file, name, content_type), for (the mark of the note it goes along with)."""
    picture = step.payload["picture"]
    try:
        content = tools.pictures.get(picture["file"])
    except Missing as error:
        raise ServiceError(Outcome.NEVER, "The picture's file is gone; its note goes out without it.") from error
    return tools.gorgias.upload(picture["name"], content, picture["content_type"])


def hang_on_note(step: Step, report: Report) -> None:
    """The note waits behind its pictures in the same lane."""
    tickets.attach(step.payload["for"], report.answer)


def search_ticket(tools: Tools, step: Step) -> Found:
    """Payload: order_id, order_name, customer_ids (of the closed tickets we know)."""
    return find_ticket(tools.gorgias, step.payload["order_name"], step.payload["customer_ids"])


def take_found(step: Step, report: Report) -> None:
    """Link the one ticket, offer several, or have one opened."""
    order, found = orders.get(step.payload["order_id"]), report.answer
    if found.certain is not None:
        problems.ticket_found(order, found.certain.id, found.certain.customer_id, where="search")
    elif found.candidates:
        tickets.offer(order, [_candidate(ticket) for ticket in found.candidates])
    else:
        problems.no_ticket_found(order, found.customer_id)


def open_ticket(tools: Tools, step: Step) -> int:
    """Payload: order_id, customer_id, ticket (the finished body), message (the note it begins with)."""
    ticket = {**step.payload["ticket"], "messages": [step.payload["message"]]}
    return tools.gorgias.open_ticket(ticket, _mark(step))


def find_opened(tools: Tools, step: Step) -> list[int]:
    """The tickets that carry our mark."""
    return tools.gorgias.find_tickets(_mark(step))


def remove_opened(tools: Tools, _step: Step, ticket_id: int) -> None:
    """Into the bin, where an admin of the helpdesk can still look at it."""
    tools.gorgias.trash_ticket(ticket_id)


def take_opened(step: Step, report: Report) -> None:
    """The order has a ticket now."""
    tags = [tag["name"] for tag in step.payload["ticket"]["tags"]]
    order = orders.get(step.payload["order_id"])
    problems.ticket_found(order, int(report.ids[0]), step.payload["customer_id"], where="opened", tags=tags)


def read_notes(tools: Tools, step: Step) -> list[refunds.Note]:
    """Payload: look, claim, ticket_id, since. What was written there; nothing in a ticket that is gone."""
    try:
        read = tools.gorgias.read_messages(step.payload["ticket_id"], datetime.fromisoformat(step.payload["since"]))
    except ServiceError as error:
        if error.outcome is not Outcome.NEVER:
            raise
        return []
    return [_note(message) for message in read]


def take_notes(step: Step, report: Report) -> None:
    """Confirm the claim, or keep why not."""
    claim, home = refunds.take(step.payload["claim"])
    config: Config = current_app.extensions["config"]
    place = Place(home, config.public_url)
    refunds.take_notes(step.payload["look"], claim, report.answer, at=place, days=config.confirmation_days)


def change_tags(tools: Tools, step: Step) -> None:
    """Payload: ticket_id, add and remove (lists of names, either may be missing)."""
    gorgias = tools.gorgias
    ticket_id, add, remove = step.payload["ticket_id"], step.payload.get("add"), step.payload.get("remove")
    try:
        if add:
            gorgias.add_tags(ticket_id, add)
        if remove:
            gorgias.remove_tags(ticket_id, remove)
    except ServiceError as error:
        raise _explained(gorgias, ticket_id, error) from error


KINDS: dict[str, Kind] = {
    "gorgias.note": Kind(send=send_note, find=find_note, remove=remove_note),
    "gorgias.tags": Kind(send=change_tags),
    "gorgias.upload": Kind(send=upload_picture, then=hang_on_note),
    "gorgias.read_notes": Kind(send=read_notes, then=take_notes),
    "gorgias.find_ticket": Kind(send=search_ticket, then=take_found),
    "gorgias.ticket": Kind(send=open_ticket, find=find_opened, remove=remove_opened, then=take_opened),
}
LOOKED_UP_KINDS = frozenset(name for name, kind in KINDS.items() if kind.find)


def _mark(step: Step) -> str:
    if not step.external_id:
        raise ValueError(f"{step.kind} needs an external_id")
    return step.external_id


def _note(message: ReadMessage) -> refunds.Note:
    return refunds.Note(
        id=message.id,
        ticket=message.ticket_id,
        at=message.at,
        sender=message.sender_id,
        channel=message.channel,
        via=message.via,
        is_from_agent=message.from_agent,
        is_public=message.public,
        is_marked=bool(message.external_id),
        text=message.text,
    )


def _candidate(ticket: FoundTicket) -> Candidate:
    return Candidate(ticket.id, ticket.customer_id, ticket.subject, ticket.channel, ticket.updated_at)


def _explained(gorgias: Gorgias, ticket_id: int, error: ServiceError) -> ServiceError:
    """A 404 may be about the ticket; one look tells."""
    if error.status != 404:
        return error
    try:
        ticket = gorgias.get_ticket(ticket_id)
    except ServiceError as about_ticket:
        return gone(ticket_id) if about_ticket.status == 404 else error
    return gone(ticket_id) if ticket.get("id") not in (None, ticket_id) else error
