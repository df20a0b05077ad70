"""What is stored of problem types."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from widget.edited_lists import Choice


class Board(StrEnum):
    """Which of the two sheets a problem is on."""

    PROBLEM_SHEET = "problem_sheet"
    PHOTO_ISSUES = "photo_issues"


class ProblemType(Choice):
    """One entry of a board's list. Archived ones stay on old lines."""

    __tablename__ = "problem_types"
    __table_args__ = (
        UniqueConstraint("board", "code"),
        CheckConstraint("name_en NOT LIKE '%;%'", name="name_without_semicolon"),
    )

    board: Mapped[str]
    # What the supplier's form wants beside the words, and what it suggests to write.
    needs_picture: Mapped[bool] = mapped_column(default=False)
    text_en: Mapped[str] = mapped_column(default="")
    text_zh: Mapped[str] = mapped_column(default="")
    # After how many working days of the side whose turn it is; a rule can be switched off without losing it.
    remind_after: Mapped[int] = mapped_column(default=2)
    reminds: Mapped[bool] = mapped_column(default=True)
    # A tag of its own for the order's ticket, beside that of the board.
    gorgias_tag: Mapped[str] = mapped_column(default="")
