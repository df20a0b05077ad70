"""Order names: how they are found in what people write, and the one spelling we keep."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
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
# What a store's pattern stands between, see stores.order_regex.
BEFORE_A_NAME, AFTER_A_NAME = r"(?<![0-9A-Za-z])#?(", r")(?![0-9A-Za-z])"


# Signs that nobody sees, and that are copied along with numbers.
INVISIBLE = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF))


class Order(Base):
    """One order of one store, known by its name."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("store_id", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str]
    # What the customer paid, once that is known.
    total: Mapped[Decimal | None]
    total_currency: Mapped[str] = mapped_column(default="")
    # Whether there is a refund claim about it: answers of the widget look for claims only then.
    has_claims: Mapped[bool] = mapped_column(default=False)
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


def all_patterns() -> list[OrderPattern]:
    """Those of all stores, for staff who work for all of them. One query."""
    stores = db.session.scalars(select(Store).order_by(Store.id))
    return [pattern_of(store.id, store.code, store.order_pattern) for store in stores]


def plain(text: str) -> str:
    """Full-width digits and signs become the ordinary ones; signs that nobody sees go.

    Sign by sign: putting thousands of accents on one letter into order takes minutes.
    """
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFKC", sign) for sign in text).translate(INVISIBLE)


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
    if not patterns:
        raise Refused("“{typed}” is not an order number of any store of this helpdesk.", typed=typed[:60])
    if not readings:
        codes = tuple(pattern.code for pattern in patterns)
        raise Refused("“{typed}” is not an order number of {stores}.", typed=typed[:60], stores=codes)
    if len(readings) > 1:
        raise Refused(
            "{typed} may be an order of {stores}. Write the store before it: {store} {typed}",
            typed=typed, stores=tuple(reading.code for reading in readings), store=readings[0].code,
        )  # fmt: skip
    return readings[0].name


def example_of(pattern: OrderPattern) -> str:
    """A number that fits a store's pattern, to show what one looks like; empty for a pattern of another kind."""
    bare = pattern.regex.pattern.removeprefix(BEFORE_A_NAME).removesuffix(AFTER_A_NAME)
    made = re.sub(r"(?:\\d|\[0-9\])(?:\{(\d+)(?:,\d*)?\}|([+*]))?", _digits, bare)
    return made if pattern.regex.fullmatch(made) else ""


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


def get(order_id: int) -> Order:
    """An order by its id."""
    return db.session.get_one(Order, order_id)


def lock_known(names: Iterable[OrderName]) -> dict[OrderName, Order]:
    """The orders of these names, added when they are new, locked until the commit.

    Of two who report at once the later one then sees the other's line. Always in the same order, so that nobody waits
    for each other; rows that only point to an order are not held up.
    """
    wanted = sorted(set(names))
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    rows = [{"store_id": name.store_id, "name": name.name, "created_at": utcnow()} for name in wanted]
    if not rows:
        return {}
    db.session.execute(insert(Order).values(rows).on_conflict_do_nothing(index_elements=["store_id", "name"]))
    query = select(Order).where(tuple_(Order.store_id, Order.name).in_(wanted)).order_by(Order.store_id, Order.name)
    found = db.session.scalars(query.with_for_update(key_share=True))
    return {OrderName(order.store_id, order.name): order for order in found}


def find(name: OrderName) -> Order | None:
    """The order of that name if it is known."""
    return db.session.scalar(select(Order).where(Order.store_id == name.store_id, Order.name == name.name))


def ids_of(connection: Connection, names: list[OrderName]) -> dict[int, OrderName]:
    """The ids of those of some orders that are known. One query."""
    wanted = tuple_(Order.store_id, Order.name).in_(names)
    rows = connection.execute(select(Order.id, Order.store_id, Order.name).where(wanted))
    return {row.id: OrderName(row.store_id, row.name) for row in rows}


def _digits(match: re.Match[str]) -> str:
    count = int(match[1]) if match[1] else 5 if match[2] else 1
    return ("1234567890" * 2)[: min(count, 20)]


class _Reading(NamedTuple):
    code: str
    name: OrderName
    names_the_store: bool


def _read(typed: str, pattern: OrderPattern) -> _Reading | None:
    bare = _without_code(typed, pattern.code)
    match = pattern.regex.fullmatch(bare) or pattern.regex.fullmatch(_joined(typed))
    if match is None:
        return None
    return _Reading(pattern.code, OrderName(pattern.store_id, match.group(1).upper()), bare != typed)


def _without_code(typed: str, code: str) -> str:
    """`DE 1001` and `DE: 1001` without the store's code; the code inside a name (`NL10423`) is left alone."""
    match = re.fullmatch(rf"{re.escape(code)}\s*[: ]\s*(.+)", typed, re.IGNORECASE)
    return match.group(1) if match else typed


def _joined(typed: str) -> str:
    """`NL 10423` and `NL-10423` as one word: phones put a blank behind letters."""
    return re.sub(r"(?<=[A-Za-z])[ -](?=[0-9])", "", typed)
