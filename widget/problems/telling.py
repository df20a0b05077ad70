"""How customer service hears of what happens to a line: a note and true tags in the order's ticket.

An order without a ticket gets one: what is to be told waits until the ticket is found, chosen or opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import select

from widget import notes, people, tickets
from widget.db import db
from widget.notes import Attachment, Note, Sentence
from widget.orders import Order
from widget.outbox import NO_WAIT
from widget.people import Actor, Side
from widget.problem_types import Board, ProblemType
from widget.problems.tables import Problem
from widget.tickets import Place, Ticket

TAG_OF_BOARD = {Board.PROBLEM_SHEET: "supplier-problem", Board.PHOTO_ISSUES: "photo-issue"}
TAG_OF_TURN = {Side.SUPPLIER: "waiting-for-supplier", Side.CUSTOMER_SERVICE: "waiting-for-cs"}
TAGS = (*TAG_OF_BOARD.values(), *TAG_OF_TURN.values())


def tags() -> list[str]:
    """Every tag we may give a ticket: ours, and those that admins gave to problem types. One query."""
    given = select(ProblemType.gorgias_tag).where(ProblemType.gorgias_tag != "").distinct()
    return [*TAGS, *sorted(set(db.session.scalars(given)) - set(TAGS))]


def tell(
    problem: Problem,
    sentence: Sentence,
    *,
    by: Actor,
    at: Place,
    pictures: Sequence[Attachment] = (),
    wait: timedelta = NO_WAIT,
) -> None:
    """Note and tags for the ticket it was done in, and true tags on the order's other tickets."""
    known = tickets.about(problem.order_id)
    home = at.ticket or (known[0] if known else None)
    if at.is_silent:
        for ticket in known:
            keep_tags_true(ticket)
        return
    # What customer service has to hear of is not told in a closed ticket, where nobody looks.
    if _asks_customer_service(problem, by) and not (home and home.is_open):
        home = tickets.await_ticket(problem.order)
    helpdesk = problem.order.store.helpdesk
    mention = people.find_mention(helpdesk.id, problem.supplier) if by.side == Side.CUSTOMER_SERVICE else None
    note = Note(
        heading=notes.heading(problem.order.name, problem.reference, problem.type.name_en),
        sentences=(sentence,),
        url=f"{at.public_url}/lines/{problem.reference}",
        tagged=mention.name if mention else "",
        line=problem.reference,
        by=by.email,
        pictures=tuple(pictures),
    )
    if home is None:
        if tickets.is_searching(problem.order_id):
            finished = tickets.finished(helpdesk, note, by, mention.gorgias_id if mention else None)
            tickets.keep_for_later(problem.order, finished)
        return
    # What waits to be taken back stands alone.
    joined = not wait and tickets.join_note(home, note, by=by, mention=mention)
    for ticket in {home, *(other for other in known if other.tags)}:
        keep_tags_true(ticket)
    # Tags first, so that the note, which brings the widget up to date, is the last thing to arrive.
    if not joined:
        tickets.post_note(home, note, by=by, mention=mention, wait=wait)


def link_ticket(ticket: Ticket, order: Order) -> bool:
    """Say by hand which order a ticket is about, and post in it what waited for that; whether it is news."""
    is_news = tickets.link(ticket, order)
    ticket.is_open = True
    db.session.flush()
    catch_up(ticket)
    return is_news


def catch_up(ticket: Ticket) -> None:
    """Post in a ticket what was said about its orders before anybody knew of it."""
    if not ticket.is_open:
        return
    caught_up = [tickets.end_search(ticket, order_id) for order_id in tickets.searched_for(ticket)]
    if any(caught_up):
        keep_tags_true(ticket)


def ticket_found(order: Order, ticket_id: int, customer_id: int, *, where: str, tags: Iterable[str] = ()) -> None:
    """The search for an order's ticket was successful, or one was opened with these `tags`."""
    ticket = tickets.find_for(order, ticket_id, customer_id, where)
    ticket.tags = ",".join(sorted({*tags, *(ticket.tags.split(",") if ticket.tags else ())}))
    catch_up(ticket)


def no_ticket_found(order: Order, customer_id: int) -> None:
    """The search brought nothing: have a ticket opened, for that customer unless it is 0, if it is still needed."""
    newest = db.session.scalar(
        select(Problem)
        .where(Problem.order_id == order.id, Problem.handled_at.is_(None))
        .order_by(Problem.id.desc())
        .limit(1)
    )
    if newest is None:
        tickets.give_up(order)
        return
    subject = notes.opened_for(order.name, newest.type.name_en)
    tickets.open_one(order, customer_id=customer_id, subject=subject, tags=_true_tags([order.id]))


def keep_tags_true(ticket: Ticket) -> None:
    """Make a ticket's tags say what is open for its orders, and whose turn it is."""
    db.session.flush()
    tickets.keep_tags(ticket, _true_tags(tickets.order_ids_of(ticket)))


def _true_tags(order_ids: list[int]) -> set[str]:
    rows = db.session.execute(
        select(Problem.board, Problem.waiting_for, ProblemType.gorgias_tag)
        .join(Problem.type)
        .where(Problem.order_id.in_(order_ids), Problem.handled_at.is_(None))
        .distinct()
    )
    tags_of_lines = [(TAG_OF_BOARD[Board(board)], TAG_OF_TURN[Side(turn)], own) for board, turn, own in rows]
    return {tag for tags_of_line in tags_of_lines for tag in tags_of_line if tag}


def _asks_customer_service(problem: Problem, by: Actor) -> bool:
    """Whether somebody of customer service has to hear of it, so that a ticket is needed."""
    return by.side == Side.SUPPLIER and problem.waiting_for == Side.CUSTOMER_SERVICE and problem.handled_at is None
