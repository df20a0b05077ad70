"""Who changed what, when, old and new. Rows are only ever added; the database refuses anything else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, Index, exists, func, select
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base, Id, db, utcnow
from widget.errors import Refused


class Versioned(Protocol):
    """A row that counts how often it was changed."""

    id: int
    version: int


class Change(Base):
    """One field of one thing, changed once."""

    __tablename__ = "history"
    __table_args__ = (
        Index(None, "subject", "subject_id", "field"),
        Index(None, "subject", "id"),
        Index(None, "actor_email", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    actor_email: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[int] = mapped_column(Id)
    version: Mapped[int]
    field: Mapped[str]
    old: Mapped[str]
    new: Mapped[str]


def record(
    subject: str, subject_id: int, field: str, old: object, new: object, *, by: tuple[str, str], version: int = 0
) -> None:
    """Add one change. `by` is (name, e-mail); `version` the one the thing has after the change."""
    db.session.add(
        Change(
            at=utcnow(),
            actor=by[0],
            actor_email=by[1],
            subject=subject,
            subject_id=subject_id,
            version=version,
            field=field,
            old="" if old is None else str(old),
            new="" if new is None else str(new),
        )
    )


def find_change_since(subject: str, subject_id: int, field: str, version: int, *, not_by: str = "") -> Change | None:
    """The latest change of that field made after the given version was shown, leaving out those of one e-mail."""
    query = select(Change).where(
        Change.subject == subject,
        Change.subject_id == subject_id,
        Change.field == field,
        Change.version > version,
    )
    if not_by:
        query = query.where(Change.actor_email != not_by)
    return db.session.scalar(query.order_by(Change.id.desc()).limit(1))


def changes_since(subject: str, subject_id: int, field: str, version: int, *, not_by: str = "") -> list[Change]:
    """All changes of that field made after the given version was shown, oldest first, but for those of one e-mail."""
    return list(
        db.session.scalars(
            select(Change)
            .where(
                Change.subject == subject,
                Change.subject_id == subject_id,
                Change.field == field,
                Change.version > version,
                Change.actor_email != not_by,
            )
            .order_by(Change.id)
        )
    )


def is_touched_by(
    subject: str, subject_id: ColumnElement[int], email: str, fields: Collection[str]
) -> ColumnElement[bool]:
    """Whether somebody changed a thing in one of these fields: a condition for a query of such things."""
    return exists().where(
        Change.subject == subject,
        Change.subject_id == subject_id,
        Change.field.in_(fields),
        func.lower(Change.actor_email) == email.lower(),
    )


def of(subject: str, subject_id: int) -> list[Change]:
    """Everything that happened to one thing, oldest first."""
    return list(
        db.session.scalars(
            select(Change).where(Change.subject == subject, Change.subject_id == subject_id).order_by(Change.id)
        )
    )


class Outdated(Refused):
    """Somebody changed the thing after it was shown; `changes` are what was changed, oldest first."""

    def __init__(self, changes: Sequence[Change]) -> None:
        told = _late_for(changes)
        super().__init__(told.template, **told.values)
        self.changes = changes


def _late_for(changes: Sequence[Change]) -> Refused:
    """The sentence, written as one that the catalogues hold."""
    if not changes:
        return Refused("This was changed after you opened it.")
    return Refused("{who} changed this on {at}, after you opened it.", who=changes[-1].actor, at=changes[-1].at)


def refuse_outdated(subject: str, thing: Versioned, shown: int, fields: Collection[str] = ()) -> None:
    """Raises Outdated when the thing was changed after the version that somebody was shown.

    With `fields` only changes of those count. A version that has not come yet was shown before a backup was restored.
    """
    if thing.version == shown:
        return
    query = select(Change).where(Change.subject == subject, Change.subject_id == thing.id, Change.version > shown)
    changes = db.session.scalars(query.order_by(Change.id)).all()
    if fields:
        changes = [change for change in changes if change.field in fields]
    if changes or not fields or shown > thing.version:
        raise Outdated(changes)


def change(subject: str, thing: Versioned, wanted: Mapping[str, object], *, by: tuple[str, str]) -> list[str]:
    """Give a thing new values. Those that differ are recorded with the version it has then; their names."""
    differing = [name for name, new in wanted.items() if getattr(thing, name) != new]
    if differing:
        thing.version += 1
    for name in differing:
        old, new = getattr(thing, name), wanted[name]
        setattr(thing, name, new)
        record(subject, thing.id, name, _told(old), _told(new), by=by, version=thing.version)
    return differing


def _told(value: object) -> object:
    return ("yes" if value else "no") if isinstance(value, bool) else value
