"""The lists of the supplier's page and the page of one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from flask import g, make_response, render_template, request
from werkzeug.wrappers import Response

from widget.db import db, utcnow
from widget.problem_types import Board
from widget.problems import Problem
from widget.web.asked import REFUNDS
from widget.web.language import N_, ngettext
from widget.web.language import gettext as _
from widget.web.searched import REFERENCE
from widget.web.supplier import claims, reporting
from widget.web.supplier.door import bp
from widget.web.supplier.shown import Shown, count, get_shown, lately, neighbours, read_page
from widget.web.supplier.wanted import Wanted

# Seconds in a unit; the largest that fits at least once tells the time.
DAY, HOUR, MINUTE = 86_400, 3_600, 60


class Done(NamedTuple):
    """What the page before did to a line, for the message at the top."""

    did: str
    line: Problem


@bp.get("", strict_slashes=False)
def lines_GET() -> Response:
    """One view of one board; only the further lines for a page that asks for more."""
    return make_response(list_page(Wanted.read(request.args)))


@bp.get("/lines/<reference>")
def line_GET(reference: str) -> Response:
    """One line with its whole thread."""
    shown = get_shown(g.person, reference, whole=True)
    return make_response(line_page(replace(Wanted.read(request.args), line=reference), shown))


def list_page(wanted: Wanted) -> str:
    """The page of a view, or only more of its lines for a script."""
    listed = read_page(g.person, wanted)
    if "HX-Request" in request.headers:
        return render_template("supplier/lines.html", wanted=wanted, listed=listed)
    return render_template(
        "supplier/page.html",
        wanted=wanted,
        listed=listed,
        numbers=count(g.person),
        claims=claims.read_claims(g.person, wanted) if wanted.board == REFUNDS else None,
        today=claims.today_of(g.person).isoformat(),
        did=request.args.get("did", ""),
        lately=_lately() if wanted.view == "open" and not (wanted.is_filtered or wanted.after) else [],
        report=reporting.form_for(Board(wanted.board)) if wanted.board != REFUNDS else None,
        done=_find_done(request.args),
    )


def line_page(wanted: Wanted, shown: Shown) -> str:
    """The page of one line."""
    wanted = replace(wanted, board=shown.line.board)
    before, behind = neighbours(g.person, wanted, shown.line)
    return render_template(
        "supplier/one.html",
        wanted=wanted,
        shown=shown,
        before=before,
        behind=behind,
        numbers=count(g.person),
        done=_find_done(request.args),
    )


@bp.app_template_filter("lasting")
def lasting(since: datetime) -> str:
    """For how long, in one unit: `5 min`, `3 days`."""
    seconds = max(MINUTE, int((utcnow() - since).total_seconds()))
    if seconds < HOUR:
        return ngettext("%(num)s min", "%(num)s min", seconds // MINUTE)
    if seconds < DAY:
        return ngettext("%(num)s hour", "%(num)s hours", seconds // HOUR)
    return ngettext("%(num)s day", "%(num)s days", seconds // DAY)


def _lately() -> list[str]:
    """What happened since yesterday, as far as anything did."""
    told = lately(g.person)
    words = {"reported": N_("%(count)s new"), "answered": N_("%(count)s answered"), "handled": N_("%(count)s handled")}
    return [_(text, count=getattr(told, name)) for name, text in words.items() if getattr(told, name)]


def _find_done(values: Mapping[str, str]) -> Done | None:
    """From the address that a form led to. Nothing is said of lines of others."""
    told = {"reported": "reported", "added": "added", "done": values.get("did", "")}
    for name, did in told.items():
        match = REFERENCE.fullmatch(values.get(name, ""))
        line = db.session.get(Problem, int(match[1])) if match else None
        if line is not None and line.supplier_id == g.person.supplier_id:
            return Done(did, line)
    return None
