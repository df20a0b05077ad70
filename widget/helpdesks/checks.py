"""Tests of a connection and installations that admins ask for and the worker does: one at a time per helpdesk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from widget.db import db, open_reading, utcnow
from widget.errors import NotFound, Refused
from widget.helpdesks.setting_up import get
from widget.stores import ConnectionCheck

KINDS = ("check", "install")
# A worker that was killed in the middle says nothing more; after this another one begins anew.
TAKEN_FOR = timedelta(minutes=2)
# Whoever asked is no longer waiting, and would not expect it to happen now.
WANTED_FOR = timedelta(hours=1)


def ask(helpdesk_id: int, kind: str, *, by: str) -> ConnectionCheck:
    """Have the worker do it; the one that is asked for already, if there is one. Raises NotFound, and Refused when the
    other kind is just being done.
    """
    if kind not in KINDS:
        raise NotFound("There is no such test.")
    helpdesk = get(helpdesk_id, lock=True)
    under_way = db.session.scalar(
        select(ConnectionCheck).where(ConnectionCheck.helpdesk_id == helpdesk.id, _is_open(utcnow())).limit(1)
    )
    if under_way is None:
        check = ConnectionCheck(helpdesk_id=helpdesk.id, kind=kind, asked_by=by, asked_at=utcnow(), findings=[])
        db.session.add(check)
        db.session.flush()
        return check
    if under_way.kind != kind:
        raise Refused("Something else is being done at this helpdesk just now. Press again when it is finished.")
    return under_way


def latest(helpdesk_id: int) -> ConnectionCheck | None:
    """What was last asked for."""
    return db.session.scalar(
        select(ConnectionCheck)
        .where(ConnectionCheck.helpdesk_id == helpdesk_id)
        .order_by(ConnectionCheck.id.desc())
        .limit(1)
    )


def has_waiting() -> bool:
    """Whether there is anything to take: a cheap read for idle workers."""
    with open_reading() as connection:
        return bool(connection.execute(select(exists().where(_is_due(utcnow())))).scalar())


def take() -> ConnectionCheck | None:
    """The next one to do; the caller alone does it, once this is committed, until TAKEN_FOR is over."""
    now = utcnow()
    due = select(ConnectionCheck).where(_is_due(now)).order_by(ConnectionCheck.id).limit(1)
    check = db.session.scalar(due.with_for_update(skip_locked=True), execution_options={"populate_existing": True})
    if check is not None:
        check.begun_at = now
    return check


def finish(check_id: int, begun_at: datetime, findings: list[dict[str, Any]]) -> bool:
    """Write down what was found; False when somebody else has taken it meanwhile."""
    check = db.session.get(ConnectionCheck, check_id, with_for_update=True, populate_existing=True)
    if check is None or check.begun_at != begun_at or check.done_at is not None:
        return False
    check.findings, check.done_at = findings, utcnow()
    return True


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(ConnectionCheck.done_at.is_(None), ConnectionCheck.asked_at > now - WANTED_FOR)


def _is_due(now: datetime) -> ColumnElement[bool]:
    nobody_has_it = or_(ConnectionCheck.begun_at.is_(None), ConnectionCheck.begun_at < now - TAKEN_FOR)
    return and_(_is_open(now), nobody_has_it)
