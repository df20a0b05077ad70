"""Rate limits, pauses and breakers of accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.outbox.time_travel import time_passes
from widget import outbox
from widget.errors import Refused
from widget.outbox import Account, Call, Lane, Message, accounts

NAME = "gorgias:1"


@pytest.fixture
def account(store) -> Account:
    outbox.set_account_limits(NAME, 3, 20)
    return accounts.lock(NAME)


def reserve(account: Account) -> bool:
    return accounts.reserve(account, accounts.clock())


def test_a_new_account_may_be_called_forty_times_in_twenty_seconds(store):
    account = accounts.lock(NAME)
    assert (account.calls_allowed, account.calls_period_seconds) == (40, 20)
    assert [reserve(account) for _ in range(41)] == [True] * 40 + [False]


def test_a_full_window_pauses_the_account_until_its_oldest_call_leaves(account, store):
    assert [reserve(account) for _ in range(4)] == [True, True, True, False]
    assert account.paused_until is not None
    assert account.paused_until - accounts.clock() == pytest.approx(timedelta(seconds=21), abs=timedelta(seconds=2))
    time_passes(19.5)
    assert not reserve(accounts.lock(NAME))
    time_passes(2)
    assert reserve(accounts.lock(NAME))


def test_calls_leave_the_window_one_by_one(account, store):
    assert reserve(account)
    time_passes(10)
    assert reserve(account)
    assert reserve(account)
    time_passes(12)
    assert [reserve(account), reserve(account)] == [True, False]


def test_a_longer_pause_is_not_shortened(account):
    later = accounts.clock() + timedelta(hours=1)
    accounts.pause(account, later)
    accounts.pause(account, later - timedelta(minutes=30))
    assert account.paused_until == later


def test_limits_that_allow_nothing_are_refused(store):
    with pytest.raises(Refused, match="at least one call"):
        outbox.set_account_limits(NAME, 0, 20)


def test_calls_that_left_the_window_are_forgotten(account, store):
    reserve(account)
    time_passes(22)
    reserve(accounts.lock(NAME))
    accounts.forget_old_calls()
    assert store.scalar(select(func.count()).select_from(Call)) == 1


def is_open(account: Account) -> bool:
    return account.probe_at is not None


def fail(account: Account) -> None:
    accounts.failed(account, "Gorgias had trouble of its own (503).", accounts.clock(), 30)


def test_five_failures_in_a_row_open_the_breaker(account):
    for _ in range(4):
        fail(account)
    assert not is_open(account)
    fail(account)
    assert is_open(account)
    assert account.opened_at is not None
    assert account.reason == "Gorgias had trouble of its own (503)."


def test_a_good_answer_in_between_starts_the_row_again(account):
    for _ in range(3):
        for _ in range(4):
            fail(account)
        accounts.went_well(account)
    assert not is_open(account)


def test_half_of_the_last_twenty_failing_opens_the_breaker(account):
    for _ in range(9):
        fail(account)
        accounts.went_well(account)
    assert not is_open(account)
    accounts.went_well(account)
    fail(account)
    assert is_open(account)


def test_a_closed_breaker_forgets(account):
    for _ in range(5):
        fail(account)
    accounts.close_breaker(account)
    assert (account.probe_at, account.opened_at, account.failures, account.reason) == (None, None, 0, "")


def test_only_one_worker_probes_and_only_when_it_is_due(account, store):
    for _ in range(5):
        fail(account)
    assert accounts.take_probe(30) is None
    time_passes(31)
    assert accounts.take_probe(30) == NAME
    assert accounts.take_probe(30) is None


def test_routine_reads_are_done_by_one_worker_at_a_time(account, store):
    assert accounts.take_chore(NAME, 60)
    assert not accounts.take_chore(NAME, 60)
    time_passes(61)
    assert accounts.take_chore(NAME, 60)


def test_routine_reads_wait_while_the_account_does(account):
    accounts.open_breaker(account, "closed", accounts.clock(), 30)
    assert not accounts.take_chore(NAME, 60)


def test_a_new_key_closes_the_breaker_and_makes_what_waits_due(account, store):
    message = outbox.enqueue("gorgias.tags", lane=f"{NAME}:1", account=NAME, payload={"ticket_id": 1})
    lane = store.get_one(Lane, f"{NAME}:1")
    lane.due_at = message.next_at = accounts.clock() + timedelta(minutes=10)
    accounts.open_breaker(account, "The key is wrong.", accounts.clock(), 30)
    store.commit()
    outbox.key_changed(NAME)
    store.commit()
    now = accounts.clock()
    assert store.get_one(Account, NAME).probe_at is None
    assert store.get_one(Lane, f"{NAME}:1").due_at <= now
    assert store.get_one(Message, message.id).next_at <= now


def test_accounts_are_listed_in_plain_rows(account):
    accounts.open_breaker(account, "The key is wrong.", accounts.clock(), 30)
    [row] = outbox.list_accounts()
    assert (row["account"], row["calls_allowed"], row["reason"]) == (NAME, 3, "The key is wrong.")
    assert row["open_since"] is not None
