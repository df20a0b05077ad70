"""The control API under /_sandbox: what a test or a demo may do that Gorgias offers nobody. JSON in and out, no key."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox import actions, faults, integrations, people, seeding, tickets
from sandbox.desk import desk
from sandbox.store import Record, now
from sandbox.triggers import Firing, event_of

bp = Blueprint("control", __name__, url_prefix="/_sandbox")


def given() -> dict[str, Any]:
    """The JSON object that was sent."""
    value = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(value, dict):
        abort(400, "The request's body is not a JSON object.")
    return value


@bp.errorhandler(HTTPException)
def failed(error: HTTPException) -> tuple[Response, int]:
    """Errors in the API's form."""
    return jsonify({"error": {"msg": error.description}}), error.code or 500


@bp.errorhandler(KeyError)
def incomplete(error: KeyError) -> tuple[Response, int]:
    """A field that was left out."""
    return jsonify({"error": {"msg": f"{error.args[0]} is missing"}}), 400


@bp.errorhandler(ValueError)
def senseless(error: ValueError) -> tuple[Response, int]:
    """A value that makes no sense."""
    return jsonify({"error": {"msg": str(error)}}), 400


@bp.post("/customers")
def add_customer() -> tuple[Response, int]:
    """A customer; one with this address or external id is given back."""
    with desk().store.open():
        customer = _customer(given())
        return jsonify(people.customer_shown(customer)), 201


@bp.post("/users")
def add_user() -> tuple[Response, int]:
    """A user; one with this address is changed."""
    fields, store = given(), desk().store
    with store.open():
        email = fields["email"]
        user = people.user_with_email(store, email) or people.add_user(store, email, fields.get("name", ""))
        people.change_user(store, user, fields)
        return jsonify(people.user_shown(user)), 201


@bp.patch("/users/<int:user_id>")
def change_user(user_id: int) -> Response:
    """Name, role, active or api_key."""
    with desk().store.open():
        user = _found("users", user_id)
        people.change_user(desk().store, user, given())
        return jsonify(people.user_shown(user))


@bp.post("/tickets")
def write_ticket() -> tuple[Response, int]:
    """A customer writes: a ticket with his message, and the triggers of both."""
    fields, store = given(), desk().store
    with store.open():
        customer = _customer(fields["customer"])
        ticket = tickets.create(store, {**fields, "via": fields.get("channel") or "email"}, customer, [])
        message = seeding.add_message(store, ticket, {**fields, "from": "customer"}, _base())
        desk().triggers.fire("ticket-created", ticket)
        desk().triggers.fire("ticket-message-created", ticket, message)
        return jsonify(tickets.shown(store, ticket, messages=True)), 201


@bp.post("/tickets/<int:ticket_id>/messages")
def write_message(ticket_id: int) -> tuple[Response, int]:
    """A message of the customer, or of an agent, or a note."""
    fields, store = given(), desk().store
    role = "customer"
    if fields.get("from_agent"):
        role = "note" if fields.get("channel") == tickets.NOTE else "agent"
    with store.open():
        ticket = _found("tickets", ticket_id)
        described = {**fields, "from": role, "user": fields.get("user_email")}
        message = seeding.add_message(store, ticket, described, _base())
        desk().triggers.fire("ticket-message-created", ticket, message, message["sender"]["id"])
        return jsonify(tickets.message_shown(message)), 201


@bp.post("/tickets/<int:ticket_id>/merge")
def merge_ticket(ticket_id: int) -> Response:
    """Merges the ticket into another; it is not found afterwards."""
    with desk().store.open():
        source, target = _found("tickets", ticket_id), _found("tickets", given()["into"])
        tickets.merge(desk().store, source, target)
        return jsonify(tickets.shown(desk().store, target, messages=True))


@bp.get("/tickets/<int:ticket_id>/widget")
def widget(ticket_id: int) -> Response:
    """What the sidebar shows this agent, widget by widget."""
    with desk().store.open():
        found = actions.widgets_of(desk().store, _found("tickets", ticket_id), user_or_first(request.args.get("user")))
    return jsonify({"ticket_id": ticket_id, "widgets": found})


@bp.post("/tickets/<int:ticket_id>/press")
def press(ticket_id: int) -> tuple[Response, int]:
    """Presses a button by its label, as an agent; 422 when the page would not let him."""
    fields, store = given(), desk().store
    with store.open():
        ticket, user = _found("tickets", ticket_id), user_or_first(fields.get("user_email"))
    try:
        values = fields.get("values") or {}
        outcome = actions.press(store, ticket, user, fields["label"], fields.get("reference"), values)
    except actions.CannotPress as error:
        return jsonify({"error": {"msg": str(error)}}), 422
    return jsonify(outcome), 200


@bp.get("/faults")
def show_faults() -> Response:
    """The rules in force and what each kind means."""
    return jsonify({**desk().faults.as_json(), "kinds": faults.MEANING})


@bp.post("/faults")
def set_faults() -> Response:
    """Replaces all rules."""
    fields = given()
    desk().faults.set(fields.get("faults") or [], fields.get("seed"))
    return jsonify(desk().faults.as_json())


@bp.post("/rate-limit")
def set_rate_limit() -> Response:
    """Another bucket, empty; 0 calls means no limit."""
    fields = given()
    desk().bucket.set(int(fields["calls"]), float(fields.get("seconds") or 20))
    return jsonify({"calls": desk().bucket.calls, "seconds": desk().bucket.seconds})


@bp.get("/calls")
def show_calls() -> Response:
    """Every API call after the one numbered `since`."""
    return jsonify({"calls": desk().calls.since(int(request.args.get("since") or 0)), "last": desk().calls.count})


@bp.get("/integrations/<int:integration_id>/log")
def show_log(integration_id: int) -> Response:
    """The integration's calls, newest first."""
    with desk().store.open():
        integration = _found("integrations", integration_id)
        entries = desk().store.group("calls_out", integration_id)[::-1]
        return jsonify({"data": entries, "failures_in_a_row": integration["_failures"]})


@bp.post("/integrations/<int:integration_id>/fire")
def fire(integration_id: int) -> tuple[Response, int]:
    """Calls the integration about a ticket, whatever triggers it has, and waits for the log's entry.

    `all` queues every ticket and does not wait.
    """
    fields, store = given(), desk().store
    with store.open():
        if _found("integrations", integration_id)["deactivated_datetime"]:
            abort(409, "The integration is deactivated.")
        chosen = store.all("tickets") if fields.get("all") else [_found("tickets", fields["ticket_id"])]
        trigger = integrations.trigger_name(fields.get("trigger") or "ticket-updated")
        firings = [_firing(integration_id, trigger, ticket, fields.get("message_id")) for ticket in chosen]
        queued = [desk().triggers.put(firing) for firing in firings]
    if fields.get("all"):
        return jsonify({"queued": len(queued)}), 202
    queued[0].done.wait(15)
    return jsonify(queued[0].entry), 200


@bp.get("/idle")
def idle() -> Response:
    """Waits until no integration call is queued or under way."""
    done = desk().triggers.wait_idle(float(request.args.get("timeout") or 10))
    return jsonify({"idle": done, "queued": desk().triggers.waiting(), "late": desk().late})


@bp.post("/seed")
def seed() -> Response:
    """Loads a document; loading it again changes nothing."""
    return jsonify({"added": seeding.load(desk().store, desk().triggers, given(), _base()), "at": now()})


@bp.post("/reset")
def reset() -> tuple[str, int]:
    """Forgets everything but the account and its API user."""
    desk().reset()
    return "", 204


def user_or_first(email: str | None) -> Record:
    """The agent with this address; without one, the account's first user."""
    if not email:
        return desk().store.all("users")[0]
    user = people.user_with_email(desk().store, email)
    if not user:
        abort(404, f"No user {email}.")
    return user


def _customer(fields: dict[str, Any]) -> Record:
    return people.find_customer(desk().store, fields) or people.add_customer(desk().store, fields)


def _found(kind: str, record_id: int) -> Record:
    record = desk().store.find(kind, record_id)
    if not record:
        abort(404, "Resource not found.")
    return record


def _firing(integration_id: int, trigger: str, ticket: Record, message_id: int | None) -> Firing:
    message = None
    if trigger.startswith("ticket-message"):
        found = desk().store.group("messages", ticket["id"])
        message = next((each for each in found if each["id"] == message_id), found[-1] if found else None)
    event = event_of(trigger, ticket, message, None)
    return Firing(integration_id, trigger, event, ticket["id"], message["id"] if message else None)


def _base() -> str:
    return request.host_url.rstrip("/")
