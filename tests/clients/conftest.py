"""A Gorgias to talk to, and impatient clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worker.wire import EMAIL, KEY, FakeGorgias, serving
from widget.clients.gorgias import Gorgias
from widget.clients.http import Timeouts


@pytest.fixture
def fake() -> Iterator[FakeGorgias]:
    """The other end of the wire."""
    with serving() as server:
        yield server


@pytest.fixture
def gorgias(fake: FakeGorgias) -> Gorgias:
    """A client that waits at most a third of a second."""
    return Gorgias(fake.url, EMAIL, KEY, Timeouts(connect=0.2, read=0.3))
