"""Customers: list, read, create, update, their own data, and merging two."""

from typing import Any

from flask import request

from sandbox import people
from sandbox.api.checks import Fields, number, page
from sandbox.api.door import body, route
from sandbox.desk import desk
from sandbox.errors import ApiError, not_found
from sandbox.store import Record, now

CHANGEABLE = ("email", "name", "external_id", "language", "timezone", "note", "channels", "meta", "data")


@route("/customers")
def list_customers() -> dict[str, Any]:
    """All customers, or those with this email, external_id, name or channel address."""
    found = [customer for customer in desk().store.all("customers") if _wanted(customer)]
    return page(found, people.customer_shown, ("created_datetime", "updated_datetime"), "created_datetime:asc")


@route("/customers/<int:customer_id>")
def get_customer(customer_id: int) -> dict[str, Any]:
    """One customer with the data of its integrations."""
    return people.customer_shown(_get(customer_id))


@route("/customers", "POST", 201)
def create_customer() -> dict[str, Any]:
    """Everything is optional; an address that is taken is a conflict."""
    given = _checked(body(), "Failed to create customer")
    if given.get("email") and people.find_customer(desk().store, {"email": given["email"]}):
        raise ApiError(409, "The resource already exists.")
    return people.customer_shown(people.add_customer(desk().store, given))


@route("/customers/<int:customer_id>", "PUT", 202)
def update_customer(customer_id: int) -> dict[str, Any]:
    """A partial update; `channels` replaces all channels."""
    customer, given = _get(customer_id), _checked(body(), "Failed to update customer")
    customer.update({key: given[key] for key in CHANGEABLE if key in given}, updated_datetime=now())
    desk().store.save("customers", customer)
    return people.customer_shown(customer)


@route("/customers/<int:customer_id>/data", "PUT", 202)
def put_data(customer_id: int) -> dict[str, Any]:
    """Replaces the customer's own data, unless what is stored is newer."""
    customer, given = _get(customer_id), body()
    version, stored = given.get("version"), customer["_data_version"]
    if not (version and stored and version < stored):
        customer["data"], customer["_data_version"] = given.get("data"), version
        desk().store.save("customers", customer)
    return {"data": customer["data"], "version": customer["_data_version"]}


@route("/customers/merge", "PUT")
def merge_customers() -> dict[str, Any]:
    """Moves the source's tickets and data to the target; the source is gone afterwards."""
    source, target = _get(number("source_id") or 0), _get(number("target_id") or 0)
    if source["integrations"].keys() & target["integrations"].keys():
        raise ApiError(409, "Both customers have data of the same integration.")
    target["integrations"].update(source["integrations"])
    store = desk().store
    for ticket in store.all("tickets"):
        if ticket["_customer"] == source["id"]:
            ticket["_customer"] = target["id"]
            store.save("tickets", ticket)
    store.save("customers", target)
    store.remove("customers", source["id"])
    return people.customer_shown(target)


def _get(customer_id: int) -> Record:
    customer = desk().store.find("customers", customer_id)
    if not customer:
        raise not_found()
    return customer


def _checked(given: dict[str, Any], msg: str) -> dict[str, Any]:
    fields = Fields(given)
    for name in ("email", "name", "external_id"):
        fields.length(name, 320)
    fields.kind("channels", list, "list")
    fields.done(msg)
    return given


def _wanted(customer: Record) -> bool:
    for name in ("email", "external_id"):
        value = request.args.get(name)
        if value and str(customer[name] or "").casefold() != value.casefold():
            return False
    part, address = request.args.get("name"), request.args.get("channel_address")
    if part and part.casefold() not in customer["name"].casefold():
        return False
    return not address or any(channel.get("address") == address for channel in customer["channels"])
