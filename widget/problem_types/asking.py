"""What can be chosen, in the order of the admins: all of it on our pages, ten at most in Gorgias's dropdown."""

from __future__ import annotations

from sqlalchemy import Connection, select

from widget.db import db
from widget.edited_lists import find_by_name, in_order
from widget.errors import NotFound
from widget.problem_types.boards import WORDS, list_of
from widget.problem_types.tables import Board, ProblemType


def choices(board: Board) -> list[ProblemType]:
    """What can be chosen now, "other" always last."""
    return list_of(board).choices()


def listed() -> dict[Board, list[ProblemType]]:
    """Every type of both boards, in order; the archived ones last. One query."""
    found: dict[Board, list[ProblemType]] = {board: [] for board in Board}
    for type_ in db.session.scalars(select(ProblemType).order_by(*in_order(ProblemType))):
        found[Board(type_.board)].append(type_)
    return found


def get(type_id: int) -> ProblemType:
    """By id, archived ones too. Raises NotFound."""
    type_ = db.session.get(ProblemType, type_id)
    if type_ is None:
        raise WORDS.unknown()
    return type_


def get_by_name(board: Board, name: str) -> ProblemType:
    """The type an agent chose in a dropdown. Raises NotFound naming what can be chosen."""
    listed = choices(board)
    found = find_by_name(listed, name)
    if found is None:
        raise NotFound("Choose one of: {choices}.", choices=", ".join(choice.name_en for choice in listed))
    return found


def dropdown(connection: Connection, board: Board) -> str:
    """The choices as Gorgias's dropdown takes them."""
    return list_of(board).dropdown(connection)


def names(connection: Connection) -> dict[int, str]:
    """What every type is called, archived ones too: old lines still have them."""
    return {row.id: row.name_en for row in connection.execute(select(ProblemType.id, ProblemType.name_en))}
