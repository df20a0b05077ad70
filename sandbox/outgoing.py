"""One request of an integration: its templates filled in, sent, and what came back. Knows no store."""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.server_templating import CannotRender, render, render_leaves

TIMEOUT_SECONDS = 5
BODY_KEPT = 200_000

_local = threading.local()


@dataclass
class Answer:
    """What came of a call, in the shape of the call log."""

    status: int | None = None
    request: dict[str, Any] | None = None
    response: dict[str, Any] = field(default_factory=dict)
    milliseconds: int = 0

    @property
    def success(self) -> bool:
        """Any 2xx."""
        return self.status is not None and 200 <= self.status < 300

    def data(self) -> dict[str, Any] | None:
        """The JSON object of a 200, which becomes the customer's data."""
        value = self.json() if self.status == 200 else None
        return value if isinstance(value, dict) else None

    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return json.loads(self.response.get("body") or "")
        except ValueError:
            return None


def call(http: dict[str, Any], context: dict[str, Any], timeout: float = TIMEOUT_SECONDS) -> Answer:
    """Sends what the integration's `http` part says about this context."""
    try:
        arguments = _rendered(http, context)
    except CannotRender as error:
        return Answer(response={"error": str(error)})
    return send(arguments, timeout)


def send(arguments: dict[str, Any], timeout: float) -> Answer:
    """Sends one request; `arguments` are those of requests.request."""
    started = time.monotonic()
    answer = Answer(request=_logged(arguments))
    try:
        response = session().request(timeout=timeout, allow_redirects=False, **arguments)
    except requests.Timeout:
        answer.response = {"error": f"No answer within {timeout:g} seconds"}
    except (requests.RequestException, UnicodeError) as error:
        answer.response = {"error": f"{type(error).__name__}: could not reach the address"}
    else:
        answer.status = response.status_code
        answer.response = {"body": response.text[:BODY_KEPT], "headers": dict(response.headers)}
    answer.milliseconds = round((time.monotonic() - started) * 1000)
    return answer


def session() -> requests.Session:
    """A session of this thread's own, deaf to proxy settings."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.trust_env = False
    return _local.session  # type: ignore[no-any-return]


def close_session() -> None:
    """Closes what this thread had open."""
    if hasattr(_local, "session"):
        _local.session.close()
        del _local.session


def _rendered(http: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    method = http["method"].upper()
    headers = {key: render(value, context) for key, value in (http.get("headers") or {}).items()}
    arguments: dict[str, Any] = {"method": method, "url": render(http["url"], context), "headers": headers}
    form = http.get("form")
    filled = render(form, context) if isinstance(form, str) else render_leaves(form or {}, context)
    if method in ("GET", "HEAD"):
        return {**arguments, "params": filled} if filled else arguments
    content_type = http.get("request_content_type") or "application/json"
    headers.setdefault("Content-Type", content_type)
    if isinstance(filled, str):
        return {**arguments, "data": filled.encode()}
    if content_type == "application/json":
        return {**arguments, "data": json.dumps(filled).encode()}
    return {**arguments, "data": filled}


def _logged(arguments: dict[str, Any]) -> dict[str, Any]:
    body = arguments.get("data") or arguments.get("json") or {}
    return {
        "method": arguments["method"],
        "url": arguments["url"],
        "headers": dict(arguments.get("headers") or {}),
        "params": arguments.get("params") or {},
        "body": body.decode() if isinstance(body, bytes) else body,
    }
