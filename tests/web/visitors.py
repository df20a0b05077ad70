"""People who visit the pages: made with a personal link, and signed in through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from tests import factories
from widget import credentials, orders, people
from widget.credentials import Password
from widget.db import Base, db, utcnow
from widget.orders import OrderName
from widget.people import Role, Side
from widget.problem_types import Board, choices
from widget.problems import Comment, Problem

FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}
WORKSHOP, OTHER_WORKSHOP = "Dafen Art", "Xiamen Studio"


def world(app: Flask) -> None:
    """One shop, its workshop and another one, without people or lines."""
    with app.app_context():
        desk = factories.helpdesk(app=app)
        shop = factories.store(desk)
        factories.supplier(shop, name=WORKSHOP)
        factories.supplier(shop, name=OTHER_WORKSHOP)
        db.session.commit()


def link_of(
    app: Flask,
    email: str = "anna@brushwood.example",
    role: Role = Role.AGENT,
    workshop: str = "",
    *,
    language: str = "en",
) -> str:
    """The path of a new personal link of that person, who is added when new and reads that language.

    A painter reads English, too, unless a test says otherwise; empty: whatever nobody chose.
    """
    with app.app_context():
        supplier = people.get_supplier(workshop) if workshop else None
        person = people.add_person(email, name=email.split("@", maxsplit=1)[0].title(), roles={role}, supplier=supplier)
        person.locale = language
        path = f"/l/{credentials.new_link(person)}"
        db.session.commit()
        return path


def painter_link(app: Flask, workshop: str = WORKSHOP, *, language: str = "en") -> str:
    """A supplier person's link."""
    email = f"li@{workshop.split(maxsplit=1)[0].lower()}.example"
    return link_of(app, email, Role.SUPPLIER, workshop, language=language)


def press_continue(client: FlaskClient, path: str, **options: Any) -> TestResponse:
    """What the browser sends when the button is pressed."""
    return client.post(path, **{"headers": FROM_OUR_PAGE, **options})


def give_password(app: Flask, email: str, password: str) -> None:
    """A password of that person, hashed in a moment instead of the usual fifth of a second."""
    with app.app_context():
        person = people.get_person(email)
        db.session.add(Password(person_id=person.id, hash=generate_password_hash(password, "scrypt:1024:8:1")))
        db.session.commit()


def signed_in(app: Flask, path: str = "") -> FlaskClient:
    """A browser in which somebody is signed in: Anna of customer service unless a link is given."""
    client = app.test_client()
    assert press_continue(client, path or link_of(app)).status_code == 303
    return client


def is_signed_in(client: FlaskClient) -> bool:
    """Whether the first page does not ask for a personal link."""
    return "Open your personal link" not in client.get("/").text


def session_cookie(answer: TestResponse) -> str:
    """The header that sets the session, of all that set a cookie."""
    found: list[str] = answer.headers.getlist("Set-Cookie")
    return next(header for header in found if "-known=" not in header)


def add_lines(app: Flask, count: int, workshop: str = WORKSHOP, waiting_for: Side = Side.SUPPLIER) -> list[int]:
    """Open lines of different orders, the first one waiting longest; their ids."""
    with app.app_context():
        supplier, now = people.get_supplier(workshop), utcnow()
        lines = []
        for number in range(count):
            since = now - timedelta(hours=3 * (count - number), minutes=5)
            board = Board.PHOTO_ISSUES if number % 3 == 2 else Board.PROBLEM_SHEET
            lines.append(
                Problem(
                    board=board,
                    order=orders.known(OrderName(1, f"NL{20_000 + number}")),
                    supplier=supplier,
                    type=choices(board)[number % 4],
                    problem=f"Problem number {number}: the customer did not say which of the two sizes is meant",
                    waiting_for=waiting_for.value,
                    waiting_since=since,
                    reported_by="Anna Visser <anna@brushwood.example>",
                    reported_at=since,
                    changed_at=since,
                )
            )
        db.session.add_all(lines)
        db.session.commit()
        return [line.id for line in lines]


def add_comment(app: Flask, line_id: int, words: str, side: Side = Side.SUPPLIER) -> None:
    """One comment on a line, with nothing else around it."""
    with app.app_context():
        db.session.add(Comment(problem_id=line_id, side=side.value, author="Li Wei", text=words))
        db.session.commit()


def contents(app: Flask) -> dict[str, list[Any]]:
    """Everything in the store."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)))) for table in Base.metadata.sorted_tables
        }


def queries_for(app: Flask, client: FlaskClient, path: str) -> int:
    """How often the store is asked for that page."""
    with counted_queries(app) as statements:
        assert client.get(path).status_code == 200
    return len(statements)


@contextmanager
def counted_queries(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the store meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
