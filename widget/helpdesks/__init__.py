"""Helpdesks at work: how they are set up, what was tested there, and whether Gorgias still calls us.

The tables stand beside those of the stores. `setting_up` is what admins type, `checks` what they ask the worker to do,
`watching` what is known of Gorgias's calls.
"""

from widget.helpdesks.checks import KINDS, ask, check_of, finish, has_waiting, latest, take
from widget.helpdesks.setting_up import SUBJECT, Box, Wanted, find, get, known, list_all, save
from widget.helpdesks.watching import (
    FAILURES_ALARMING,
    FAILURES_ALLOWED,
    FAILURES_WORRYING,
    REVIVED_AT_MOST,
    WATCHED_EVERY,
    call_failed,
    called,
    looked,
    may_revive,
    revived,
    take_look,
    to_look_at,
)

__all__ = [
    "FAILURES_ALARMING",
    "FAILURES_ALLOWED",
    "FAILURES_WORRYING",
    "KINDS",
    "REVIVED_AT_MOST",
    "SUBJECT",
    "WATCHED_EVERY",
    "Box",
    "Wanted",
    "ask",
    "call_failed",
    "called",
    "check_of",
    "find",
    "finish",
    "get",
    "has_waiting",
    "known",
    "latest",
    "list_all",
    "looked",
    "may_revive",
    "revived",
    "save",
    "take",
    "take_look",
    "to_look_at",
]
