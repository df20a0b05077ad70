"""What each kind of message does at its vendor. A new kind is a function or two and a line in KINDS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from widget.clients.gorgias import Gorgias, gone
from widget.errors import ServiceError
from widget.outbox import Step


@dataclass(frozen=True)
class Kind:
    """How to send a message, and how to find and remove its copies.

    A kind without `find` may be sent again without looking: doing it twice is the same as doing it once.
    All three get the vendor's client and the step; ids are the vendor's.
    """

    send: Callable[[Any, Step], int | None]
    find: Callable[[Any, Step], list[int]] | None = None
    remove: Callable[[Any, Step, int], None] | None = None


def send_note(gorgias: Gorgias, step: Step) -> int:
    """Payload: ticket_id, message (the finished body)."""
    ticket_id = step.payload["ticket_id"]
    try:
        return gorgias.post_note(ticket_id, step.payload["message"], _mark(step))
    except ServiceError as error:
        raise _explained(gorgias, ticket_id, error) from error


def find_note(gorgias: Gorgias, step: Step) -> list[int]:
    """The ticket's messages that carry our mark."""
    return gorgias.find_note(step.payload["ticket_id"], _mark(step), step.since)


def remove_note(gorgias: Gorgias, step: Step, message_id: int) -> None:
    """Delete one copy for good."""
    gorgias.delete_message(step.payload["ticket_id"], message_id)


def change_tags(gorgias: Gorgias, step: Step) -> None:
    """Payload: ticket_id, add and remove (lists of names, either may be missing)."""
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
}
LOOKED_UP_KINDS = frozenset(name for name, kind in KINDS.items() if kind.find)


def _mark(step: Step) -> str:
    if not step.external_id:
        raise ValueError("a note needs an external_id")
    return step.external_id


def _explained(gorgias: Gorgias, ticket_id: int, error: ServiceError) -> ServiceError:
    """A 404 may be about the ticket; one look tells."""
    if error.status != 404:
        return error
    try:
        ticket = gorgias.get_ticket(ticket_id)
    except ServiceError as about_ticket:
        return gone(ticket_id) if about_ticket.status == 404 else error
    return gone(ticket_id) if ticket.get("id") not in (None, ticket_id) else error
