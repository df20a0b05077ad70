"""Tickets with their messages, their tags and the files that go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from widget.clients.gorgias.account import LIST_BYTES, PAGE, Account
from widget.clients.gorgias.values import (
    LABEL,
    FoundTicket,
    ReadMessage,
    ReadTicket,
    as_attachment,
    as_id,
    as_message,
    as_moment,
    as_ticket,
    as_tickets,
    texts_of,
)
from widget.clients.http import Part
from widget.errors import ServiceError


class Tickets(Account):
    """What an account knows of its tickets, and what we write there."""

    def post_note(self, ticket_id: int, message: Mapping[str, Any], external_id: str) -> int:
        """Add a finished message to a ticket; its id. `external_id` is stored and shown but not searchable,
        and not unique on their side. https://developers.gorgias.com/reference/create-ticket-message
        """
        answer = self._call("POST", f"/tickets/{ticket_id}/messages", body={**message, "external_id": external_id})
        return self._id_in(answer, "the message")

    def find_note(self, ticket_id: int, external_id: str, since: datetime) -> list[int]:
        """Ids of the ticket's messages with our `external_id`, lowest first, none older than `since`.

        There is no filter by external_id, so the newest pages are read. The list below a ticket is
        deprecated; this one is not. https://developers.gorgias.com/reference/list-messages
        """
        query = {"ticket_id": ticket_id, "order_by": "created_datetime:desc", "limit": PAGE}
        found = set()
        for page in self._pages("/messages", query):
            for message in page:
                # Believe no filter: a message of another ticket must never be taken for ours, or deleted.
                here = as_id(message.get("ticket_id")) in (None, ticket_id)
                if here and message.get("external_id") == external_id:
                    found.add(as_id(message.get("id")))
            if _ends_before(page, since):
                break
        return sorted(number for number in found if number is not None)

    def read_messages(self, ticket_id: int, since: datetime) -> list[ReadMessage]:
        """The ticket's messages and notes since then, the newest first.

        https://developers.gorgias.com/reference/list-messages
        """
        query = {"ticket_id": ticket_id, "order_by": "created_datetime:desc", "limit": PAGE}
        found = []
        for page in self._pages("/messages", query):
            messages = [as_message(item) for item in page]
            # Believe no filter: a note of another ticket says nothing about this one.
            found += [message for message in messages if message is not None and message.ticket_id == ticket_id]
            if _ends_before(page, since):
                break
        return found

    def delete_message(self, ticket_id: int, message_id: int) -> None:
        """Delete for good. One that is gone already is fine (404)."""
        try:
            self._call("DELETE", f"/tickets/{ticket_id}/messages/{message_id}")
        except ServiceError as error:
            if error.status != 404:
                raise

    def add_tags(self, ticket_id: int, names: Sequence[str]) -> None:
        """Add tags by name (case-sensitive), 201 with an empty body. Adding twice adds once."""
        self._call("POST", f"/tickets/{ticket_id}/tags", body={"names": list(names)})

    def remove_tags(self, ticket_id: int, names: Sequence[str]) -> None:
        """Remove tags by name: a DELETE with a body, 204. Tags that are not on the ticket are fine (404)."""
        try:
            self._call("DELETE", f"/tickets/{ticket_id}/tags", body={"names": list(names)})
        except ServiceError as error:
            if error.status != 404:
                raise

    def get_ticket(self, ticket_id: int) -> dict[str, Any]:
        """A ticket with customer, messages, tags. `messages_count` may be out of date; a merged one is gone (404)."""
        return self._object(self._call("GET", f"/tickets/{ticket_id}", at_most=LIST_BYTES))

    def read_ticket(self, ticket_id: int) -> ReadTicket:
        """What people wrote in a ticket. A merged one is gone (404), or answers as the one it was merged into, with
        that one's id. https://developers.gorgias.com/reference/get-ticket
        """
        item = self.get_ticket(ticket_id)
        ticket = as_ticket(item, ReadTicket, texts=texts_of(item))
        if ticket is None:
            raise self._caller.unreadable("the ticket has no id")
        return ticket

    def search_tickets(self, text: str, limit: int = 20) -> list[FoundTicket]:
        """What the helpdesk's own search finds in subjects, messages (notes too) and customers: the first page, as
        ordered there. Open and closed: an empty filter asks for all of them.

        There is no other search for tickets: POST /search knows none, the list has no filter for texts. This one is
        a PUT of a view that is never saved, and it answers with a page or with a bare list.
        https://developers.gorgias.com/reference/update-view-items
        """
        view = {"type": "ticket-list", "search": text, "filters": ""}
        answer = self._call("PUT", "/views/0/items", query={"limit": limit}, body={"view": view}, at_most=LIST_BYTES)
        return as_tickets(answer.data if isinstance(answer.data, list) else self._data_in(answer))

    def tickets_of_customer(self, customer_id: int, limit: int = 50) -> list[FoundTicket]:
        """The customer's tickets that changed last, open and closed: the list has no filter for that. Without
        `trashed` it has those in the trash too. https://developers.gorgias.com/reference/list-tickets
        """
        query = {"customer_id": customer_id, "order_by": "updated_datetime:desc", "trashed": "false", "limit": limit}
        answer = self._call("GET", "/tickets", query=query, at_most=LIST_BYTES)
        # Believe no filter: one customer's news must never be told in a ticket of another.
        return [ticket for ticket in as_tickets(self._data_in(answer)) if ticket.customer_id == customer_id]

    def open_ticket(self, ticket: Mapping[str, Any], external_id: str) -> int:
        """Open a finished ticket; its id. A ticket needs a message; on paper a note alone will do. `external_id`
        becomes its own and its first message's; it is not unique on their side, but find_tickets looks for it.
        https://developers.gorgias.com/reference/create-ticket
        """
        first, *others = ticket["messages"]
        messages = [{**first, "external_id": external_id}, *others]
        body = {**ticket, "external_id": external_id, "messages": messages}
        return self._id_in(self._call("POST", "/tickets", body=body, at_most=LIST_BYTES), "the ticket")

    def find_tickets(self, external_id: str) -> list[int]:
        """Ids of the tickets with our `external_id`, lowest first, without those in the trash (which the list has
        unless told otherwise). https://developers.gorgias.com/reference/list-tickets
        """
        query = {"external_id": external_id, "trashed": "false", "limit": PAGE}
        # Believe no filter: a ticket of somebody else must never be taken for ours, or trashed.
        ours = [item for item in self._items("/tickets", query) if item.get("external_id") == external_id]
        numbers = {as_id(item.get("id")) for item in ours if not item.get("trashed_datetime")}
        return sorted(number for number in numbers if number is not None)

    def trash_ticket(self, ticket_id: int) -> None:
        """Put it into the trash, from where people can take it back. One that is gone already is fine (404).

        PUT is partial, but `tags` would replace all tags. https://developers.gorgias.com/reference/update-ticket
        """
        try:
            self._call(
                "PUT",
                f"/tickets/{ticket_id}",
                body={"trashed_datetime": datetime.now(UTC).isoformat()},
                at_most=LIST_BYTES,
            )
        except ServiceError as error:
            if error.status != 404:
                raise

    def upload(self, name: str, content: bytes, content_type: str) -> dict[str, Any]:
        """Keep a file there; it comes back as an item for a message's `attachments`, not public. A copy that no
        message names is seen by nobody, so doing it twice does no harm.

        The form's field name becomes the file's label; the answer is a list with one item per file, whose `size` is
        a string in the documentation's example. https://developers.gorgias.com/reference (Files)
        """
        files = {LABEL: Part(name, content, content_type)}
        answer = self._call("POST", "/upload", query={"type": "attachment"}, files=files)
        kept = answer.data[0] if isinstance(answer.data, list) and answer.data else None
        if not isinstance(kept, dict) or not str(kept.get("url")).startswith(("https://", "http://")):
            raise self._caller.unreadable("the upload has no address")
        return as_attachment(kept, Part(name, content, content_type))


def _ends_before(page: list[dict[str, Any]], since: datetime) -> bool:
    """Whether a page, newest first as asked for, reaches back far enough."""
    times = [as_moment(message.get("created_datetime")) for message in page[:1] + page[-1:]]
    first, last = times if len(times) == 2 else (None, None)
    return first is not None and last is not None and first >= last and last < since
