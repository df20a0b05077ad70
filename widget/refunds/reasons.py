"""Why money is wanted back, as admins list it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, select

from widget.db import db
from widget.errors import NotFound
from widget.refunds.tables import ClaimReason

# Gorgias shows the first ten values of a dropdown, split at semicolons.
MOST_IN_A_DROPDOWN = 10
SEPARATOR = ";"
_LISTED = (ClaimReason.is_other, ClaimReason.position, ClaimReason.id)


def choices() -> list[ClaimReason]:
    """What a new claim can give as its reason, in the order of the form."""
    return list(db.session.scalars(select(ClaimReason).where(ClaimReason.archived_at.is_(None)).order_by(*_LISTED)))


def all_reasons() -> list[ClaimReason]:
    """Those that can be chosen, and after them the archived ones, which old claims keep."""
    return list(db.session.scalars(select(ClaimReason).order_by(ClaimReason.archived_at.is_not(None), *_LISTED)))


def get_reason(code: str) -> ClaimReason:
    """One that can be chosen, by its code. Raises NotFound."""
    return _one(ClaimReason.code == code, code)


def get_reason_by_name(name: str) -> ClaimReason:
    """One that can be chosen, by its English name, however it is capitalised. Raises NotFound."""
    return _one(func.lower(ClaimReason.name_en) == name.strip().lower(), name)


def dropdown(connection: Connection) -> str:
    """The choices of Gorgias's dropdown. One query."""
    query = select(ClaimReason.name_en).where(ClaimReason.archived_at.is_(None)).order_by(*_LISTED)
    names = list(connection.scalars(query))
    # "Other" is last in the list and stays in a dropdown that is too short for it.
    return SEPARATOR.join(names if len(names) <= MOST_IN_A_DROPDOWN else [*names[: MOST_IN_A_DROPDOWN - 1], names[-1]])


def _one(is_it: ColumnElement[bool], named: str) -> ClaimReason:
    found = db.session.scalar(select(ClaimReason).where(is_it, ClaimReason.archived_at.is_(None)))
    if found is None:
        raise NotFound("There is no reason “{name}” in the list.", name=named[:80])
    return found
