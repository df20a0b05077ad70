"""The web server: that of the other stand-in, which also tells the length of what HEAD does not send."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer
from werkzeug.wrappers import Response

from sandbox import server
from sandbox.objects import Options, create_app


class Handler(server.Handler):
    """One connection, any number of requests."""

    def finish(self) -> None:
        """Nobody may be there any more to hear the rest."""
        try:
            super().finish()
        except OSError:
            self.rfile.close()

    def _write(self, response: Response) -> None:
        if self.command != "HEAD":
            super()._write(response)
            return
        self.send_response(response.status_code)
        for key, value in response.headers:
            self.send_header(key, value)
        self.end_headers()
        self.wfile.flush()


@dataclass
class Running:
    """A server at work."""

    server: BaseWSGIServer
    app: Flask

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.server.host}:{self.server.port}"


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
