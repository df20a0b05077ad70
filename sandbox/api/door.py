"""The way into the REST API: who may call, how often, what goes wrong on purpose, and the form of every error.

A route runs with the store open, so what it reads and writes is one piece.
"""

import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from sandbox import people
from sandbox.desk import desk
from sandbox.errors import ApiError
from sandbox.faults import Fault
from sandbox.server import drop
from sandbox.store import Record

bp = Blueprint("api", __name__, url_prefix="/api")


View = Callable[..., dict[str, Any] | list[Any] | None]


def route(rule: str, method: str = "GET", status: int = 200) -> Callable[[View], View]:
    """Hangs a view on an address. It answers plain data (None: an empty body) and runs with the store open."""

    def hang(view: View) -> View:
        def opened(**path: Any) -> Response:
            with desk().store.open():
                answer = view(**path)
                response = make_response("" if answer is None else jsonify(answer))
            response.status_code = status
            return response

        bp.add_url_rule(rule, f"{method} {rule}".replace(".", " "), opened, methods=[method])
        return view

    return hang


def caller() -> Record:
    """The user whose key was sent."""
    user: Record = g.user
    return user


def body() -> dict[str, Any]:
    """The JSON object that was sent; none counts as an empty one."""
    if not request.get_data():
        return {}
    value = request.get_json(force=True, silent=True)
    if not isinstance(value, dict):
        raise ApiError(400, "The request's body is not a JSON object.")
    return value


@bp.before_request
def guard() -> Response | None:
    """Key, rate limit, then the fault of this call."""
    g.started, g.fault, g.user = time.monotonic(), None, _user()
    if g.user is None:
        return _refusal(401, "You must be authenticated to access this resource.")
    wait = desk().bucket.take()
    if wait:
        return _limited(wait)
    g.fault = desk().faults.strike(request.method, request.path)
    return _instead(g.fault) if g.fault else None


@bp.after_request
def leave(response: Response) -> Response:
    """What happens to an answer on its way out."""
    response.headers["X-Gorgias-Account-Api-Call-Limit"] = desk().bucket.header()
    fault: Fault | None = g.get("fault")
    _note_call(response, fault)
    if fault and fault.kind in ("lost", "late"):
        drop(request.environ)
    if fault and fault.kind == "slow":
        time.sleep(fault.seconds)
    return _refusal(500, "Internal server error.") if fault and fault.kind == "error_after" else response


@bp.errorhandler(ApiError)
def refused(error: ApiError) -> tuple[Response, int]:
    """The API's error form."""
    return jsonify(error.body()), error.status


@bp.errorhandler(HTTPException)
def failed(error: HTTPException) -> tuple[Response, int]:
    """Flask's own errors in the API's form."""
    return jsonify({"error": {"msg": error.description}}), error.code or 500


@bp.route("/<path:anything>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nowhere(anything: str) -> tuple[Response, int]:
    """An address that this API does not have."""
    return jsonify({"error": {"msg": f"Resource not found: {anything}"}}), 404


def _user() -> Record | None:
    given = request.authorization
    if not given or given.type != "basic":
        return None
    with desk().store.open():
        user = people.user_with_email(desk().store, given.username)
    return user if user and user["active"] and user["_api_key"] and user["_api_key"] == given.password else None


def _instead(fault: Fault) -> Response | None:
    if fault.kind == "late":
        _wait_for_nobody(fault)
    if fault.kind == "error_before":
        return _refusal(500, "Internal server error.")
    if fault.kind == "rate_limited":
        return _limited(max(1, round(fault.seconds)))
    if fault.kind == "key_refused":
        return _refusal(401, "You must be authenticated to access this resource.")
    if fault.kind == "paused":
        return _refusal(403, "This account is paused.")
    if fault.kind == "html":
        return Response("<!doctype html><title>One moment</title><h1>We will be right back</h1>", mimetype="text/html")
    return None


def _wait_for_nobody(fault: Fault) -> None:
    hold = min(fault.hold, fault.seconds)
    with desk().late_call():
        time.sleep(hold)
        drop(request.environ)
        time.sleep(fault.seconds - hold)


def _limited(wait: int) -> Response:
    response = _refusal(429, "Rate limit exceeded.")
    response.headers["Retry-After"] = str(wait)
    return response


def _refusal(status: int, msg: str) -> Response:
    response = jsonify({"error": {"msg": msg}})
    response.status_code = status
    return response


def _note_call(response: Response, fault: Fault | None) -> None:
    sent = request.get_json(force=True, silent=True) if request.is_json else None
    answered = response.get_json(silent=True) if response.is_json else None
    desk().calls.add(
        method=request.method,
        path=request.path,
        query=request.query_string.decode(),
        status=response.status_code,
        fault=fault.kind if fault else None,
        milliseconds=round((time.monotonic() - g.started) * 1000),
        external_id=sent.get("external_id") if isinstance(sent, dict) else None,
        id=answered.get("id") if isinstance(answered, dict) else None,
    )
