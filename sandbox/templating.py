"""`{{path}}` as the helpdesk's browser side renders it, in cards, links and buttons.

A small grammar and nothing more: dotted paths with `[0]` steps, and two filters. What is outside the grammar stays as
it was written. Nothing is encoded for URLs or HTML. The server side has other rules (server_templating.py).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Context = Mapping[str, Any]

_MISSING = object()
_PATH = r"[\w$@-]+(?:\.[\w$@-]+|\[\d+\])*"
_FILTER = r"\|\s*\w+\s*(?:\(\s*(?:\"[^\"]*\"|'[^']*'|[\d.]*)\s*\))?\s*"
_EXPRESSION = re.compile(rf"\{{\{{\s*({_PATH})\s*((?:{_FILTER})*)\}}\}}")
_ONE_FILTER = re.compile(r"\|\s*(\w+)\s*(?:\(\s*(?:\"([^\"]*)\"|'([^']*)'|([\d.]*))\s*\))?")
_VARIABLE = re.compile(r"\$(integrationId|listIndex|appId)")

# moment.js tokens, longest first; text in [brackets] is kept.
_MOMENT = re.compile(r"\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|A|a|Z|X")
_STRFTIME = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "DD": "%d", "D": "%-d",
    "dddd": "%A", "ddd": "%a", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S",
    "s": "%-S", "A": "%p",
}  # fmt: skip


def render(template: str | None, context: Context, *, keep_unresolved: bool = False) -> str:
    """The template with every `{{path}}` filled in. A missing one becomes empty, or stays for the server to fill."""

    def fill(match: re.Match[str]) -> str:
        value, resolved = _filtered(lookup(context, match[1]), match[2])
        if not resolved and keep_unresolved:
            return match[0]
        return as_text(value) if resolved else ""

    return _EXPRESSION.sub(fill, template or "")


def variables(template: str, integration_id: int, list_index: int | None = None, app_id: str | None = None) -> str:
    """`$integrationId`, `$listIndex` and `$appId` replaced; outside of lists the index is `undefined`."""
    values = {"integrationId": integration_id, "listIndex": list_index, "appId": app_id}

    def fill(match: re.Match[str]) -> str:
        value = values[match[1]]
        return "undefined" if value is None else str(value)

    return _VARIABLE.sub(fill, template)


def lookup(context: Context, path: str) -> Any:
    """The value at a dotted path, or a marker that nothing is there."""
    value: Any = context
    for step in re.findall(r"[\w$@-]+", path):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _MISSING
    return value


def as_text(value: Any) -> str:
    """A value as JavaScript turns it into text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ",".join(as_text(item) for item in value)
    return "[object Object]" if isinstance(value, Mapping) else str(value)


def moment(value: Any, tokens: str) -> str:
    """A date in moment.js tokens; what is no date is given back as text."""
    at = parse_date(value)
    if at is None:
        return as_text(value)

    def fill(match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith("["):
            return str(match[1])
        special = {"a": at.strftime("%p").lower(), "Z": "+00:00", "X": str(int(at.timestamp()))}
        return special[token] if token in special else at.strftime(_STRFTIME[token])

    return _MOMENT.sub(fill, tokens)


def parse_date(value: Any) -> datetime | None:
    """An ISO date, a date with time, or seconds since 1970, in UTC; None for anything else."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        at = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _filtered(value: Any, filters: str) -> tuple[Any, bool]:
    resolved = value is not _MISSING and value is not None
    for name, double, single, bare in _ONE_FILTER.findall(filters):
        argument = double or single or bare
        if name == "fallback" and (not resolved or value == ""):
            value, resolved = argument, True
        elif name == "datetime_format" and resolved:
            value = moment(value, argument)
    return value, resolved
