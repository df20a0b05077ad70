"""The three ways things go wrong that are not bugs. Nothing of ours is imported here."""

from __future__ import annotations

from enum import StrEnum


class Refused(Exception):
    """The rules forbid it. The sentence is for the person who reads it and says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotFound(Refused):
    """What was asked for does not exist, or not for this person."""


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
