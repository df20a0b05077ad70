"""Lists that admins edit and everybody chooses from: the problem types of a board, the reasons of refund claims.

An entry has a name in two languages and a place, and "other" stands last whatever happens. Nothing is deleted, for
what has an entry keeps it: archived ones only cannot be chosen any more. Which lists there are, what else their
entries say, and the words in which something is refused belong to the subjects.

All in the caller's transaction. Whoever changes a list has locked all of it, so that of two new entries with one name
the second is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from widget import history, stores
from widget.db import Base, db, utcnow
from widget.errors import NotFound, Refused
from widget.people import Actor

# Gorgias shows the first ten values of a dropdown, split at semicolons.
MOST_IN_A_DROPDOWN = 10
SEPARATOR = ";"
LONGEST_NAME = 60


class Choice(Base):
    """What every entry of such a list has; its table adds what is its own."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_en: Mapped[str]
    name_zh: Mapped[str]
    position: Mapped[int]
    is_other: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    archived_at: Mapped[datetime | None]


C = TypeVar("C", bound=Choice)


class Named(Protocol):
    """How an entry is to be: a named tuple with both names and whatever else its list keeps."""

    @property
    def name_en(self) -> str: ...

    @property
    def name_zh(self) -> str: ...

    def _asdict(self) -> dict[str, Any]: ...


class Words(NamedTuple):
    """What a list says when something is refused: whole sentences of its own, so that the catalogues find them."""

    unknown: Callable[[], NotFound]
    without_names: Callable[[], Refused]
    semicolon: Callable[[], Refused]
    taken: Callable[[str], Refused]
    taken_by_archived: Callable[[str], Refused]
    other_stays: Callable[[str], Refused]


@dataclass(frozen=True)
class EditedList(Generic[C]):
    """One list: the table it is in, what all of its rows there have in common, and what it is called.

    `subject` is the history's word for an entry, `word` the code of one whose name has no Latin letters.
    """

    table: type[C]
    subject: str
    word: str
    words: Words
    common: Mapping[str, str] = field(default_factory=dict)

    def choices(self) -> list[C]:
        """What can be chosen now, "other" always last."""
        return list(db.session.scalars(self._choosable()))

    def dropdown(self, connection: Connection) -> str:
        """The choices as Gorgias's dropdown takes them."""
        return SEPARATOR.join(row.name_en for row in _at_most_ten(connection.execute(self._choosable()).all()))

    def add(self, wanted: Named, *, by: Actor) -> C:
        """A new entry, above "other". Raises Refused."""
        others = self._lock()
        self._check_names(wanted, others)
        position = max((other.position for other in others), default=0) + 1
        code = _new_code(wanted.name_en, others) or _new_code(self.word, others)
        entry = self.table(**self.common, code=code, position=position, version=0, name_en="", name_zh="")
        db.session.add(entry)
        db.session.flush()
        history.change(self.subject, entry, wanted._asdict(), by=(by.name, by.email))
        _settle()
        return entry

    def change(self, entry_id: int, wanted: Named, *, by: Actor, shown: int) -> set[str]:
        """Which fields differ from what they were. Raises Refused, NotFound, and Outdated for an old version."""
        entry, listed = self._lock_one(entry_id)
        history.refuse_outdated(self.subject, entry, shown)
        self._check_names(wanted, [other for other in listed if other is not entry])
        changed = history.change(self.subject, entry, wanted._asdict(), by=(by.name, by.email))
        _settle()
        return set(changed)

    def move(self, entry_id: int, before: int | None, *, by: Actor) -> C:
        """Put an entry before another one; None: last. "Other" stays below whatever happens. Raises Refused."""
        entry, listed = self._lock_one(entry_id)
        if entry.is_other or entry.archived_at is not None:
            raise Refused("“{name}” keeps its place.", name=entry.name_en)
        if before == entry_id:
            return entry
        order = [other for other in listed if not other.is_other and other.archived_at is None]
        old = order.index(entry)
        order.remove(entry)
        places = {other.id: place for place, other in enumerate(order)}
        order.insert(places.get(before or 0, len(order)), entry)
        for place, other in enumerate(order, start=1):
            other.position = place
        if order.index(entry) != old:
            self._record(entry, "position", old + 1, order.index(entry) + 1, by)
        _settle()
        return entry

    def archive(self, entry_id: int, *, by: Actor) -> C:
        """Nobody can choose it any more; what has it keeps it. Done already is fine. Raises Refused for "other"."""
        entry, _listed = self._lock_one(entry_id)
        if entry.is_other:
            raise self.words.other_stays(entry.name_en)
        if entry.archived_at is None:
            self._archived(entry, "no", "yes", by)
        return entry

    def restore(self, entry_id: int, *, by: Actor) -> C:
        """It can be chosen again, where it stood. Done already is fine."""
        entry, _listed = self._lock_one(entry_id)
        if entry.archived_at is not None:
            self._archived(entry, "yes", "no", by)
        return entry

    def _archived(self, entry: C, old: str, new: str, by: Actor) -> None:
        entry.archived_at = utcnow() if new == "yes" else None
        entry.version += 1
        self._record(entry, "archived", old, new, by)
        _settle()

    def _record(self, entry: C, what: str, old: object, new: object, by: Actor) -> None:
        history.record(self.subject, entry.id, what, old, new, by=(by.name, by.email), version=entry.version)

    def _lock(self) -> list[C]:
        """All entries in order, archived ones too.

        Read only after they are locked: whoever waited for the lock would not see what was added meanwhile.
        """
        table = self.table
        db.session.execute(select(table.id).filter_by(**self.common).order_by(table.id).with_for_update())
        query = select(table).filter_by(**self.common).order_by(table.position, table.id)
        return list(db.session.scalars(query.execution_options(populate_existing=True)))

    def _lock_one(self, entry_id: int) -> tuple[C, list[C]]:
        listed = self._lock()
        entry = next((entry for entry in listed if entry.id == entry_id), None)
        if entry is None:
            raise self.words.unknown()
        return entry, listed

    def _choosable(self) -> Select[Any]:
        query = select(self.table).filter_by(**self.common)
        return query.where(self.table.archived_at.is_(None)).order_by(*in_order(self.table))

    def _check_names(self, wanted: Named, others: Iterable[C]) -> None:
        for name in (wanted.name_en, wanted.name_zh):
            if not name or "\n" in name or len(name) > LONGEST_NAME:
                raise self.words.without_names()
            if SEPARATOR in name:
                raise self.words.semicolon()
            twin = find_by_name(others, name)
            if twin is not None:
                taken = self.words.taken if twin.archived_at is None else self.words.taken_by_archived
                raise taken(name)


def in_order(table: type[Choice]) -> tuple[Any, ...]:
    """As people read such a list: "other" is the last that can be chosen, the archived ones follow."""
    return table.archived_at.is_not(None), table.is_other, table.position, table.id


def find_by_name(listed: Iterable[C], name: str) -> C | None:
    """The entry of that name in either language, however it is capitalised."""
    wanted = name.strip().casefold()
    return next((each for each in listed if wanted in (each.name_en.casefold(), each.name_zh.casefold())), None)


def left_out_of_dropdown(listed: Sequence[C]) -> list[C]:
    """Which of a list's choices Gorgias's dropdown has no room for."""
    shown = {choice.id for choice in _at_most_ten(listed)}
    return [choice for choice in listed if choice.id not in shown]


def _at_most_ten(listed: Sequence[Any]) -> list[Any]:
    others = [choice for choice in listed if choice.is_other]
    return [choice for choice in listed if not choice.is_other][: MOST_IN_A_DROPDOWN - len(others)] + others


def _new_code(name: str, others: Iterable[Choice]) -> str:
    """What forms call the entry, whatever its name becomes; empty for a name without Latin letters."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    taken = {other.code for other in others}
    numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(code for code in numbered if code not in taken)


def _settle() -> None:
    db.session.flush()
    stores.catalogue_changed()
