"""The account's event log: what happened to tickets and integrations, and which buttons were pressed."""

from typing import Any

from sandbox.store import Record, Store, now


def record(
    store: Store,
    kind: str,
    object_type: str,
    object_id: int,
    user_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> Record:
    """Adds an event and gives it back."""
    return store.add(
        "events",
        {
            "type": kind,
            "object_type": object_type,
            "object_id": object_id,
            "user_id": user_id,
            "data": data or {},
            "context": None,
            "created_datetime": now(),
        },
    )


def of(store: Store, object_type: str, object_id: int) -> list[Record]:
    """The events of one object, oldest first."""
    return [event for event in store.group("events", object_id) if event["object_type"] == object_type]
