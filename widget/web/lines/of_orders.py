"""An order's page: all its lines, its tickets, and what else is known of it; and finding an order by its number."""

from __future__ import annotations

from collections.abc import Sequence

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from widget import orders, refunds, tickets
from widget.db import db
from widget.errors import NotFound, Refused
from widget.orders import Order
from widget.problems import Problem
from widget.stores import Store
from widget.tickets import SearchState, TicketSearch
from widget.web import language
from widget.web.language import gettext as _
from widget.web.lines import choosing
from widget.web.lines.door import bp
from widget.web.lines.listing import STILL_SEARCHED
from widget.web.typed import clean

LONGEST_SEARCH = 60
MOST_FOUND = 20
MOST_LINES = 200


@bp.get("/orders")
def orders_GET() -> Response:
    """Find an order by its number: its page when there is one, else what is like it, and why."""
    typed = clean(request.args.get("q", "")[:LONGEST_SEARCH])
    trouble, found = _search(typed) if typed else ("", [])
    if len(found) == 1 and not trouble:
        return redirect(_url(found[0]), 303)
    return make_response(render_template("lines/orders.html", typed=typed, trouble=trouble, found=found))


@bp.get("/orders/<code>/<path:name>")
def order_GET(code: str, name: str) -> Response:
    """All about one order. Raises NotFound."""
    return make_response(_page(_get(code, name)))


@bp.post("/orders/<code>/<path:name>/ticket")
def order_ticket_POST(code: str, name: str) -> Response:
    """Say which ticket is the order's, by its number. Raises NotFound."""
    order = _get(code, name)
    typed = request.form.get("ticket_id", "")
    try:
        choosing.link_by_number(order, typed)
    except Refused as error:
        db.session.rollback()
        return make_response(_page(_get(code, name), language.in_words(error), clean(typed)), 409)
    db.session.commit()
    return redirect(_url(order), 303)


def _url(order: Order) -> str:
    return url_for("lines.order_GET", code=order.store.code, name=order.name)


def _get(code: str, name: str) -> Order:
    wanted, store = clean(orders.plain(name)).upper(), clean(code).upper()
    query = select(Order).join(Order.store).where(Store.code == store, Order.name == wanted)
    order = db.session.scalar(query.options(joinedload(Order.store)))
    if order is None:
        raise NotFound("There is no such order.")
    return order


def _page(order: Order, trouble: str = "", typed: str = "") -> str:
    lines = db.session.scalars(
        select(Problem)
        .where(Problem.order_id == order.id)
        .options(joinedload(Problem.type), joinedload(Problem.supplier))
        .order_by(Problem.id.desc())
        .limit(MOST_LINES)
    ).all()
    search = db.session.get(TicketSearch, order.id)
    return render_template(
        "lines/order.html",
        order=order,
        open=sorted((line for line in lines if line.handled_at is None), key=lambda line: line.waiting_since),
        handled=[line for line in lines if line.handled_at is not None],
        links=tickets.links_of(order.id),
        candidates=tickets.candidates_for(order.id),
        claims=refunds.of_order(order.id),
        is_searching=search is not None and SearchState(search.state) in STILL_SEARCHED,
        trouble=trouble,
        typed=typed,
    )


def _search(typed: str) -> tuple[str, Sequence[Order]]:
    """The orders somebody may mean, and a sentence unless it is just one."""
    similar = _like(typed)
    try:
        name = orders.read_name(typed, orders.all_patterns())
    except Refused as error:
        return "" if len(similar) == 1 else language.in_words(error), similar
    order = orders.find(name)
    if order is not None:
        return "", [order]
    return _("Nothing is known here of %(order)s: it has no line, and no ticket names it.", order=name.name), similar


def _like(typed: str) -> Sequence[Order]:
    """Orders with that in their number, the newest first."""
    bare = orders.plain(typed).strip().lstrip("#").upper()
    query = select(Order).where(Order.name.contains(bare, autoescape=True)).options(joinedload(Order.store))
    return db.session.scalars(query.order_by(Order.id.desc()).limit(MOST_FOUND)).all() if bare else []
