"""A shop, its two workshops, and programs of both sides."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.api.programs import Program, line_of, of_staff, of_workshop
from tests.web.visitors import OTHER_WORKSHOP, world
from widget.web.api import pace


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    pace.forget()
    return app


@pytest.fixture
def line(app: Flask) -> str:
    """A line that waits for the workshop."""
    return line_of(app)


@pytest.fixture
def staff(app: Flask) -> Program:
    """A script of the shop."""
    return of_staff(app)


@pytest.fixture
def workshop(app: Flask) -> Program:
    """The workshop's own software."""
    return of_workshop(app)


@pytest.fixture
def stranger(app: Flask) -> Program:
    """The software of another workshop."""
    return of_workshop(app, OTHER_WORKSHOP)
