"""What people type, made fit to be kept: for every door that takes text."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

LONGEST_TYPED = 5_000
# Categories of signs nobody sees: blanks, line ends, and what only directs others. Emoji are put together with them.
INVISIBLE = {"Cf", "Zs", "Zl", "Zp", "Cc"}


def clean(text: str) -> str:
    """Typed text without NUL, lone surrogates and other control characters; line ends as \\n.

    Empty when there is nothing to see in it.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return text.strip() if any(unicodedata.category(sign) not in INVISIBLE for sign in text) else ""


class Typed(fields.String):
    """What somebody typed: cleaned of what no store can keep, never empty.

    `missing` is said instead of “Write {what}.” where the reader's language may be another one.
    """

    def __init__(self, what: str, longest: int = LONGEST_TYPED, *, missing: str = "") -> None:
        missing = missing or f"Write {what}."
        super().__init__(
            required=True,
            error_messages={"required": missing},
            validate=[
                validate.Length(min=1, error=missing),
                validate.Length(max=longest, error=f"At most {longest} characters, please."),
            ],
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs))
