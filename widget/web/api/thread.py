"""What is on a line: its comments, and what happened to it."""

from __future__ import annotations

from typing import Any

from flask import Response, g
from sqlalchemy import select

from widget import problems
from widget.db import db
from widget.history import Change
from widget.problems import Comment
from widget.web import visible
from widget.web.api import finding, repeating
from widget.web.api.door import address_of, me, operation, reply
from widget.web.api.refusals import RequestRefused
from widget.web.api.schemas import CommentSchema, CommentsSchema, HistorySchema, PageSchema, SayingSchema

COMMENT, COMMENTS, HISTORY = CommentSchema(), CommentsSchema(), HistorySchema()


@operation(
    "GET",
    "/lines/{reference}/comments",
    scope="lines:read",
    query=PageSchema(),
    answer=COMMENTS,
    refusals=frozenset({404}),
)
def comments_GET(reference: str, query: dict[str, Any]) -> Response:
    """List a line's comments

    The oldest first.
    """
    line = finding.get(reference)
    wanted = select(Comment).where(Comment.problem_id == line.id).order_by(Comment.id)
    rows = db.session.scalars(finding.after(wanted, Comment.id, query)).all()
    return finding.listed(COMMENTS, *finding.cut(rows, query["limit"]))


@operation(
    "POST",
    "/lines/{reference}/comments",
    scope="lines:write",
    body=SayingSchema(),
    answer=COMMENT,
    status=201,
    refusals=frozenset({404, 409}),
)
def comments_POST(reference: str, body: dict[str, Any]) -> Response:
    """Comment on a line

    The other side is told, and it is its turn then. A line that is handled takes no comments: reopen it first.
    """
    return repeating.once(body, lambda: _comment(reference, body["text"]))


@operation(
    "GET",
    "/lines/{reference}/history",
    scope="lines:read",
    query=PageSchema(),
    answer=HISTORY,
    refusals=frozenset({404}),
)
def history_GET(reference: str, query: dict[str, Any]) -> Response:
    """List what happened to a line

    The oldest first. Only for staff.
    """
    if not visible.is_staff(g.person):
        raise RequestRefused("not-yours", "Only staff may read the history of a line.")
    line = finding.get(reference)
    wanted = select(Change).where(Change.subject == "problem", Change.subject_id == line.id).order_by(Change.id)
    rows = db.session.scalars(finding.after(wanted, Change.id, query)).all()
    return finding.listed(HISTORY, *finding.cut(rows, query["limit"]))


def _comment(reference: str, words: str) -> Response:
    line, at = finding.take(reference)
    added = problems.comment(line, words, by=me(), at=at)
    return reply(COMMENT.dump(added), 201, Location=address_of(f"/lines/{line.reference}/comments"))
