"""The three ways things go wrong that are not bugs. Nothing of ours is imported here."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any


class Refused(Exception):
    """The rules forbid it. The sentence is for the person who reads it and says what to do.

    `template` is the sentence before its `{values}` are filled in: what a catalogue of another language has. A
    sentence without values is taken as it is. Moments among the values are told in UTC, tuples as alternatives.
    """

    def __init__(self, template: str, **values: object) -> None:
        self.template = template
        self.values = values
        told = {name: _told(value) for name, value in values.items()}
        self.sentence = template.format(**told) if values else template
        super().__init__(self.sentence)

    def plain(self) -> dict[str, Any]:
        """As plain values, for whoever reads the sentence later, in a language of his own."""
        return {"template": self.template, "values": {name: _frozen(value) for name, value in self.values.items()}}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Refused:
        """What plain() told."""
        return cls(plain["template"], **{name: _thawed(value) for name, value in plain["values"].items()})


class NotFound(Refused):
    """What was asked for does not exist, or not for this person."""


def _told(value: object) -> object:
    if isinstance(value, tuple):
        return " or ".join(map(str, value))
    return f"{value:%d %b at %H:%M} UTC" if isinstance(value, datetime) else value


def _frozen(value: object) -> Any:
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    return value if isinstance(value, int) else str(value)


def _thawed(value: Any) -> object:
    return datetime.fromisoformat(value["moment"]) if isinstance(value, dict) else value


class Outcome(StrEnum):
    """What is known after a call to a vendor that did not simply succeed."""

    NOT_DONE = "not_done"
    NEVER = "never"
    KEY_REFUSED = "key_refused"
    UNKNOWN = "unknown"


class ServiceError(Exception):
    """A vendor failed. Raised by clients, seen by the worker and the commands.

    `outcome` says what is known of the effect, `retry_after` how many seconds the vendor asked us to
    wait (None: it did not say). The reason is a sentence a person understands, without secrets in it.
    """

    def __init__(self, outcome: Outcome, reason: str, *, status: int | None = None, retry_after: float | None = None):
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
