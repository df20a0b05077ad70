"""History: who changed what and when, over everything, to look through and to take away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from sqlalchemy import Select, and_, false, func, or_, select

from widget import calendars
from widget.db import db, utcnow
from widget.history import Change
from widget.web.admin import vocabulary
from widget.web.admin.door import bp
from widget.web.asked import Asked
from widget.web.csv_files import MOST_ROWS, csv_answer
from widget.web.language import gettext as _

PAGE, READ_AT_ONCE = 50, 500
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Wanted(Asked):
    """What was asked for, as it was typed; days are customer service's."""

    who: str = ""
    kind: str = ""
    which: str = ""
    field: str = ""
    since: str = ""
    until: str = ""


@bp.get("/history")
def history_GET() -> str:
    """The newest changes that fit."""
    wanted, zone = Wanted.read(request.args), _zone()
    before = request.args.get("before", type=int)
    before = before if before is not None and 0 < before <= LARGEST_ID else None
    found = list(db.session.scalars(_matching(wanted, zone, before).limit(PAGE + 1)))
    return render_template(
        "admin/history.html",
        wanted=wanted,
        kinds={name: vocabulary.kind(name) for name in vocabulary.KINDS},
        fields=_fields(),
        changes=found[:PAGE],
        names=vocabulary.names(),
        kind=vocabulary.kind,
        label=vocabulary.label,
        before=vocabulary.before,
        zone=zone,
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        is_first=before is None,
    )


@bp.get("/history.csv")
def history_csv_GET() -> Response:
    """The same as a table to take away."""
    wanted, zone = Wanted.read(request.args), _zone()
    header = [_("When (UTC)"), _("Who"), _("E-mail"), _("Kind"), _("Which"), _("What"), _("Before"), _("After")]
    return csv_answer(f"history-{utcnow():%Y-%m-%d}.csv", header, _rows(wanted, zone))


def _zone() -> str:
    """Customer service's: the days people type, and the times they read, are theirs."""
    return calendars.of_customer_service().timezone


def _matching(wanted: Wanted, zone: str, before: int | None) -> Select[Any]:
    query = select(Change).order_by(Change.id.desc())
    if wanted.kind:
        query = query.where(Change.subject == wanted.kind)
    if wanted.field:
        query = query.where(Change.field.in_(_alike(wanted.field)))
    if wanted.who:
        query = query.where(_by(wanted.who))
    if wanted.which:
        means = [
            and_(Change.subject == kind, Change.subject_id.in_(ids)) for kind, ids in vocabulary.called(wanted.which)
        ]
        query = query.where(or_(false(), *means))
    if (since := _midnight(wanted.since, zone)) is not None:
        query = query.where(Change.at >= since)
    if (until := _midnight(wanted.until, zone, days=1)) is not None:
        query = query.where(Change.at < until)
    return query if before is None else query.where(Change.id < before)


def _by(who: str) -> Any:
    """A whole e-mail address is quick to look up; anything else is a part of a name."""
    if "@" in who:
        return Change.actor_email == who.casefold()
    return func.lower(Change.actor).contains(who.lower(), autoescape=True)


def _midnight(typed: str, zone: str, days: int = 0) -> datetime | None:
    """When that day begins, or ends; None for what is no day."""
    try:
        day = date.fromisoformat(typed) + timedelta(days=days)
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _rows(wanted: Wanted, zone: str) -> Iterator[list[object]]:
    """Read some at a time, each where the last ones ended: nothing holds the store while a slow line takes them."""
    names, before = vocabulary.names(), None
    for _round in range(MOST_ROWS // READ_AT_ONCE + 1):
        some = list(db.session.scalars(_matching(wanted, zone, before).limit(READ_AT_ONCE)))
        rows = [_row(change, names) for change in some]
        before = some[-1].id if some else None
        db.session.rollback()
        yield from rows
        if len(some) < READ_AT_ONCE:
            return


def _row(change: Change, names: vocabulary.Names) -> list[object]:
    return [
        f"{change.at:%Y-%m-%d %H:%M:%S}",
        change.actor,
        change.actor_email,
        vocabulary.kind(change.subject),
        names.of(change),
        vocabulary.label(change.field),
        vocabulary.before(change),
        change.new,
    ]


def _fields() -> list[tuple[str, str]]:
    """What may have changed, each word once: the address of a line and of a helpdesk are told apart by their kind."""
    named: dict[str, str] = {}
    for name in vocabulary.FIELDS:
        named.setdefault(vocabulary.label(name), name)
    return sorted(((name, words) for words, name in named.items()), key=lambda pair: pair[1])


def _alike(field: str) -> list[str]:
    """All fields that go by the same word."""
    return [name for name in vocabulary.FIELDS if vocabulary.label(name) == vocabulary.label(field)] or [field]
