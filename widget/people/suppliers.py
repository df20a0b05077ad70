"""Suppliers: the workshops, and the stores they paint for."""

from __future__ import annotations

from sqlalchemy import select

from widget import stores
from widget.db import db
from widget.errors import NotFound
from widget.people.persons import clean_email
from widget.people.tables import Supplier, SupplierStore
from widget.stores import Store


def get_supplier(name: str) -> Supplier:
    """By name. Raises NotFound."""
    supplier = db.session.scalar(select(Supplier).where(Supplier.name == name))
    if supplier is None:
        raise NotFound("There is no supplier {name}. Add it with: flask supplier add {name} …", name=repr(name))
    return supplier


def add_supplier(name: str, *, of: list[Store], mention: str, locale: str, timezone: str) -> Supplier:
    """Add a workshop or bring it up to date. Stores it paints for are added to, never taken away."""
    stores.check_locale(locale)
    stores.check_timezone(timezone)
    supplier = db.session.scalar(select(Supplier).where(Supplier.name == name))
    if supplier is None:
        supplier = Supplier(name=name)
        db.session.add(supplier)
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
