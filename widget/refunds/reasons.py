"""Why money is wanted back, as admins list it, and what is said when something about that list is refused."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from widget.db import db
from widget.edited_lists import EditedList, Words, find_by_name, in_order
from widget.errors import NotFound, Refused
from widget.refunds.moves import OPEN
from widget.refunds.tables import Claim, ClaimReason

REASONS = EditedList(
    ClaimReason,
    "claim_reason",
    "reason",
    Words(
        unknown=lambda: NotFound("There is no such reason."),
        without_names=lambda: Refused("A reason has a name in both languages, at most 60 characters each."),
        semicolon=lambda: Refused("A name cannot have a semicolon in it: Gorgias would read two reasons."),
        taken=lambda name: Refused("There is already a reason “{name}”.", name=name),
        taken_by_archived=lambda name: Refused("“{name}” is among the archived reasons. Restore that one.", name=name),
        other_stays=lambda name: Refused(
            "“{name}” cannot be archived: it is for all claims that fit no other reason.", name=name
        ),
    ),
)


def choices() -> list[ClaimReason]:
    """What a new claim can give as its reason, in the order of the form."""
    return REASONS.choices()


def all_reasons() -> list[ClaimReason]:
    """Those that can be chosen, and after them the archived ones, which old claims keep."""
    return list(db.session.scalars(select(ClaimReason).order_by(*in_order(ClaimReason))))


def get_reason(code: str) -> ClaimReason:
    """One that can be chosen, by its code. Raises NotFound."""
    return _known(next((reason for reason in choices() if reason.code == code), None), code)


def get_reason_by_id(reason_id: int) -> ClaimReason:
    """By id, archived ones too. Raises NotFound."""
    reason = db.session.get(ClaimReason, reason_id)
    if reason is None:
        raise REASONS.words.unknown()
    return reason


def get_reason_by_name(name: str) -> ClaimReason:
    """One that can be chosen, by its name in either language, however it is capitalised. Raises NotFound."""
    return _known(find_by_name(choices(), name), name)


def dropdown(connection: Connection) -> str:
    """The choices as Gorgias's dropdown takes them. One query."""
    return REASONS.dropdown(connection)


def open_claims_by_reason() -> dict[int, int]:
    """How many claims that are not over have each reason, by its id. One query."""
    query = select(Claim.reason_id, func.count()).where(Claim.state.in_(sorted(OPEN))).group_by(Claim.reason_id)
    return dict(db.session.execute(query).all())


def _known(found: ClaimReason | None, named: str) -> ClaimReason:
    if found is None:
        raise NotFound("There is no reason “{name}” in the list.", name=named[:80])
    return found
