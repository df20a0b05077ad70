"""What others changed since a page was opened, for the banner that offers to show it. Asked twice a minute."""

from __future__ import annotations

import re

from flask import Response, g, make_response, render_template, request
from sqlalchemy import func, select

from widget.db import db
from widget.history import Change
from widget.people import Person
from widget.problems import Problem
from widget.web.supplier.door import bp
from widget.web.supplier.wanted import Wanted


@bp.get("/news")
def news_GET() -> Response:
    """The banner, or 204 while there is nothing to tell."""
    since, wanted = request.args.get("since", ""), Wanted.read(request.args)
    count = count_changed(g.person, wanted.board, int(since)) if re.fullmatch(r"[0-9]{1,18}", since, re.ASCII) else 0
    if not count:
        return Response(status=204)
    return make_response(render_template("supplier/news.html", count=count, wanted=wanted))


def count_changed(person: Person, board: str, since: int) -> int:
    """How many of the supplier's lines on a board somebody else changed after that row of the history. One query."""
    return (
        db.session.scalar(
            select(func.count(func.distinct(Change.subject_id)))
            .join(Problem, Problem.id == Change.subject_id)
            .where(
                Change.id > since,
                Change.subject == "problem",
                Change.actor_email != person.email,
                Problem.supplier_id == person.supplier_id,
                Problem.board == board,
            )
        )
        or 0
    )
