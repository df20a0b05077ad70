"""What every resource checks in the same way: required fields, lengths, choices, and one page of a list."""

import base64
from collections.abc import Callable, Iterable
from typing import Any

from flask import request

from sandbox.errors import ApiError
from sandbox.store import Record

CHANNELS = frozenset(
    [
        "aircall",
        "api",
        "chat",
        "contact_form",
        "email",
        "facebook",
        "facebook-mention",
        "facebook-messenger",
        "facebook-recommendations",
        "help-center",
        "instagram-ad-comment",
        "instagram-comment",
        "instagram-direct-message",
        "instagram-mention",
        "internal-note",
        "phone",
        "sms",
        "twitter",
        "twitter-direct-message",
        "whatsapp",
        "yotpo-review",
    ]
)
VIAS = CHANNELS | {
    "form",
    "gorgias_chat",
    "helpdesk",
    "instagram",
    "offline_capture",
    "rule",
    "self_service",
    "shopify",
    "twilio",
    "yotpo",
    "zendesk",
}
MISSING = "Missing data for required field."


class Fields:
    """Collects what is wrong with each field, so that all are named at once."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.wrong: dict[str, Any] = {}

    def refuse(self, field: str, sentence: str) -> None:
        """Names a field and what is wrong with it."""
        self.wrong.setdefault(field, []).append(sentence)

    def require(self, *names: str) -> None:
        """These must be there and not null."""
        for name in names:
            if self.given.get(name) is None:
                self.refuse(name, MISSING)

    def kind(self, name: str, kind: type | tuple[type, ...], called: str) -> None:
        """When given, it is of this kind."""
        value = self.given.get(name)
        strange_bool = isinstance(value, bool) and kind is int
        if value is not None and (not isinstance(value, kind) or strange_bool):
            self.refuse(name, f"Not a valid {called}.")

    def choice(self, name: str, choices: Iterable[str]) -> None:
        """When given, it is one of these."""
        if self.given.get(name) is not None and self.given[name] not in choices:
            self.refuse(name, "Not a valid choice.")

    def length(self, name: str, longest: int) -> None:
        """When given, it is a text no longer than this."""
        value = self.given.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > longest):
            self.refuse(name, f"Longer than maximum length {longest}.")

    def done(self, msg: str) -> None:
        """Raises when anything was refused."""
        if self.wrong:
            raise ApiError(400, msg, self.wrong)


def page(records: list[Record], show: Callable[[Record], Record], order: Iterable[str], default: str) -> dict[str, Any]:
    """One page as the API answers it; `order` names the attributes a list may be sorted by."""
    limit = _limit()
    records = _sorted(records, request.args.get("order_by") or default, order)
    start = _position(records, request.args.get("cursor"))
    end = start + limit
    meta = {
        "prev_cursor": _cursor(records, max(0, start - limit)) if start else None,
        "next_cursor": _cursor(records, end) if end < len(records) else None,
    }
    shown = [show(record) for record in records[start:end]]
    return {"data": shown, "object": "list", "uri": request.full_path.rstrip("?"), "meta": meta}


def number(name: str) -> int | None:
    """An integer from the query string."""
    text = request.args.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise ApiError(400, "Invalid query string.", {name: ["Not a valid integer."]})
    return int(text)


def boolean(name: str) -> bool | None:
    """Yes or no from the query string."""
    text = request.args.get(name)
    if text is None:
        return None
    if text.casefold() not in ("true", "false", "1", "0"):
        raise ApiError(400, "Invalid query string.", {name: ["Not a valid boolean."]})
    return text.casefold() in ("true", "1")


def _limit() -> int:
    limit = number("limit")
    if limit is not None and not 1 <= limit <= 100:
        raise ApiError(400, "Invalid query string.", {"limit": ["Must be between 1 and 100."]})
    return limit or 30


def _sorted(records: list[Record], order_by: str, allowed: Iterable[str]) -> list[Record]:
    for part in reversed(order_by.split(",")):
        attribute, _, direction = part.partition(":")
        if attribute not in allowed or direction not in ("", "asc", "desc"):
            raise ApiError(400, "Invalid query string.", {"order_by": ["Not a valid choice."]})
        records = sorted(records, key=_by(attribute), reverse=direction == "desc")
    return records


def _by(attribute: str) -> Callable[[Record], tuple[Any, int]]:
    def key(record: Record) -> tuple[Any, int]:
        value = record.get(attribute)
        return "" if value is None else value, record["id"]

    return key


def _cursor(records: list[Record], position: int) -> str:
    """Names the record before the page, so that records added meanwhile do not shift it."""
    before = records[position - 1]["id"] if position else 0
    return base64.urlsafe_b64encode(f"{position}:{before}".encode()).decode()


def _position(records: list[Record], cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        position, before = map(int, base64.urlsafe_b64decode(cursor).decode().split(":"))
    except ValueError as error:
        raise ApiError(400, "Invalid query string.", {"cursor": ["Not a valid cursor."]}) from error
    return next((index + 1 for index, record in enumerate(records) if record["id"] == before), position)
