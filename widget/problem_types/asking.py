"""What can be chosen, in the order of the admins: all of it on our pages, ten at most in Gorgias's dropdown."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, select

from widget.db import db
from widget.errors import NotFound
from widget.problem_types.tables import MOST_IN_A_DROPDOWN, SEPARATOR, Board, ProblemType


def choices(board: Board) -> list[ProblemType]:
    """What can be chosen now, "other" always last."""
    return list(db.session.scalars(_choosable(board)))


def listed() -> dict[Board, list[ProblemType]]:
    """Every type of both boards, in order; the archived ones last. One query."""
    is_archived = ProblemType.archived_at.is_not(None)
    order = (is_archived, ProblemType.is_other, ProblemType.position, ProblemType.id)
    found: dict[Board, list[ProblemType]] = {board: [] for board in Board}
    for type_ in db.session.scalars(select(ProblemType).order_by(*order)):
        found[Board(type_.board)].append(type_)
    return found


def get(type_id: int) -> ProblemType:
    """By id, archived ones too. Raises NotFound."""
    type_ = db.session.get(ProblemType, type_id)
    if type_ is None:
        raise NotFound("There is no such problem type.")
    return type_


def get_by_name(board: Board, name: str) -> ProblemType:
    """The type an agent chose in a dropdown. Raises NotFound naming what can be chosen."""
    wanted = name.strip().casefold()
    listed = choices(board)
    for choice in listed:
        if wanted in (choice.name_en.casefold(), choice.name_zh.casefold()):
            return choice
    raise NotFound("Choose one of: {choices}.", choices=", ".join(choice.name_en for choice in listed))


def left_out_of_dropdown(listed: list[ProblemType]) -> list[ProblemType]:
    """Which of a board's choices Gorgias's dropdown has no room for."""
    shown = {choice.id for choice in _at_most_ten(listed)}
    return [choice for choice in listed if choice.id not in shown]


def dropdown(connection: Connection, board: Board) -> str:
    """The choices as Gorgias's dropdown takes them."""
    return SEPARATOR.join(row.name_en for row in _at_most_ten(list(connection.execute(_choosable(board)))))


def names(connection: Connection) -> dict[int, str]:
    """What every type is called, archived ones too: old lines still have them."""
    return {row.id: row.name_en for row in connection.execute(select(ProblemType.id, ProblemType.name_en))}


def _choosable(board: Board) -> Select[ProblemType]:
    return (
        select(ProblemType)
        .where(ProblemType.board == board.value, ProblemType.archived_at.is_(None))
        .order_by(ProblemType.is_other, ProblemType.position, ProblemType.id)
    )


def _at_most_ten(listed: list[Any]) -> list[Any]:
    others = [choice for choice in listed if choice.is_other]
    return [choice for choice in listed if not choice.is_other][: MOST_IN_A_DROPDOWN - len(others)] + others
