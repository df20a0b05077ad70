"""Gorgias's REST API: plain values in, plain values out. https://developers.gorgias.com/reference

Known about all of it: basic authentication with e-mail and API key; 40 calls in 20 seconds; errors are
{"error": {"msg": …, "data": {field: [what is wrong]}}}; lists come in pages of at most 100 with a cursor;
there is no idempotency key anywhere. Every method raises ServiceError.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from widget.clients.http import Answer, Caller, Line, Part, Timeouts
from widget.errors import Outcome, ServiceError

PAGE = 100
PAGES_AT_MOST = 50
# A page of a hundred messages carries whole mails with everything they quote.
LIST_BYTES = 16_000_000
# Of one message; what is longer is a pasted log or an attack on whoever looks through it.
LONGEST_TEXT = 50_000
NOTE = "internal-note"
LABEL = "file"

DEFAULT_TIMEOUTS = Timeouts()

KEY_ADVICE = {
    401: "Gorgias does not accept our e-mail and API key (401). Make a new key in Gorgias and store it with:"
    " flask helpdesk add.",
    402: "Gorgias says that the account's subscription is not paid (402). Settle it there; what waits goes out then.",
    403: "Gorgias forbids this to the user of our API key (403). Give that user the admin role, or store another"
    " user's key with: flask helpdesk add.",
}


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


T = TypeVar("T", bound=FoundTicket)


class Gorgias:
    """One Gorgias account."""

    def __init__(
        self,
        url: str,
        email: str,
        api_key: str,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        *,
        line: Line | None = None,
        before_call: Callable[[], float | None] | None = None,
    ) -> None:
        self._caller = Caller(
            "Gorgias",
            f"{url}/api",
            auth=(email, api_key),
            timeouts=timeouts,
            explain=explain,
            line=line,
            before_call=before_call,
        )

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
                here = _as_id(message.get("ticket_id")) in (None, ticket_id)
                if here and message.get("external_id") == external_id:
                    found.add(_as_id(message.get("id")))
            if _ends_before(page, since):
                break
        return sorted(number for number in found if number is not None)

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
        ticket = _as_ticket(item, ReadTicket, texts=_texts_of(item))
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
        return _as_tickets(answer.data if isinstance(answer.data, list) else self._data_in(answer))

    def tickets_of_customer(self, customer_id: int, limit: int = 50) -> list[FoundTicket]:
        """The customer's tickets that changed last, open and closed: the list has no filter for that. Without
        `trashed` it has those in the trash too. https://developers.gorgias.com/reference/list-tickets
        """
        query = {"customer_id": customer_id, "order_by": "updated_datetime:desc", "trashed": "false", "limit": limit}
        answer = self._call("GET", "/tickets", query=query, at_most=LIST_BYTES)
        # Believe no filter: one customer's news must never be told in a ticket of another.
        return [ticket for ticket in _as_tickets(self._data_in(answer)) if ticket.customer_id == customer_id]

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
        numbers = {_as_id(item.get("id")) for item in ours if not item.get("trashed_datetime")}
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
        return _as_attachment(kept, Part(name, content, content_type))

    def me(self) -> dict[str, Any]:
        """The user the API key belongs to: id 0 stands for him."""
        return self._object(self._call("GET", "/users/0"))

    def list_users(self) -> list[dict[str, Any]]:
        """All users, as gorgias_id, email, name, active. E-mails come in the case they were typed in."""
        users = []
        for user in self._items("/users", {"limit": PAGE}):
            number = _as_id(user.get("id"))
            if number is not None:
                email, name = str(user.get("email") or ""), str(user.get("name") or "")
                active = user.get("active") is not False and not user.get("deactivated_datetime")
                users.append({"gorgias_id": number, "email": email, "name": name, "active": active})
        return users

    def list_integrations(self) -> list[dict[str, Any]]:
        """Our kind of integrations; `http` is the only type the filter knows."""
        return list(self._items("/integrations", {"type": "http", "limit": PAGE}))

    def get_integration(self, integration_id: int) -> dict[str, Any]:
        """One integration; `deactivated_datetime` is set after 100 failures in a row."""
        return self._object(self._call("GET", f"/integrations/{integration_id}"))

    def create_integration(self, integration: Mapping[str, Any]) -> dict[str, Any]:
        """Create one. Needs an admin's key."""
        return self._object(self._call("POST", "/integrations", body=integration))

    def update_integration(self, integration_id: int, integration: Mapping[str, Any]) -> dict[str, Any]:
        """Update one: needs `name`, and `url` inside `http`; `deactivated_datetime: null` switches it on again."""
        return self._object(self._call("PUT", f"/integrations/{integration_id}", body=integration))

    def list_widgets(self) -> list[dict[str, Any]]:
        """All widgets; ours is the one with our integration's id."""
        return list(self._items("/widgets", {"limit": PAGE}))

    def get_widget(self, widget_id: int) -> dict[str, Any]:
        """One widget."""
        return self._object(self._call("GET", f"/widgets/{widget_id}"))

    def create_widget(self, widget: Mapping[str, Any]) -> dict[str, Any]:
        """Create one; `template.type` must be `wrapper`."""
        return self._object(self._call("POST", "/widgets", body=widget))

    def update_widget(self, widget_id: int, widget: Mapping[str, Any]) -> dict[str, Any]:
        """Replace one: PUT is not partial here."""
        return self._object(self._call("PUT", f"/widgets/{widget_id}", body=widget))

    def list_tags(self, search: str = "") -> list[dict[str, Any]]:
        """Tags, those that match `search` first to last by name."""
        return list(self._items("/tags", {"limit": PAGE, **({"search": search} if search else {})}))

    def create_tag(self, name: str) -> dict[str, Any]:
        """Create a tag (1-256 characters, case-sensitive). Whether adding an unknown name to a ticket creates it is
        not documented, so it is created beforehand."""
        return self._object(self._call("POST", "/tags", body={"name": name}))

    def _call(self, method: str, path: str, **details: Any) -> Answer:
        return self._caller.call(method, path, **details)

    def _items(self, path: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for page in self._pages(path, query):
            yield from page

    def _pages(self, path: str, query: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        cursor: str | None = None
        for _ in range(PAGES_AT_MOST):
            page = self._call(
                "GET", path, query={**query, **({"cursor": cursor} if cursor else {})}, at_most=LIST_BYTES
            )
            data = self._data_in(page)
            yield [item for item in data if isinstance(item, dict)]
            meta = page.data.get("meta")
            cursor = meta.get("next_cursor") if isinstance(meta, dict) else None
            if not cursor or not data:
                return
        raise self._caller.unreadable(f"the list has more than {PAGES_AT_MOST} pages")

    def _object(self, answer: Answer) -> dict[str, Any]:
        if not isinstance(answer.data, dict):
            raise self._caller.unreadable("with no object")
        return answer.data

    def _data_in(self, page: Answer) -> list[Any]:
        data = page.data.get("data") if isinstance(page.data, dict) else None
        if not isinstance(data, list):
            raise self._caller.unreadable("the list has no data")
        return data

    def _id_in(self, answer: Answer, of_what: str) -> int:
        number = _as_id(self._object(answer).get("id"))
        if number is None:
            raise self._caller.unreadable(f"{of_what} has no id")
        return number


def explain(status: int, data: Any) -> str:
    """A sentence for the person who looks at a message that did not go out."""
    said = _error_in(data)
    if status in KEY_ADVICE:
        return KEY_ADVICE[status]
    if 300 <= status < 400:
        return f"Gorgias lives at another address ({status}). Correct the helpdesk's --url with: flask helpdesk add."
    if status == 429:
        return "Gorgias asked us to slow down (429); it goes on by itself."
    if status >= 500:
        return f"Gorgias had trouble of its own ({status})."
    return f"Gorgias refused it ({status}): {said or 'without saying why.'}"


def gone(ticket_id: int) -> ServiceError:
    """A ticket that answers 404 to everything."""
    return ServiceError(
        Outcome.NEVER,
        f"Ticket {ticket_id} is not in Gorgias any more: it was deleted, or merged into another ticket (404).",
        status=404,
    )


def _error_in(data: Any) -> str:
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return ""
    fields = error.get("data")
    wrong = [f"{name}: {_words(what)}" for name, what in fields.items()] if isinstance(fields, dict) else []
    said = "; ".join(part.rstrip(".") for part in (_words(error.get("msg")), *wrong) if part)
    return f"{said}." if said else ""


def _words(value: Any, depth: int = 3) -> str:
    if depth and isinstance(value, list):
        return ", ".join(_words(item, depth - 1) for item in value)
    if depth and isinstance(value, dict):
        return ", ".join(f"{name}: {_words(item, depth - 1)}" for name, item in value.items())
    return str(value) if isinstance(value, (str, int, float)) else ""


def _ends_before(page: list[dict[str, Any]], since: datetime) -> bool:
    """Whether a page, newest first as asked for, reaches back far enough."""
    times = [_moment(message.get("created_datetime")) for message in page[:1] + page[-1:]]
    first, last = times if len(times) == 2 else (None, None)
    return first is not None and last is not None and first >= last and last < since


def _as_tickets(items: list[Any]) -> list[FoundTicket]:
    tickets = [_as_ticket(item, FoundTicket) for item in items if isinstance(item, dict)]
    return [ticket for ticket in tickets if ticket is not None]


def _as_ticket(item: dict[str, Any], kind: type[T], **more: Any) -> T | None:
    """None for one without a usable id."""
    number, customer = _as_id(item.get("id")), item.get("customer")
    if number is None:
        return None
    return kind(
        id=number,
        customer_id=_as_id(customer.get("id") if isinstance(customer, dict) else None) or 0,
        subject=_text(item.get("subject")),
        is_open=item.get("status") == "open" and not item.get("spam") and not item.get("trashed_datetime"),
        updated_at=_moment(item.get("updated_datetime")),
        channel=_text(item.get("channel")),
        **more,
    )


def _texts_of(item: dict[str, Any]) -> tuple[str, ...]:
    """The subject and the messages, without notes: those tell what we or the agents wrote about, not whose it is."""
    messages = item.get("messages")
    said = [m for m in messages if isinstance(m, dict) and not _is_note(m)] if isinstance(messages, list) else []
    texts = [_text(item.get("subject")), *(_body_of(message) for message in said)]
    return tuple(text[:LONGEST_TEXT] for text in texts if text)


def _is_note(message: dict[str, Any]) -> bool:
    return NOTE in (message.get("channel"), message.get("via"))


def _body_of(message: dict[str, Any]) -> str:
    for key in ("body_text", "stripped_text"):
        if _text(message.get(key)).strip():
            return _text(message[key])
    # A space for each tag, so that two cells of a table do not become one word.
    return html.unescape(re.sub(r"<[^<>]*>", " ", _text(message.get("body_html")))).strip()


def _as_attachment(kept: dict[str, Any], sent: Part) -> dict[str, Any]:
    # The label all our files have would tell nobody which picture it is.
    name = kept.get("name") if kept.get("name") != LABEL else None
    return {
        "url": kept["url"],
        "name": _text(name) or sent.name,
        "content_type": _text(kept.get("content_type")) or sent.content_type,
        "size": _as_id(kept.get("size")) or len(sent.content),
        "public": False,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _as_id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _moment(value: Any) -> datetime | None:
    """Datetimes come with and without an offset; without one they are UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
