"""The ticket page under /app: the page itself, its state for the browser, and what people do on it."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from sandbox import actions, page_state, people, tickets
from sandbox.api.files import keep
from sandbox.desk import desk
from sandbox.store import Record

bp = Blueprint("pages", __name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; img-src 'self' data: http://127.0.0.1:* http://localhost:*"
)


@bp.after_request
def guard(response: Response) -> Response:
    """Nothing from other hosts, and nothing kept."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    if not request.path.startswith("/attachments/"):
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/")
def home() -> Redirect:
    """To the list."""
    return redirect(url_for("pages.list_page"))


@bp.get("/app")
def list_page() -> str:
    """The list of tickets."""
    return render_template("desk.html", account=desk().store.account(), ticket_id="", title="Tickets")


@bp.get("/app/ticket/<int:ticket_id>")
def ticket_page(ticket_id: int) -> str:
    """One ticket with its conversation and sidebar."""
    with desk().store.open():
        ticket = _ticket(ticket_id)
    title = ticket["subject"] or f"Ticket {ticket_id}"
    return render_template("desk.html", account=desk().store.account(), ticket_id=ticket_id, title=title)


@bp.get("/app/state")
def state() -> Response:
    """What the page shows; 204 when nothing changed since the version it has."""
    ticket_id = request.args.get("ticket", type=int)
    store = desk().store
    if request.args.get("version", type=int) == store.version:
        return Response(status=204)
    with store.open():
        ticket = store.find("tickets", ticket_id)
        if ticket_id and not ticket:
            return Response(status=410)
        return jsonify(page_state.page(desk(), ticket, _agent(request.args.get("agent"))))


@bp.get("/app/controls")
def controls() -> Response:
    """The panel's figures."""
    return jsonify(page_state.controls(desk()))


@bp.get("/app/integrations")
def active_integrations() -> Response:
    """The ids of those that would be asked."""
    with desk().store.open():
        found = [each["id"] for each in desk().store.all("integrations") if not each["deactivated_datetime"]]
    return jsonify({"data": found})


@bp.post("/app/ticket/<int:ticket_id>/read")
def mark_read(ticket_id: int) -> tuple[str, int]:
    """Somebody looked at the ticket."""
    with desk().store.open():
        ticket = _ticket(ticket_id)
        if ticket["is_unread"]:
            ticket["is_unread"] = False
            desk().store.save("tickets", ticket)
    return "", 204


@bp.post("/app/ticket/<int:ticket_id>/messages")
def write(ticket_id: int) -> tuple[Response, int]:
    """A message typed on the page, as the customer, as the agent or as a note, with pictures."""
    role, text = request.form.get("role", "customer"), request.form.get("body_text", "").strip()
    attachments = [
        keep(part.filename or label, part) for label, part in request.files.items(multi=True) if part.filename
    ]
    if not text and not attachments:
        abort(400, "Write something first.")
    store = desk().store
    with store.open():
        ticket, agent = _ticket(ticket_id), _agent(request.form.get("agent"))
        customer = store.find("customers", ticket["_customer"]) or agent
        from_agent = role != "customer"
        fields = {
            "channel": tickets.NOTE if role == "note" else ticket["channel"],
            "via": "helpdesk" if from_agent else ticket["via"],
            "from_agent": from_agent,
            "body_text": text,
            "mention_ids": _mentioned(text) if role == "note" else [],
            "attachments": attachments,
        }
        sender, receiver = (agent, customer) if from_agent else (customer, agent)
        message = tickets.add_message(store, ticket, fields, sender, receiver)
        desk().triggers.fire("ticket-message-created", ticket, message, sender["id"])
        return jsonify(tickets.message_shown(message)), 201


@bp.post("/app/actions/execute")
def execute() -> tuple[Response, int]:
    """A button's action as the browser filled it in, with what was typed into its dialog."""
    given: dict[str, Any] = request.get_json()
    with desk().store.open():
        ticket, agent = _ticket(given["ticket_id"]), _agent(given.get("agent"))
    label, action, values = given["label"], given["action"], given.get("values") or {}
    try:
        outcome = actions.execute(desk().store, ticket, agent, label, given["integration_id"], action, values)
    except actions.CannotPress as error:
        return jsonify({"status": "error", "msg": str(error)}), 422
    # As in the helpdesk, the service's answer is not shown; only how it went.
    return jsonify({"status": outcome["status"], "msg": outcome["msg"]}), 200


@bp.get("/attachments/<key>/<_name>")
def attachment(key: str, _name: str) -> Response:
    """An uploaded file, for whoever knows its address."""
    found = desk().store.file(key)
    if not found:
        abort(404)
    return Response(found[1], mimetype=found[0])


def _ticket(ticket_id: int) -> Record:
    ticket = desk().store.find("tickets", ticket_id)
    if not ticket:
        abort(404)
    return ticket


def _agent(email: str | None) -> Record:
    seated = page_state.agents(desk().store)
    return people.user_with_email(desk().store, email) or seated[0]


def _mentioned(text: str) -> list[int]:
    return [user["id"] for user in desk().store.all("users") if user["active"] and f"@{user['name']}" in text]
