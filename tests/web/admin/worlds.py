"""What all tests of the admin side begin with."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.visitors import FROM_OUR_PAGE, link_of, signed_in
from widget import history
from widget.people import Role


def admin(app: Flask, email: str = "eva@brushwood.example") -> FlaskClient:
    """The browser of an admin: Eva unless somebody else is named."""
    return signed_in(app, link_of(app, email, Role.ADMIN))


def send(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    """Send a form."""
    return client.post(path, data=form, headers=FROM_OUR_PAGE)


def changes(app: Flask, subject: str, thing: int) -> list[tuple[str, str, str, str]]:
    """What the history says of a thing: field, old, new, by whom."""
    with app.app_context():
        return [(row.field, row.old, row.new, row.actor) for row in history.of(subject, thing)]


def find(pattern: str, text: str) -> str:
    """The first group of what a page has to have in it."""
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]
