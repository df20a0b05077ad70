"""ETag, If-Match and If-None-Match: which state of a line or a claim a program has read. The state is its version."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request
from sqlalchemy import select

from widget.db import db
from widget.history import Change
from widget.problems import Problem
from widget.refunds import Claim
from widget.web.api.refusals import RequestRefused
from widget.web.api.schemas import ChangeSchema

VERSION = re.compile(r'"([0-9]{1,9})"', re.ASCII)
MOST_CHANGES = 20


def etag_of(read: Problem | Claim) -> str:
    """The strong ETag of what is read, as it is now."""
    return f'"{read.version}"'


def is_known(read: Problem | Claim) -> bool:
    """Whether If-None-Match names it as it is now."""
    return "If-None-Match" in request.headers and request.if_none_match.contains_weak(str(read.version))


def not_modified(read: Problem | Claim) -> Response:
    """The answer to a program that has it already."""
    return Response(status=304, headers={"ETag": etag_of(read)})


def wanted_state() -> str:
    """The header If-Match. Raises RequestRefused when it is missing: nobody changes what he has not read."""
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted:
        raise RequestRefused("no-condition", "Send the ETag of the line as you read it in the header If-Match.")
    return wanted


def check(line: Problem, wanted: str) -> None:
    """The line is locked and has to be as it was read. Raises RequestRefused that names what was changed since."""
    if wanted == "*" or etag_of(line) in re.findall(r'(?:W/)?"[^"]*"', wanted):
        return
    changes = _changes_since(line, wanted)
    told = "; ".join(f"{each['field']} by {each['by']}" for each in changes)
    raise RequestRefused(
        "changed",
        f"Changed since: {told}." if told else "If-Match does not name this line as it is now.",
        changes=changes,
        headers={"ETag": etag_of(line)},
    )


def _changes_since(line: Problem, wanted: str) -> list[dict[str, Any]]:
    match = VERSION.fullmatch(wanted)
    if match is None:
        return []
    query = (
        select(Change)
        .where(Change.subject == "problem", Change.subject_id == line.id, Change.version > int(match[1]))
        .order_by(Change.id.desc())
        .limit(MOST_CHANGES)
    )
    changes: list[dict[str, Any]] = ChangeSchema(many=True).dump(list(db.session.scalars(query))[::-1])
    return changes
