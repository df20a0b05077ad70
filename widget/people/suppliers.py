"""Suppliers: the workshops, and the stores they paint for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select

from widget import history, stores
from widget.db import db
from widget.errors import NotFound, Refused
from widget.people.persons import clean_email
from widget.people.tables import Actor, Person, Supplier, SupplierStore
from widget.stores import Store

SUBJECT = "supplier"


class Workshop(NamedTuple):
    """How a supplier is to be: `mention` is the e-mail address of the Gorgias user whom notes tag."""

    name: str
    locale: str
    timezone: str
    mention: str
    stores: tuple[Store, ...]


def get_supplier(name: str) -> Supplier:
    """By name. Raises NotFound."""
    supplier = db.session.scalar(select(Supplier).where(Supplier.name == name))
    if supplier is None:
        raise NotFound("There is no supplier {name}. Add it with: flask supplier add {name} …", name=repr(name))
    return supplier


def is_a_suppliers(email: str) -> bool:
    """Whether an e-mail address belongs to a workshop: that of somebody whom notes tag, or of one of its people."""
    tagged = select(Supplier.id).where(Supplier.mention_email == email)
    works_there = select(Person.id).where(Person.email == email, Person.supplier_id.is_not(None))
    return bool(db.session.scalar(select(or_(tagged.exists(), works_there.exists()))))


def add_supplier(name: str, *, of: list[Store], mention: str, locale: str, timezone: str) -> Supplier:
    """Add a workshop or bring it up to date. Stores it paints for are added to, never taken away."""
    stores.check_locale(locale)
    stores.check_timezone(timezone)
    supplier = db.session.scalar(select(Supplier).where(Supplier.name == name))
    if supplier is None:
        supplier = Supplier(name=name)
        db.session.add(supplier)
    else:
        supplier.version += 1
    supplier.locale, supplier.timezone = locale, timezone
    supplier.mention_email = clean_email(mention) if mention else ""
    db.session.flush()
    known = set(db.session.scalars(select(SupplierStore.store_id).where(SupplierStore.supplier_id == supplier.id)))
    for store in of:
        if store.id not in known:
            db.session.add(SupplierStore(supplier_id=supplier.id, store_id=store.id))
    db.session.flush()
    stores.catalogue_changed()
    return supplier


def all_suppliers() -> list[Supplier]:
    """By name."""
    return list(db.session.scalars(select(Supplier).order_by(func.lower(Supplier.name), Supplier.id)))


def get_supplier_by_id(supplier_id: int) -> Supplier:
    """By id. Raises NotFound."""
    supplier = db.session.get(Supplier, supplier_id)
    if supplier is None:
        raise NotFound("There is no such supplier.")
    return supplier


def new_supplier(wanted: Workshop, *, by: Actor) -> Supplier:
    """Add a workshop. Raises Refused when there is one of that name."""
    _check_name(wanted.name, None)
    stores.check_locale(wanted.locale)
    stores.check_timezone(wanted.timezone)
    mention = clean_email(wanted.mention) if wanted.mention else ""
    supplier = Supplier(name=wanted.name, locale=wanted.locale, timezone=wanted.timezone, mention_email=mention)
    supplier.version = 1
    db.session.add(supplier)
    db.session.flush()
    _let_paint(supplier, wanted.stores)
    for field, new in _told(supplier, wanted.stores).items():
        if new:
            history.record(SUBJECT, supplier.id, field, "", new, by=(by.name, by.email), version=supplier.version)
    stores.catalogue_changed()
    return supplier


def change_supplier(
    supplier_id: int, wanted: Workshop, *, by: Actor, shown: int, waiting: Mapping[int, int] | None = None
) -> Supplier:
    """Change a workshop. `waiting` says for how many open lines of which store somebody waits.

    Raises Refused, also when such a store is taken away, and Outdated.
    """
    supplier = _lock(supplier_id)
    history.refuse_outdated(SUBJECT, supplier, shown)
    _check_name(wanted.name, supplier)
    stores.check_locale(wanted.locale)
    stores.check_timezone(wanted.timezone)
    before = stores_of(supplier.id)
    _refuse_waiting([store for store in before if store not in wanted.stores], waiting or {})
    old = _told(supplier, before)
    supplier.name, supplier.locale, supplier.timezone = wanted.name, wanted.locale, wanted.timezone
    supplier.mention_email = clean_email(wanted.mention) if wanted.mention else ""
    _let_paint(supplier, wanted.stores)
    differing = {field: new for field, new in _told(supplier, wanted.stores).items() if new != old[field]}
    supplier.version += bool(differing)
    for field, new in differing.items():
        history.record(SUBJECT, supplier.id, field, old[field], new, by=(by.name, by.email), version=supplier.version)
    db.session.flush()
    stores.catalogue_changed()
    return supplier


def painters_of(store_id: int) -> list[Supplier]:
    """Who paints for a store, the usual one first."""
    return list(
        db.session.scalars(
            select(Supplier)
            .join(SupplierStore, SupplierStore.supplier_id == Supplier.id)
            .where(SupplierStore.store_id == store_id)
            .order_by(SupplierStore.id)
        )
    )


def make_usual(store: Store, supplier_id: int, *, by: Actor) -> None:
    """Have new lines of a store go to that supplier. Raises NotFound when he does not paint for it."""
    painters = painters_of(store.id)
    chosen = next((painter for painter in painters if painter.id == supplier_id), None)
    if chosen is None:
        raise NotFound("There is no such supplier.")
    if chosen is painters[0]:
        return
    db.session.execute(delete(SupplierStore).where(SupplierStore.store_id == store.id))
    for painter in [chosen, *(each for each in painters if each is not chosen)]:
        db.session.add(SupplierStore(supplier_id=painter.id, store_id=store.id))
        db.session.flush()
    store.version += 1
    told = (painters[0].name, chosen.name)
    history.record("store", store.id, "usual_supplier", *told, by=(by.name, by.email), version=store.version)
    db.session.flush()
    stores.catalogue_changed()


def find_usual_supplier(store_id: int) -> Supplier | None:
    """Who paints for a store: the supplier that was added to it first."""
    return db.session.scalar(
        select(Supplier)
        .join(SupplierStore, SupplierStore.supplier_id == Supplier.id)
        .where(SupplierStore.store_id == store_id)
        .order_by(SupplierStore.id)
        .limit(1)
    )


def stores_of(supplier_id: int) -> list[Store]:
    """The shops a supplier paints for, by code."""
    return list(
        db.session.scalars(
            select(Store)
            .join(SupplierStore, SupplierStore.store_id == Store.id)
            .where(SupplierStore.supplier_id == supplier_id)
            .order_by(Store.code)
        )
    )


def _lock(supplier_id: int) -> Supplier:
    query = select(Supplier).where(Supplier.id == supplier_id).with_for_update()
    supplier = db.session.scalar(query.execution_options(populate_existing=True))
    if supplier is None:
        raise NotFound("There is no such supplier.")
    return supplier


def _check_name(name: str, itself: Supplier | None) -> None:
    twin = db.session.scalar(select(Supplier).where(func.lower(Supplier.name) == name.lower()).limit(1))
    if twin is not None and twin is not itself:
        raise Refused("There is a supplier “{name}” already.", name=twin.name)


def _refuse_waiting(taken_away: Iterable[Store], waiting: Mapping[int, int]) -> None:
    for store in taken_away:
        if waiting.get(store.id):
            raise Refused(
                "Open lines of {store} still wait with this supplier: {count}. Have them handled first.",
                store=store.name, count=waiting[store.id],
            )  # fmt: skip


def _let_paint(supplier: Supplier, of: Iterable[Store]) -> None:
    """For these stores and no other. What is kept keeps its place among the store's suppliers."""
    wanted = {store.id for store in of}
    known = set(db.session.scalars(select(SupplierStore.store_id).where(SupplierStore.supplier_id == supplier.id)))
    db.session.execute(
        delete(SupplierStore).where(
            SupplierStore.supplier_id == supplier.id, SupplierStore.store_id.in_(known - wanted)
        )
    )
    db.session.add_all(SupplierStore(supplier_id=supplier.id, store_id=number) for number in sorted(wanted - known))
    db.session.flush()


def _told(supplier: Supplier, of: Iterable[Store]) -> dict[str, str]:
    """For the history."""
    return {
        "name": supplier.name,
        "locale": supplier.locale,
        "timezone": supplier.timezone,
        "mention_email": supplier.mention_email,
        "stores": ", ".join(sorted(store.code for store in of)),
    }
