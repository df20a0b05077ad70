"""A server that takes uploads as they come, byte by byte, and answers what it is told."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from werkzeug.formparser import parse_form_data
from werkzeug.test import EnvironBuilder


@dataclass
class Parcel:
    """One upload: its address, and each file as (field, name, content type, content)."""

    path: str
    authorization: str
    files: list[tuple[str, str | None, str | None, bytes]]


@dataclass
class Depot:
    """What came, and what is said to it. `status` 0: the connection is closed without a word."""

    url: str = ""
    parcels: list[Parcel] = field(default_factory=list)
    status: int = 201
    answer: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    # Nothing is read from a caller before this is set.
    reading: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiving() -> Iterator[Depot]:
    """A depot on a port of its own, gone afterwards."""
    depot = Depot()
    depot.reading.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"depot": depot}))
    depot.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield depot
    finally:
        depot.reading.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    depot: Depot

    def do_POST(self) -> None:
        self.depot.reading.wait(10)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.depot.parcels.append(self._parcel(content))
        if not self.depot.status:
            return
        answer = self.depot.answer
        self.send_response(self.depot.status)
        for name, value in self.depot.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write((answer if isinstance(answer, str) else json.dumps(answer)).encode())

    def _parcel(self, content: bytes) -> Parcel:
        builder = EnvironBuilder(
            method="POST", input_stream=io.BytesIO(content), content_type=self.headers["Content-Type"]
        )
        environ = {**builder.get_environ(), "CONTENT_LENGTH": str(len(content))}
        _, _, files = parse_form_data(environ, stream_factory=lambda *_, **__: io.BytesIO())
        parts = [(label, file.filename, file.content_type, file.read()) for label, file in files.items(multi=True)]
        return Parcel(self.path, self.headers.get("Authorization", ""), parts)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
