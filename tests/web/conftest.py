"""The app at an address where a browser reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.processes import free_port
from tests.web.browsers import serving
from widget.config import Config


@pytest.fixture
def config(config: Config, request: pytest.FixtureRequest) -> Config:
    """With an address of its own for each test that asks for `url`."""
    if "url" not in request.fixturenames:
        return config
    return replace(config, public_url=f"http://127.0.0.1:{free_port()}")


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """Where the app answers over real HTTP."""
    with serving(app) as address:
        yield address
