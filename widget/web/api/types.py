"""What programs look up beside lines: problem types."""

from __future__ import annotations

from typing import Any

from flask import Response

from widget import problem_types
from widget.problem_types import Board
from widget.web.api.door import operation, reply
from widget.web.api.schemas import TypeFilterSchema, TypesSchema

TYPES = TypesSchema()


@operation("GET", "/types", scope="types:read", query=TypeFilterSchema(), answer=TYPES)
def types_GET(query: dict[str, Any]) -> Response:
    """List problem types

    What a new line can be about, per board, in the order of the form.
    """
    boards = [Board(query["board"])] if "board" in query else list(Board)
    return reply(TYPES.dump({"items": [type_ for board in boards for type_ in problem_types.choices(board)]}))
