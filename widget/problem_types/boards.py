"""Each board's list, and what is said when something about it is refused."""

from __future__ import annotations

from sqlalchemy import select

from widget.db import db
from widget.edited_lists import EditedList, Words
from widget.errors import NotFound, Refused
from widget.problem_types.tables import Board, ProblemType

WORDS = Words(
    unknown=lambda: NotFound("There is no such problem type."),
    without_names=lambda: Refused("A problem type has a name in both languages, at most 60 characters each."),
    semicolon=lambda: Refused("A name cannot have a semicolon in it: Gorgias would read two types."),
    taken=lambda name: Refused("There is already a type “{name}” on this board.", name=name),
    taken_by_archived=lambda name: Refused("“{name}” is among the archived types. Restore that one.", name=name),
    other_stays=lambda name: Refused(
        "“{name}” cannot be archived: it is for all problems that fit no other type.", name=name
    ),
)


def list_of(board: Board) -> EditedList[ProblemType]:
    """The list of that board."""
    return EditedList(ProblemType, "problem_type", "type", WORDS, {"board": board.value})


def list_with(type_id: int) -> EditedList[ProblemType]:
    """The list that has this type. Raises NotFound."""
    board = db.session.scalar(select(ProblemType.board).where(ProblemType.id == type_id))
    if board is None:
        raise WORDS.unknown()
    return list_of(Board(board))
