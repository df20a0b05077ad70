"""Programs that use the API: each with the token of somebody."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.web.visitors import OTHER_WORKSHOP, WORKSHOP, world
from widget import people
from widget.credentials import api_tokens
from widget.credentials.api_tokens import SCOPES
from widget.db import db
from widget.people import Person, Role

ANNA, LI, WEN = "anna@brushwood.example", "li@dafen.example", "wen@xiamen.example"


class Program:
    """Something that calls the API with a token."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self.client = client
        self.secret = secret

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Make a request; names of headers have underscores for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Authorization", f"Bearer {self.secret}")
        options = {} if body is None else {"json": body}
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, **options)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """Change what was just read, unless If_Match says what was read."""
        if "If_Match" not in headers:
            headers["If_Match"] = self.get(path).headers.get("ETag", '"1"')
        return self.ask("PATCH", path, body, **headers)


def person(email: str, role: Role = Role.AGENT, workshop: str = "") -> Person:
    """Somebody, added when new."""
    name = email.split("@", maxsplit=1)[0].title()
    return people.add_person(
        email, name=name, roles={role}, supplier=people.get_supplier(workshop) if workshop else None
    )


def program(app: Flask, email: str = ANNA, *scopes: str, role: Role = Role.AGENT, workshop: str = "") -> Program:
    """A program of somebody, with a new token."""
    with app.app_context():
        of = person(email, role, workshop)
        count = len(api_tokens.tokens_of(of))
        _token, secret = api_tokens.make(of, f"program {count}", scopes or SCOPES, 90, by=of.as_actor())
        db.session.commit()
    return Program(app.test_client(), secret)


def of_staff(app: Flask, *scopes: str) -> Program:
    """A script of the shop."""
    return program(app, ANNA, *scopes)


def of_workshop(app: Flask, workshop: str = WORKSHOP, *scopes: str) -> Program:
    """A supplier's own software."""
    email = LI if workshop == WORKSHOP else WEN
    return program(app, email, *scopes, role=Role.SUPPLIER, workshop=workshop)


def line_of(app: Flask, workshop: str = WORKSHOP, words: str = "house number missing", order: str = "NL10423") -> str:
    """The reference of a line that customer service reported to a workshop."""
    from widget import orders, problem_types, problems
    from widget.orders import OrderName
    from widget.problem_types import Board
    from widget.tickets import Place

    with app.app_context():
        line = problems.report(
            orders.known(OrderName(1, order)),
            problem_types.choices(Board.PROBLEM_SHEET)[0],
            words,
            by=person(ANNA).as_actor(),
            at=Place(None, factories.PUBLIC_URL),
            supplier=people.get_supplier(workshop),
        )
        db.session.commit()
        return line.reference


__all__ = ["ANNA", "LI", "OTHER_WORKSHOP", "WEN", "WORKSHOP", "Program", "line_of", "of_staff", "of_workshop", "world"]
