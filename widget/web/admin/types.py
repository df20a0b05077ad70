"""Problem types: one list per board, in the order people choose from."""

from __future__ import annotations

from flask import render_template

from widget import problem_types
from widget.problem_types import Board
from widget.web.admin.door import bp


@bp.get("/types")
def types_GET() -> str:
    """Both lists."""
    return render_template("admin/types.html", lists=[(board, problem_types.choices(board)) for board in Board])
