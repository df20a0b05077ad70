"""The same press twice acts once: what was done within the last minute, by whom, with what content.

The window slides, because one that is cut at full minutes leaks at its edge. Callers hold the ticket's lock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base, Id, db, utcnow

WINDOW = timedelta(seconds=60)
KEPT = timedelta(days=1)


class Press(Base):
    """A button press that took effect, and what was answered."""

    __tablename__ = "presses"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(index=True)
    message: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


def fingerprint_of(*parts: object) -> str:
    """One text for agent, action, line and content."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()


def find_answer(fingerprint: str) -> str | None:
    """What the same press was answered within the last minute."""
    found = _find(fingerprint)
    return found.message if found else None


def keep(fingerprint: str, message: str) -> None:
    """Remember a press that took effect."""
    db.session.add(Press(fingerprint=fingerprint, message=message, at=utcnow()))


def once(fingerprint: str, act: Callable[[], str], *, is_past: Callable[[datetime], bool] = lambda _at: False) -> str:
    """Do it, and remember what it answers; or what the same press was answered within the last minute.

    `is_past` tells of a moment whether what was done then may have been undone since: then it is another press.
    """
    known = _find(fingerprint)
    if known is not None and not is_past(known.at):
        return known.message
    answer = act()
    keep(fingerprint, answer)
    return answer


def _find(fingerprint: str) -> Press | None:
    query = select(Press).where(Press.fingerprint == fingerprint, Press.at > utcnow() - WINDOW)
    return db.session.scalar(query.order_by(Press.id.desc()).limit(1))


def forget_old() -> None:
    """Drop what no window reaches any more."""
    db.session.execute(delete(Press).where(Press.at < utcnow() - KEPT))
