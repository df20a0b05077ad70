"""The lock against SQL of every kind: what the database itself refuses, whoever asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.refunds import claims, lawful
from widget import orders, people, refunds
from widget.db import db, is_postgresql, utcnow
from widget.orders import OrderName
from widget.people import Role

CLAIM = (
    "order_id, supplier_id, reason_id, ticket_id, {state}, state_since, {issue}, day, amount, currency, {key}, "
    "reshipment_offered_on, customer_asked, note, requested_by, requested_by_email, requested_at, facts_since, "
    "{confirmation}, confirmation_stands, {filed}, filed_by, accepted_amount, answer, answered_by, answered_at, "
    "credited, credited_at, ended_by, ended_at, ended_because, version, created_at, changed_at"
)
COLUMNS = CLAIM.format(state="state", issue="issue", key="issue_key", confirmation="confirmation_id", filed="filed_at")
CONFIRMATION = (
    "claim_id, {who}, approver, {email}, {wanted}, {words}, place, gorgias_ticket, gorgias_message, pointed_at_by, at, "
    "expires_at, order_id, order_name, {issue}, day, {amount}, currency, {stands}, {voided}, voided_by, voided_with, "
    "voided_because"
)
KEPT = CONFIRMATION.format(
    who="approver_id", email="approver_email", wanted="requested_by_email", words="words", issue="issue",
    amount="amount", stands="stands", voided="voided_at",
)  # fmt: skip


def copy_of_claim(verb: str = "INSERT", **changed: str) -> str:
    """A claim like R-1, of another issue, in another state."""
    values = {
        "state": "state",
        "issue": "'another'",
        "key": "'another'",
        "confirmation": "confirmation_id",
        "filed": "filed_at",
    }
    return f"{verb} INTO claims ({COLUMNS}) SELECT {CLAIM.format(**{**values, **changed})} FROM claims WHERE id = 1"


def copy_of_confirmation(verb: str = "INSERT", **changed: str) -> str:
    """A confirmation like the first, with something else in it."""
    values = {name: name for name in ("words", "issue", "amount", "stands")}
    values |= {"who": "approver_id", "email": "approver_email", "wanted": "requested_by_email", "voided": "voided_at"}
    selected = CONFIRMATION.format(**{**values, **changed})
    return f"{verb} INTO confirmations ({KEPT}) SELECT {selected} FROM confirmations WHERE id = 1"


# R-1 is filed (confirmation 1), R-2 waits for an approver, R-3 is a draft, R-4 is confirmed (confirmation 2).
REFUSED_EVERYWHERE = {
    "a claim begins as filed": copy_of_claim(state="'filed'", confirmation="NULL", filed="state_since"),
    "a claim begins as filed with another's word": copy_of_claim(),
    "a request is filed": "UPDATE claims SET state = 'filed', filed_at = state_since WHERE id = 2",
    "a draft is filed": "UPDATE claims SET state = 'filed', filed_at = state_since WHERE id = 3",
    "all are filed at once": "UPDATE claims SET state = 'filed', filed_at = state_since",
    "all are closed at once": "UPDATE claims SET state = 'closed', filed_at = state_since",
    "with another's word": (
        "UPDATE claims SET state = 'filed', filed_at = state_since, confirmation_id = 1 WHERE id = 2"
    ),
    "words are swapped": "UPDATE claims SET confirmation_id = 2 WHERE id = 1",
    "the word is let go": "UPDATE claims SET confirmation_id = NULL WHERE id = 1",
    "a request is accepted": "UPDATE claims SET state = 'accepted', filed_at = state_since WHERE id = 2",
    "a request is credited": "UPDATE claims SET state = 'credited', filed_at = state_since WHERE id = 2",
    "a draft is shown to the supplier": "UPDATE claims SET filed_at = state_since WHERE id = 3",
    "a withdrawn one is shown": "UPDATE claims SET state = 'withdrawn', filed_at = state_since WHERE id = 3",
    "the amount of a filed one": "UPDATE claims SET amount = amount + amount WHERE id = 1",
    "the issue of a filed one": "UPDATE claims SET issue = 'something else' WHERE id = 1",
    "the day of a filed one": "UPDATE claims SET day = '2026-01-01' WHERE id = 1",
    "the currency of a filed one": "UPDATE claims SET currency = 'USD' WHERE id = 1",
    "the order of a filed one": "UPDATE claims SET order_id = (SELECT max(id) FROM orders) WHERE id = 1",
    "who wanted a filed one": "UPDATE claims SET requested_by_email = 'natalie@brushwood.example' WHERE id = 1",
    "who wanted a confirmed one": "UPDATE claims SET requested_by_email = 'x@y.z' WHERE id = 4",
    "filed after the word expired": (
        "UPDATE claims SET state = 'filed', filed_at = '2030-01-01 00:00:00+00:00' WHERE id = 4"
    ),
    "through another statement": (
        "WITH late AS (SELECT 2 AS id) UPDATE claims SET state = 'filed' WHERE id IN (SELECT id FROM late)"
    ),
    "a number is moved": "UPDATE claims SET id = 99 WHERE id = 3",
    "a claim is deleted": "DELETE FROM claims WHERE id = 1",
    "all claims are deleted": "DELETE FROM claims",
    "a state of its own": "UPDATE claims SET state = 'FILED' WHERE id = 2",
    "a state with a blank": "UPDATE claims SET state = 'filed ' WHERE id = 2",
    "a word for a draft": copy_of_confirmation().replace("SELECT claim_id", "SELECT 3"),
    "a second word for a filed one": copy_of_confirmation(),
    "a word for nothing": copy_of_confirmation().replace("SELECT claim_id", "SELECT 77"),
    "a word is rewritten": "UPDATE confirmations SET words = 'No.' WHERE id = 1",
    "the amount of a word": "UPDATE confirmations SET amount = amount + amount WHERE id = 1",
    "the approver of a word": "UPDATE confirmations SET approver_id = 1, approver_email = 'x@y.z' WHERE id = 1",
    "the claim of a word": "UPDATE confirmations SET claim_id = 2 WHERE id = 1",
    "the moment of a word": "UPDATE confirmations SET expires_at = '2099-01-01 00:00:00+00:00' WHERE id = 2",
    "a word is voided while it is held": "UPDATE confirmations SET stands = false, voided_at = at WHERE id = 1",
    "a word of a confirmed one is voided": "UPDATE confirmations SET stands = false, voided_at = at WHERE id = 2",
    "a void word stands again": "UPDATE confirmations SET stands = true, voided_at = NULL WHERE id = 3",
    "a word is deleted": "DELETE FROM confirmations WHERE id = 1",
    "a void word is deleted": "DELETE FROM confirmations WHERE id = 3",
    "its number is moved": "UPDATE confirmations SET id = 99 WHERE id = 1",
}


def by(name: str, spelled: str = "") -> dict[str, str]:
    """Somebody as the approver of a confirmation."""
    who = f"(SELECT id FROM people WHERE email = '{name}@brushwood.example')"
    return {"who": who, "email": f"'{spelled or name}@brushwood.example'"}


# Words for R-2, which waits for them, that are none. R-2 is as R-1 but for its issue.
NO_WORDS = {
    "by nobody with the role": by("ben"),
    "in another's name": {"email": "'ben@brushwood.example'"},
    "by whoever wanted it": by("anna"),
    "in capitals": by("anna", "ANNA"),
    "by somebody revoked": by("katja"),
    "for somebody else's wish": {"wanted": "'x@y.z'"},
    "without words": {"words": "''"},
    "with a blank": {"words": "'  '"},
    "with a tab": {"words": "{tab}"},
    "with a wide blank": {"words": "'\u3000\u00a0'"},
    "of another issue": {"issue": "'something else'"},
    "of another amount": {"amount": "amount + amount"},
    "void already": {"stands": "false", "voided": "at"},
    "void and standing": {"voided": "at"},
}  # fmt: skip
ONLY_SQLITE = {
    "a claim is replaced": copy_of_claim(
        "INSERT OR REPLACE", issue="issue", key="issue_key", state="'draft'", confirmation="NULL", filed="NULL"
    ),
    "another is pushed aside": (
        "UPDATE OR REPLACE claims SET issue_key = (SELECT issue_key FROM claims WHERE id = 1) WHERE id = 3"
    ),
    "a claim is replaced by number": "REPLACE INTO claims SELECT * FROM claims WHERE id = 1",
    "a word is replaced by number": "REPLACE INTO confirmations SELECT * FROM confirmations WHERE id = 1",
    "a word is replaced as void": copy_of_confirmation("INSERT OR REPLACE", stands="0", voided="at"),
    "ignoring what is in the way": "UPDATE OR IGNORE claims SET state = 'filed', filed_at = state_since WHERE id = 2",
}
ONLY_POSTGRESQL = {
    "truncated": "TRUNCATE claims CASCADE",
    "words truncated": "TRUNCATE confirmations CASCADE",
    "constraints put off": (
        "SET CONSTRAINTS ALL DEFERRED; UPDATE claims SET "
        "state = 'filed', filed_at = now() WHERE id = 2"
    ),
    "written over": "INSERT INTO claims (id, " + COLUMNS + ") SELECT id, " + COLUMNS
    + " FROM claims WHERE id = 2 ON CONFLICT (id) DO UPDATE SET state = 'filed', filed_at = now()",
    "merged": (
        "MERGE INTO claims k USING (SELECT 2 AS id) s ON k.id "
        "= s.id WHEN MATCHED THEN UPDATE SET state = 'closed'"
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def shop(store: Any) -> Iterator[Any]:
    """R-1 filed, R-2 requested, R-3 a draft, R-4 confirmed; confirmation 3 is void; people who may not confirm."""
    with time_machine.travel("2026-11-24T10:00:00Z", tick=True):
        claims.shop()
        claims.filed()
        second = claims.requested(issue="second")
        claims.draft(issue="third")
        claims.confirmed(issue="fourth")
        natalie = people.get_person("natalie@brushwood.example")
        claims.confirm(second)
        refunds.send_back(second, "no", by=natalie, at=claims.here(), shown=second.version)
        refunds.request(second, by=claims.ANNA_AS_AGENT, at=claims.here())
        for email in ("anna", "ben"):
            people.add_person(f"{email}@brushwood.example", name=email, roles={Role.AGENT}, supplier=None)
        claims.approver("katja@brushwood.example", "Katja").revoked_at = utcnow()
        orders.known(OrderName(1, "NL99999"))
        store.commit()
        yield store


def is_refused(store: Any, statement: str) -> bool:
    """Whether the store says no, and has everything as before."""
    before = contents(store)
    try:
        store.execute(text(statement))
    except DBAPIError:
        store.rollback()
        return contents(store) == before
    store.rollback()
    return False


def taken(store: Any, statements: dict[str, str]) -> list[str]:
    """Those of them that go through."""
    went_through = [name for name, statement in statements.items() if not is_refused(store, statement)]
    assert lawful.broken(store) == []
    return went_through


def contents(store: Any) -> list[Any]:
    return [store.execute(text(f"SELECT * FROM {table} ORDER BY id")).all() for table in ("claims", "confirmations")]


def file_of_the_store() -> str:
    name = db.engine.url.database
    assert name is not None
    return name


def test_what_the_rules_need_is_here(store: Any) -> None:
    states = store.execute(text("SELECT id, state FROM claims ORDER BY id")).all()
    assert states == [(1, "filed"), (2, "requested"), (3, "draft"), (4, "confirmed")]
    assert lawful.broken(store) == []


def test_no_statement_gets_round_the_lock(store: Any) -> None:
    assert taken(store, REFUSED_EVERYWHERE) == []


def test_not_everything_is_an_approvers_word(store: Any) -> None:
    tab = "E'\\t\\n'" if is_postgresql() else "char(9, 10)"
    # What is right is taken, and so each of the others is refused for what is wrong with it.
    assert not is_refused(store, word_for_the_second())
    wrong = {
        name: word_for_the_second(**{column: value.format(tab=tab) for column, value in changed.items()})
        for name, changed in NO_WORDS.items()
    }
    assert taken(store, wrong) == []


def word_for_the_second(**changed: str) -> str:
    return copy_of_confirmation(**{"issue": "'second'", **changed}).replace("SELECT claim_id", "SELECT 2")


@pytest.mark.only_on("sqlite")
def test_nothing_is_replaced_on_sqlite(store: Any) -> None:
    assert taken(store, ONLY_SQLITE) == []


@pytest.mark.only_on("postgresql")
def test_nothing_is_truncated_or_merged_on_postgresql(store: Any) -> None:
    assert taken(store, ONLY_POSTGRESQL) == []


@pytest.mark.only_on("postgresql")
def test_nobody_puts_tables_of_his_own_before_ours_on_postgresql(store: Any) -> None:
    own = "CREATE TEMP TABLE {0} AS SELECT {1} FROM public.{0}; UPDATE pg_temp.{0} SET {2}; "
    roles = own.format("person_roles", "person_id, 'approver' AS role", "role = 'approver'")
    claims_ = own.format("claims", "*", "state = 'requested'")
    words = own.format("confirmations", "*", "expires_at = '2999-01-01'")
    late = "UPDATE public.claims SET state = 'filed', filed_at = '2990-01-01' WHERE id = 4"
    statements = {
        "an approver of one's own": roles + word_for_the_second(**by("ben")),
        "a second word for a filed one": claims_ + copy_of_confirmation(),
        "a word that never expires": words + late,
    }
    assert taken(store, statements) == []


@pytest.mark.only_on("postgresql")
def test_a_copy_is_looked_at_row_by_row(store: Any) -> None:
    raw = store.connection().connection.driver_connection
    row = store.execute(text(f"SELECT {COLUMNS} FROM claims WHERE id = 1")).one()
    values = dict(zip(COLUMNS.split(", "), row, strict=True)) | {"issue": "new", "issue_key": "new", "id": 50}
    with raw.cursor() as cursor, pytest.raises(Exception, match="written confirmation"):  # noqa: SIM117
        with cursor.copy(f"COPY claims ({', '.join(values)}) FROM STDIN") as copy:
            copy.write_row(tuple(values.values()))
    store.rollback()


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("pragma", ["foreign_keys = OFF", "ignore_check_constraints = ON", "recursive_triggers = ON"])
def test_the_triggers_hold_with_everything_else_switched_off(store: Any, pragma: str) -> None:
    store.rollback()
    went_through = []
    with closing(sqlite3.connect(file_of_the_store())) as raw:
        raw.execute(f"PRAGMA {pragma}")
        for name, statement in REFUSED_EVERYWHERE.items():
            try:
                raw.execute(statement)
                went_through.append(name)
            except sqlite3.DatabaseError:
                pass
            raw.rollback()
    assert went_through == []


# What only a trigger can see: what was so before, and what is deleted.
OF_TRIGGERS = {
    "a number is moved",
    "the moment of a word",
    "the approver of a word",
    "a void word stands again",
    "a word is rewritten",
    "filed after the word expired",
    "a word for a draft",
    "a second word for a filed one",
    "a void word is deleted",
}


@pytest.mark.only_on("postgresql")
def test_the_constraints_hold_without_the_triggers(store: Any) -> None:
    """A dump is loaded with its triggers last; the foreign key and the checks are looked at for every row."""
    for table in ("claims", "confirmations"):
        store.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    store.commit()
    assert taken(store, {name: REFUSED_EVERYWHERE[name] for name in REFUSED_EVERYWHERE.keys() - OF_TRIGGERS}) == []


@pytest.mark.only_on("postgresql")
def test_a_dump_with_an_unlawful_row_does_not_load(store: Any) -> None:
    """The foreign key is added when the rows are there, as pg_dump has it, and refuses what they say."""
    for statement in (
        "ALTER TABLE claims DISABLE TRIGGER USER",
        "ALTER TABLE claims DROP CONSTRAINT fk_claims_confirmation",
        "UPDATE claims SET amount = amount + amount WHERE id = 1",
    ):
        store.execute(text(statement))
    again = (
        "ALTER TABLE claims ADD CONSTRAINT fk_claims_confirmation FOREIGN KEY (confirmation_id, id, requested_by_email,"
        " order_id, issue, day, amount, currency, confirmation_stands) REFERENCES confirmations (id, claim_id,"
        " requested_by_email, order_id, issue, day, amount, currency, stands)"
    )
    with pytest.raises(DBAPIError, match="fk_claims_confirmation"):
        store.execute(text(again))
    store.rollback()


@pytest.mark.only_on("sqlite")
def test_a_dump_of_sqlite_brings_its_walls_along(store: Any, tmp_path: Any) -> None:
    store.rollback()
    with closing(sqlite3.connect(file_of_the_store())) as raw:
        dump = "\n".join(raw.iterdump())
    with closing(sqlite3.connect(tmp_path / "restored.db")) as restored:
        restored.executescript(dump)
        with pytest.raises(sqlite3.DatabaseError, match="written confirmation"):
            restored.execute("UPDATE claims SET state = 'filed', filed_at = state_since WHERE id = 2")
