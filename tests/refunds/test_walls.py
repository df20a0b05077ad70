"""What a database that lost its walls can still do: nothing is filed on it, and whoever asks is told."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from tests.refunds import claims
from tests.refunds.claims import ANNA_AS_AGENT, here
from tests.refunds.unwalled import take_walls_down
from widget import refunds
from widget.db import is_postgresql
from widget.errors import Refused
from widget.refunds import walls


@pytest.fixture(autouse=True)
def shop(store: Any) -> Any:
    with time_machine.travel("2026-11-24T10:00:00Z", tick=True):
        claims.shop()
        yield store


def test_the_walls_the_migrations_build_are_those_that_are_looked_for(store: Any) -> None:
    assert walls.missing() == set()
    named = "pg_trigger WHERE NOT tgisinternal AND tgrelid" if is_postgresql() else "sqlite_master WHERE tbl_name"
    column = "tgname" if is_postgresql() else "name"
    tables = "('claims'::regclass, 'confirmations'::regclass)" if is_postgresql() else "('claims', 'confirmations')"
    also = "" if is_postgresql() else " AND type = 'trigger'"
    built = set(store.scalars(text(f"SELECT {column} FROM {named} IN {tables}{also}")))
    wanted = walls.ON_POSTGRESQL if is_postgresql() else walls.ON_SQLITE
    assert built | {"fk_claims_confirmation"} == wanted


def test_nothing_is_filed_on_a_database_without_its_walls(store: Any) -> None:
    claim = claims.confirmed()
    store.commit()
    take_walls_down()
    assert walls.missing()
    with pytest.raises(Refused, match="The database does not guard refund claims any more"):
        refunds.file(claim, by=ANNA_AS_AGENT, at=here(), shown=claim.version)
    assert claim.state == "confirmed"


@pytest.mark.only_on("postgresql")
def test_a_trigger_that_is_switched_off_counts_as_missing(store: Any) -> None:
    store.execute(text("ALTER TABLE claims DISABLE TRIGGER claims_need_a_confirmation"))
    assert walls.missing() == {"claims_need_a_confirmation"}


def test_claims_that_got_somewhere_without_a_word_are_named(store: Any) -> None:
    claims.filed()
    claims.requested(issue="second")
    claims.confirmed(issue="third")
    claims.draft(issue="fourth")
    store.commit()
    assert refunds.without_a_word(5) == []
    take_walls_down()
    for statement in (
        "UPDATE claims SET amount = amount + amount WHERE id = 1",
        "UPDATE claims SET state = 'filed' WHERE id = 2",
        "UPDATE confirmations SET stands = false WHERE claim_id = 3",
        "UPDATE claims SET filed_at = state_since WHERE id = 4",
    ):
        store.execute(text(statement))
    store.commit()
    assert refunds.without_a_word(5) == ["R-1", "R-2", "R-3", "R-4"]
    assert refunds.without_a_word(2) == ["R-1", "R-2"]
