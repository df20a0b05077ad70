"""What the ticket page shows, as plain values: list, conversation, sidebar, and how the stand-in is doing."""

from typing import Any

from sandbox import actions, events, faults, people, tickets
from sandbox.desk import Desk
from sandbox.store import Record, Store


def page(desk: Desk, ticket: Record | None, agent: Record) -> dict[str, Any]:
    """Everything one agent sees, with or without a ticket open."""
    store = desk.store
    return {
        "version": store.version,
        "agent": _person(agent),
        "agents": [_person(user) for user in agents(store)],
        "list": _list(store),
        "ticket": _ticket(store, ticket) if ticket else None,
        "timeline": _timeline(store, ticket) if ticket else [],
        "widgets": actions.widgets_of(store, ticket, agent) if ticket else [],
    }


def controls(desk: Desk) -> dict[str, Any]:
    """The panel's figures."""
    with desk.store.open():
        names = {each["id"]: each["name"] for each in desk.store.all("integrations")}
        last = max(desk.store.all("calls_out"), key=lambda entry: int(entry["id"]), default=None)
        call = {
            "name": names.get(last["integration_id"], "removed"),
            "at": last["created_datetime"],
            "trigger": last["trigger"],
            "status": last.get("status_code"),
            "error": last["response"].get("error"),
            "milliseconds": last["milliseconds"],
        } if last else None  # fmt: skip
        off = [each["name"] for each in desk.store.all("integrations") if each["deactivated_datetime"]]
    return {
        "rate": {"header": desk.bucket.header(), "calls": desk.bucket.calls, "seconds": desk.bucket.seconds},
        "queue": desk.triggers.waiting(),
        "late": desk.late,
        "last_call": call,
        "deactivated": off,
        "api_calls": desk.calls.since(desk.calls.count - 6)[::-1],
        **desk.faults.as_json(),
        "kinds": faults.MEANING,
    }


def agents(store: Store) -> list[Record]:
    """Who may sit at the page: active people of the helpdesk, not programs, not suppliers."""
    active = [user for user in store.all("users") if user["active"]]
    seated = [user for user in active if not user["_api_key"] and user["role"]["name"] not in ("lite-agent", "bot")]
    return seated or active or store.all("users")


def _person(user: Record) -> Record:
    return {key: user[key] for key in ("id", "name", "email")}


def _list(store: Store) -> list[Record]:
    shown = [ticket for ticket in store.all("tickets") if not ticket["trashed_datetime"]]
    # By what was last said between shop and customer: notes do not shuffle the list under somebody's hands.
    newest = sorted(shown, key=_talked_at, reverse=True)
    return [
        {
            **{key: ticket[key] for key in ("id", "subject", "status", "channel", "is_unread", "excerpt")},
            "customer": (store.find("customers", ticket["_customer"]) or {}).get("name"),
            "at": _talked_at(ticket),
            "tags": tickets.tags_shown(store, ticket),
        }
        for ticket in newest[:200]
    ]


def _talked_at(ticket: Record) -> str:
    return str(ticket.get("_talked_at") or ticket["created_datetime"])


def _ticket(store: Store, ticket: Record) -> Record:
    customer = store.find("customers", ticket["_customer"])
    assignee = store.find("users", ticket["_assignee"])
    return {
        **{key: ticket[key] for key in ("id", "subject", "status", "channel", "is_unread", "language")},
        "customer": {key: customer[key] for key in ("name", "email", "language")} if customer else None,
        "assignee": assignee["name"] if assignee else None,
        "tags": tickets.tags_shown(store, ticket),
    }


def _timeline(store: Store, ticket: Record) -> list[Record]:
    messages = [_message(store, message) for message in store.group("messages", ticket["id"])]
    pressed = [
        _pressed(store, event)
        for event in events.of(store, "Ticket", ticket["id"])
        if event["type"] == "action-executed"
    ]
    return sorted([*messages, *pressed], key=lambda item: (item["at"], item["id"]))


def _message(store: Store, message: Record) -> Record:
    mentioned = [user["name"] for each in message["mention_ids"] if (user := store.find("users", each))]
    kind = "note" if message["channel"] == tickets.NOTE else "agent" if message["from_agent"] else "customer"
    return {
        "kind": kind,
        "id": message["id"],
        "at": message["created_datetime"],
        "who": message["sender"]["name"],
        "via": message["via"],
        "text": message["body_text"],
        "mentions": mentioned,
        "attachments": message["attachments"],
    }


def _pressed(store: Store, event: Record) -> Record:
    user = people.find_user(store, {"id": event["user_id"]})
    return {
        "kind": "action",
        "id": event["id"],
        "at": event["created_datetime"],
        "who": user["name"] if user else "Somebody",
        **{key: event["data"][key] for key in ("action_label", "status", "msg", "payload")},
    }
