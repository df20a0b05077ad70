"""HTTP integrations."""

from typing import Any

from flask import request

from sandbox import integrations
from sandbox.api.checks import Fields, page
from sandbox.api.door import body, caller, route
from sandbox.desk import desk
from sandbox.errors import not_found
from sandbox.store import Record

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


@route("/integrations")
def list_integrations() -> dict[str, Any]:
    """All integrations; `type=http` is the one filter, and http the one type there is."""
    kind = request.args.get("type")
    found = [each for each in desk().store.all("integrations") if kind in (None, each["type"])]
    return page(found, integrations.shown, ("created_datetime",), "created_datetime:asc")


@route("/integrations/<int:integration_id>")
def get_integration(integration_id: int) -> dict[str, Any]:
    """One integration."""
    return integrations.shown(_get(integration_id))


@route("/integrations", "POST", 201)
def create_integration() -> dict[str, Any]:
    """Needs name, type and, within http, method, url and both content types."""
    given = body()
    fields = Fields(given)
    fields.require("name", "type", "http")
    fields.choice("type", ("http",))
    _check_http(fields, ("method", "url", "request_content_type", "response_content_type"))
    fields.done("Failed to create integration")
    return integrations.shown(integrations.add(desk().store, given, caller()))


@route("/integrations/<int:integration_id>", "PUT", 202)
def update_integration(integration_id: int) -> dict[str, Any]:
    """Needs name; a part of http still needs url."""
    integration, given = _get(integration_id), body()
    fields = Fields(given)
    fields.require("name")
    if given.get("http") is not None:
        _check_http(fields, ("url",))
    fields.done("Failed to update integration")
    integrations.change(desk().store, integration, given)
    return integrations.shown(integration)


@route("/integrations/<int:integration_id>", "DELETE", 204)
def delete_integration(integration_id: int) -> None:
    """For good; what it left with the customers stays."""
    desk().store.remove("integrations", _get(integration_id)["id"])


def _check_http(fields: Fields, needed: tuple[str, ...]) -> None:
    http = fields.given.get("http")
    part = Fields(http if isinstance(http, dict) else {})
    part.require(*needed)
    part.choice("method", METHODS)
    part.choice("response_content_type", ("application/json",))
    part.kind("headers", dict, "object")
    part.kind("triggers", dict, "object")
    part.kind("form", (dict, str), "object")
    for name in part.given.get("triggers") or {}:
        if integrations.trigger_name(name) not in integrations.TRIGGERS:
            part.refuse("triggers", f"Unknown trigger {name}.")
    if part.wrong:
        fields.wrong["http"] = part.wrong


def _get(integration_id: int) -> Record:
    integration = desk().store.find("integrations", integration_id)
    if not integration:
        raise not_found()
    return integration
