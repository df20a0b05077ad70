"""Problem types: what kind of problem, one list per board, edited by admins, in two languages."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base, db
from widget.errors import NotFound

# Gorgias shows the first ten values of a dropdown, split at semicolons.
MOST_IN_A_DROPDOWN = 10
SEPARATOR = ";"


class Board(StrEnum):
    """Which of the two sheets a problem is on."""

    PROBLEM_SHEET = "problem_sheet"
    PHOTO_ISSUES = "photo_issues"


class ProblemType(Base):
    """One entry of a board's list. Archived ones stay on old lines."""

    __tablename__ = "problem_types"
    __table_args__ = (
        UniqueConstraint("board", "code"),
        CheckConstraint("name_en NOT LIKE '%;%'", name="name_without_semicolon"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    board: Mapped[str]
    code: Mapped[str]
    name_en: Mapped[str]
    name_zh: Mapped[str]
    position: Mapped[int]
    is_other: Mapped[bool] = mapped_column(default=False)
    # What the supplier's form wants beside the words, and what it suggests to write.
    needs_picture: Mapped[bool] = mapped_column(default=False)
    text_en: Mapped[str] = mapped_column(default="")
    text_zh: Mapped[str] = mapped_column(default="")
    # After how many working days of the side whose turn it is; a rule can be switched off without losing it.
    remind_after: Mapped[int] = mapped_column(default=2)
    reminds: Mapped[bool] = mapped_column(default=True)
    # A tag of its own for the order's ticket, beside that of the board.
    gorgias_tag: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    archived_at: Mapped[datetime | None]


def _listed(board: Board) -> Select[ProblemType]:
    return (
        select(ProblemType)
        .where(ProblemType.board == board.value, ProblemType.archived_at.is_(None))
        .order_by(ProblemType.is_other, ProblemType.position, ProblemType.id)
    )


def choices(board: Board) -> list[ProblemType]:
    """What can be chosen now: at most ten, "other" always last."""
    return _at_most_ten(list(db.session.scalars(_listed(board))))


def get_by_name(board: Board, name: str) -> ProblemType:
    """The type an agent chose in a dropdown. Raises NotFound naming what can be chosen."""
    wanted = name.strip().casefold()
    listed = choices(board)
    for choice in listed:
        if wanted in (choice.name_en.casefold(), choice.name_zh.casefold()):
            return choice
    raise NotFound("Choose one of: {choices}.", choices=", ".join(choice.name_en for choice in listed))


def dropdown(connection: Connection, board: Board) -> str:
    """The choices as Gorgias's dropdown takes them."""
    return SEPARATOR.join(row.name_en for row in _at_most_ten(list(connection.execute(_listed(board)))))


def names(connection: Connection) -> dict[int, str]:
    """What every type is called, archived ones too: old lines still have them."""
    return {row.id: row.name_en for row in connection.execute(select(ProblemType.id, ProblemType.name_en))}


def _at_most_ten(listed: list[Any]) -> list[Any]:
    others = [choice for choice in listed if choice.is_other]
    return [choice for choice in listed if not choice.is_other][: MOST_IN_A_DROPDOWN - len(others)] + others
