"""Order names: how they are found in what people write, and the one spelling we keep."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, ForeignKey, UniqueConstraint, select, tuple_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget.db import Base, Id, db, is_postgresql, utcnow
from widget.errors import Refused
from widget.stores import Store, order_regex

# Nobody writes more order numbers into one message; a list this long is something else.
MOST_IN_A_TEXT = 20
# Enough for any message; what is longer is a pasted log or an attack on the patterns.
LONGEST_TEXT = 50_000


class Order(Base):
    """One order of one store, known by its name."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("store_id", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    store: Mapped[Store] = relationship()


class OrderName(NamedTuple):
    """An order name and the store whose pattern it fits."""

    store_id: int
    name: str


class OrderPattern(NamedTuple):
    """A store's pattern, compiled."""

    store_id: int
    code: str
    regex: re.Pattern[str]


def pattern_of(store_id: int, code: str, order_pattern: str) -> OrderPattern:
    """Compile once what is asked for with every answer."""
    return OrderPattern(store_id, code, order_regex(order_pattern))


def plain(text: str) -> str:
    """Full-width digits and signs become the ordinary ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def names_in(text: str, patterns: Iterable[OrderPattern]) -> list[OrderName]:
    """Every order name written in a text, in the order it was written, each once per store."""
    text = plain(text[:LONGEST_TEXT])
    found = [
        (match.start(), OrderName(pattern.store_id, match.group(1).upper()))
        for pattern in patterns
        for match in pattern.regex.finditer(text)
        if match.group(1).isprintable()
    ]
    return list(dict.fromkeys(name for _, name in sorted(found)))[:MOST_IN_A_TEXT]


def read_name(text: str, patterns: list[OrderPattern]) -> OrderName:
    """The one order name an agent typed: `NL10423`, `#1001`, or `DE 1001` where two stores count alike.

    Raises Refused with what to write instead.
    """
    typed = " ".join(plain(text).split())
    readings = [reading for pattern in patterns if (reading := _read(typed, pattern)) is not None]
    readings = [reading for reading in readings if reading.names_the_store] or readings
    if not readings:
        codes = " or ".join(pattern.code for pattern in patterns) or "any store of this helpdesk"
        raise Refused(f"“{typed[:60]}” is not an order number of {codes}.")
    if len(readings) > 1:
        codes = " or ".join(reading.code for reading in readings)
        raise Refused(f"{typed} may be an order of {codes}. Write the store before it: {readings[0].code} {typed}")
    return readings[0].name


def known(name: OrderName) -> Order:
    """The order of that name, added when it is new. Safe when two add it at once."""
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    db.session.execute(
        insert(Order)
        .values(store_id=name.store_id, name=name.name, created_at=utcnow())
        .on_conflict_do_nothing(index_elements=["store_id", "name"])
    )
    order = find(name)
    assert order is not None
    return order


def find(name: OrderName) -> Order | None:
    """The order of that name if it is known."""
    return db.session.scalar(select(Order).where(Order.store_id == name.store_id, Order.name == name.name))


def ids_of(connection: Connection, names: list[OrderName]) -> dict[int, OrderName]:
    """The ids of those of some orders that are known. One query."""
    wanted = tuple_(Order.store_id, Order.name).in_(names)
    rows = connection.execute(select(Order.id, Order.store_id, Order.name).where(wanted))
    return {row.id: OrderName(row.store_id, row.name) for row in rows}


class _Reading(NamedTuple):
    code: str
    name: OrderName
    names_the_store: bool


def _read(typed: str, pattern: OrderPattern) -> _Reading | None:
    bare = _without_code(typed, pattern.code)
    match = pattern.regex.fullmatch(bare)
    if match is None:
        return None
    return _Reading(pattern.code, OrderName(pattern.store_id, match.group(1).upper()), bare != typed)


def _without_code(typed: str, code: str) -> str:
    """`DE 1001` and `DE: 1001` without the store's code; the code inside a name (`NL10423`) is left alone."""
    match = re.fullmatch(rf"{re.escape(code)}\s*[: ]\s*(.+)", typed, re.IGNORECASE)
    return match.group(1) if match else typed
