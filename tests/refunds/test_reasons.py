"""The reasons of claims: what can be chosen, by which name."""

from __future__ import annotations

import pytest

from widget import refunds
from widget.db import db
from widget.errors import NotFound


def test_a_reason_is_found_by_either_name_however_it_is_capitalised(store):
    lost = refunds.get_reason("lost")
    lost.name_en = "Überfällig"
    db.session.flush()
    for name in ("überFÄLLIG", " Überfällig ", "包裹丢失"):
        assert refunds.get_reason_by_name(name) is lost
    with pytest.raises(NotFound, match="There is no reason “Lost parcel” in the list"):
        refunds.get_reason_by_name("Lost parcel")
