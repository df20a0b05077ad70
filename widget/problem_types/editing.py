"""What admins do to the lists: add, change, order, archive, restore. Nothing is deleted, for old lines keep their type.

All in the caller's transaction. Whoever changes a board's list has locked all of it, so that of two new types with
one name the second is refused.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy import select

from widget import history, stores
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.people import Actor
from widget.problem_types.tables import LONGEST_NAME, SEPARATOR, Board, ProblemType

SUBJECT = "problem_type"
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
    others = _lock(board)
    _check(wanted, others, reserved)
    position = max((other.position for other in others), default=0) + 1
    type_ = ProblemType(board=board.value, code=_new_code(wanted.name_en, others), position=position, version=0)
    type_.name_en = type_.name_zh = ""
    db.session.add(type_)
    db.session.flush()
    history.change(SUBJECT, type_, wanted._asdict(), by=(by.name, by.email))
    _settle()
    return type_


def change(type_id: int, wanted: Wanted, *, by: Actor, shown: int, reserved: tuple[str, ...] = ()) -> set[str]:
    """Which fields differ from what they were. Raises Refused, NotFound, and Outdated for an old version."""
    type_, listed = _lock_one(type_id)
    history.refuse_outdated(SUBJECT, type_, shown)
    _check(wanted, [other for other in listed if other is not type_], reserved)
    changed = history.change(SUBJECT, type_, wanted._asdict(), by=(by.name, by.email))
    _settle()
    return set(changed)


def move(type_id: int, before: int | None, *, by: Actor) -> None:
    """Put a type before another one of its board; None: last. "Other" stays below whatever happens."""
    type_, listed = _lock_one(type_id)
    if type_.is_other or type_.archived_at is not None:
        raise Refused("“{name}” keeps its place.", name=type_.name_en)
    if before == type_id:
        return
    order = [other for other in listed if not other.is_other and other.archived_at is None]
    old = order.index(type_)
    order.remove(type_)
    places = {other.id: place for place, other in enumerate(order)}
    order.insert(places.get(before or 0, len(order)), type_)
    for place, other in enumerate(order, start=1):
        other.position = place
    if order.index(type_) != old:
        told = (old + 1, order.index(type_) + 1)
        history.record(SUBJECT, type_.id, "position", *told, by=(by.name, by.email), version=type_.version)
    _settle()


def archive(type_id: int, *, by: Actor) -> ProblemType:
    """Nobody can choose it any more; lines that have it keep it. Done already is fine. Raises Refused for "other"."""
    type_, _listed = _lock_one(type_id)
    if type_.is_other:
        raise Refused("“{name}” cannot be archived: it is for all problems that fit no other type.", name=type_.name_en)
    if type_.archived_at is None:
        _archived(type_, "no", "yes", by)
    return type_


def restore(type_id: int, *, by: Actor) -> ProblemType:
    """It can be chosen again, where it stood before. Done already is fine."""
    type_, _listed = _lock_one(type_id)
    if type_.archived_at is not None:
        _archived(type_, "yes", "no", by)
    return type_


def _archived(type_: ProblemType, old: str, new: str, by: Actor) -> None:
    type_.archived_at = utcnow() if new == "yes" else None
    type_.version += 1
    history.record(SUBJECT, type_.id, "archived", old, new, by=(by.name, by.email), version=type_.version)
    _settle()


def _lock(board: Board) -> list[ProblemType]:
    """All types of a board in order, archived ones too.

    Read only after they are locked: whoever waited for the lock would not see what was added meanwhile.
    """
    on_board = ProblemType.board == board.value
    db.session.execute(select(ProblemType.id).where(on_board).order_by(ProblemType.id).with_for_update())
    query = select(ProblemType).where(on_board).order_by(ProblemType.position, ProblemType.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _lock_one(type_id: int) -> tuple[ProblemType, list[ProblemType]]:
    board = db.session.scalar(select(ProblemType.board).where(ProblemType.id == type_id))
    if board is None:
        raise NotFound("There is no such problem type.")
    listed = _lock(Board(board))
    return next(type_ for type_ in listed if type_.id == type_id), listed


def _check(wanted: Wanted, others: list[ProblemType], reserved: tuple[str, ...]) -> None:
    for name in (wanted.name_en, wanted.name_zh):
        _check_name(name, others)
    if wanted.remind_after not in DAYS:
        raise Refused("Reminders come after 1 to 99 working days.")
    tag = wanted.gorgias_tag
    if tag and (len(tag) > LONGEST_TAG or not TAG_SIGNS.fullmatch(tag)):
        raise Refused("A tag has letters, digits, blanks, - and _, and at most 60 of them.")
    if tag.casefold() in {taken.casefold() for taken in reserved}:
        raise Refused("The tag “{tag}” already says something else. Choose another one.", tag=tag)


def _check_name(name: str, others: list[ProblemType]) -> None:
    if not name or "\n" in name or len(name) > LONGEST_NAME:
        raise Refused("A problem type has a name in both languages, at most 60 characters each.")
    if SEPARATOR in name:
        raise Refused("A name cannot have a semicolon in it: Gorgias would read two types.")
    twin = next(
        (each for each in others if name.casefold() in (each.name_en.casefold(), each.name_zh.casefold())), None
    )
    if twin is None:
        return
    if twin.archived_at is not None:
        raise Refused("“{name}” is among the archived types. Restore that one.", name=name)
    raise Refused("There is already a type “{name}” on this board.", name=name)


def _new_code(name: str, others: list[ProblemType]) -> str:
    """What forms call the type, whatever its name becomes."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "type"
    taken = {other.code for other in others}
    numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(code for code in numbered if code not in taken)


def _settle() -> None:
    db.session.flush()
    stores.catalogue_changed()
