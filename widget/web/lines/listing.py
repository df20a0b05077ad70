"""The page of one line: what is known of it, its whole story, and the form to answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from widget import presence, tickets
from widget.db import db
from widget.pictures import Picture
from widget.problems import Problem
from widget.tickets import SearchState, TicketSearch
from widget.web import visible
from widget.web.lines import story
from widget.web.lines.door import bp
from widget.web.lines.story import Event
from widget.web.lines.way import Way

STILL_SEARCHED = {SearchState.SEARCHING, SearchState.OPENING}
# A story that is longer shows its beginning and its end; the rest is folded away.
LONGEST_SHOWN = 24
SHOWN_OF_A_LONG_ONE = 15


class Told(NamedTuple):
    """A story as the page shows it: how it began, what is folded away, and how it went on."""

    beginning: Sequence[Event]
    folded: Sequence[Event]
    end: Sequence[Event]

    @property
    def ticket(self) -> str:
        """The number of the ticket that heard of the line last, if one did."""
        return next((event.ticket for part in reversed(self) for event in reversed(part) if event.ticket), "")


@dataclass(frozen=True)
class Typed:
    """What the form of a line holds beside what is stored, and why it was refused if it was.

    `meanwhile` is what somebody else did, where that was the reason.
    """

    trouble: str = ""
    meanwhile: Event | None = None
    comment: str = ""
    address: str | None = None
    informed: bool | None = None
    is_silent: bool = False
    drafts: Sequence[Picture] = ()


NOTHING = Typed()


@bp.get("/lines/<reference>")
def line_GET(reference: str) -> Response:
    """All about one line."""
    line = visible.get_line(g.person, reference)
    if g.person.supplier_id is not None:
        return redirect(url_for("supplier.line_GET", reference=reference), 303)
    return make_response(page(line, Way.read(request.args)))


def page(line: Problem, way: Way, typed: Typed = NOTHING) -> str:
    """The page of a line, with what was typed on it."""
    before, behind = way.neighbours(g.person, line)
    search = db.session.get(TicketSearch, line.order_id)
    return render_template(
        "lines/line.html",
        line=line,
        way=way,
        typed=typed,
        before=before,
        behind=behind,
        told=_fold(story.of(line)),
        others=presence.others(line, g.person),
        candidates=tickets.candidates_for(line.order_id),
        is_searching=search is not None and search.state in STILL_SEARCHED,
        did=request.args.get("did", "") if request.args.get("done") == line.reference else "",
    )


def _fold(events: Sequence[Event]) -> Told:
    if len(events) <= LONGEST_SHOWN:
        return Told(events, (), ())
    return Told(events[:1], events[1:-SHOWN_OF_A_LONG_ONE], events[-SHOWN_OF_A_LONG_ONE:])
