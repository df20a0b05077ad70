"""What the widget shows: the open lines of the customer's orders, in words first.

Own store only, a fixed number of queries, and true whatever the strings in the body are. The one thing
written here is which order a ticket speaks of, and only when that is news; if the store is locked just
then, the answer goes out all the same and the next event remembers.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, current_app, g, request
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from widget import orders, problems, tickets
from widget.db import db, is_busy, iso, open_reading, utcnow
from widget.orders import OrderName
from widget.people import Side
from widget.problem_types import Board
from widget.problems import OpenLine
from widget.tickets import Sighting, Ticket
from widget.tokens import ActionToken, ActionTokens
from widget.web.sidebar import catalogue, refund_cards
from widget.web.sidebar.catalogue import Catalogue
from widget.web.sidebar.door import bp, check_secret, open_for_reading, reply

log = logging.getLogger(__name__)

NOTE_CHANNEL = "internal-note"
MOST_NAMES = 20
SHOWN_PER_BOARD = 20
WAITS_FOR: dict[str, str] = {Side.CUSTOMER_SERVICE: "customer service", Side.SUPPLIER: "supplier"}
STATUSES = {"open": True, "closed": False}
NO_ORDER = "No order found in this ticket. If you know the number, press Link order."


@dataclass(frozen=True)
class Event:
    """What Gorgias told us, with every value that is none made empty."""

    ticket_id: int
    customer_id: int
    is_open: bool | None
    subject: str
    text: str


@bp.post("/<int(max=2147483647):helpdesk_id>/widget")
def widget_POST(helpdesk_id: int) -> Response:
    event = read_event(request.get_data(cache=False))
    connection = open_for_reading()
    known = tickets.known(connection, helpdesk_id, event.customer_id, event.ticket_id)
    g.failures = known.failures if known else 0
    if known is None or not g.catalogue.is_current(known):
        g.catalogue = catalogue.read(connection, helpdesk_id)
        check_secret(g.catalogue)
    found = _orders_found(event, g.catalogue)
    seen = known.sightings if known else []
    if not _is_news(event, seen, found):
        return reply(_answer(connection, helpdesk_id, event, seen, list(found)))
    _remember(helpdesk_id, event, found)
    with open_reading() as fresh:
        known = tickets.known(fresh, helpdesk_id, event.customer_id, event.ticket_id)
        return reply(_answer(fresh, helpdesk_id, event, known.sightings if known else [], list(found)))


def read_event(body: bytes) -> Event:
    """The event in a request body. Aborts with 415 or 422 when it is no JSON object."""
    if not request.mimetype.endswith("json"):
        abort(415)
    try:
        data = STRICT_JSON.decode(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        abort(422, "The body is not JSON we can read.")
    if not isinstance(data, dict):
        abort(422, "The body is not a JSON object.")
    is_note = _text(data.get("message_channel")) == NOTE_CHANNEL
    return Event(
        ticket_id=_number(data.get("ticket_id")),
        customer_id=_number(data.get("customer_id")),
        is_open=STATUSES.get(_text(data.get("ticket_status"))),
        subject=_text(data.get("subject")),
        # Our own notes come back here as events, and agents compare orders in theirs.
        text="" if is_note else _text(data.get("message_text")),
    )


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key stands twice")
    return data


def _refuse(constant: str) -> None:
    raise ValueError(constant)


STRICT_JSON = json.JSONDecoder(object_pairs_hook=_each_key_once, parse_constant=_refuse)


def _text(value: object) -> str:
    """A template that found nothing sends an empty text, or Python's word for it."""
    if not isinstance(value, str) or value in ("None", "null", "undefined"):
        return ""
    return value


def _number(value: object) -> int:
    """An id as Gorgias's templates print it; 0 for anything else."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else 0


def _orders_found(event: Event, current: Catalogue) -> dict[OrderName, str]:
    """Order names and where they stand, the subject's first."""
    in_subject = dict.fromkeys(orders.names_in(event.subject, current.patterns), "subject")
    in_text = dict.fromkeys(orders.names_in(event.text, current.patterns), "message")
    return {**in_subject, **{name: where for name, where in in_text.items() if name not in in_subject}}


def _is_news(event: Event, seen: list[Sighting], found: dict[OrderName, str]) -> bool:
    here = [row for row in seen if row.gorgias_id == event.ticket_id]
    if event.ticket_id and (not here or (event.customer_id and here[0].customer_id != event.customer_id)):
        return True
    if here and event.is_open is not None and event.is_open != bool(here[0].is_open):
        return True
    # By number, not by store: a number linked by hand to one store is not another's as well.
    known = {row.name for row in here}
    return any(name.name not in known for name in found)


def _remember(helpdesk_id: int, event: Event, found: dict[OrderName, str]) -> None:
    if not event.ticket_id:
        return
    try:
        problems.catch_up(_see(helpdesk_id, event, found))
        db.session.commit()
    except DBAPIError as error:
        db.session.rollback()
        if not is_busy(error):
            raise
        log.warning("ticket not remembered: the store is locked", extra={"helpdesk": helpdesk_id})


def _see(helpdesk_id: int, event: Event, found: dict[OrderName, str]) -> Ticket:
    return tickets.see(helpdesk_id, event.ticket_id, event.customer_id, found.items(), is_open=event.is_open)


def _answer(
    connection: Connection, helpdesk_id: int, event: Event, seen: list[Sighting], found: list[OrderName]
) -> dict[str, Any]:
    current: Catalogue = g.catalogue
    public_url: str = current_app.extensions["config"].public_url
    about = _orders_by_nearness(connection, event, seen, found)
    lines = problems.open_for(connection, about) if about else []
    claims = refund_cards.open_for(connection, about, seen)
    labels = _labels(about, current)
    customer = event.customer_id or next((row.customer_id for row in seen if row.gorgias_id == event.ticket_id), 0)
    make_token = _tokens("line").make
    boards: dict[str, list[dict[str, Any]]] = {board.value: [] for board in Board}
    now = iso(utcnow())
    late = {line.id for line in lines if line.due_at is not None and iso(line.due_at) < now}
    for line in lines:
        cards = boards[line.board]
        if len(cards) < SHOWN_PER_BOARD:
            token = make_token(ActionToken(helpdesk_id, customer, line.id, line.version))
            type_name = current.type_names.get(line.type_id, "")
            card = _card(line, labels[line.order_id], type_name, token, public_url)
            cards.append({**card, "late": line.id in late})
    # An order nobody reported anything about, and that could not be remembered just now, is an order all the same.
    unknown = [name.name for name in found if not _has_namesake(name, about)]
    names = list(dict.fromkeys([*labels.values(), *unknown]))[:MOST_NAMES]
    return {
        "summary": refund_cards.added(_summary(lines, names, late), claims),
        "as_of": now,
        "order_names": ", ".join(names),
        "report_order": names[0] if names else "",
        "report_types": current.dropdowns[Board.PROBLEM_SHEET],
        "photo_types": current.dropdowns[Board.PHOTO_ISSUES],
        "refund_reasons": current.refund_reasons,
        "new_token": _tokens("summary").make(ActionToken(helpdesk_id, customer)),
        "problems": boards[Board.PROBLEM_SHEET],
        "photo_issues": boards[Board.PHOTO_ISSUES],
        "refunds": refund_cards.cards(connection, claims, labels, public_url),
    }


def _orders_by_nearness(
    connection: Connection, event: Event, seen: list[Sighting], found: list[OrderName]
) -> dict[int, OrderName]:
    """The customer's orders by id: named just now first, then this ticket's, then those of his other tickets."""
    about = {
        row.order_id: OrderName(row.store_id, row.name)
        for row in sorted(seen, key=lambda row: row.gorgias_id != event.ticket_id)
        if row.order_id and row.name and row.store_id and row.store_id in g.catalogue.codes
    }
    # Found in the text but not remembered: no ticket id, or the store was locked.
    missing = [name for name in found if not _has_namesake(name, about)]
    if missing:
        about.update(orders.ids_of(connection, missing))
    place = {name: index for index, name in enumerate(found)}
    return dict(sorted(about.items(), key=lambda item: place.get(item[1], len(place))))


def _has_namesake(name: OrderName, about: dict[int, OrderName]) -> bool:
    return any(name.name == known.name for known in about.values())


def _labels(about: dict[int, OrderName], current: Catalogue) -> dict[int, str]:
    """What orders are called; with the store's code where two stores use the same number."""
    names = [name.name for name in about.values()]
    return {
        order_id: f"{current.codes[name.store_id]} {name.name}" if names.count(name.name) > 1 else name.name
        for order_id, name in about.items()
    }


def _summary(lines: list[OpenLine], names: list[str], late: set[int]) -> str:
    if not names:
        return NO_ORDER
    if not lines:
        return f"Nothing open for {', '.join(names[:5])}"
    total = len(lines)
    our_ids = {line.id for line in lines if line.waiting_for == Side.CUSTOMER_SERVICE}
    ours, theirs = len(our_ids), total - len(our_ids)
    our_late, their_late = _late(len(late & our_ids), ours), _late(len(late - our_ids), theirs)
    if not theirs:
        return f"{total} open: {'waits' if total == 1 else 'all wait'} for us{our_late}"
    if not ours:
        return f"{total} open: {'waits' if total == 1 else 'all wait'} for the supplier{their_late}"
    waits = "waits" if ours == 1 else "wait"
    return f"{total} open: {ours} {waits} for us{our_late}, {theirs} for the supplier{their_late}"


def _late(late: int, of: int) -> str:
    """How many of some lines have waited too long, where there are any."""
    if not late:
        return ""
    return " (too long)" if late == of else f" ({late} too long)"


def _card(line: OpenLine, order_name: str, type_name: str, token: str, public_url: str) -> dict[str, Any]:
    card = {
        "reference": f"P-{line.id}",
        "order_name": order_name,
        "type": type_name,
        "problem": line.problem,
        "waiting_for": WAITS_FOR[line.waiting_for],
        "waiting_since": iso(line.waiting_since),
        "informed_customer": line.informed_at is not None,
        "comment_cs": line.comment_cs,
        "comment_supplier": line.comment_supplier,
        "pictures": line.picture_count,
        "reported_at": iso(line.reported_at),
        "token": token,
        "open_url": f"{public_url}/lines/P-{line.id}",
    }
    return {**card, "address": line.address} if line.board == Board.PROBLEM_SHEET else card


def _tokens(kind: str) -> ActionTokens:
    tokens: ActionTokens = current_app.extensions[f"{kind}_tokens"]
    return tokens
