"""The store: one `db`, session settings per database, and the clock.

Two ways in. `db.session` is for whatever may write: on SQLite it starts with BEGIN IMMEDIATE, because a
deferred transaction that reads first and writes later fails at once with SQLITE_BUSY_SNAPSHOT, whatever
busy_timeout says (GET requests never write and stay deferred). `open_reading()` is for the hot path: a plain
connection for Core selects that never writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Numeric,
    Select,
    Text,
    event,
    make_url,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator, TypeEngine

PATIENCE_AT_ONCE_MS = 50
PATIENCE_WEB_MS = 1_500
PATIENCE_COMMANDS_MS = 15_000
# No currency has more decimals.
AMOUNT_SCALE = 4
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Only aware datetimes go in, only UTC comes out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactAmount(TypeDecorator[Decimal]):
    """Money, exact. SQLite has no decimals: there it is counted in ten-thousandths, which sums and compares as well."""

    impl = Numeric(18, AMOUNT_SCALE)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else Numeric(18, AMOUNT_SCALE))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | int | None:
        if value is None or dialect.name != "sqlite":
            return value
        counted = value.scaleb(AMOUNT_SCALE)
        if counted != int(counted):
            raise ValueError(f"{value} has more than {AMOUNT_SCALE} decimals")
        return int(counted)

    def process_result_value(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-AMOUNT_SCALE) if dialect.name == "sqlite" else Decimal(value)


class Base(DeclarativeBase):
    """Types and constraint names every table shares."""

    registry = registry(
        type_annotation_map={datetime: UtcDateTime, str: Text, Decimal: ExactAmount},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


db = SQLAlchemy(model_class=Base)

# Ids a vendor gave: nobody promised that they stay small.
VendorId = BigInteger
# Ids that we count ourselves; SQLite only counts a plain INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer(), "sqlite")


def utcnow() -> datetime:
    """Now, in UTC. The only clock the rooms ask."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def as_of(at: datetime) -> Iterator[None]:
    """Do something as if it were that moment, for a demo that has a past. What goes out goes out now all the same."""
    before = _pretended.set(at)
    try:
        yield
    finally:
        _pretended.reset(before)


def init_store(app: Flask, database_url: str) -> None:
    """Bind the store to the app with the settings its database needs."""
    url = make_url(database_url)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url.get_backend_name())
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    app.extensions["store_patience_ms"] = PATIENCE_WEB_MS
    with app.app_context():
        _prepare(app, db.engine)


def be_patient(app: Flask) -> None:
    """Commands and the worker wait longer for a lock than a web request may. Call before the first query."""
    app.extensions["store_patience_ms"] = PATIENCE_COMMANDS_MS


class Prepared:
    """A select of the hot path, made into SQL once and run by the driver itself. See iso() for its moments.

    Cached as it is, a statement's way through SQLAlchemy takes longer than the query: with its result 200 µs
    against 30.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[Any, tuple[str, dict[str, Any], list[str] | None]] = {}

    def rows(self, connection: Connection, **bound: Any) -> list[tuple[Any, ...]]:
        """Run it. A list fills an expanding parameter; its SQL is made once per length. Raises DBAPIError."""
        dialect = connection.dialect
        key = (dialect.name, *(len(value) for value in bound.values() if isinstance(value, list)))
        if key not in self._compiled:
            self._compiled[key] = self._compile(dialect, bound)
        sql, fixed, order = self._compiled[key]
        named = {**fixed, **_spread(bound)}
        cursor = connection.connection.cursor()
        try:
            cursor.execute(sql, named if order is None else [named[name] for name in order])
            return cast(list[tuple[Any, ...]], cursor.fetchall())
        except dialect.loaded_dbapi.Error as error:
            raise _as_dbapi_error(connection, sql, error) from error
        finally:
            cursor.close()

    def _compile(self, dialect: Dialect, bound: dict[str, Any]) -> tuple[str, dict[str, Any], list[str] | None]:
        made = self._statement.compile(dialect=dialect).construct_expanded_state(bound)
        return made.statement, dict(made.parameters), list(made.positiontup) if made.positiontup else None


def _as_dbapi_error(connection: Connection, sql: str, error: Exception) -> BaseException:
    """What SQLAlchemy would have raised. A broken connection does not go back to the pool."""
    lost = connection.dialect.is_disconnect(error, connection.connection.driver_connection, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate()
    base = connection.dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, base, connection_invalidated=lost, dialect=connection.dialect)


def _spread(bound: dict[str, Any]) -> dict[str, Any]:
    """Parameters by the names SQLAlchemy gives the places of an expanded list."""
    named = {}
    for name, value in bound.items():
        if isinstance(value, list):
            named.update({f"{name}_{place}": each for place, each in enumerate(value, start=1)})
        else:
            named[name] = value
    return named


def iso(at: datetime | str) -> str:
    """A moment of a prepared select's row, e.g. 2026-11-23T14:05:00Z. SQLite keeps moments as text."""
    text = at if isinstance(at, str) else at.astimezone(UTC).isoformat()
    return f"{text[:10]}T{text[11:19]}Z"


def open_reading() -> Connection:
    """A connection for selects only, without the cost of a session; never writes. To be closed, or used with `with`."""
    engine: Engine = current_app.extensions["store_reader"]
    return engine.connect()


@contextmanager
def write_at_once() -> Iterator[Connection]:
    """A transaction of its own for something small that is better lost than waited for. Raises DBAPIError."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Not through SQLAlchemy, which would begin the transaction, and wait for it, before saying this.
            raw: Any = connection.connection.driver_connection
            raw.execute(f"PRAGMA busy_timeout = {PATIENCE_AT_ONCE_MS}")
            try:
                with connection.begin():
                    yield connection
            finally:
                raw.execute(f"PRAGMA busy_timeout = {current_app.extensions['store_patience_ms']}")
            return
        with connection.begin():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE_AT_ONCE_MS}")
            yield connection


def is_busy(error: DBAPIError) -> bool:
    """Whether the store did not answer in time or could not be reached, as against a defect of ours."""
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return code[:2] in {"08", "40", "53", "55", "57"}
    text = str(error.orig).lower()
    return any(sign in text for sign in ("locked", "busy", "connect", "unable to open", "disk i/o", "readonly"))


def is_postgresql() -> bool:
    """Which of the two databases this app runs on."""
    return db.engine.dialect.name == "postgresql"


def _engine_options(backend: str) -> dict[str, Any]:
    if backend == "sqlite":
        return {"connect_args": {"isolation_level": None, "check_same_thread": False}}
    return {"pool_size": 5, "max_overflow": 5, "pool_timeout": 2, "connect_args": {"connect_timeout": 2}}


def _prepare(app: Flask, engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        app.extensions["store_reader"] = engine.execution_options(reading=True)
        event.listen(engine, "connect", lambda raw, _record: _open_sqlite(app, raw))
        event.listen(engine, "begin", _begin_sqlite)
    else:
        app.extensions["store_reader"] = engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(engine, "connect", lambda raw, _record: _open_postgresql(app, raw))


def _open_sqlite(app: Flask, raw: Any) -> None:
    cursor = raw.cursor()
    for pragma in (
        f"busy_timeout = {app.extensions['store_patience_ms']}",
        "journal_mode = WAL",
        # NORMAL loses acknowledged commits on a power cut.
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A reading connection needs no transaction: each select sees a snapshot of its own.
    if not connection.get_execution_options().get("reading", False):
        connection.exec_driver_sql("BEGIN" if _answers_a_safe_request() else "BEGIN IMMEDIATE")


def _answers_a_safe_request() -> bool:
    return has_request_context() and request.method in SAFE_METHODS


def _open_postgresql(app: Flask, raw: Any) -> None:
    patience = app.extensions["store_patience_ms"]
    with raw.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {patience}")
        cursor.execute(f"SET statement_timeout = {patience if patience == PATIENCE_WEB_MS else 2 * patience}")
        cursor.execute("SET idle_in_transaction_session_timeout = 30000")
        cursor.execute("SET timezone = 'UTC'")
    raw.commit()
