"""Presence: who has a line's page open now, so that two do not answer the same line."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base


class Looking(Base):
    """Somebody of the staff has the page of a line open, as of `seen_at`."""

    __tablename__ = "looking"

    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    seen_at: Mapped[datetime]
