"""What a request says, read strictly: one JSON object, each name once, nothing that the description does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from flask import request
from marshmallow import RAISE, Schema, ValidationError, fields
from werkzeug.exceptions import RequestEntityTooLarge

from widget.web.api.refusals import RequestRefused
from widget.web.typed import clean

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
DEEPEST = 5


class Strict(Schema):
    """What a request may say; whatever else it says is refused by name."""

    class Meta:
        unknown = RAISE


class Words(fields.String):
    """Something written, at most so many characters as sent; kept without signs that no store keeps."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        longest = self.metadata["maxLength"]
        if len(text) > longest:
            raise ValidationError(f"At most {longest} characters.")
        text = clean(text)
        if not text and self.metadata.get("minLength"):
            raise ValidationError("There is nothing to read in it.")
        return text


class Flag(fields.Boolean):
    """true or false and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Has to be true or false.")
        return value


class Count(fields.Integer):
    """A whole number in an address, in plain digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", str(value), re.ASCII):
            raise ValidationError("Has to be a whole number.")
        return int(value)


class Moment(fields.DateTime):
    """A moment with its zone, as RFC 3339 writes it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        try:
            if MOMENT.fullmatch(str(value)):
                return datetime.fromisoformat(str(value).upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValidationError("Has to be a moment with its zone, like 2026-11-23T14:05:00Z.")

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def query(schema: Schema) -> dict[str, Any]:
    """What stands behind the question mark. Raises RequestRefused."""
    twice = sorted(name for name, values in request.args.lists() if len(values) > 1)
    if twice:
        refuse("query", {name: ["Can be there only once."] for name in twice})
    return load(schema, request.args.to_dict(), "query")


def body(schema: Schema) -> dict[str, Any]:
    """The JSON object that was sent. Raises RequestRefused."""
    if request.mimetype != "application/json":
        raise RequestRefused("not-json", "Send the body as Content-Type: application/json.")
    try:
        sent = json.loads(_sent(), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise RequestRefused("bad-request", "The body is nested too deeply.") from None
    except ValueError as error:
        raise RequestRefused("bad-request", f"The body is not JSON that can be read: {error}") from None
    if not isinstance(sent, dict):
        refuse("body", {"": ["Has to be one JSON object."]})
    if _depth(sent) > DEEPEST:
        raise RequestRefused("bad-request", "The body is nested too deeply.")
    return load(schema, sent, "body")


def load(schema: Schema, sent: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What was sent, and means something. Raises RequestRefused that names all that does not."""
    try:
        return dict(schema.load(sent))
    except ValidationError as error:
        refuse(place, error.normalized_messages())  # type: ignore[no-untyped-call]


def refuse(place: str, wrong: Mapping[str, Any]) -> NoReturn:
    """Raises RequestRefused: sentences by the name of what they are about, in the `body`, `query` or a `header`."""
    errors = [
        {"in": place, "name": "" if name == "_schema" else str(name)[:200], "detail": " ".join(map(str, words))}
        for name, words in wrong.items()
    ]
    names = ", ".join(error["name"] for error in errors if error["name"])
    raise RequestRefused("invalid", f"Not right: {names}." if names else errors[0]["detail"], errors=errors)


def _sent() -> bytes:
    """The whole body. Of one that does not say how long it is only as much is read as is allowed, without a word."""
    sent = request.get_data()
    if request.content_length is None and len(sent) >= (request.max_content_length or 0):
        raise RequestEntityTooLarge
    return sent


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"“{twice[:60]}” is there twice.")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON.")


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0
