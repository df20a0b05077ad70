"""The ticket of an order that has something to say and no ticket yet: searched for, chosen, or opened.

What is said meanwhile waits here as finished notes. The order's search row is locked by whoever adds a note or
ends the search, so that no note is forgotten and no second ticket opened. The searching itself is the worker's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from widget import orders, outbox
from widget.db import db, is_postgresql, utcnow
from widget.errors import Refused
from widget.notes import Note, Sentence
from widget.orders import Order
from widget.people import Actor
from widget.tickets.linking import about, lane_of
from widget.tickets.posting import post_finished, upload_for
from widget.tickets.tables import SearchState, Ticket, TicketCandidate, TicketOrder, TicketSearch, WaitingNote

# What can become of a search. An agent who links the order by hand ends it from anywhere.
MOVES: dict[SearchState, frozenset[SearchState]] = {
    SearchState.SEARCHING: frozenset({SearchState.OFFERED, SearchState.OPENING, SearchState.OVER}),
    SearchState.OFFERED: frozenset({SearchState.OPENING, SearchState.OVER}),
    SearchState.OPENING: frozenset({SearchState.OVER}),
    SearchState.OVER: frozenset({SearchState.SEARCHING}),
}


class Candidate(NamedTuple):
    """A ticket that may be about an order, as the helpdesk describes it."""

    gorgias_id: int
    customer_id: int
    subject: str
    channel: str
    updated_at: datetime | None


class Offered(NamedTuple):
    """An order that waits for somebody to say which ticket is its, since when, and the tickets to choose from."""

    order_id: int
    since: datetime
    candidates: list[TicketCandidate]


def await_ticket(order: Order) -> Ticket | None:
    """Lock the order's search, which begins now if it has to; the open ticket, if it was found in the meantime."""
    search = _lock(order)
    known = _open_ticket(order)
    if known is not None:
        return known
    if search.state == SearchState.OVER:
        _move(search, SearchState.SEARCHING)
        _search(order)
    return None


def keep_for_later(order: Order, payload: dict[str, Any]) -> None:
    """Keep a finished note until the order's ticket is known. Callers hold the search (await_ticket)."""
    db.session.add(WaitingNote(order_id=order.id, payload=payload))
    db.session.flush()


def notes_kept_for(order: Order, line: str) -> list[WaitingNote]:
    """The notes about a line that wait until the order's ticket is known, oldest first. For staff only. One query."""
    return [note for note in _waiting(order.id) if note.payload["parts"]["line"] == line]


def offer(order: Order, candidates: Iterable[Candidate]) -> None:
    """Several tickets may be meant: keep them for an agent to choose from."""
    search = _lock(order)
    if search.state != SearchState.SEARCHING:
        return
    _move(search, SearchState.OFFERED)
    db.session.execute(delete(TicketCandidate).where(TicketCandidate.order_id == order.id))
    db.session.add_all(TicketCandidate(order_id=order.id, **candidate._asdict()) for candidate in candidates)
    db.session.flush()


def candidates_for(order_id: int) -> Sequence[TicketCandidate]:
    """The tickets an agent may choose from, the one with news first."""
    return db.session.scalars(
        select(TicketCandidate).where(TicketCandidate.order_id == order_id).order_by(TicketCandidate.gorgias_id.desc())
    ).all()


def count_offered() -> int:
    """How many orders wait for somebody to say which ticket is theirs. One query over what is offered just now."""
    offered = (
        select(func.count(func.distinct(TicketCandidate.order_id)))
        .join(TicketSearch, TicketSearch.order_id == TicketCandidate.order_id)
        .where(TicketSearch.state == SearchState.OFFERED.value)
    )
    return db.session.scalar(offered) or 0


def offered(at_most: int) -> list[Offered]:
    """The orders that wait for somebody to say which ticket is theirs, the longest waiting first. Two queries."""
    searches = db.session.scalars(
        select(TicketSearch)
        .where(
            TicketSearch.state == SearchState.OFFERED.value,
            exists().where(TicketCandidate.order_id == TicketSearch.order_id),
        )
        .order_by(TicketSearch.began_at, TicketSearch.order_id)
        .limit(at_most)
    ).all()
    candidates: dict[int, list[TicketCandidate]] = {search.order_id: [] for search in searches}
    rows = select(TicketCandidate).where(TicketCandidate.order_id.in_(candidates))
    for candidate in db.session.scalars(rows.order_by(TicketCandidate.gorgias_id.desc())):
        candidates[candidate.order_id].append(candidate)
    return [Offered(search.order_id, search.began_at, candidates[search.order_id]) for search in searches]


def open_one(order: Order, *, customer_id: int, subject: str, tags: set[str]) -> None:
    """There is no ticket: queue one that holds nothing but the first of the waiting notes."""
    search = _lock(order)
    first = _waiting(order.id).first()
    if first is None or search.state not in (SearchState.SEARCHING, SearchState.OFFERED) or _open_ticket(order):
        return
    _move(search, SearchState.OPENING)
    helpdesk, mark = order.store.helpdesk, outbox.new_external_id()
    upload_for(mark, first.payload, lane=lane_of(order), account=helpdesk.account)
    ticket: dict[str, Any] = {
        "channel": "email",
        "via": "api",
        "from_agent": True,
        "status": "open",
        "subject": subject,
        "tags": [{"name": tag} for tag in sorted(tags)],
    }
    if customer_id:
        ticket["customer"] = {"id": customer_id}
    outbox.enqueue(
        "gorgias.ticket",
        lane=lane_of(order),
        account=helpdesk.account,
        payload={"order_id": order.id, "customer_id": customer_id, "ticket": ticket, **first.payload},
        external_id=mark,
    )
    db.session.delete(first)
    db.session.flush()


def end_search(ticket: Ticket, order_id: int) -> bool:
    """The order's ticket is known: post in it what waited. Whether anything was searched for at all."""
    search = db.session.get(TicketSearch, order_id, with_for_update=True)
    if search is None or search.state == SearchState.OVER:
        return False
    _move(search, SearchState.OVER)
    lane = lane_of(orders.get(order_id))
    unopened = outbox.find_unsent(lane, "gorgias.ticket")
    if unopened is not None:
        post_finished(ticket, {key: unopened.payload[key] for key in ("message", "parts")})
        outbox.withdraw(unopened)
    unsearched = outbox.find_unsent(lane, "gorgias.find_ticket")
    if unsearched is not None:
        outbox.withdraw(unsearched)
    for note in _waiting(order_id).all():
        post_finished(ticket, note.payload)
        db.session.delete(note)
    db.session.execute(delete(TicketCandidate).where(TicketCandidate.order_id == order_id))
    db.session.flush()
    return True


def give_up(order: Order) -> None:
    """Nothing is open any more that a ticket would be needed for: forget what waited."""
    search = _lock(order)
    if search.state in (SearchState.SEARCHING, SearchState.OFFERED):
        _move(search, SearchState.OVER)
    db.session.execute(delete(WaitingNote).where(WaitingNote.order_id == order.id))
    db.session.execute(delete(TicketCandidate).where(TicketCandidate.order_id == order.id))


def is_searching(order_id: int) -> bool:
    """Whether the order's ticket is still being looked for; locks the search if so."""
    search = db.session.get(TicketSearch, order_id, with_for_update=True)
    return search is not None and search.state != SearchState.OVER


def being_searched(order_ids: Iterable[int]) -> set[int]:
    """Which of these orders' tickets are still being looked for. One query."""
    searched = TicketSearch.order_id.in_(set(order_ids)), TicketSearch.state != SearchState.OVER.value
    return set(db.session.scalars(select(TicketSearch.order_id).where(*searched)))


def forget_last(order_id: int, line: str, told: Sentence, *, by: Actor) -> bool:
    """Drop the note that waits for the order's ticket to tell what somebody just did to a line; whether there was one.

    The counterpart of take_back for an order whose ticket is not known yet.
    """
    if not is_searching(order_id):
        return False
    waiting = _waiting(order_id).all()
    note = Note.from_parts(waiting[-1].payload["parts"]) if waiting else None
    if note is None or not note.tells_only(told, line, by.email):
        return False
    db.session.delete(waiting[-1])
    db.session.flush()
    return True


def searched_for(ticket: Ticket) -> list[int]:
    """The orders of a ticket whose ticket is still being looked for."""
    return list(
        db.session.scalars(
            select(TicketSearch.order_id)
            .join(TicketOrder, TicketOrder.order_id == TicketSearch.order_id)
            .where(TicketOrder.ticket_id == ticket.id, TicketSearch.state != SearchState.OVER.value)
        )
    )


def check_candidate(order_id: int, gorgias_id: int) -> TicketCandidate:
    """The ticket an agent chose, with the search locked. Raises Refused when it is no longer offered."""
    db.session.get(TicketSearch, order_id, with_for_update=True)
    chosen = db.session.get(TicketCandidate, (order_id, gorgias_id))
    if chosen is None:
        raise Refused("This ticket is no longer to choose: somebody chose one meanwhile. Reload the page.")
    return chosen


def _lock(order: Order) -> TicketSearch:
    """The order's search row, added when new, with the search queued then; locked until the commit."""
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    added = db.session.execute(
        insert(TicketSearch)
        .values(order_id=order.id, state=SearchState.SEARCHING.value, began_at=utcnow())
        .on_conflict_do_nothing()
        .returning(TicketSearch.order_id)
    ).first()
    search = db.session.get_one(TicketSearch, order.id, with_for_update=True, populate_existing=True)
    if added is not None:
        _search(order)
    return search


def _open_ticket(order: Order) -> Ticket | None:
    return next((ticket for ticket in about(order.id) if ticket.is_open), None)


def _search(order: Order) -> None:
    helpdesk = order.store.helpdesk
    outbox.enqueue(
        "gorgias.find_ticket",
        lane=lane_of(order),
        account=helpdesk.account,
        payload={
            "order_id": order.id,
            "order_name": order.name,
            "customer_ids": sorted({ticket.customer_id for ticket in about(order.id)} - {0}),
        },
    )


def _move(search: TicketSearch, state: SearchState) -> None:
    if state not in MOVES[SearchState(search.state)]:
        raise ValueError(f"the search for order {search.order_id} may not go from {search.state} to {state}")
    search.state = state.value
    db.session.flush()


def _waiting(order_id: int) -> Any:
    return db.session.scalars(select(WaitingNote).where(WaitingNote.order_id == order_id).order_by(WaitingNote.id))
