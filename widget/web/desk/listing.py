"""The lists of the desk: one view of one board, with all that stands around it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import g, make_response, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from widget import people, problem_types, problems, saved_views, tickets
from widget.db import db, utcnow
from widget.people import Supplier
from widget.problem_types import Board
from widget.stores import Store
from widget.web.asked import REFUNDS
from widget.web.desk import claims
from widget.web.desk.door import bp
from widget.web.desk.shown import Listed, Shown, count, fetch_shown, read_page
from widget.web.desk.wanted import ALL, MINE, Wanted
from widget.web.searched import REFERENCE

LATELY = timedelta(hours=24)
# How many lines one press may be about.
MOST_AT_ONCE = 50


@dataclass
class Done:
    """What the press before did to which lines, and what of it was refused: for the message at the top.

    `act` is what was done, `comment` what was typed for the lines that refused it, `name` a view's.
    """

    act: str = ""
    lines: Sequence[Shown] = ()
    refused: Sequence[tuple[str, str]] = ()
    trouble: str = ""
    comment: str = ""
    name: str = ""
    is_silent: bool = False


@dataclass
class Choices:
    """What can be chosen in the filters."""

    stores: Sequence[Store] = ()
    suppliers: Sequence[Supplier] = ()
    types: Mapping[str, Any] = field(default_factory=dict)
    has_own_stores: bool = False


@bp.get("", strict_slashes=False)
def lines_GET() -> Response:
    """One view of one board; only the further lines for a page that asks for more."""
    own_stores = people.stores_looked_after(g.person.id)
    wanted = Wanted.read(request.args, MINE if own_stores else ALL)
    if "HX-Request" in request.headers:
        listed = read_page(g.person, wanted)
        return make_response(render_template("desk/lines.html", wanted=wanted, listed=listed))
    return make_response(list_page(wanted, done=_read_done(request.args)))


def list_page(
    wanted: Wanted, *, typed: Shown | None = None, done: Done | None = None, selected: Collection[int] = ()
) -> str:
    """The page of a view. `typed` is a line that stands in it with what was typed there, wherever it belongs now."""
    listed = read_page(g.person, wanted)
    for shown in listed.lines:
        shown.is_selected = shown.line.id in selected
    if typed is not None:
        _put(typed, listed)
    return render_template(
        "desk/page.html",
        wanted=wanted,
        listed=listed,
        done=done or Done(),
        numbers=count(g.person, wanted),
        claims=claims.read_claims(g.person, wanted) if wanted.board == REFUNDS else None,
        choices=_choices(wanted),
        views=saved_views.views_of(g.person.id),
        digest=problems.digest(utcnow() - LATELY),
        offered=tickets.count_offered(),
    )


def _put(typed: Shown, listed: Listed) -> None:
    places = [place for place, shown in enumerate(listed.lines) if shown.line.id == typed.line.id]
    if places:
        listed.lines[places[0]] = typed
    else:
        listed.lines.insert(0, typed)


def _choices(wanted: Wanted) -> Choices:
    return Choices(
        stores=db.session.scalars(select(Store).order_by(Store.code)).all(),
        suppliers=db.session.scalars(select(Supplier).order_by(Supplier.name)).all(),
        types={}
        if wanted.board == REFUNDS
        else {each.code: each for each in problem_types.choices(Board(wanted.board))},
        has_own_stores=bool(people.stores_looked_after(g.person.id)),
    )


def _read_done(values: Mapping[str, str]) -> Done:
    """From the address that a form led to."""
    numbers = [match[1] for each in values.get("done", "").split(",") if (match := REFERENCE.fullmatch(each))]
    lines = fetch_shown([int(number) for number in numbers[:MOST_AT_ONCE]]) if numbers else ()
    return Done(
        act=values.get("did", "")[:20],
        lines=lines,
        name=values.get("name", "")[: saved_views.LONGEST_NAME],
        is_silent="silent" in values,
    )
