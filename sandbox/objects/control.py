"""The control addresses under /_sandbox: what S3 offers nobody. JSON in and out, no key; no bucket has such a name."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.objects.faults import MEANING
from sandbox.objects.shelf import shelf

bp = Blueprint("objects_control", __name__, url_prefix="/_sandbox")


@bp.errorhandler(ValueError)
@bp.errorhandler(KeyError)
def senseless(error: Exception) -> tuple[Response, int]:
    """A value that makes no sense, or that is missing."""
    return jsonify({"error": {"msg": str(error.args[0])}}), 400


@bp.get("/faults")
def show_faults() -> Response:
    """The rules in force and what each kind means."""
    return jsonify({"faults": shelf().faults.as_json(), "kinds": MEANING})


@bp.post("/faults")
def set_faults() -> Response:
    """Replaces all rules."""
    shelf().faults.set(_given()["faults"])
    return jsonify({"faults": shelf().faults.as_json()})


@bp.get("/calls")
def show_calls() -> Response:
    """Every call after the one numbered `since`."""
    return jsonify({"calls": shelf().calls.since(int(request.args.get("since") or 0)), "last": shelf().calls.count})


@bp.get("/objects")
def show_objects() -> Response:
    """What is kept, without the content."""
    return jsonify(
        {
            "objects": [
                {"key": key, "size": len(kept.content), "content_type": kept.content_type, "etag": kept.etag}
                for key, kept in shelf().listed("", "")
            ]
        }
    )


@bp.post("/age")
def age() -> tuple[str, int]:
    """Makes the object under `key` older by `seconds`."""
    fields = _given()
    shelf().age(fields["key"], float(fields["seconds"]))
    return "", 204


@bp.post("/reset")
def reset() -> tuple[str, int]:
    """Forgets objects, faults and calls."""
    shelf().clear()
    return "", 204


def _given() -> dict[str, Any]:
    value = request.get_json(force=True, silent=True)
    if not isinstance(value, dict):
        raise ValueError("The request's body is not a JSON object.")
    return value
