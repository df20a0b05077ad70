"""A stand-in helpdesk of this process, a client for it, and a service that it can call."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from sandbox.desk import Options
from sandbox.server import Running, running

KEY = ("desk@brushwood.example", "demo-key")
NOTE = {"channel": "internal-note", "via": "api", "from_agent": True, "public": False}


class Helpdesk:
    """Calls the stand-in over HTTP: `get`, `post` … with the key, `control` without."""

    def __init__(self, at: Running) -> None:
        self.url = at.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = KEY

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        arguments.setdefault("timeout", 10)
        return self.session.request(method, self.url + path, **arguments)

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", "/api" + path, params=params).json()

    def post(self, path: str, body: Any) -> requests.Response:
        return self.call("POST", "/api" + path, json=body)

    def put(self, path: str, body: Any, **params: Any) -> requests.Response:
        return self.call("PUT", "/api" + path, json=body, params=params)

    def delete(self, path: str, body: Any = None) -> requests.Response:
        return self.call("DELETE", "/api" + path, json=body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        response = self.call(method, "/_sandbox" + path, json=body, auth=("", ""))
        return response.json() if response.content else None

    def ticket(
        self, body_text: str = "Where is my painting?", email: str = "ria@customers.example", **fields: Any
    ) -> Any:
        customer = {"name": "Ria de Vries", "email": email}
        return self.control(
            "POST", "/tickets", {"customer": customer, "subject": "Hello", "body_text": body_text, **fields}
        )

    def note(self, ticket_id: int, **fields: Any) -> requests.Response:
        return self.post(f"/tickets/{ticket_id}/messages", {**NOTE, "body_text": "a note", **fields})

    def faults(self, *rules: dict[str, Any], seed: int = 1) -> None:
        self.control("POST", "/faults", {"faults": list(rules), "seed": seed})

    def idle(self) -> None:
        assert self.control("GET", "/idle?timeout=10")["idle"]

    def log(self, integration_id: int) -> list[Any]:
        found: list[Any] = self.control("GET", f"/integrations/{integration_id}/log")["data"]
        return found


@dataclass
class Service:
    """The other end of integrations and buttons: answers what it is told, remembers what it got."""

    url: str
    received: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    answer: Any = field(default_factory=lambda: {"summary": "Nothing open"})

    def bodies(self) -> list[Any]:
        return [json.loads(each["body"]) for each in self.received]


@pytest.fixture(scope="session")
def standing() -> Iterator[Helpdesk]:
    """One stand-in without a rate limit for the whole run; ask for `helpdesk`, which empties it first."""
    with running(Options(calls=0)) as at:
        made = Helpdesk(at)
        yield made
        made.session.close()


@pytest.fixture
def helpdesk(standing: Helpdesk) -> Helpdesk:
    standing.idle()
    standing.control("POST", "/reset")
    return standing


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            made.received.append(
                {"path": urlsplit(self.path).path, "query": query, "headers": dict(self.headers), "body": body}
            )
            answer = made.answer if isinstance(made.answer, str) else json.dumps(made.answer)
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(answer.encode())

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def integrate(helpdesk: Helpdesk, service: Service) -> Callable[..., Any]:
    """Makes an integration that calls the service; every trigger on unless told otherwise."""

    def make(**http: Any) -> Any:
        triggers = {"ticket-created": True, "ticket-updated": True, "ticket-message-created": True}
        fields = {
            "method": "POST",
            "url": service.url + "/hook",
            "request_content_type": "application/json",
            "response_content_type": "application/json",
            "form": {"ticket_id": "{{ticket.id}}", "message": "{{message.body_text}}", "trigger": "{{event.type}}"},
            "triggers": triggers,
            **http,
        }
        response = helpdesk.post("/integrations", {"name": "Desk", "type": "http", "http": fields})
        assert response.status_code == 201, response.text
        return response.json()

    return make


def wait_for(condition: Callable[[], Any], seconds: float = 5) -> Any:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.01)
    return value
