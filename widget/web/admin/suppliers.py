"""Suppliers: what they are called, which stores they paint for, and whom notes to them mention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from flask import render_template
from marshmallow import ValidationError, fields, validate, validates
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from widget import calendars, people, problems, stores
from widget.db import db
from widget.orders import Order
from widget.people import HelpdeskUser, Supplier, SupplierStore, Workshop
from widget.problems import Problem
from widget.stores import Helpdesk, Store
from widget.web import staff
from widget.web.admin.door import bp
from widget.web.admin.saving import LARGEST, EditSchema, Line, Shown, done, said, save
from widget.web.forms import Form
from widget.web.language import LANGUAGES, N_

ONE = f"/suppliers/<int(max={LARGEST}):supplier_id>"
SAID = {
    "added": N_("%(name)s is added. Invite somebody who works there next."),
    "changed": N_("%(name)s is saved."),
}
LABELS = {
    "name": N_("Name"),
    "locale": N_("Language"),
    "timezone": N_("Time zone"),
    "mention_email": N_("Mentioned in notes"),
    "stores": N_("Stores"),
}
AT_MOST_80 = N_("At most 80 characters, please.")
A_ZONE = N_("Choose a time zone from the list, e.g. Asia/Shanghai.")
A_LANGUAGE = N_("Choose a language.")


class ZonedSchema(EditSchema):
    """What has a time zone."""

    timezone = Line(60, A_ZONE, A_ZONE)

    @validates("timezone")
    def check_timezone(self, value: str, **_kwargs: Any) -> None:
        """One of the list."""
        if value not in available_timezones():
            raise ValidationError(A_ZONE)


class SupplierSchema(ZonedSchema):
    """The form of one supplier."""

    name = Line(80, AT_MOST_80, N_("Write the name."))
    locale = fields.String(required=True, validate=validate.OneOf([*LANGUAGES], error=A_LANGUAGE))
    mention = Line(254, N_("At most 254 characters, please."))
    stores = fields.List(fields.Integer(), load_default=list)


@bp.get("/suppliers")
def suppliers_GET() -> str:
    """All suppliers, with what there is to know of each."""
    suppliers, painted, found = people.all_suppliers(), _painted(), _found_mentions()
    return render_template(
        "admin/suppliers.html",
        suppliers=suppliers,
        painted=painted,
        missing={supplier.id: _missing(supplier, painted.get(supplier.id, []), found) for supplier in suppliers},
        languages=LANGUAGES,
        said=said(SAID, {supplier.id: supplier.name for supplier in suppliers}),
    )


@bp.get("/suppliers/new")
def new_supplier_GET() -> str:
    """The empty form."""
    return _page(Shown(Form({"locale": "zh", "timezone": "Asia/Shanghai"})))


@bp.post("/suppliers/new")
def new_supplier_POST() -> str | Response:
    """Add a supplier."""

    def act(wanted: dict[str, Any]) -> Response:
        supplier = people.new_supplier(_wanted(wanted), by=staff.me())
        return done("admin.suppliers_GET", "added", supplier.id)

    return save(SupplierSchema(), _page, act)


@bp.get(ONE)
def supplier_GET(supplier_id: int) -> str:
    """One supplier, to be changed."""
    supplier = people.get_supplier_by_id(supplier_id)
    values = {
        "name": supplier.name,
        "locale": supplier.locale.partition("-")[0],
        "timezone": supplier.timezone,
        "mention": supplier.mention_email,
        "stores": [store.id for store in people.stores_of(supplier_id)],
    }
    return _page(Shown(Form(values)), supplier)


@bp.post(ONE)
def supplier_POST(supplier_id: int) -> str | Response:
    """Save it. The working hours move along with the time zone."""

    def act(wanted: dict[str, Any]) -> Response:
        waiting = {store: count for (supplier, store), count in _open_lines().items() if supplier == supplier_id}
        supplier = people.change_supplier(
            supplier_id, _wanted(wanted), by=staff.me(), shown=wanted["version"], waiting=waiting
        )
        _move_hours(supplier)
        return done("admin.suppliers_GET", "changed", supplier.id)

    return save(SupplierSchema(), lambda shown: _page(shown, people.get_supplier_by_id(supplier_id)), act)


def _move_hours(supplier: Supplier) -> None:
    calendar = calendars.of_supplier(supplier)
    if calendar.timezone != supplier.timezone:
        stored = calendars.change(
            calendar,
            timezone=supplier.timezone,
            working_days=map(int, calendar.working_days),
            opens=calendar.opens,
            closes=calendar.closes,
            by=staff.me(),
            version=calendar.version,
        )
        problems.recount_calendar(stored)


def _wanted(sent: dict[str, Any]) -> Workshop:
    painted = tuple(store for store in stores.all_stores() if store.id in set(sent["stores"]))
    return Workshop(sent["name"], sent["locale"], sent["timezone"], sent["mention"], painted)


def _page(shown: Shown, supplier: Supplier | None = None) -> str:
    painted = people.stores_of(supplier.id) if supplier else []
    return render_template(
        "admin/supplier.html",
        supplier=supplier,
        shown=shown,
        labels=LABELS,
        languages=LANGUAGES,
        zones=sorted(available_timezones()),
        stores=[(store.id, f"{store.code} · {store.name}") for store in stores.all_stores()],
        missing=_missing(supplier, painted, _found_mentions()) if supplier else [],
    )


def _missing(supplier: Supplier, painted: Iterable[Store], found: Mapping[str, Sequence[str]]) -> list[str]:
    """In which helpdesks of a supplier's stores its notes mention nobody, because nobody there has that address."""
    known = found.get(supplier.mention_email, [])
    needed = {store.helpdesk.name for store in painted}
    return sorted(needed - {*known}) if needed or known else ["Gorgias"]


def _painted() -> dict[int, list[Store]]:
    """The stores of each supplier."""
    rows = db.session.execute(
        select(SupplierStore.supplier_id, Store)
        .join(Store, Store.id == SupplierStore.store_id)
        .order_by(Store.code)
        .options(joinedload(Store.helpdesk))
    )
    found: dict[int, list[Store]] = {}
    for supplier_id, store in rows:
        found.setdefault(supplier_id, []).append(store)
    return found


def _found_mentions() -> dict[str, list[str]]:
    """In which helpdesks an e-mail address that a supplier is mentioned by is an active user's."""
    rows = db.session.execute(
        select(HelpdeskUser.email, Helpdesk.name)
        .join(Helpdesk, Helpdesk.id == HelpdeskUser.helpdesk_id)
        .where(HelpdeskUser.active.is_(True), HelpdeskUser.email.in_(select(Supplier.mention_email)))
        .order_by(Helpdesk.name)
    )
    found: dict[str, list[str]] = {}
    for email, helpdesk in rows:
        found.setdefault(email, []).append(helpdesk)
    return found


def _open_lines() -> dict[tuple[int, int], int]:
    """How many lines each supplier has open of each store."""
    rows = db.session.execute(
        select(Problem.supplier_id, Order.store_id, func.count())
        .join(Order, Order.id == Problem.order_id)
        .where(Problem.handled_at.is_(None))
        .group_by(Problem.supplier_id, Order.store_id)
    )
    return {(supplier_id, store_id): count for supplier_id, store_id, count in rows}
