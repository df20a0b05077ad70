"""The buttons: each checks the token, who pressed and the ticket, then calls one verb and commits.

Success is 200 {"ok": true, "message": …}; Gorgias shows a toast of its own. Refusals reach the agent as
the error's msg. The same press twice within a minute acts once and is answered the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, current_app, request
from marshmallow import Schema, ValidationError, fields, validate

from widget import orders, people, presses, problem_types, problems, tickets
from widget.db import db
from widget.errors import NotFound
from widget.installation import FORM
from widget.notes import order_linked
from widget.people import Actor
from widget.problem_types import Board
from widget.problems import Problem
from widget.tickets import Place, Ticket
from widget.tokens import ActionToken, ActionTokens, TokenRefused
from widget.web.sidebar import catalogue
from widget.web.sidebar.door import bp, open_for_reading, refuse, reply
from widget.web.typed import Typed


class PressSchema(Schema):
    """What every button sends."""

    token = fields.String(required=True)
    ticket_id = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{1,18}\Z", error="Not a ticket's id."))
    user_email = fields.String(load_default="")


class ReportSchema(PressSchema):
    order_name = Typed("the order number", 60)
    type = Typed("the problem type", 100)
    problem = Typed("what is wrong")


class LinkSchema(PressSchema):
    order_name = Typed("the order number", 60)


class CommentSchema(PressSchema):
    comment = Typed("the comment")


class AddressSchema(PressSchema):
    address = Typed("the address", 500)


class Press:
    """One press that passed the door: who pressed, in which locked ticket, with what content."""

    def __init__(self, helpdesk_id: int, action: str, data: dict[str, Any], token: ActionToken) -> None:
        self.helpdesk_id, self.action, self.data, self.token = helpdesk_id, action, data, token
        self.by: Actor = people.get_agent(helpdesk_id, data["user_email"])
        self.ticket: Ticket = tickets.lock(helpdesk_id, int(data["ticket_id"]))
        tickets.check_customer(self.ticket, token.customer)
        self.at = Place(self.ticket, current_app.extensions["config"].public_url)

    @property
    def fingerprint(self) -> str:
        """The same for the same agent, action, line and content."""
        typed = {key: value for key, value in self.data.items() if key not in ("token", "ticket_id", "user_email")}
        return presses.fingerprint_of(
            self.helpdesk_id, self.by.email, self.action, self.token.line, self.ticket.id, sorted(typed.items())
        )


def button(action: str, schema: type[Schema], kind: str) -> Callable[[Callable[[Press], str]], Callable[..., Response]]:
    """Hang a button on the door. `kind` says which card's token it takes: "summary" or "line"."""

    def hang(act: Callable[[Press], str]) -> Callable[..., Response]:
        def view(helpdesk_id: int) -> Response:
            return _run(helpdesk_id, action, schema(), kind, act)

        view.__doc__ = act.__doc__
        name = action.replace("-", "_") + "_POST"
        bp.add_url_rule(f"/<int(max=2147483647):helpdesk_id>/actions/{action}", name, view, methods=["POST"])
        return view

    return hang


def _run(helpdesk_id: int, action: str, schema: Schema, kind: str, act: Callable[[Press], str]) -> Response:
    form = _form()
    token = _open_token(form, kind, helpdesk_id)
    data = schema.load(form)
    try:
        press = Press(helpdesk_id, action, data, token)
    except NotFound as error:
        return refuse(403, error.sentence)
    message = presses.find_answer(press.fingerprint)
    if message is None:
        message = act(press)
        presses.keep(press.fingerprint, message)
        db.session.commit()
    return reply({"ok": True, "message": message})


def _form() -> dict[str, str]:
    if request.mimetype != FORM:
        abort(415, "Buttons send a form.")
    doubled = {key: ["Only one value, please."] for key, values in request.form.lists() if len(values) > 1}
    if doubled:
        raise ValidationError(doubled)
    return request.form.to_dict()


def _open_token(form: dict[str, str], kind: str, helpdesk_id: int) -> ActionToken:
    if "token" not in form:
        raise ValidationError({"token": ["Missing."]})
    tokens: ActionTokens = current_app.extensions[f"{kind}_tokens"]
    token = tokens.open(form["token"])
    if token.helpdesk != helpdesk_id:
        raise TokenRefused
    return token


def _report(press: Press, board: Board) -> str:
    order = orders.known(orders.read_name(press.data["order_name"], patterns(press)))
    type_ = _type(board, press.data["type"])
    problems.link_ticket(press.ticket, order)
    supplier = problems.supplier_for(order)
    line = problems.report(order, type_, press.data["problem"], by=press.by, at=press.at, supplier=supplier)
    return f"{line.reference} reported to {supplier.name} for order {order.name}."


@button("report-problem", ReportSchema, "summary")
def report_problem(press: Press) -> str:
    """Add a line to the problem sheet."""
    return _report(press, Board.PROBLEM_SHEET)


@button("report-photo-issue", ReportSchema, "summary")
def report_photo_issue(press: Press) -> str:
    """Add a line to photo issues."""
    return _report(press, Board.PHOTO_ISSUES)


@button("link-order", LinkSchema, "summary")
def link_order(press: Press) -> str:
    """Say which order the ticket is about."""
    order = orders.known(orders.read_name(press.data["order_name"], patterns(press)))
    if not problems.link_ticket(press.ticket, order):
        return f"This ticket is linked to order {order.name} already."
    problems.keep_tags_true(press.ticket)
    tickets.post_note(press.ticket, order_linked(press.by.name, order.name, problems.count_open(order)), by=press.by)
    return f"Ticket linked to order {order.name}."


@button("customer-informed", PressSchema, "line")
def customer_informed(press: Press) -> str:
    """Tick Customer informed."""
    line = _line(press)
    problems.mark_informed(line, by=press.by, at=press.at, shown=press.token.version)
    return f"{line.reference}: customer informed."


@button("comment", CommentSchema, "line")
def comment(press: Press) -> str:
    """Write to the supplier."""
    line = _line(press)
    problems.comment(line, press.data["comment"], by=press.by, at=press.at)
    return f"{line.reference}: comment sent to {line.supplier.name}."


@button("save-address", AddressSchema, "line")
def save_address(press: Press) -> str:
    """Save the delivery address."""
    line = _line(press)
    problems.save_address(line, press.data["address"], by=press.by, at=press.at, shown=press.token.version)
    return f"{line.reference}: address saved."


def _line(press: Press) -> Problem:
    return problems.get(press.token.line, lock=True)


def patterns(press: Press) -> list[orders.OrderPattern]:
    """What order numbers look like in the stores of the helpdesk."""
    found = catalogue.read(open_for_reading(), press.helpdesk_id)
    return found.patterns if found else []


def _type(board: Board, name: str) -> problem_types.ProblemType:
    try:
        return problem_types.get_by_name(board, name)
    except NotFound as error:
        raise ValidationError({"type": [error.sentence]}) from error
