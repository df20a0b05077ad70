"""Stores: one country's shop each, how its order numbers look, and who usually paints for it."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from flask import render_template, request
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from widget import orders, people, stores
from widget.db import db
from widget.errors import Refused
from widget.orders import Order
from widget.people import Supplier, SupplierStore
from widget.stores import Helpdesk, Shop, Store
from widget.web import forms, language, staff
from widget.web.admin.door import bp
from widget.web.admin.saving import LARGEST, Line, Shown, done, said, save
from widget.web.admin.suppliers import ZonedSchema
from widget.web.forms import Form
from widget.web.language import N_

ONE = f"/stores/<int(max={LARGEST}):store_id>"
SAID = {
    "added": N_("%(name)s is added."),
    "changed": N_("%(name)s is saved."),
}
LABELS = {
    "code": N_("Code"),
    "name": N_("Name"),
    "helpdesk": N_("Helpdesk"),
    "order_pattern": N_("Order number pattern"),
    "currency": N_("Currency"),
    "locale": N_("Language"),
    "timezone": N_("Time zone"),
    "usual_supplier": N_("Usual supplier"),
}
AT_MOST_80 = N_("At most 80 characters, please.")
A_CODE = N_("A code is up to 12 letters and digits, e.g. NL.")
A_LANGUAGE = N_("A language is a code like nl or de-AT.")
A_HELPDESK = N_("Choose the helpdesk.")
A_CURRENCY = N_("A currency is three letters, e.g. EUR.")


class StoreSchema(ZonedSchema):
    """The form of one store."""

    code = fields.String(
        required=True,
        validate=validate.Regexp(r"\s*[A-Za-z0-9]{1,12}\s*\Z", error=A_CODE),
        error_messages={"required": A_CODE},
    )
    name = Line(80, AT_MOST_80, N_("Write the name."))
    helpdesk = fields.Integer(required=True, error_messages={"invalid": A_HELPDESK, "required": A_HELPDESK})
    order_pattern = Line(200, N_("At most 200 characters, please."), N_("Write the pattern, e.g. NL\\d+."))
    currency = Line(3, A_CURRENCY, A_CURRENCY)
    locale = Line(11, A_LANGUAGE, A_LANGUAGE)
    usual_supplier = fields.Integer(load_default=0, error_messages={"invalid": N_("Choose the usual supplier.")})


@bp.get("/stores")
def stores_GET() -> str:
    """All stores."""
    listed = db.session.scalars(select(Store).order_by(Store.code).options(joinedload(Store.helpdesk))).all()
    examples = {store.id: _example(store.order_pattern) for store in listed}
    names = {store.id: store.name for store in listed}
    return render_template(
        "admin/stores.html", stores=listed, examples=examples, painters=_painters(), said=said(SAID, names)
    )


@bp.get("/stores/new")
def new_store_GET() -> str:
    """The empty form."""
    return _page(Shown(Form({"currency": "EUR", "timezone": "Europe/Amsterdam"})))


@bp.post("/stores/new")
def new_store_POST() -> str | Response:
    """Add a store, or try its pattern."""
    if "try" in request.form:
        return _tried(None)

    def act(wanted: dict[str, Any]) -> Response:
        by = staff.me()
        return done("admin.stores_GET", "added", stores.new_store(_wanted(wanted), by=(by.name, by.email)).id)

    return save(StoreSchema(), _page, act)


@bp.get(ONE)
def store_GET(store_id: int) -> str:
    """One store, to be changed."""
    store = stores.get_store_by_id(store_id)
    painters = people.painters_of(store_id)
    names = ("code", "name", "order_pattern", "currency", "locale", "timezone")
    values = {name: getattr(store, name) for name in names}
    usual = painters[0].id if painters else 0
    return _page(Shown(Form({**values, "helpdesk": store.helpdesk_id, "usual_supplier": usual})), store)


@bp.post(ONE)
def store_POST(store_id: int) -> str | Response:
    """Save it, or try its pattern."""
    if "try" in request.form:
        return _tried(stores.get_store_by_id(store_id))

    def act(wanted: dict[str, Any]) -> Response:
        by = staff.me()
        store = stores.change_store(
            store_id,
            _wanted(wanted),
            by=(by.name, by.email),
            shown=wanted["version"],
            has_orders=_has_orders(store_id),
        )
        if wanted["usual_supplier"]:
            people.make_usual(store, wanted["usual_supplier"], by=by)
        return done("admin.stores_GET", "changed", store_id)

    return save(StoreSchema(), lambda shown: _page(shown, stores.get_store_by_id(store_id)), act)


def _tried(store: Store | None) -> str:
    """The form as it was typed, with what its pattern finds in the sample. Nothing is saved."""
    form, _wanted_then = forms.read(StoreSchema(), request.form)
    return _page(Shown(Form(form.values)), store, tried=True)


def _wanted(sent: dict[str, Any]) -> Shop:
    helpdesk = db.session.get(Helpdesk, sent["helpdesk"]) if 0 < sent["helpdesk"] <= LARGEST else None
    if helpdesk is None:
        raise Refused("Choose the helpdesk.")
    fields_ = ("order_pattern", "currency", "locale", "timezone")
    return Shop(sent["code"], sent["name"], helpdesk, *(sent[name] for name in fields_))


def _page(shown: Shown, store: Store | None = None, *, tried: bool = False) -> str:
    pattern, sample = shown.form.values.get("order_pattern", ""), shown.form.values.get("sample", "")
    return render_template(
        "admin/store.html",
        store=store,
        shown=shown,
        labels=LABELS,
        has_orders=store is not None and _has_orders(store.id),
        helpdesks=[(each.id, each.name) for each in db.session.scalars(select(Helpdesk).order_by(Helpdesk.name))],
        painters=[(each.id, each.name) for each in people.painters_of(store.id)] if store else [],
        zones=sorted(available_timezones()),
        currencies=sorted(list_currencies()),
        example=_example(pattern),
        found=_found(pattern, sample) if tried else None,
        trouble=_trouble(pattern) if tried else "",
    )


def _trouble(pattern: str) -> str:
    try:
        stores.check_order_pattern(pattern)
    except Refused as error:
        return language.in_words(error)
    return ""


def _found(pattern: str, sample: str) -> list[str]:
    """The order numbers that a pattern finds in a text."""
    if _trouble(pattern):
        return []
    return [name.name for name in orders.names_in(sample, [orders.pattern_of(0, "", pattern)])]


def _example(pattern: str) -> str:
    """An order number that fits, to show what one looks like."""
    return "" if not pattern or _trouble(pattern) else orders.example_of(orders.pattern_of(0, "", pattern))


def _has_orders(store_id: int) -> bool:
    return db.session.scalar(select(Order.id).where(Order.store_id == store_id).limit(1)) is not None


def _painters() -> dict[int, list[Supplier]]:
    """Who paints for each store, the usual one first."""
    rows = db.session.execute(
        select(SupplierStore.store_id, Supplier)
        .join(Supplier, Supplier.id == SupplierStore.supplier_id)
        .order_by(SupplierStore.id)
    )
    found: dict[int, list[Supplier]] = {}
    for store_id, supplier in rows:
        found.setdefault(store_id, []).append(supplier)
    return found
