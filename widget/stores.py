"""Stores (one country's shop) and helpdesks (one Gorgias account, which several stores may share)."""

from __future__ import annotations

import hashlib
import hmac
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, CheckConstraint, ForeignKey, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget import history
from widget.db import Base, Id, VendorId, db, utcnow
from widget.errors import NotFound, Refused

CALLS_ALLOWED = 40
CALLS_PERIOD_SECONDS = 20


class Helpdesk(Base):
    """One Gorgias account. Its API key and the secret of our integration are stored sealed."""

    __tablename__ = "helpdesks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    email: Mapped[str]
    api_key_sealed: Mapped[str]
    hook_secret_sealed: Mapped[str]
    hook_secret_hash: Mapped[str]
    calls_allowed: Mapped[int] = mapped_column(default=CALLS_ALLOWED)
    calls_period_seconds: Mapped[int] = mapped_column(default=CALLS_PERIOD_SECONDS)
    integration_id: Mapped[int | None] = mapped_column(VendorId)
    widget_id: Mapped[int | None] = mapped_column(VendorId)
    api_user_id: Mapped[int | None] = mapped_column(VendorId)
    users_copied_at: Mapped[datetime | None]
    # Counts up whenever something the widget's answer is built from changes: stores, types, suppliers.
    catalogue_version: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    # What we know of the integration: when it was last called, how often in a row it was answered with an error, and
    # whether Gorgias had it active when we last looked.
    called_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool | None]
    looked_at: Mapped[datetime | None]
    # On which days we switched it on again: at most three times a day.
    revived_on: Mapped[date | None]
    revived: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    stores: Mapped[list[Store]] = relationship(back_populates="helpdesk", order_by="Store.id")

    @property
    def account(self) -> str:
        """The name rate limits and breakers go by."""
        return f"gorgias:{self.id}"


class Store(Base):
    """One country's shop. Order names are unique only within it."""

    __tablename__ = "stores"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    helpdesk_id: Mapped[int] = mapped_column(ForeignKey("helpdesks.id"), index=True)
    order_pattern: Mapped[str]
    currency: Mapped[str]
    locale: Mapped[str]
    timezone: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    helpdesk: Mapped[Helpdesk] = relationship(back_populates="stores")


class ConnectionCheck(Base):
    """A test of a helpdesk's connection, or an installation there, that an admin asked for and the worker does."""

    __tablename__ = "connection_checks"
    __table_args__ = (CheckConstraint("kind IN ('check', 'install')", name="kind"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    helpdesk_id: Mapped[int] = mapped_column(ForeignKey("helpdesks.id"), index=True)
    kind: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=utcnow)
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    # One {"check": …, "ok": …, "words": …} each.
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class Shop(NamedTuple):
    """How a store is to be."""

    code: str
    name: str
    helpdesk: Helpdesk
    order_pattern: str
    currency: str
    locale: str
    timezone: str


def hash_of(secret: str) -> str:
    """What is stored of a random secret that callers show us."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret_of(helpdesk_hash: str, shown: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(helpdesk_hash, hash_of(shown))


def get_helpdesk(name: str) -> Helpdesk:
    """By name. Raises NotFound."""
    helpdesk = db.session.scalar(select(Helpdesk).where(Helpdesk.name == name))
    if helpdesk is None:
        raise NotFound("There is no helpdesk {name}. Add it with: flask helpdesk add {name} …", name=repr(name))
    return helpdesk


def helpdesk_of(account: str) -> Helpdesk:
    """The helpdesk an outgoing message's account names."""
    return db.session.get_one(Helpdesk, int(account.removeprefix("gorgias:")))


def get_store(code: str) -> Store:
    """By code, in any case. Raises NotFound."""
    store = db.session.scalar(select(Store).where(Store.code == code.strip().upper()))
    if store is None:
        raise NotFound("There is no store {code}. Add it with: flask store add {code} …", code=repr(code))
    return store


def add_store(
    code: str, *, name: str, helpdesk: Helpdesk, order_pattern: str, currency: str, locale: str, timezone: str
) -> Store:
    """Add a shop or bring the one of that code up to date. Raises Refused naming what is wrong."""
    wanted = _checked(Shop(code, name, helpdesk, order_pattern, currency, locale, timezone))
    store = db.session.scalar(select(Store).where(Store.code == wanted.code))
    if store is None:
        store = Store(version=0)
        db.session.add(store)
    store.version += 1
    _apply(store, wanted)
    return store


def all_stores() -> list[Store]:
    """By code."""
    return list(db.session.scalars(select(Store).order_by(Store.code)))


def get_store_by_id(store_id: int) -> Store:
    """By id. Raises NotFound."""
    store = db.session.get(Store, store_id)
    if store is None:
        raise NotFound("There is no such store.")
    return store


def new_store(wanted: Shop, *, by: tuple[str, str]) -> Store:
    """Add a shop. `by` is (name, e-mail). Raises Refused, also when there is one of that code."""
    wanted = _checked(wanted)
    _check_code(wanted.code, None)
    store = Store(version=1)
    db.session.add(store)
    _apply(store, wanted)
    for field, new in _told(wanted).items():
        history.record("store", store.id, field, "", new, by=by, version=store.version)
    return store


def change_store(store_id: int, wanted: Shop, *, by: tuple[str, str], shown: int, has_orders: bool) -> Store:
    """Change a shop; its code stays once there are orders of it. Raises Refused and Outdated."""
    query = select(Store).where(Store.id == store_id).with_for_update()
    store = db.session.scalar(query.execution_options(populate_existing=True))
    if store is None:
        raise NotFound("There is no such store.")
    history.refuse_outdated("store", store, shown)
    wanted = _checked(wanted)
    _check_code(wanted.code, store)
    if has_orders and wanted.code != store.code:
        raise Refused("The code {code} stays: there are orders of this store already.", code=store.code)
    old = _told(Shop(**{name: getattr(store, name) for name in Shop._fields}))
    differing = {field: new for field, new in _told(wanted).items() if new != old[field]}
    store.version += bool(differing)
    for field, new in differing.items():
        history.record("store", store.id, field, old[field], new, by=by, version=store.version)
    _apply(store, wanted)
    return store


def _checked(wanted: Shop) -> Shop:
    """With code and currency as we write them. Raises Refused naming what is wrong."""
    code, currency = wanted.code.strip().upper(), wanted.currency.upper()
    if not re.fullmatch(r"[A-Z0-9]{1,12}", code):
        raise Refused("A store's code is letters and digits, at most 12: {code} is not.", code=repr(code))
    check_order_pattern(wanted.order_pattern)
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Refused("{currency} is no currency code (three letters, e.g. EUR).", currency=repr(wanted.currency))
    check_locale(wanted.locale)
    check_timezone(wanted.timezone)
    return wanted._replace(code=code, currency=currency)


def _check_code(code: str, itself: Store | None) -> None:
    twin = db.session.scalar(select(Store).where(Store.code == code))
    if twin is not None and twin is not itself:
        raise Refused("The code {code} is {store}'s already.", code=code, store=twin.name)


def _apply(store: Store, wanted: Shop) -> None:
    for name, value in wanted._asdict().items():
        setattr(store, name, value)
    db.session.flush()
    catalogue_changed()


def _told(wanted: Shop) -> dict[str, str]:
    """For the history."""
    return {**wanted._asdict(), "helpdesk": wanted.helpdesk.name}


def catalogue_changed() -> None:
    """Tell every process that stores, types or suppliers changed: widgets show it with their next answer."""
    db.session.execute(update(Helpdesk).values(catalogue_version=Helpdesk.catalogue_version + 1))


def check_timezone(name: str) -> None:
    """Raises Refused for a zone that does not exist."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Refused("{name} is no time zone (e.g. Europe/Amsterdam).", name=repr(name)) from error


def check_locale(name: str) -> None:
    """Raises Refused for what is no language code."""
    if not re.fullmatch(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?", name):
        raise Refused("{name} is no language code (e.g. nl, zh, de-AT).", name=repr(name))


def check_order_pattern(pattern: str) -> None:
    """Raises Refused for a regular expression that is broken, matches nothing at all or everything, or is slow."""
    try:
        bare, compiled = re.compile(pattern), order_regex(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise Refused(
            "The order pattern {pattern} is no regular expression: {error}.", pattern=f"'{pattern}'", error=str(error)
        ) from error
    if bare.fullmatch("") or compiled.search(" - "):
        raise Refused("The order pattern {pattern} also matches where there is no number.", pattern=f"'{pattern}'")
    own = sorted({sign.casefold() * 20_000 for sign in pattern if sign.isalnum()})
    for text in ("NL" + "1" * 20_000, "a" * 20_000, "1-" * 10_000, "#" * 20_000, *own):
        with _at_most_a_second(pattern):
            compiled.search(text + "!")


def order_regex(pattern: str) -> re.Pattern[str]:
    """How an order name of a store is found in a text: any case, with or without #, not inside a longer word."""
    bare = pattern.strip().removeprefix("^").removesuffix("$").removeprefix("#?").removeprefix("#")
    if not bare:
        raise re.error("nothing is left of it without ^, $ and #")
    return re.compile(rf"(?<![0-9A-Za-z])#?({bare})(?![0-9A-Za-z])", re.IGNORECASE)


@contextmanager
def _at_most_a_second(pattern: str) -> Iterator[None]:
    def too_slow(*_: object) -> None:
        raise Refused(
            "The order pattern {pattern} takes too long on a long text; make it simpler.", pattern=f"'{pattern}'"
        )

    try:
        before = signal.signal(signal.SIGALRM, too_slow)
    except ValueError:  # Signals reach the main thread only; anywhere else the pattern is not timed.
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def base_url(url: str) -> str:
    """A helpdesk's address as we use it. Raises Refused for what is none."""
    try:
        parts = urlsplit(url.strip())
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise Refused("{url} is no address (e.g. https://acme.gorgias.com).", url=repr(url))
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/api')}"
