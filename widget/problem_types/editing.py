"""What admins do to the lists: add, change, order, archive, restore. Nothing is deleted, for old lines keep their type.

All in the caller's transaction.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from widget.errors import Refused
from widget.people import Actor
from widget.problem_types.boards import list_of, list_with
from widget.problem_types.tables import Board, ProblemType

DAYS = range(1, 100)
LONGEST_TAG = 60
TAG_SIGNS = re.compile(r"[^\W_][\w -]*")


class Wanted(NamedTuple):
    """How a type is to be. `remind_after` counts working days of the side whose turn it is."""

    name_en: str
    name_zh: str
    needs_picture: bool = False
    text_en: str = ""
    text_zh: str = ""
    reminds: bool = True
    remind_after: int = 2
    gorgias_tag: str = ""


def add(board: Board, wanted: Wanted, *, by: Actor, reserved: tuple[str, ...] = ()) -> ProblemType:
    """A new type, above "other". `reserved` are tags with a meaning of their own. Raises Refused."""
    _check(wanted, reserved)
    return list_of(board).add(wanted, by=by)


def change(type_id: int, wanted: Wanted, *, by: Actor, shown: int, reserved: tuple[str, ...] = ()) -> set[str]:
    """Which fields differ from what they were. Raises Refused, NotFound, and Outdated for an old version."""
    listed = list_with(type_id)
    _check(wanted, reserved)
    return listed.change(type_id, wanted, by=by, shown=shown)


def move(type_id: int, before: int | None, *, by: Actor) -> ProblemType:
    """Put a type before another one of its board; None: last. "Other" stays below whatever happens."""
    return list_with(type_id).move(type_id, before, by=by)


def archive(type_id: int, *, by: Actor) -> ProblemType:
    """Nobody can choose it any more; lines that have it keep it. Done already is fine. Raises Refused for "other"."""
    return list_with(type_id).archive(type_id, by=by)


def restore(type_id: int, *, by: Actor) -> ProblemType:
    """It can be chosen again, where it stood. Done already is fine."""
    return list_with(type_id).restore(type_id, by=by)


def _check(wanted: Wanted, reserved: tuple[str, ...]) -> None:
    if wanted.remind_after not in DAYS:
        raise Refused("Reminders come after 1 to 99 working days.")
    tag = wanted.gorgias_tag
    if tag and (len(tag) > LONGEST_TAG or not TAG_SIGNS.fullmatch(tag)):
        raise Refused("A tag has letters, digits, blanks, - and _, and at most 60 of them.")
    if tag.casefold() in {taken.casefold() for taken in reserved}:
        raise Refused("The tag “{tag}” already says something else. Choose another one.", tag=tag)
