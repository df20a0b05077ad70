"""What programs look up beside lines: problem types, and refund claims."""

from __future__ import annotations

from typing import Any

from flask import Response

from widget import problem_types
from widget.problem_types import Board
from widget.web.api import finding
from widget.web.api.door import operation, reply
from widget.web.api.schemas import ClaimsSchema, PageSchema, TypeFilterSchema, TypesSchema

TYPES, CLAIMS = TypesSchema(), ClaimsSchema()


@operation("GET", "/types", scope="types:read", query=TypeFilterSchema(), answer=TYPES)
def types_GET(query: dict[str, Any]) -> Response:
    """List problem types

    What a new line can be about, per board, in the order of the form.
    """
    boards = [Board(query["board"])] if "board" in query else list(Board)
    return reply(TYPES.dump({"items": [type_ for board in boards for type_ in problem_types.choices(board)]}))


@operation("GET", "/claims", scope="claims:read", query=PageSchema(), answer=CLAIMS)
def claims_GET(query: dict[str, Any]) -> Response:  # noqa: ARG001 - one page holds all of nothing
    """List refund claims

    There are none yet: claims cannot be requested at the moment. This is how they will look. Nothing files a claim
    here: an approver confirms it in writing, on the desk.
    """
    return finding.listed(CLAIMS, [], None)
