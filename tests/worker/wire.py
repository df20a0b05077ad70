"""A Gorgias on a local port that does what its fault script says: what the worker's tests talk to.

It keeps messages and tags per ticket and a record of every call with its time. A fault is used up by the
first call it fits; without one a call is simply done.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "the-key-of-the-tests"
EMAIL = "robot@acme.example"


@dataclass
class Fault:
    """What goes wrong with one call.

    `lands`: True does what was asked for, False does not, "late" keeps it until `FakeGorgias.land_late()`.
    `answer`: a status with an optional body, or "drop" (close without a word), "hang" (silence until the
    caller gives up), "drip" (a byte now and then), "huge" (two million bytes).
    """

    answer: int | str
    body: Any = None
    lands: bool | str = False
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


LOST_ANSWER = Fault("drop", lands=True)
LANDS_LATE = Fault("drop", lands="late")


@dataclass
class Call:
    """One call as it arrived."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    body: Any
    authorization: str = ""
    peer: int = 0


class FakeGorgias:
    """Several tests' worth of Gorgias; make one with `serving()`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.messages: list[dict[str, Any]] = []
        self.tags: dict[int, set[str]] = defaultdict(set)
        self.missing_tickets: set[int] = set()
        self.merged_tickets: dict[int, int] = {}
        self.users: list[dict[str, Any]] = [{"id": 7, "email": EMAIL, "name": "Robot", "active": True}]
        self.page_size = 100
        self.during: Callable[[Call], None] | None = None
        self._faults: list[tuple[str, str, Fault]] = []
        self._late: list[Callable[[], Any]] = []
        self._lock = threading.RLock()
        self.closing = threading.Event()
        self.url = ""

    def fail(self, method: str, path: str, *faults: Fault) -> None:
        """Use these, in order, for the next calls of that method whose path matches the regular expression."""
        with self._lock:
            self._faults += [(method, path, fault) for fault in faults]

    def mend(self) -> None:
        """Forget the faults that were not used up."""
        with self._lock:
            self._faults.clear()

    def land_late(self) -> None:
        """Now do what came too late."""
        with self._lock:
            late, self._late = self._late, []
            for effect in late:
                effect()

    def notes(self, ticket: int) -> list[str]:
        """The texts of a ticket, in the order they arrived."""
        with self._lock:
            return [message["body_text"] for message in self.messages if message["ticket_id"] == ticket]

    def count(self, method: str, path: str) -> int:
        """How many calls of that method had a path that matches."""
        return len(self.calls_of(method, path))

    def calls_of(self, method: str, path: str) -> list[Call]:
        """Those calls, in order."""
        with self._lock:
            return [call for call in self.calls if call.method == method and re.search(path, call.path)]

    def take_fault(self, call: Call) -> Fault | None:
        """Record a call; the fault it meets, if any."""
        with self._lock:
            self.calls.append(call)
            for entry in self._faults:
                if entry[0] == call.method and re.search(entry[1], call.path):
                    self._faults.remove(entry)
                    return entry[2]
        return None

    def do(self, call: Call) -> tuple[int, Any]:
        """Status and body of what the call asks for, done."""
        with self._lock:
            for method, pattern, action in ROUTES:
                found = re.fullmatch(pattern, call.path)
                if found and method == call.method:
                    return action(self, call, *(int(number) for number in found.groups()))
        return 404, error("Resource not found.")

    def do_late(self, call: Call) -> None:
        """Keep it for land_late()."""
        with self._lock:
            self._late.append(lambda: self.do(call))

    def post_message(self, call: Call, ticket: int) -> tuple[int, Any]:
        """POST /tickets/{id}/messages."""
        if ticket in self.missing_tickets:
            return 404, error("Resource not found.")
        message = {
            **call.body,
            "id": len(self.messages) + 1001,
            "ticket_id": ticket,
            "created_datetime": datetime.now(UTC).isoformat(),
        }
        self.messages.append(message)
        return 201, message

    def delete_message(self, _call: Call, ticket: int, message_id: int) -> tuple[int, Any]:
        """DELETE /tickets/{id}/messages/{id}."""
        before = len(self.messages)
        self.messages = [m for m in self.messages if (m["ticket_id"], m["id"]) != (ticket, message_id)]
        return (200, None) if len(self.messages) < before else (404, error("Resource not found."))

    def list_messages(self, call: Call) -> tuple[int, Any]:
        """GET /messages, newest first."""
        ticket = int(call.query["ticket_id"])
        assert call.query["order_by"] == "created_datetime:desc"
        return self._page(call, [m for m in reversed(self.messages) if m["ticket_id"] == ticket])

    def list_users(self, call: Call) -> tuple[int, Any]:
        """GET /users."""
        return self._page(call, self.users)

    def get_ticket(self, _call: Call, ticket: int) -> tuple[int, Any]:
        """GET /tickets/{id}."""
        if ticket in self.missing_tickets and ticket not in self.merged_tickets:
            return 404, error("Resource not found.")
        return 200, {"id": self.merged_tickets.get(ticket, ticket)}

    def add_tags(self, call: Call, ticket: int) -> tuple[int, Any]:
        """POST /tickets/{id}/tags."""
        self.tags[ticket] |= set(call.body["names"])
        return 201, None

    def remove_tags(self, call: Call, ticket: int) -> tuple[int, Any]:
        """DELETE /tickets/{id}/tags."""
        there = set(call.body["names"]) & self.tags[ticket]
        self.tags[ticket] -= there
        return (204, None) if there else (404, error("Resource not found."))

    def _page(self, call: Call, rows: list[dict[str, Any]]) -> tuple[int, Any]:
        start = int(call.query.get("cursor") or 0)
        end = start + min(self.page_size, int(call.query.get("limit", 30)))
        return 200, {"data": rows[start:end], "meta": {"next_cursor": str(end) if end < len(rows) else None}}


ROUTES: list[tuple[str, str, Callable[..., tuple[int, Any]]]] = [
    ("POST", r"/api/tickets/(\d+)/messages", FakeGorgias.post_message),
    ("DELETE", r"/api/tickets/(\d+)/messages/(\d+)", FakeGorgias.delete_message),
    ("GET", r"/api/messages", FakeGorgias.list_messages),
    ("GET", r"/api/users", FakeGorgias.list_users),
    ("GET", r"/api/users/0", lambda fake, call: (200, fake.users[0])),
    ("GET", r"/api/tickets/(\d+)", FakeGorgias.get_ticket),
    ("POST", r"/api/tickets/(\d+)/tags", FakeGorgias.add_tags),
    ("DELETE", r"/api/tickets/(\d+)/tags", FakeGorgias.remove_tags),
]


def error(message: str, **fields: list[str]) -> dict[str, Any]:
    """An error as Gorgias words it."""
    return {"error": {"msg": message, **({"data": fields} if fields else {})}}


@contextmanager
def serving() -> Iterator[FakeGorgias]:
    """A fake on a port of its own, gone afterwards."""
    fake = FakeGorgias()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield fake
    finally:
        fake.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that were killed, or gave up, are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGorgias
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._meet()

    def do_POST(self) -> None:
        self._meet()

    def do_PUT(self) -> None:
        self._meet()

    def do_DELETE(self) -> None:
        self._meet()

    def _meet(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        call = Call(
            at=time.monotonic(),
            method=self.command,
            path=parts.path,
            query={name: values[0] for name, values in parse_qs(parts.query).items()},
            body=json.loads(content) if content else None,
            authorization=self.headers.get("Authorization", ""),
            peer=self.client_address[1],
        )
        fault = self.fake.take_fault(call)
        if self.fake.during:
            self.fake.during(call)
        if fault is None:
            self._say(*self.fake.do(call))
        else:
            self._fail(call, fault)

    def _fail(self, call: Call, fault: Fault) -> None:
        if fault.lands == "late":
            self.fake.do_late(call)
        elif fault.lands:
            self.fake.do(call)
        if isinstance(fault.answer, int):
            self._say(fault.answer, fault.body, fault.headers, fault.content_type)
        elif fault.answer == "huge":
            self._say(200, "x" * 2_000_000)
        else:
            self._go_silent(drips=fault.answer == "drip", waits=fault.answer != "drop")

    def _go_silent(self, *, drips: bool, waits: bool) -> None:
        self.close_connection = True
        if drips:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
        while waits and not self.fake.closing.wait(0.02):
            try:
                if drips:
                    self.wfile.write(b" ")
                elif not self.connection.recv(1):
                    return
            except OSError:
                return
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _say(
        self, status: int, body: Any, headers: dict[str, str] | None = None, content_type: str = "application/json"
    ) -> None:
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(text.encode())))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if status != 204:
            self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
