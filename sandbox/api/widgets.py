"""Widgets: the templates that show an integration's answer beside the ticket."""

from typing import Any

from flask import request

from sandbox import integrations
from sandbox.api.checks import Fields, number, page
from sandbox.api.door import body, route
from sandbox.desk import desk
from sandbox.errors import not_found
from sandbox.store import Record

TYPES = frozenset(
    [
        "bigcommerce",
        "custom",
        "customer_external_data",
        "http",
        "magento2",
        "recharge",
        "shopify",
        "smile",
        "standalone",
        "yotpo",
        "klaviyo",
        "stripe",
        "woocommerce",
    ]
)


@route("/widgets")
def list_widgets() -> dict[str, Any]:
    """All widgets, or those of an integration or app."""
    integration_id, app_id = number("integration_id"), request.args.get("app_id")
    found = [
        widget
        for widget in desk().store.all("widgets")
        if integration_id in (None, widget["integration_id"]) and app_id in (None, widget["app_id"])
    ]
    return page(found, integrations.widget_shown, ("created_datetime", "order"), "order:asc")


@route("/widgets/<int:widget_id>")
def get_widget(widget_id: int) -> dict[str, Any]:
    """One widget."""
    return integrations.widget_shown(_get(widget_id))


@route("/widgets", "POST", 201)
def create_widget() -> dict[str, Any]:
    """Needs a type and a template whose root is a wrapper."""
    return integrations.widget_shown(integrations.add_widget(desk().store, _checked("Failed to create widget")))


@route("/widgets/<int:widget_id>", "PUT", 202)
def replace_widget(widget_id: int) -> dict[str, Any]:
    """Replaces the whole widget: what is left out is reset."""
    widget = _get(widget_id)
    widget.update(integrations.widget_fields(_checked("Failed to update widget")))
    desk().store.save("widgets", widget)
    return integrations.widget_shown(widget)


@route("/widgets/<int:widget_id>", "DELETE", 204)
def delete_widget(widget_id: int) -> None:
    """For good."""
    desk().store.remove("widgets", _get(widget_id)["id"])


def _checked(msg: str) -> dict[str, Any]:
    given = body()
    fields = Fields(given)
    fields.require("type", "template")
    fields.choice("type", TYPES)
    fields.choice("context", ("ticket", "customer", "user"))
    fields.kind("order", int, "integer")
    template = given.get("template")
    if template is not None and (not isinstance(template, dict) or template.get("type") != "wrapper"):
        fields.wrong["template"] = {"type": ["Must be wrapper."]}
    if given.get("integration_id") is not None and not desk().store.find("integrations", given["integration_id"]):
        fields.refuse("integration_id", "Integration not found.")
    fields.done(msg)
    return given


def _get(widget_id: int) -> Record:
    widget = desk().store.find("widgets", widget_id)
    if not widget:
        raise not_found()
    return widget
