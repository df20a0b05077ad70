"""Who changed what, when, old and new. Rows are only ever added; the database refuses anything else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base, Id, db, utcnow


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


def of(subject: str, subject_id: int) -> list[Change]:
    """Everything that happened to one thing, oldest first."""
    return list(
        db.session.scalars(
            select(Change).where(Change.subject == subject, Change.subject_id == subject_id).order_by(Change.id)
        )
    )
