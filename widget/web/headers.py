"""What every answer carries for the browser's sake, and which host names we answer to. For all doors."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
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


def protect(app: Flask, config: Config) -> None:
    """Register the two checks below for the whole app."""
    hosts = LOOPBACK if config.is_loopback else {urlsplit(config.public_url).hostname or ""}
    everywhere = ON_EVERYTHING if config.is_loopback else {**ON_EVERYTHING, **ONLY_HTTPS}

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
