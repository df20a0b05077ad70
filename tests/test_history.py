"""History and presses: only ever added to, and the same press is known again within a minute."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from widget import history, presses

BY = ("Anna", "anna@x.y")


@pytest.mark.parametrize("statement", ["UPDATE history SET new = 'forged'", "DELETE FROM history"])
def test_what_happened_cannot_be_rewritten(store: Any, statement: str) -> None:
    history.record("problem", 1, "address", "", "Damrak 1", by=BY, version=2)
    store.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        store.execute(text(statement))
    store.rollback()
    assert [change.new for change in history.of("problem", 1)] == ["Damrak 1"]


def test_the_latest_change_of_a_field_since_a_version_is_found(store: Any) -> None:
    history.record("problem", 1, "address", "", "one", by=BY, version=2)
    history.record("problem", 1, "comment", "", "two", by=BY, version=3)
    history.record("problem", 2, "address", "", "other", by=BY, version=9)
    store.flush()
    found = history.find_change_since("problem", 1, "address", 1)
    assert found is not None
    assert found.new == "one"
    assert history.find_change_since("problem", 1, "address", 2) is None


def test_the_window_of_a_press_slides(store: Any) -> None:
    fingerprint = presses.fingerprint_of("anna", "comment", 31, "hurry")
    with time_machine.travel("2026-11-23T10:00:59Z", tick=False) as clock:
        presses.keep(fingerprint, "done")
        store.flush()
        clock.shift(59)
        assert presses.find_answer(fingerprint) == "done"
        clock.shift(2)
        assert presses.find_answer(fingerprint) is None


def test_old_presses_are_forgotten(store: Any) -> None:
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        presses.keep("old", "x")
        store.flush()
    presses.forget_old()
    assert store.execute(text("SELECT count(*) FROM presses")).scalar() == 0


def test_fingerprints_do_not_run_into_each_other() -> None:
    assert presses.fingerprint_of("a", "bc") != presses.fingerprint_of("ab", "c")
