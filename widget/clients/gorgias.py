"""Gorgias's REST API: plain values in, plain values out. https://developers.gorgias.com/reference

Known about all of it: basic authentication with e-mail and API key; 40 calls in 20 seconds; errors are
{"error": {"msg": …, "data": {field: [what is wrong]}}}; lists come in pages of at most 100 with a cursor;
there is no idempotency key anywhere. Every method raises ServiceError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from widget.clients.http import Answer, Caller, Line, Timeouts
from widget.errors import Outcome, ServiceError

PAGE = 100
PAGES_AT_MOST = 50
# A page of a hundred messages carries whole mails with everything they quote.
LIST_BYTES = 16_000_000

DEFAULT_TIMEOUTS = Timeouts()

KEY_ADVICE = {
    401: "Gorgias does not accept our e-mail and API key (401). Make a new key in Gorgias and store it with:"
    " flask helpdesk add.",
    402: "Gorgias says that the account's subscription is not paid (402). Settle it there; what waits goes out then.",
    403: "Gorgias forbids this to the user of our API key (403). Give that user the admin role, or store another"
    " user's key with: flask helpdesk add.",
}


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
        return self._id_in(answer)

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
            data = page.data.get("data") if isinstance(page.data, dict) else None
            if not isinstance(data, list):
                raise self._caller.unreadable("the list has no data")
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

    def _id_in(self, answer: Answer) -> int:
        number = _as_id(self._object(answer).get("id"))
        if number is None:
            raise self._caller.unreadable("the message has no id")
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
