"""The web server: threads, connections that stay open, and a way to drop one without an answer.

Werkzeug's own handler closes every connection; clients that pool theirs would never be tested. This one reads each
request whole, so the next one on the same connection starts where it should.
"""

import io
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

from sandbox import create_app
from sandbox.desk import Desk, Options

DROPPED = "sandbox.dropped"


class Handler(WSGIRequestHandler):
    """One connection, any number of requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300

    def run_wsgi(self) -> None:
        """Answers one request."""
        environ = self.make_environ()
        chunked = environ.get("wsgi.input_terminated")
        body = environ["wsgi.input"].read(-1 if chunked else int(environ.get("CONTENT_LENGTH") or 0))
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        response = Response.from_app(self.server.app, environ, buffered=True)
        if environ.get(DROPPED):
            self.close_connection = True
            return
        self._write(response)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: the calls are on the page and in the control API."""

    def _write(self, response: Response) -> None:
        content = response.get_data()
        self.send_response(response.status_code, response.status.partition(" ")[2])
        for key, value in response.headers:
            if key.lower() != "content-length":
                self.send_header(key, value)
        if response.status_code not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and response.status_code not in (204, 304):
            self.wfile.write(content)
        self.wfile.flush()


def drop(environ: dict[str, Any]) -> None:
    """Ends the connection at once; whatever is answered later goes nowhere."""
    environ[DROPPED] = True
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            logging.getLogger(__name__).debug("the caller was gone already")


@dataclass
class Running:
    """A server at work in a thread of this process."""

    server: BaseWSGIServer
    app: Flask

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.server.host}:{self.server.port}"

    @property
    def desk(self) -> Desk:
        """The account behind it."""
        desk: Desk = self.app.extensions["desk"]
        return desk


def make(options: Options, host: str = "127.0.0.1", port: int = 0) -> Running:
    """A server bound to its port, not yet serving; port 0 takes a free one."""
    app = create_app(options)
    return Running(ThreadedWSGIServer(host, port, app, handler=Handler), app)


@contextmanager
def running(options: Options | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """A server that serves while the block runs: for tests in the same process."""
    made = make(options or Options(), host, port)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()
        made.desk.close()
