"""What the flows start from."""

from __future__ import annotations

import pytest

from tests.live import Live


@pytest.fixture
def ticket(live: Live) -> int:
    """A ticket with one reported line, its note and tags delivered."""
    number = live.write("NL10423")
    live.press(number, "Report a problem", **{"Problem type": "Other", "Problem": "x"})
    live.deliver()
    live.settled()
    return number
