"""A shop and its two workshops, in which every test here takes place."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.visitors import world


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app
