"""The widget's answer as a textbook writes it: entities from Flask-SQLAlchemy, a marshmallow schema, jsonify.

The same data over the same tables, with the same secret, tokens and order of lines. What the service keeps in memory
(stores' patterns, the dropdowns) is kept here, too.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from itsdangerous import URLSafeTimedSerializer
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from widget.installation import SECRET_HEADER
from widget.orders import Order, OrderPattern, names_in, pattern_of
from widget.people import Side
from widget.problem_types import Board, ProblemType
from widget.problems import Problem
from widget.stores import Helpdesk, Store, is_secret_of
from widget.tickets import Ticket, TicketOrder

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
tokens = URLSafeTimedSerializer(os.environ["SECRET_KEY"], salt="line")
public_url = os.environ["PUBLIC_URL"]


class ProblemSchema(Schema):
    """A line as a card shows it."""

    reference = fields.String()
    order_name = fields.String(attribute="order.name")
    type = fields.String(attribute="type.name_en")
    problem = fields.String()
    waiting_for = fields.Function(lambda line: line.waiting_for.replace("_", " "))
    waiting_since = fields.DateTime()
    informed_customer = fields.Function(lambda line: line.informed_at is not None)
    address = fields.String()
    comment_cs = fields.String()
    comment_supplier = fields.String()
    pictures = fields.Constant(0)
    reported_at = fields.DateTime()
    token = fields.Method("make_token")
    open_url = fields.Function(lambda line: f"{public_url}/lines/{line.reference}")

    def make_token(self, line: Problem) -> str:
        """What the card's buttons carry."""
        return str(tokens.dumps({**self.context_of_token(), "line": line.id, "version": line.version}))

    def context_of_token(self) -> dict[str, int]:
        """Helpdesk and customer of the request."""
        return {"helpdesk": 1, "customer": int(request.get_json()["customer_id"])}


class AnswerSchema(Schema):
    """The whole answer."""

    summary = fields.String()
    order_names = fields.String()
    report_types = fields.String()
    photo_types = fields.String()
    new_token = fields.String()
    problems = fields.List(fields.Nested(ProblemSchema))
    photo_issues = fields.List(fields.Nested(ProblemSchema))
    refunds: fields.Field[list[Any]] = fields.Constant([])


@app.post("/gorgias/<int:helpdesk_id>/widget")
def widget_POST(helpdesk_id: int) -> Response:
    """The open lines of the customer's orders."""
    helpdesk = db.session.get(Helpdesk, helpdesk_id)
    if helpdesk is None or not is_secret_of(helpdesk.hook_secret_hash, request.headers.get(SECRET_HEADER, "")):
        abort(401)
    event = request.get_json()
    names_in(event["subject"], _patterns(helpdesk_id))
    about = _orders(helpdesk_id, int(event["customer_id"]))
    lines = _open_lines([order.id for order in about])
    ours = sum(line.waiting_for == Side.CUSTOMER_SERVICE for line in lines)
    answer = {
        "summary": f"{len(lines)} open: {ours} wait for us, {len(lines) - ours} for the supplier",
        "order_names": ", ".join(order.name for order in about),
        "report_types": _dropdown(Board.PROBLEM_SHEET),
        "photo_types": _dropdown(Board.PHOTO_ISSUES),
        "new_token": tokens.dumps({"helpdesk": helpdesk_id, "customer": int(event["customer_id"])}),
        "problems": [line for line in lines if line.board == Board.PROBLEM_SHEET],
        "photo_issues": [line for line in lines if line.board == Board.PHOTO_ISSUES],
    }
    return jsonify(AnswerSchema().dump(answer))


def _orders(helpdesk_id: int, customer_id: int) -> list[Order]:
    """In no order: asked for one, SQLite reads all tickets along the wrong index."""
    return list(
        db.session.scalars(
            select(Order)
            .join(TicketOrder, TicketOrder.order_id == Order.id)
            .join(Ticket, Ticket.id == TicketOrder.ticket_id)
            .where(Ticket.helpdesk_id == helpdesk_id, Ticket.customer_id == customer_id)
        )
    )


def _open_lines(orders: list[int]) -> list[Problem]:
    return list(
        db.session.scalars(
            select(Problem)
            .where(Problem.order_id.in_(orders), Problem.handled_at.is_(None))
            .options(
                joinedload(Problem.order).lazyload(Order.store),
                joinedload(Problem.type),
            )
            .order_by(Problem.waiting_for, Problem.waiting_since, Problem.id)
        )
    )


@cache
def _patterns(helpdesk_id: int) -> list[OrderPattern]:
    found = db.session.scalars(select(Store).where(Store.helpdesk_id == helpdesk_id))
    return [pattern_of(store.id, store.code, store.order_pattern) for store in found]


@cache
def _dropdown(board: Board) -> str:
    listed: Any = select(ProblemType.name_en).where(ProblemType.board == board).order_by(ProblemType.position)
    return ";".join(db.session.scalars(listed))
