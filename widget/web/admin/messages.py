"""Outgoing messages in the reader's words: what each is, whom it is about, and why it is where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from widget import outgoing
from widget.db import db
from widget.history import Change
from widget.orders import Order
from widget.outbox import Message, State
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.why_unsent import about_refusal

KINDS = {
    "gorgias.note": N_("Note"),
    "gorgias.tags": N_("Tags"),
    "gorgias.upload": N_("Picture"),
    "gorgias.find_ticket": N_("Search for the order's ticket"),
    "gorgias.ticket": N_("New ticket"),
}
STATES = {
    State.QUEUED: N_("Waiting"),
    State.SENDING: N_("On its way"),
    State.UNKNOWN: N_("Being checked"),
    State.PARKED: N_("Not sent"),
    State.SENT: N_("Sent"),
    State.GIVEN_UP: N_("Given up"),
}
LEVELS = {State.PARKED: "bad", State.UNKNOWN: "watch", State.SENT: "good"}


@dataclass(frozen=True)
class Told:
    """One message as the page shows it. `number` is its ticket's, empty for an order without one."""

    id: int
    state: State
    helpdesk_id: int
    kind: str
    number: str
    order: str
    line: str
    text: str
    attempts: int
    reason: str
    todo: str
    made_at: datetime
    next_at: datetime
    done_at: datetime | None
    given_up_by: str = ""
    given_up_at: datetime | None = None

    @property
    def state_words(self) -> str:
        """The state as people call it."""
        return _(STATES[self.state])

    @property
    def level(self) -> str:
        """The colour of its state."""
        return LEVELS.get(self.state, "")


def tell(found: Sequence[tuple[Message, str]]) -> list[Told]:
    """Messages and their reasons, told. Two queries however many there are."""
    orders = _orders([message for message, _reason in found])
    given_up = _given_up([message.id for message, _reason in found if message.state == State.GIVEN_UP])
    return [_told(message, reason, orders, given_up.get(message.id)) for message, reason in found]


def _told(message: Message, reason: str, orders: dict[int, str], change: Change | None) -> Told:
    where = message.lane.rpartition(":")[2]
    order_id = _order_id(message)
    words, todo = about_refusal(reason) if message.state != State.GIVEN_UP else (reason, "")
    account = message.account.rpartition(":")[2]
    return Told(
        id=message.id,
        state=message.state,
        helpdesk_id=int(account) if account.isdecimal() else 0,
        kind=_(KINDS[message.kind]) if message.kind in KINDS else message.kind,
        number=where if where.isdecimal() else "",
        order=message.payload.get("order_name") or (orders.get(order_id, "") if order_id else ""),
        line=(message.payload.get("parts") or {}).get("line", ""),
        text=_text(message),
        attempts=message.attempts,
        reason=words,
        todo=todo,
        made_at=message.created_at,
        next_at=message.next_at,
        done_at=message.done_at,
        given_up_by=change.actor if change else "",
        given_up_at=change.at if change else None,
    )


def _text(message: Message) -> str:
    payload: dict[str, Any] = message.payload
    match message.kind:
        case "gorgias.tags":
            added = [f"+ {tag}" for tag in payload.get("add") or ()]
            return "\n".join([*added, *(f"− {tag}" for tag in payload.get("remove") or ())])
        case "gorgias.upload":
            return str((payload.get("picture") or {}).get("name", ""))
        case "gorgias.ticket":
            subject = (payload.get("ticket") or {}).get("subject", "")
            return f"{subject}\n\n{_body(payload)}".strip()
        case _:
            return _body(payload)


def _body(payload: dict[str, Any]) -> str:
    return str((payload.get("message") or {}).get("body_text", ""))


def _order_id(message: Message) -> int | None:
    """Of what is sent for an order that has no ticket yet."""
    _lane, _sep, number = message.lane.rpartition(":order-")
    return int(number) if _sep and number.isdecimal() else None


def _orders(messages: Sequence[Message]) -> dict[int, str]:
    wanted = {number for message in messages if (number := _order_id(message))}
    if not wanted:
        return {}
    rows = db.session.execute(select(Order.id, Order.name).where(Order.id.in_(wanted)))
    return dict(rows.all())


def _given_up(ids: list[int]) -> dict[int, Change]:
    """Who gave each of them up, the last time."""
    if not ids:
        return {}
    mine = (Change.subject == outgoing.SUBJECT, Change.subject_id.in_(ids), Change.field == "given_up")
    return {change.subject_id: change for change in db.session.scalars(select(Change).where(*mine).order_by(Change.id))}
