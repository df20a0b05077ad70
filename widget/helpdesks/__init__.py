"""Helpdesks at work: how they are set up, what was tested there, and whether Gorgias still calls us.

The tables stand beside those of the stores. `setting_up` is what admins type, `checks` what they ask the worker to do,
`watching` what is known of Gorgias's calls.
"""

from widget.helpdesks.checks import TAKEN_FOR, WANTED_FOR, ask, finish, has_waiting, latest, take
from widget.helpdesks.setting_up import SUBJECT, Box, Wanted, find, get, list_all, save
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
    "REVIVED_AT_MOST",
    "SUBJECT",
    "TAKEN_FOR",
    "WANTED_FOR",
    "WATCHED_EVERY",
    "Box",
    "Wanted",
    "ask",
    "call_failed",
    "called",
    "find",
    "finish",
    "get",
    "has_waiting",
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
