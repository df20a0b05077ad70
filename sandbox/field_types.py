"""How a field of a card shows its value, type by type. No type shows HTML or a picture."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.store import Record
from sandbox.templating import as_text, moment, parse_date

NOTHING = "-"
URL_SHOWN = 57


def show(kind: str, value: Any) -> Record:
    """What is printed, and where a click on it leads (href), if anywhere."""
    return _KINDS.get(kind, _text)(value)


def _text(value: Any) -> Record:
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return {"text": as_text(value) if plain and value != "" else NOTHING}


def _boolean(value: Any) -> Record:
    if value is None:
        return {"text": NOTHING}
    true = value in ("true", "1") if isinstance(value, str) else not isinstance(value, int | float) or value != 0
    return {"text": "True" if true else "False", "value": true}


def _date(value: Any) -> Record:
    if parse_date(value) is None:
        return _text(value)
    pattern = "D MMM YYYY, HH:mm" if not isinstance(value, str) or len(value) > 10 else "D MMM YYYY"
    return {"text": moment(value, pattern)}


def _age(value: Any) -> Record:
    born = parse_date(value)
    if born is None:
        return _text(value)
    today = datetime.now(UTC)
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return {"text": f"{years} ({moment(value, 'YYYY-MM-DD')})"}


def _array(value: Any) -> Record:
    if not isinstance(value, list):
        return _text(value)
    if any(isinstance(item, dict | list) for item in value):
        return {"text": "Undetermined value"}
    return {"text": ", ".join(as_text(item) if item else NOTHING for item in value) or NOTHING}


def _url(value: Any) -> Record:
    parts = urlsplit(value) if isinstance(value, str) else None
    if not parts or parts.scheme not in ("http", "https") or "." not in parts.netloc.replace("localhost", "."):
        return _text(value)
    shown = value if len(value) <= URL_SHOWN else value[:URL_SHOWN] + "..."
    return {"text": shown, "href": value}


def _email(value: Any) -> Record:
    valid = isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value)
    return {"text": value, "href": f"mailto:{value}"} if valid else _text(value)


def _numeric(form: Callable[[float], str]) -> Callable[[Any], Record]:
    def shown(value: Any) -> Record:
        try:
            return {"text": form(float(value))} if not isinstance(value, bool) else _text(value)
        except (TypeError, ValueError):
            return _text(value)

    return shown


def _stars(value: float) -> str:
    full = max(0, min(5, round(value)))
    return "★" * full + "☆" * (5 - full)


_KINDS: dict[str, Callable[[Any], Record]] = {
    "text": _text,
    "boolean": _boolean,
    "date": _date,
    "age": _age,
    "array": _array,
    "url": _url,
    "email": _email,
    "rating": _numeric(_stars),
    "points": _numeric(lambda value: f"{value:,.0f}" if value.is_integer() else f"{value:,}"),
    "percent": _numeric(lambda value: f"{as_text(value)}%"),
}
