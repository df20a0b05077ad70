"""The search over everything but tickets, and the event log."""

from typing import Any

from flask import request

from sandbox import integrations, people, tags
from sandbox.api.checks import Fields, number, page
from sandbox.api.door import body, route
from sandbox.desk import desk
from sandbox.errors import ApiError
from sandbox.store import Record

KINDS = {
    "customer": ("customers", people.customer_shown),
    "customer_profile": ("customers", people.customer_shown),
    "agent": ("users", people.user_shown),
    "integration": ("integrations", integrations.shown),
    "tag": ("tags", lambda tag: tags.shown(desk().store, tag)),
    "team": ("teams", dict),
}


@route("/search", "POST")
def search() -> dict[str, Any]:
    """Name or address holds the query. There is no search for tickets here."""
    given = body()
    fields = Fields(given)
    fields.require("type")
    fields.choice("type", KINDS)
    fields.kind("size", int, "integer")
    fields.done("Failed to search")
    kind, show = KINDS[given["type"]]
    query = str(given.get("query") or "").casefold()
    found = [each for each in desk().store.all(kind) if query in f"{each['name']} {each.get('email', '')}".casefold()]
    return {"data": [show(each) for each in found[: given.get("size") or 30]]}


@route("/events")
def list_events() -> dict[str, Any]:
    """What happened, newest first; an object type needs an object id."""
    object_type, object_id = request.args.get("object_type"), number("object_id")
    if object_type and object_id is None:
        raise ApiError(400, "Invalid query string.", {"object_id": ["Required with object_type."]})
    found = desk().store.all("events") if object_id is None else desk().store.group("events", object_id)
    return page([event for event in found if _wanted(event)], dict, ("created_datetime",), "created_datetime:desc")


def _wanted(event: Record) -> bool:
    object_type, since = request.args.get("object_type"), request.args.get("created_datetime[gte]")
    kinds, users = request.args.getlist("types"), request.args.getlist("user_ids")
    if object_type and event["object_type"] != object_type:
        return False
    if since and event["created_datetime"] < since:
        return False
    if kinds and event["type"] not in ",".join(kinds).split(","):
        return False
    return not users or str(event["user_id"]) in users
