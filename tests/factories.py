"""Plain functions that put things into the store, with the names the tests speak of."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from widget import installation, orders, outbox, people, problem_types, problems, stores, tickets
from widget.db import db
from widget.orders import OrderName
from widget.people import Actor, Side, Supplier
from widget.problem_types import Board
from widget.problems import Problem
from widget.stores import Helpdesk, Store
from widget.tickets import Place, Ticket

HOOK_SECRET = "the integration's secret"
ANNA: dict[str, Any] = {"gorgias_id": 11, "email": "anna@brushwood.example", "name": "Anna Visser", "active": True}
BEN: dict[str, Any] = {"gorgias_id": 12, "email": "ben@brushwood.example", "name": "Ben Okafor", "active": True}
LI: dict[str, Any] = {"gorgias_id": 21, "email": "liwei@dafen.example", "name": "Li Wei", "active": True}
LI_AS_PERSON = Actor(name="Li Wei", side=Side.SUPPLIER, email="liwei@dafen.example")
CUSTOMER, OTHER_CUSTOMER = 501, 502
TICKET, OTHER_TICKET = 9001, 9002
PUBLIC_URL = "http://127.0.0.1:8000"


def helpdesk(name: str = "main", url: str = "http://127.0.0.1:1", app: Flask | None = None) -> Helpdesk:
    """A Gorgias account with Anna, Ben and the supplier's Li Wei as users."""
    sealed = app.extensions["box"].seal("key") if app else "sealed"
    made = Helpdesk(name=name, url=stores.base_url(url), email="desk@brushwood.example", api_key_sealed=sealed)
    made.hook_secret_sealed, made.hook_secret_hash = sealed, stores.hash_of(HOOK_SECRET)
    made.api_user_id = 1
    db.session.add(made)
    db.session.flush()
    people.copy_users(made.id, [ANNA, BEN, LI])
    return made


def store(at: Helpdesk, code: str = "NL", pattern: str = r"NL\d{5}") -> Store:
    """A shop of that helpdesk."""
    return stores.add_store(
        code,
        name=f"Shop {code}",
        helpdesk=at,
        order_pattern=pattern,
        currency="EUR",
        locale="nl",
        timezone="Europe/Amsterdam",
    )


def supplier(*of: Store, name: str = "Dafen Art") -> Supplier:
    """A workshop that paints for these shops; notes to it tag Li Wei."""
    return people.add_supplier(name, of=list(of), mention=LI["email"], locale="zh", timezone="Asia/Shanghai")


def shop(app: Flask) -> tuple[Helpdesk, Store, Supplier]:
    """One helpdesk, the Dutch shop and its workshop, committed."""
    with app.app_context():
        desk = helpdesk(app=app)
        dutch = store(desk)
        workshop = supplier(dutch)
        db.session.commit()
        return _detached(desk), _detached(dutch), _detached(workshop)


def _detached(thing: Any) -> Any:
    db.session.refresh(thing)
    db.session.expunge(thing)
    return thing


def line(
    store_id: int,
    order_name: str = "NL10423",
    words: str = "house number missing",
    *,
    board: Board = Board.PROBLEM_SHEET,
    by: Actor = LI_AS_PERSON,
    ticket: Ticket | None = None,
) -> Problem:
    """An open line, as the supplier reports it."""
    order = orders.known(OrderName(store_id, order_name))
    type_ = problem_types.choices(board)[0]
    at = Place(ticket, PUBLIC_URL)
    return problems.report(order, type_, words, by=by, at=at, supplier=problems.supplier_for(order))


def ticket(helpdesk_id: int, number: int = TICKET, customer: int = CUSTOMER, *names: OrderName) -> Ticket:
    """A ticket we were told about."""
    tickets.see(helpdesk_id, number, customer, [(name, "subject") for name in names])
    return tickets.lock(helpdesk_id, number)


def event(**changed: str) -> dict[str, str]:
    """What Gorgias sends for a ticket of the customer, every value a string."""
    body = {
        "event": "ticket-updated",
        "ticket_id": str(TICKET),
        "customer_id": str(CUSTOMER),
        "subject": "Order NL10423",
        "message_text": "",
        "message_channel": "",
        "from_agent": "",
    }
    return {**body, **changed}


def ask(client: FlaskClient, helpdesk_id: int = 1, /, **changed: Any) -> TestResponse:
    """Ask for the widget's answer as Gorgias does."""
    path = installation.answer_path(helpdesk_id)
    return client.post(path, json=event(**changed), headers={installation.SECRET_HEADER: HOOK_SECRET})


def press(client: FlaskClient, action: str, token: str, **typed: Any) -> TestResponse:
    """Press a button as Gorgias does: a form with the token, the ticket and who pressed."""
    form = {"token": token, "ticket_id": str(TICKET), "user_email": ANNA["email"], **typed}
    return client.post(installation.action_path(1, action), data=form)


def queued(app: Flask) -> list[dict[str, Any]]:
    """All outgoing messages with their payload, oldest first."""
    with app.app_context():
        rows = outbox.list_messages()
        return [{**row, "payload": outbox.get_message(row["id"]).payload} for row in rows]
