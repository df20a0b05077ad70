"""Whether Gorgias still calls us: counted as it calls, and looked at from time to time.

Gorgias switches an integration off after a hundred failures in a row, and nobody there says so to an agent.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection, or_, select, update

from widget import history
from widget.db import open_reading, utcnow
from widget.helpdesks.setting_up import SUBJECT, get
from widget.stores import Helpdesk

FAILURES_ALLOWED = 100
FAILURES_WORRYING, FAILURES_ALARMING = 10, 50
WATCHED_EVERY = timedelta(minutes=5)
REVIVED_AT_MOST = 3
BY_US = ("Supplier Desk", "")


def called(connection: Connection, helpdesk_id: int) -> None:
    """Gorgias called and was answered well."""
    values = {"called_at": utcnow(), "failures": 0, "failure": ""}
    connection.execute(update(Helpdesk).where(Helpdesk.id == helpdesk_id).values(**values))


def call_failed(connection: Connection, helpdesk_id: int, status: int) -> int | None:
    """Gorgias called and got an error: how many in a row now, None when there is no such helpdesk."""
    counted = (
        update(Helpdesk)
        .where(Helpdesk.id == helpdesk_id)
        .values(failures=Helpdesk.failures + 1, failure=str(status))
        .returning(Helpdesk.failures)
    )
    return connection.execute(counted).scalar()


def to_look_at() -> list[int]:
    """Helpdesks whose integration was not looked at for a while: a cheap read for idle workers."""
    unseen = or_(Helpdesk.looked_at.is_(None), Helpdesk.looked_at < utcnow() - WATCHED_EVERY)
    with open_reading() as connection:
        return list(connection.scalars(select(Helpdesk.id).where(Helpdesk.integration_id.is_not(None), unseen)))


def take_look(helpdesk_id: int) -> bool:
    """Whether the integration is to be looked at now; the caller alone does it this time, once that is committed."""
    helpdesk = get(helpdesk_id, lock=True)
    now = utcnow()
    if helpdesk.looked_at is not None and helpdesk.looked_at >= now - WATCHED_EVERY:
        return False
    helpdesk.looked_at = now
    return True


def looked(helpdesk_id: int, *, is_active: bool | None) -> None:
    """What was seen; None: it could not be seen."""
    get(helpdesk_id).is_active = is_active


def may_revive(helpdesk: Helpdesk, today: date) -> bool:
    """Whether it may be switched on once more: whatever switches it off again and again needs a person."""
    return helpdesk.revived_on != today or helpdesk.revived < REVIVED_AT_MOST


def revived(helpdesk_id: int, today: date) -> None:
    """It was switched on again."""
    helpdesk = get(helpdesk_id, lock=True)
    helpdesk.revived = helpdesk.revived + 1 if helpdesk.revived_on == today else 1
    helpdesk.revived_on, helpdesk.is_active = today, True
    history.record(SUBJECT, helpdesk.id, "integration", "off", "on", by=BY_US, version=helpdesk.version)
