"""Which ticket is an order's: chosen among those that were found, or named by its number.

What waited for that is posted there at once.
"""

from __future__ import annotations

import re

from flask import g, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from widget import notes, problems, tickets
from widget.db import db
from widget.errors import Refused
from widget.orders import Order
from widget.problems import Problem
from widget.tickets import Ticket
from widget.web import visible
from widget.web.lines.door import bp
from widget.web.lines.way import Way
from widget.web.staff import me

# How we know which ticket it is, before it is linked.
CHOSEN = "choice"
MOST_ORDERS = 100
# The number by itself, with a # before it, or the ticket's address in the helpdesk.
NUMBER = re.compile(r"(?:https?://[^\s?]+/ticket/|#)?([0-9]{1,18})/?(?:[?#]\S*)?", re.ASCII)


@bp.get("/tickets")
def tickets_GET() -> Response:
    """The orders for which several tickets were found, the longest waiting first."""
    waiting = tickets.offered(MOST_ORDERS)
    ids = [each.order_id for each in waiting]
    orders_by_id = {
        order.id: order
        for order in db.session.scalars(select(Order).where(Order.id.in_(ids)).options(joinedload(Order.store)))
    }
    newest: dict[int, Problem] = {}
    query = (
        select(Problem).where(Problem.order_id.in_(ids)).options(joinedload(Problem.type), joinedload(Problem.supplier))
    )
    for line in db.session.scalars(query.order_by(Problem.handled_at.is_(None), Problem.id)):
        newest[line.order_id] = line
    return make_response(
        render_template(
            "lines/tickets.html",
            waiting=[(each, orders_by_id[each.order_id], newest.get(each.order_id)) for each in waiting],
            total=tickets.count_offered(),
            done=request.args.get("done", "")[:60],
        )
    )


@bp.post("/lines/<reference>/ticket")
def ticket_POST(reference: str) -> Response:
    """Say on a line which of the tickets that were found is the order's."""
    line = visible.get_line(g.person, reference)
    _choose(line.order, _number(request.form.get("ticket_id", "")))
    db.session.commit()
    return redirect(Way.read(request.form).url(reference), 303)


@bp.post("/tickets")
def tickets_POST() -> Response:
    """The same in the list of orders, which comes back without that order."""
    chosen = request.form.get("order_id", "")
    order = db.session.get(Order, int(chosen)) if re.fullmatch(r"[0-9]{1,18}", chosen, re.ASCII) else None
    _choose(order, _number(request.form.get("ticket_id", "")))
    db.session.commit()
    return redirect(url_for("lines.tickets_GET", done=order.name if order else ""), 303)


def link_by_number(order: Order, typed: str) -> Ticket:
    """The ticket an agent named, linked to the order. Raises Refused for one that is no number, unknown, or linked."""
    number = _number(typed)
    if not number:
        raise Refused("Write the number of the ticket, such as 9001, or its address in Gorgias.")
    if any(candidate.gorgias_id == number for candidate in tickets.candidates_for(order.id)):
        return _choose(order, number)
    ticket = tickets.lock(order.store.helpdesk_id, number)
    if not problems.link_ticket(ticket, order):
        raise Refused("Ticket {ticket} is linked to order {order} already.", ticket=number, order=order.name)
    problems.keep_tags_true(ticket)
    # The note also brings the widget beside that ticket up to date.
    note = notes.order_linked(me().name, order.name, problems.count_open(order))
    tickets.post_note(ticket, note, by=me())
    return ticket


def _choose(order: Order | None, number: int) -> Ticket:
    candidate = tickets.check_candidate(order.id if order else 0, number)
    assert order is not None
    ticket = tickets.find_for(order, candidate.gorgias_id, candidate.customer_id, CHOSEN)
    problems.link_ticket(ticket, order)
    return ticket


def _number(typed: str) -> int:
    match = NUMBER.fullmatch(typed.strip())
    return int(match[1]) if match else 0
