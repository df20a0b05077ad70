"""Who else has a line open, and what somebody changed on it since it was shown. Pages ask every twenty seconds."""

from __future__ import annotations

import re

from flask import g, make_response, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from widget import presence
from widget.db import db
from widget.history import Change
from widget.people import Person
from widget.problems import Problem
from widget.web import visible
from widget.web.lines.door import bp
from widget.web.lines.way import Way


@bp.post("/lines/<reference>/looking")
def looking_POST(reference: str) -> Response:
    """Say that the person has the line open, and hear who else has. Raises NotFound."""
    line = visible.get_line(g.person, reference)
    shown = request.form.get("version", "")
    news = _find_news(line, g.person, int(shown)) if re.fullmatch(r"[0-9]{1,9}", shown, re.ASCII) else None
    presence.see(line, g.person)
    words = render_template(
        "lines/others.html",
        line=line,
        others=presence.others(line, g.person),
        news=news,
        way=Way.read(request.form),
    )
    db.session.commit()
    return make_response(words)


def _find_news(line: Problem, person: Person, shown: int) -> Change | None:
    """The newest change of somebody else that was not there yet when the line was shown."""
    if line.version <= shown:
        return None
    query = select(Change).where(
        Change.subject == "problem",
        Change.subject_id == line.id,
        Change.version > shown,
        Change.actor_email != person.email,
    )
    return db.session.scalar(query.order_by(Change.id.desc()).limit(1))
