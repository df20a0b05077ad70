"""HTTP integrations and widgets as stored things: which fire, what the call log keeps, when one is switched off."""

from typing import Any

from sandbox import events
from sandbox.store import Record, Store, now, public

TRIGGERS = (
    "ticket-created",
    "ticket-updated",
    "ticket-message-created",
    "ticket-self-unsnoozed",
    "ticket-message-failed",
    "ticket-assignment-updated",
    "ticket-status-updated",
    "ticket-handed-over",
)
FAILURES_ALLOWED = 100
LOG_KEPT = 300


def trigger_name(name: str) -> str:
    """Older pages write underscores; both are understood."""
    return name.replace("_", "-")


def add(store: Store, fields: dict[str, Any], by: Record | None = None) -> Record:
    """Makes an integration of checked fields."""
    made = now()
    integration = {
        "name": fields["name"],
        "type": "http",
        "description": fields.get("description"),
        "application_id": fields.get("application_id"),
        "managed": False,
        "execution_order": fields.get("execution_order"),
        "user": {"id": by["id"]} if by else None,
        "http": {"headers": {}, "form": None, "triggers": {}, **fields["http"]},
        "created_datetime": made,
        "updated_datetime": made,
        "deactivated_datetime": fields.get("deactivated_datetime"),
        "locked_datetime": None,
        "_failures": 0,
    }
    return store.add("integrations", integration)


def change(store: Store, integration: Record, fields: dict[str, Any]) -> None:
    """Applies a partial update; a null `deactivated_datetime` switches it on again."""
    for key in ("name", "description", "execution_order"):
        if key in fields:
            integration[key] = fields[key]
    integration["http"].update(fields.get("http") or {})
    if "deactivated_datetime" in fields:
        was, integration["deactivated_datetime"] = integration["deactivated_datetime"], fields["deactivated_datetime"]
        if was and not integration["deactivated_datetime"]:
            integration["_failures"] = 0
            events.record(store, "integration-reactivated", "Integration", integration["id"])
    integration["updated_datetime"] = now()
    store.save("integrations", integration)


def shown(integration: Record) -> Record:
    """An integration as the API answers it; the signing secret is write-only."""
    http = {key: value for key, value in integration["http"].items() if key != "hmac_secret"}
    return {**public(integration), "http": http, "uri": f"/api/integrations/{integration['id']}/"}


def listening(store: Store, trigger: str) -> list[Record]:
    """The active integrations that a trigger fires."""
    return [
        each
        for each in store.all("integrations")
        if not each["deactivated_datetime"]
        and any(on and trigger_name(name) == trigger for name, on in each["http"]["triggers"].items())
    ]


def log(store: Store, entry: Record) -> None:
    """Adds a call to the integration's log, which forgets the oldest."""
    store.add("calls_out", entry)
    entries = store.group("calls_out", entry["integration_id"])
    for old in entries[:-LOG_KEPT]:
        store.remove("calls_out", old["id"])


def count(store: Store, integration: Record, success: bool) -> None:
    """A success clears the count of failures; a hundred failures in a row switch the integration off."""
    integration["_failures"] = 0 if success else integration["_failures"] + 1
    if integration["_failures"] >= FAILURES_ALLOWED and not integration["deactivated_datetime"]:
        integration["deactivated_datetime"] = now()
        events.record(store, "integration-deactivated", "Integration", integration["id"])
    store.save("integrations", integration)


def add_widget(store: Store, fields: dict[str, Any]) -> Record:
    """Makes a widget of checked fields."""
    widget = {"created_datetime": now(), **widget_fields(fields)}
    return store.add("widgets", widget)


def widget_fields(fields: dict[str, Any]) -> Record:
    """A widget's own fields with their defaults."""
    return {
        "type": fields["type"],
        "context": fields.get("context") or "ticket",
        "integration_id": fields.get("integration_id"),
        "app_id": fields.get("app_id"),
        "order": fields.get("order") or 0,
        "template": fields["template"],
        "updated_datetime": now(),
        "deactivated_datetime": fields.get("deactivated_datetime"),
    }


def widget_shown(widget: Record) -> Record:
    """A widget as the API answers it."""
    return {**widget, "uri": f"/api/widgets/{widget['id']}/"}
