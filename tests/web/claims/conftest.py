"""A shop with everybody who has to do with refunds, on the day after all that happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.web.uploads import private_temporary_folder
from tests.web.visitors import link_of, signed_in, world
from widget.db import db
from widget.orders import OrderName
from widget.people import Role


@pytest.fixture(autouse=True)
def own_uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of these tests is ahead: whoever uploads beside them would find his files swept as old."""
    private_temporary_folder(tmp_path, monkeypatch)


@pytest.fixture
def shop(app: Flask) -> Iterator[Flask]:
    """One shop and its workshops."""
    with time_machine.travel("2026-11-24T10:00:00Z", tick=True):
        world(app)
        with app.app_context():
            factories.ticket(1, 9001, 501, OrderName(1, "NL10377"))
            db.session.commit()
        yield app


@pytest.fixture
def anna(shop: Flask) -> FlaskClient:
    """An agent's browser."""
    return signed_in(shop)


@pytest.fixture
def natalie(shop: Flask) -> FlaskClient:
    """An approver's browser."""
    return signed_in(shop, link_of(shop, "natalie@brushwood.example", Role.APPROVER))
