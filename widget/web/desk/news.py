"""What others changed since a page was opened, for the banner that offers to show it. Asked twice a minute."""

from __future__ import annotations

import re

from flask import Response, g, make_response, render_template, request
from sqlalchemy import func, select

from widget.db import db
from widget.history import Change
from widget.orders import Order
from widget.people import Person
from widget.problems import Problem
from widget.refunds import Claim
from widget.web.asked import REFUNDS
from widget.web.desk.door import bp
from widget.web.desk.shown import is_of_stores
from widget.web.desk.wanted import Wanted


@bp.get("/news")
def news_GET() -> Response:
    """The banner, or 204 while there is nothing to tell."""
    since, wanted = request.args.get("since", ""), Wanted.read(request.args)
    count = count_changed(g.person, wanted, int(since)) if re.fullmatch(r"[0-9]{1,18}", since, re.ASCII) else 0
    if not count:
        return Response(status=204)
    return make_response(render_template("desk/news.html", count=count, wanted=wanted))


def count_changed(person: Person, wanted: Wanted, since: int) -> int:
    """How many lines of a board, or claims, others changed after that row of the history. One query."""
    if wanted.board == REFUNDS:
        return _count_changed_claims(person, wanted, since)
    return (
        db.session.scalar(
            select(func.count(func.distinct(Change.subject_id)))
            .join(Problem, Problem.id == Change.subject_id)
            .join(Order, Order.id == Problem.order_id)
            .where(
                Change.id > since,
                Change.subject == "problem",
                Change.actor_email != person.email,
                Problem.board == wanted.board,
                is_of_stores(person, wanted),
            )
        )
        or 0
    )


def _count_changed_claims(person: Person, wanted: Wanted, since: int) -> int:
    query = (
        select(func.count(func.distinct(Change.subject_id)))
        .join(Claim, Claim.id == Change.subject_id)
        .join(Order, Order.id == Claim.order_id)
        .where(
            Change.id > since,
            Change.subject == "claim",
            Change.actor_email != person.email,
            is_of_stores(person, wanted),
        )
    )
    return db.session.scalar(query) or 0
