"""What the forms about a line have in common at every door.

How fields are read, what is said when one is wrong, and what taking back takes back.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from widget import problems
from widget.errors import Refused
from widget.people import Actor
from widget.problems import ChangedMeanwhile, Problem
from widget.tickets import Place
from widget.web import language
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.typed import LONGEST_TYPED, clean

TOO_LONG = N_("At most 5,000 characters, please.")
RELOAD = N_("Reload the page, then press again.")
LARGEST_VERSION = 2**31


class Cleaned(fields.String):
    """What somebody typed, cleaned; nothing is fine."""

    def __init__(self, longest: int = LONGEST_TYPED, too_long: str = TOO_LONG) -> None:
        super().__init__(load_default="", validate=validate.Length(max=longest, error=too_long))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs))


class Version(fields.Integer):
    """Which version of the line the form showed."""

    def __init__(self) -> None:
        in_range = validate.Range(0, LARGEST_VERSION, error=RELOAD)
        super().__init__(load_default=0, validate=in_range, error_messages={"invalid": RELOAD})


def all_wrong(error: ValidationError) -> str:
    """All that was wrong with what was sent, in the reader's language."""
    messages: dict[str, list[str]] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return " ".join(_(str(words)) for each in messages.values() for words in each)


def in_words(error: Refused) -> str:
    """Why something was refused, as a page says it that shows the line as it is now."""
    if isinstance(error, ChangedMeanwhile):
        return _("%(who)s changed this while you had the page open.", who=error.change.actor)
    return language.in_words(error)


def take_back(line: Problem, did: str, *, by: Actor, at: Place, shown: int) -> None:
    """Take back the comment, address or tick that the same person just gave. Raises Refused, ValidationError."""
    if did == "comment":
        problems.undo_comment(line, by=by, at=at)
    elif did == "address":
        problems.undo_address(line, by=by, at=at)
    elif did == "informed":
        problems.undo_informed(line, by=by, at=at, shown=shown)
    else:
        raise ValidationError({"undo": [RELOAD]})
