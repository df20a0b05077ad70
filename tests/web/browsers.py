"""A browser at an app of this process: the app over real HTTP, somebody who is signed in there, and how pages read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.web.visitors import signed_in

SERIOUS = {"serious", "critical"}
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 780}


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Where the app answers over real HTTP: at its own public address."""
    url: str = app.extensions["config"].public_url
    server = make_server("127.0.0.1", int(url.rpartition(":")[2]), app, threaded=True)
    # It looks that often whether it is to end.
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def let_in(page: Page, app: Flask, link: str) -> None:
    """Give the browser the session of a personal link, which saves the page with the button."""
    cookie = signed_in(app, link).get_cookie("sd")
    assert cookie is not None
    url = app.extensions["config"].public_url
    page.context.add_cookies([{"name": "sd", "value": cookie.value, "url": url, "httpOnly": True, "sameSite": "Lax"}])


def check(page: Page) -> None:
    """Nothing serious for people who see, hear or move differently, and nothing to scroll sideways."""
    found = Axe().run(page).response["violations"]
    assert [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found if rule["impact"] in SERIOUS] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
