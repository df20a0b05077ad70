"""What Gorgias says when it refuses, in words for the person who looks at what did not go out."""

from __future__ import annotations

from typing import Any

from widget.errors import Outcome, ServiceError

KEY_ADVICE = {
    401: "Gorgias does not accept our e-mail and API key (401). Make a new key in Gorgias and store it with:"
    " flask helpdesk add.",
    402: "Gorgias says that the account's subscription is not paid (402). Settle it there; what waits goes out then.",
    403: "Gorgias forbids this to the user of our API key (403). Give that user the admin role, or store another"
    " user's key with: flask helpdesk add.",
}


def explain(status: int, data: Any) -> str:
    """A sentence for the person who looks at a message that did not go out."""
    said = _error_in(data)
    if status in KEY_ADVICE:
        return KEY_ADVICE[status]
    if 300 <= status < 400:
        return f"Gorgias lives at another address ({status}). Correct the helpdesk's --url with: flask helpdesk add."
    if status == 429:
        return "Gorgias asked us to slow down (429); it goes on by itself."
    if status >= 500:
        return f"Gorgias had trouble of its own ({status})."
    return f"Gorgias refused it ({status}): {said or 'without saying why.'}"


def gone(ticket_id: int) -> ServiceError:
    """A ticket that answers 404 to everything."""
    return ServiceError(
        Outcome.NEVER,
        f"Ticket {ticket_id} is not in Gorgias any more: it was deleted, or merged into another ticket (404).",
        status=404,
    )


def _error_in(data: Any) -> str:
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return ""
    fields = error.get("data")
    wrong = [f"{name}: {_words(what)}" for name, what in fields.items()] if isinstance(fields, dict) else []
    said = "; ".join(part.rstrip(".") for part in (_words(error.get("msg")), *wrong) if part)
    return f"{said}." if said else ""


def _words(value: Any, depth: int = 3) -> str:
    if depth and isinstance(value, list):
        return ", ".join(_words(item, depth - 1) for item in value)
    if depth and isinstance(value, dict):
        return ", ".join(f"{name}: {_words(item, depth - 1)}" for name, item in value.items())
    return str(value) if isinstance(value, (str, int, float)) else ""
