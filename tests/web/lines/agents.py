"""Agents at the page of a line: the line they answer, and the forms they send."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories
from tests.web.visitors import FROM_OUR_PAGE, link_of
from widget import problems, tickets
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.outbox import Message
from widget.people import Actor, Person, Side
from widget.problem_types import Board
from widget.tickets import Candidate, Place

ANNA = Actor(name="Anna", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example")
BEN = Actor(name="Ben", side=Side.CUSTOMER_SERVICE, email="ben@brushwood.example")


def reported(app: Flask, order: str = "NL10423", words: str = "house number missing", **more: Any) -> int:
    """A line that the supplier reported, of an order whose ticket is known."""
    with app.app_context():
        ticket = factories.ticket(1, factories.TICKET, factories.CUSTOMER, OrderName(1, order))
        line = factories.line(1, order, words, ticket=ticket, **more)
        line_id = line.id
        db.session.commit()
        return line_id


def photo_issue(app: Flask) -> int:
    """The same on the other board."""
    return reported(app, board=Board.PHOTO_ISSUES)


def without_ticket(app: Flask, *offered: int, order: str = "NL10500") -> int:
    """A line whose order has no ticket yet: it is looked for, or these were found."""
    with app.app_context():
        line = factories.line(1, order, "which size?")
        found = [
            Candidate(number, factories.CUSTOMER, f"About <b>{number}</b>", "email", utcnow()) for number in offered
        ]
        if found:
            tickets.offer(line.order, found)
        line_id = line.id
        db.session.commit()
        return line_id


def meanwhile(app: Flask, line: int, verb: str, *words: str, by: Actor = BEN, **more: Any) -> None:
    """Somebody does that to a line."""
    with app.app_context():
        problem = problems.get(line)
        at = Place(tickets.lock_home(problem.order_id), factories.PUBLIC_URL)
        getattr(problems, verb)(problem, *words, by=by, at=at, **more)
        db.session.commit()


def save(client: FlaskClient, line: int, act: str = "", *, version: int | None = None, **typed: Any) -> TestResponse:
    """Send the form of a line as the page has it now, or as it had it at that version."""
    shown = fields_of(client.get(f"/lines/P-{line}").text)
    form = {**shown, **typed} if version is None else {**shown, "version": version, **typed}
    path = f"/lines/P-{line}/{act}" if act else f"/lines/P-{line}"
    return client.post(path, data=form, headers=FROM_OUR_PAGE)


def fields_of(page: str) -> dict[str, str]:
    """What the form of a line holds."""
    form = page.partition('id="answer-form"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form))
    fields.update(dict.fromkeys(re.findall(r'type="checkbox" name="([a-z_]+)" value="yes"[^>]* checked', form), "yes"))
    areas = re.findall(r'<textarea [^>]*?name="([a-z_]+)"[^>]*>\n([^<]*)</textarea>', form)
    return {name: html.unescape(value) for name, value in [*fields.items(), *areas]}


def story(page: str) -> list[str]:
    """The story as somebody reads it: one text per event."""
    events = re.findall(r'<li class="event.*?</li>\n(?=<li class="event|</ol>)', page, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", event)).split()) for event in events]


def notes(app: Flask) -> list[str]:
    """All notes that are on their way, as they read."""
    with app.app_context():
        sent = db.session.scalars(select(Message).where(Message.kind == "gorgias.note").order_by(Message.id))
        return [message.payload["message"]["body_text"] for message in sent]


def ben_link(app: Flask) -> str:
    """A personal link of another agent."""
    return link_of(app, BEN.email)


def id_of(app: Flask, email: str) -> int:
    """Somebody's id."""
    with app.app_context():
        return db.session.scalars(select(Person.id).where(Person.email == email)).one()
