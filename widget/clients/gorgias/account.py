"""How an account is asked, and how its answers and lists are taken apart. What it is asked for lives beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from widget.clients.gorgias.refusals import explain
from widget.clients.gorgias.values import as_id
from widget.clients.http import Answer, Caller, Line, Timeouts

PAGE = 100
PAGES_AT_MOST = 50
# A page of a hundred messages carries whole mails with everything they quote.
LIST_BYTES = 16_000_000

DEFAULT_TIMEOUTS = Timeouts()


class Account:
    """The seam to one Gorgias account; its methods are for the classes that know what to ask for."""

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
        number = as_id(self._object(answer).get("id"))
        if number is None:
            raise self._caller.unreadable(f"{of_what} has no id")
        return number
