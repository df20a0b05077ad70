"""What every answer carries for the browser's sake, how it is packed, which host names we answer to, and who asks.

For all doors.
"""

from __future__ import annotations

import gzip
import secrets
from functools import lru_cache
from io import BytesIO
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from widget.config import LOOPBACK, Config

# Doors at which programs knock: load balancers call by number, vendors prove themselves by a secret, and
# nothing these doors answer depends on the name they were called by.
DOORS_FOR_PROGRAMS = {"health", "sidebar"}

ON_PAGES = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
ON_EVERYTHING = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ONLY_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}

# What is worth packing, and from which size on.
TEXTS = {"text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"}
SMALLEST_PACKED = 1024
WITHOUT_TEXT = {204, 206, 304}
# Pages hold the form key beside what a search asked for. An unsteady length keeps whoever watches the line from
# guessing the one by trying the other.
LONGEST_PADDING = 100


def protect(app: Flask, config: Config) -> None:
    """Register the checks below for the whole app."""
    hosts = LOOPBACK if config.is_loopback else {urlsplit(config.public_url).hostname or ""}
    everywhere = ON_EVERYTHING if config.is_loopback else {**ON_EVERYTHING, **ONLY_HTTPS}
    if config.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, config.proxies, 0, 0, 0, 0)  # type: ignore[method-assign]

    @app.before_request
    def check_host() -> None:
        """Pages are shown under our own name only."""
        if request.blueprint not in DOORS_FOR_PROGRAMS and not host_is_trusted(request.host, hosts):
            abort(400)

    @app.after_request
    def add_headers(response: Response) -> Response:
        """A page's own choice wins."""
        wanted = {**everywhere, **ON_PAGES} if response.mimetype == "text/html" else everywhere
        for name, value in wanted.items():
            response.headers.setdefault(name, value)
        return response

    @app.after_request
    def pack(response: Response) -> Response:
        """Lines are long, and phones' connections slow."""
        if response.mimetype not in TEXTS or request.blueprint in DOORS_FOR_PROGRAMS:
            return response
        response.vary.add("Accept-Encoding")
        is_file = request.endpoint == "static"
        if response.status_code not in WITHOUT_TEXT and _may_be_packed(response, is_file=is_file):
            text = _read(response)
            if len(text) > SMALLEST_PACKED:
                response.set_data(_packed_file(text) if is_file else _packed(text, secrets.randbelow(LONGEST_PADDING)))
                response.headers["Content-Encoding"] = "gzip"
                _weaken_etag(response)
        return response


def _may_be_packed(response: Response, *, is_file: bool) -> bool:
    accepts = request.accept_encodings.quality("gzip") > 0
    return accepts and "Content-Encoding" not in response.headers and (is_file or not response.is_streamed)


def _read(response: Response) -> bytes:
    """The whole text. A file is closed at once, whatever becomes of the connection."""
    source = response.response
    response.direct_passthrough = False
    text = response.get_data()
    if hasattr(source, "close"):
        source.close()
    return text


def _packed(text: bytes, padding: int = 0) -> bytes:
    """The padding hides in the head, where a file's name would be."""
    packed = BytesIO()
    with gzip.GzipFile(filename="x" * padding, mode="wb", compresslevel=6, fileobj=packed, mtime=0) as file:
        file.write(text)
    return packed.getvalue()


@lru_cache(maxsize=50)
def _packed_file(text: bytes) -> bytes:
    return _packed(text)


def _weaken_etag(response: Response) -> None:
    etag, is_weak = response.get_etag()
    if etag and not is_weak:
        response.set_etag(etag, weak=True)
