"""Pressing a button: the request is completed on the server side, sent, and noted in the ticket's events."""

from typing import Any

from sandbox import events, tickets
from sandbox.outgoing import Answer, send
from sandbox.rendering import JSON, find_button, parameters, render_widget
from sandbox.server_templating import CannotRender, render
from sandbox.store import Record, Store

TIMEOUT_SECONDS = 10
DONE = "Action successfully executed"


class CannotPress(Exception):
    """The dialog would not let the agent go on, or there is no such button."""


def widgets_of(store: Store, ticket: Record, user: Record) -> list[Record]:
    """What the sidebar of a ticket shows this agent, widget by widget."""
    shown = tickets.shown(store, ticket, messages=True)
    customer = shown["customer"] or {}
    answered = (store.find("customers", ticket["_customer"]) or {}).get("_answered", {})
    found = []
    for widget in sorted(store.all("widgets"), key=lambda each: (each["order"], each["id"])):
        integration = store.find("integrations", widget["integration_id"])
        data = (customer.get("integrations") or {}).get(str(widget["integration_id"]))
        if (
            not integration
            or (widget["type"], widget["context"]) != ("http", "ticket")
            or widget["deactivated_datetime"]
        ):
            continue
        blocks = render_widget(widget["template"], data, shown, user, integration["id"]) if data is not None else []
        found.append(
            {
                "widget_id": widget["id"],
                "integration_id": integration["id"],
                "name": integration["name"],
                "deactivated": bool(integration["deactivated_datetime"]),
                "answered_datetime": answered.get(str(integration["id"])),
                "blocks": blocks,
            }
        )
    return found


def press(
    store: Store, ticket: Record, user: Record, label: str, reference: str | None, values: dict[str, Any]
) -> Record:
    """Presses the button as an agent would: finds it, fills the dialog by key or label, sends. Raises CannotPress."""
    with store.open():
        shown = [block for widget in widgets_of(store, ticket, user) for block in widget["blocks"]]
    button = find_button(shown, label, reference)
    if not button:
        raise CannotPress(f"No button {label!r}" + (f" on a card that shows {reference!r}" if reference else ""))
    by_id = _by_id(button["parameters"], values)
    return execute(store, ticket, user, label, button["integration_id"], button["action"], by_id)


def execute(
    store: Store, ticket: Record, user: Record, label: str, integration_id: int, action: Record, values: dict[str, str]
) -> Record:
    """Sends what the browser made of a button, and gives the outcome that the agent is told. Raises CannotPress."""
    made = payload(action, values)
    with store.open():
        shown = tickets.shown(store, ticket, messages=True)
    agent = {key: user[key] for key in ("name", "firstname", "lastname", "email")}
    made = _completed(made, {"ticket": shown, "customer": shown["customer"], "current_user": agent})
    answer = send(_arguments(made), TIMEOUT_SECONDS)
    outcome = _outcome(answer)
    data = {
        "action_name": "customHttpAction",
        "action_label": label,
        "integration_id": integration_id,
        "payload": made,
        "status": outcome["status"],
        "msg": outcome["msg"],
        "user_id": user["id"],
    }
    with store.open():
        events.record(store, "action-executed", "Ticket", ticket["id"], user["id"], data)
    return outcome


def payload(action: Record, values: dict[str, str]) -> Record:
    """The action with the dialog's values in it and its lists flattened; the first of two equal keys wins.

    Raises CannotPress.
    """
    asked = {parameter["id"]: parameter for parameter in parameters(action)}
    filled = {key: str(values.get(key, parameter["value"])) for key, parameter in asked.items()}
    for key, parameter in asked.items():
        if parameter["mandatory"] and not filled[key].strip():
            raise CannotPress(f"{parameter['label']} must be filled in")
        if parameter["type"] == "dropdown" and filled[key] not in ("", *parameter["options"]):
            raise CannotPress(f"{parameter['label']}: {filled[key]!r} is not one of {parameter['options']}")

    def flat(place: str) -> dict[str, str]:
        made: dict[str, str] = {}
        for index, entry in enumerate(action[place]):
            if entry["key"]:
                made.setdefault(entry["key"], filled.get(f"{place}.{index}", entry["value"]))
        return made

    made: Record = {key: action[key] for key in ("method", "url")}
    made |= {key: flat(key) for key in ("params", "headers")}
    if action["content_type"]:
        made |= {"form": flat("form"), "json": action["json"] or {}, "content_type": action["content_type"]}
    return made


def _by_id(asked: list[Record], values: dict[str, Any]) -> dict[str, str]:
    by_id = {}
    for name, value in values.items():
        meant = next((parameter for parameter in asked if name in (parameter["key"], parameter["label"])), None)
        if not meant:
            names = ", ".join(f"{parameter['key']} ({parameter['label']})" for parameter in asked) or "nothing"
            raise CannotPress(f"The dialog does not ask for {name!r}. It asks for {names}")
        by_id[meant["id"]] = "" if value is None else str(value)
    return by_id


def _completed(made: Any, context: Record) -> Any:
    """Braces that are still there are the server's to fill; what is missing becomes empty. Numbers of JSON stay."""
    if isinstance(made, dict):
        return {_fill(key, context): _completed(item, context) for key, item in made.items()}
    if isinstance(made, list):
        return [_completed(item, context) for item in made]
    return _fill(made, context) if isinstance(made, str) else made


def _fill(text: str, context: Record) -> str:
    try:
        return render(text, context)
    except CannotRender:
        return text


def _arguments(made: Record) -> dict[str, Any]:
    arguments: dict[str, Any] = {key: made[key] for key in ("method", "url", "params", "headers")}
    if made.get("content_type") == JSON:
        return {**arguments, "json": made["json"]}
    if made.get("content_type"):
        return {**arguments, "data": made["form"]}
    return arguments


def _outcome(answer: Answer) -> Record:
    body = answer.response.get("body")
    parsed = answer.json() if body else None
    told: Record = {"http_status": answer.status, "body": body if parsed is None else parsed}
    if answer.success:
        return {"status": "success", "msg": DONE, **told}
    error = parsed.get("error") if isinstance(parsed, dict) else None
    msg = error.get("msg") if isinstance(error, dict) else None
    return {"status": "error", "msg": str(msg or answer.response.get("error") or f"HTTP {answer.status}"), **told}
