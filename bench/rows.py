"""Fills a store with as many problems as asked for, as they pile up in a shop: most of them handled long ago.

Five lines to an order, an order's lines far apart in the table. One order in eight is live: four of its lines are
open, three on the problem sheet and one of photo issues. Rows are made by the database itself from a series of
numbers, so a million take seconds on either.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    case,
    cast,
    create_engine,
    func,
    insert,
    literal,
    select,
    text,
)

from tests import factories
from tests.processes import settings
from widget import create_app
from widget.config import Config
from widget.db import UtcDateTime, db, utcnow
from widget.orders import Order
from widget.people import Side
from widget.problem_types import Board
from widget.problems import Comment, Problem
from widget.tickets import Ticket, TicketOrder

COMMENT = "Please ask again, the parcel goes out on the day after the answer. "
LINES_PER_ORDER = 5
OPEN_LINES = 4
ONE_IN = 8
FIRST_NAME = 1_000_000
FIRST_TICKET = 10_000_000
FIRST_CUSTOMER = 50_000_000
ADDRESS = "Keizersgracht 241 bis\n1016 EA Amsterdam"


def live_orders(problems: int) -> range:
    """The numbers of the orders with open lines, in a store of so many problems."""
    return range(0, problems // LINES_PER_ORDER, ONE_IN)


def line_ids(order: int, problems: int) -> list[int]:
    """The ids of an order's open lines."""
    return [nth * (problems // LINES_PER_ORDER) + order + 1 for nth in range(OPEN_LINES)]


def fill(url: str, problems: int) -> None:
    """Put them into a store that has its tables and nothing else."""
    _add_shop(url)
    engine = create_engine(url)
    tables: list[Any] = [Order.__table__, Ticket.__table__, TicketOrder.__table__, Problem.__table__, Comment.__table__]
    with engine.begin() as connection:
        _hurry(connection)
        _drop_indexes(connection, tables)
        _add_orders(connection, problems // LINES_PER_ORDER)
        _add_problems(connection, problems)
        _add_comments(connection, problems // LINES_PER_ORDER)
        _make_indexes(connection, tables)
        _count_on(connection, tables)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)" if _is_sqlite(connection) else "VACUUM ANALYZE"))
    engine.dispose()


def _add_shop(url: str) -> None:
    app = create_app(Config.from_env(settings(url)))
    with app.app_context():
        factories.supplier(factories.store(factories.helpdesk(app=app), pattern=r"NL\d{7}"))
        db.session.commit()
        db.engine.dispose()


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _hurry(connection: Connection) -> None:
    """What these rows refer to is there; checking a million times that it is takes half the time."""
    if _is_sqlite(connection):
        return
    with contextlib.suppress(Exception), connection.begin_nested():
        connection.execute(text("SET LOCAL session_replication_role = replica"))


def _drop_indexes(connection: Connection, tables: list[Table]) -> None:
    for table in tables:
        for index in table.indexes:
            index.drop(connection)


def _make_indexes(connection: Connection, tables: list[Table]) -> None:
    for table in tables:
        for index in table.indexes:
            index.create(connection)


def _count_on(connection: Connection, tables: list[Table]) -> None:
    """PostgreSQL's counters know nothing of ids that were given."""
    if _is_sqlite(connection):
        return
    for table in tables:
        if "id" in table.c:
            counter = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(counter, select(func.max(table.c.id)).scalar_subquery())))


def _numbers(count: int) -> ColumnElement[int]:
    numbers = select(literal(0, BigInteger).label("n")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count - 1)).c.n


def _moment(number: ColumnElement[int]) -> ColumnElement[Any]:
    """A few moments of the last weeks by turns."""
    now = utcnow().replace(microsecond=0)
    moments = [literal(now - timedelta(hours=31 * back + 1), UtcDateTime) for back in range(7)]
    return case(*[(number % 7 == turn, moment) for turn, moment in enumerate(moments)], else_=moments[0])


def _insert(connection: Connection, model: Any, values: dict[str, Any], *conditions: ColumnElement[bool]) -> None:
    rows = select(*[value.label(name) for name, value in values.items()]).where(*conditions)
    connection.execute(insert(model).from_select(list(values), rows))


def _add_orders(connection: Connection, count: int) -> None:
    n = _numbers(count)
    name = literal("NL") + cast(FIRST_NAME + n, Text)
    _insert(connection, Order, {"id": n + 1, "store_id": literal(1), "name": name, "created_at": _moment(n)})
    ticket = {
        "id": n + 1,
        "helpdesk_id": literal(1),
        "gorgias_id": FIRST_TICKET + n,
        "customer_id": FIRST_CUSTOMER + n,
        "tags": literal(""),
        "seen_at": _moment(n),
    }
    _insert(connection, Ticket, ticket)
    about = {"ticket_id": n + 1, "order_id": n + 1, "found_in": literal("subject"), "at": _moment(n)}
    _insert(connection, TicketOrder, about)


def _add_problems(connection: Connection, count: int) -> None:
    n, orders = _numbers(count), count // LINES_PER_ORDER
    order, nth = n % orders, n // orders
    is_open = and_(order % ONE_IN == 0, nth < OPEN_LINES)
    is_photo = nth == OPEN_LINES - 1
    ours = Side.CUSTOMER_SERVICE.value
    words = "House number missing; the carrier returned the parcel to the workshop, number "
    line = {
        "id": n + 1,
        "board": case((is_photo, Board.PHOTO_ISSUES.value), else_=Board.PROBLEM_SHEET.value),
        "order_id": order + 1,
        "supplier_id": literal(1),
        "type_id": case((is_photo, 6 + order % 7), else_=1 + nth),
        "problem": literal(words) + cast(n, Text),
        "informed_at": case((nth == 1, _moment(n)), else_=None),
        "address": case((nth == 0, ADDRESS), else_=""),
        "comment_cs": case((nth.in_((0, 1)), literal(COMMENT) + cast(n + 1, Text)), else_=""),
        "comment_supplier": case((nth.in_((0, 2)), literal(COMMENT) + cast(n + 1, Text)), else_=""),
        "waiting_for": case((nth % 2 == 0, ours), else_=Side.SUPPLIER.value),
        "waiting_since": _moment(n),
        "reported_by": literal("Li Wei <liwei@dafen.example>"),
        "reported_at": _moment(n),
        "handled_at": case((is_open, None), else_=_moment(n)),
        "handled_by": case((is_open, ""), else_="Li Wei"),
        "version": literal(1),
        "changed_at": _moment(n),
    }
    _insert(connection, Problem, line)


def _add_comments(connection: Connection, orders: int) -> None:
    """Of an order's lines the supplier wrote on the first and third, customer service on the first and second."""
    nth = (Problem.id - 1) // orders
    words = literal(COMMENT) + cast(Problem.id, Text)
    for side, author, written_on in ((Side.SUPPLIER, "Li Wei", (0, 2)), (Side.CUSTOMER_SERVICE, "Anna Visser", (0, 1))):
        comment = {
            "problem_id": Problem.id,
            "side": literal(side.value),
            "author": literal(author),
            "text": words,
            "at": Problem.reported_at,
        }
        _insert(connection, Comment, comment, nth.in_(written_on))
