"""A shop, its two workshops, and Eva, who is an admin."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.admin.worlds import admin
from tests.web.visitors import world


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


@pytest.fixture
def eva(app: Flask) -> FlaskClient:
    """An admin's browser."""
    return admin(app)
