"""The protocol between workers and the outbox, without any vendor."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.outbox.time_travel import time_passes
from widget import outbox
from widget.db import db
from widget.errors import Outcome
from widget.outbox import (
    Account,
    Fenced,
    Lane,
    Lease,
    Message,
    Pace,
    Report,
    State,
    Step,
    What,
    accounts,
    lanes,
    settling,
)

ACCOUNT = "gorgias:1"
LANE = "gorgias:1:9001"
PACE = Pace(settle_seconds=60, lease_seconds=90, looked_up_kinds=frozenset({"gorgias.note"}))
SENT = Report(ids=("501",))
UNKNOWN = Report(Outcome.UNKNOWN, reason="No answer.")


@pytest.fixture(autouse=True)
def _in_the_store(store) -> None:
    """All of these tests work inside one app context."""


def note(lane: str = LANE) -> Message:
    mark = outbox.new_external_id()
    return outbox.enqueue("gorgias.note", lane=lane, account=ACCOUNT, payload={}, external_id=mark)


def tags(lane: str = LANE) -> Message:
    return outbox.enqueue("gorgias.tags", lane=lane, account=ACCOUNT, payload={})


def take(holder: str = "one") -> tuple[Lease, Step]:
    taken = lanes.take(holder, PACE)
    assert taken is not None
    lease, step = taken
    assert step is not None
    db.session.commit()
    return lease, step


def settle(lease: Lease, step: Step, report: Report, *, go_on: bool = False) -> Step | None:
    following = lanes.settle(lease, step, report, PACE, go_on=go_on)
    db.session.commit()
    return following


def state_of(message: Message) -> State:
    return message.state


def deliver(report: Report) -> Step:
    lease, step = take()
    settle(lease, step, report)
    return step


def test_nothing_is_taken_when_nothing_waits():
    assert not lanes.has_due_lane()
    assert lanes.take("one", PACE) is None


def test_an_attempt_is_written_down_before_anything_is_sent():
    message = note()
    _, step = take()
    db.session.refresh(message)
    assert (step.what, step.attempt) == (What.SEND, 1)
    assert (message.state, message.attempts, message.crashes) == (State.SENDING, 1, 1)
    assert message.sent_at is not None


def test_a_lane_is_never_with_two_workers():
    note()
    note()
    take("one")
    assert not lanes.has_due_lane()
    assert lanes.take("two", PACE) is None


def test_lanes_do_not_wait_for_each_other():
    note("gorgias:1:1")
    note("gorgias:1:2")
    first, second = take("one"), take("two")
    assert first[0].lane != second[0].lane


def test_the_lane_that_is_due_longest_comes_first():
    note("gorgias:1:1")
    time_passes(5)
    note("gorgias:1:2")
    assert take()[0].lane == "gorgias:1:1"


def test_settling_begins_the_next_message_of_the_lane():
    first, second = note(), note()
    lease, step = take()
    following = settle(lease, step, SENT, go_on=True)
    assert following is not None
    assert (step.id, following.id) == (first.id, second.id)
    assert settle(lease, following, SENT, go_on=True) is None
    assert [message.state for message in (first, second)] == [State.SENT, State.SENT]


def test_a_lane_without_work_is_free_and_not_due():
    note()
    deliver(SENT)
    lane = db.session.get_one(Lane, LANE)
    assert (lane.holder, lane.lease_until, lane.due_at) == (None, None, None)


def test_a_sent_message_keeps_the_vendors_id():
    message = note()
    deliver(SENT)
    assert (message.state, message.result, message.crashes, message.reason) == (State.SENT, "501", 0, "")
    assert message.done_at is not None
    assert message.verify_at is None


def test_a_lease_that_ran_out_goes_to_another_worker_and_the_first_cannot_settle():
    note()
    lease, step = take("one")
    time_passes(91)
    again, look_up = take("two")
    assert again.fence == lease.fence + 1
    assert look_up.what is What.LOOK_UP
    with pytest.raises(Fenced):
        settle(lease, step, SENT)
    with pytest.raises(Fenced):
        lanes.reserve_another(lease, PACE)


def test_nothing_is_settled_twice():
    note()
    lease, step = take()
    settle(lease, step, SENT)
    with pytest.raises(Fenced):
        settle(lease, step, UNKNOWN)


def test_a_holder_that_was_late_but_not_overtaken_may_settle():
    message = note()
    lease, step = take()
    time_passes(91)
    settle(lease, step, SENT)
    assert state_of(message) == State.SENT


def test_a_message_found_sending_rests_until_its_call_is_surely_over_and_settled():
    message = note()
    take("one")
    lane = db.session.get_one(Lane, LANE)
    lane.lease_until = accounts.clock() - timedelta(seconds=1)
    db.session.commit()
    taken = lanes.take("two", PACE)
    assert taken is not None
    assert taken[1] is None
    db.session.commit()
    assert state_of(message) == State.UNKNOWN
    assert message.ambiguous
    assert message.sent_at is not None
    assert message.next_at - message.sent_at == timedelta(seconds=PACE.call_seconds + 60)
    assert message.reason == "The worker was stopped while this was on its way."


def test_an_unknown_outcome_rests_and_is_looked_up():
    message = note()
    deliver(UNKNOWN)
    assert (message.state, message.ambiguous) == (State.UNKNOWN, True)
    time_passes(59)
    assert not lanes.has_due_lane()
    time_passes(1)
    assert take()[1].what is What.LOOK_UP


def test_copies_are_looked_for_from_ten_minutes_before_the_first_doubtful_attempt():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report())
    deliver(UNKNOWN)
    time_passes(61)
    _, step = take()
    assert message.unknown_since is not None
    assert message.sent_at is not None
    assert message.unknown_since < message.sent_at
    assert step.since == message.unknown_since - timedelta(minutes=10)


def test_what_is_found_is_sent():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report(ids=("77",)))
    assert (message.state, message.result, message.attempts) == (State.SENT, "77", 1)


def test_what_is_not_found_is_sent_again():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    lease, look_up = take()
    again = settle(lease, look_up, Report(), go_on=True)
    assert again is not None
    assert (again.what, again.attempt) == (What.SEND, 2)
    assert state_of(message) == State.SENDING


def test_a_look_that_was_long_ago_is_done_again_before_sending():
    note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report())
    time_passes(61)
    assert take()[1].what is What.LOOK_UP


def test_a_failed_look_up_leaves_the_outcome_unknown():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report(Outcome.UNKNOWN, reason="Gorgias had trouble of its own (502)."))
    assert state_of(message) == State.UNKNOWN
    assert "looking it up failed: Gorgias had trouble of its own (502)." in message.reason
    assert not lanes.has_due_lane()
    time_passes(61)
    assert take()[1].what is What.LOOK_UP


def test_an_unknown_head_holds_up_its_own_lane_only():
    note()
    note()
    note("gorgias:1:2")
    lease, step = take()
    assert settle(lease, step, UNKNOWN, go_on=True) is None
    assert take()[0].lane == "gorgias:1:2"
    assert not lanes.has_due_lane()


def test_what_may_be_done_twice_is_simply_done_again():
    message = tags()
    deliver(UNKNOWN)
    assert (message.state, message.ambiguous) == (State.QUEUED, False)
    time_passes(2)
    assert take()[1].what is What.SEND


def test_a_parked_head_lets_the_lane_go_on():
    first, second = note(), note()
    lease, step = take()
    following = settle(lease, step, Report(Outcome.NEVER, reason="No such ticket.", status=404), go_on=True)
    assert (first.state, first.reason) == (State.PARKED, "No such ticket.")
    assert following is not None
    assert following.id == second.id


def test_what_was_certainly_not_done_is_tried_again_without_a_look():
    message = note()
    deliver(Report(Outcome.NOT_DONE, reason="Connection refused."))
    assert (message.state, message.ambiguous) == (State.QUEUED, False)
    time_passes(2)
    assert take()[1].what is What.SEND


def test_a_pause_the_vendor_asks_for_is_the_accounts():
    message = note()
    note("gorgias:1:2")
    deliver(Report(Outcome.NOT_DONE, reason="Too many.", status=429, retry_after=30))
    assert not lanes.has_due_lane()
    row = next(row for row in outbox.list_messages() if row["id"] != message.id)
    assert row["reason"] == "Too many."
    assert db.session.get_one(Account, ACCOUNT).failures == 0
    time_passes(31)
    assert lanes.has_due_lane()
    assert message.attempts == 1


def test_a_refused_key_stops_the_account_and_changes_no_message():
    message = note()
    deliver(Report(Outcome.KEY_REFUSED, reason="Make a new key.", status=401))
    assert (message.state, message.trying_since) == (State.QUEUED, None)
    account = db.session.get_one(Account, ACCOUNT)
    assert account.probe_at is not None
    assert account.reason == "Make a new key."
    time_passes(3600)
    assert not lanes.has_due_lane()


def test_a_message_is_parked_after_a_day_of_trying():
    message = note()
    deliver(Report(Outcome.NOT_DONE, reason="Connection refused."))
    time_passes(24 * 3600 - 60)
    deliver(Report(Outcome.NOT_DONE, reason="Connection refused."))
    assert state_of(message) == State.QUEUED
    time_passes(120)
    deliver(Report(Outcome.NOT_DONE, reason="Connection refused."))
    assert state_of(message) == State.PARKED
    assert message.reason == "Given up after trying for a day. The last answer: Connection refused."


def test_days_with_a_refused_key_are_no_days_of_trying():
    message = note()
    deliver(Report(Outcome.KEY_REFUSED, reason="Make a new key.", status=401))
    time_passes(3 * 24 * 3600)
    outbox.key_changed(ACCOUNT)
    deliver(Report(Outcome.NOT_DONE, reason="Connection refused."))
    assert state_of(message) == State.QUEUED


def test_an_unknown_outcome_after_a_day_is_looked_up_once_more_before_it_is_parked():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report())
    deliver(UNKNOWN)
    time_passes(25 * 3600)
    assert deliver(Report()).what is What.LOOK_UP
    assert state_of(message) == State.PARKED
    outbox.retry(message.id)
    assert state_of(message) == State.QUEUED


def test_a_note_whose_worker_was_off_over_the_weekend_is_still_sent():
    message = note()
    take()
    time_passes(3 * 24 * 3600)
    lease, look_up = take()
    assert look_up.what is What.LOOK_UP
    again = settle(lease, look_up, Report(), go_on=True)
    assert again is not None
    settle(lease, again, SENT)
    assert state_of(message) == State.SENT


def test_looking_up_in_vain_for_a_day_parks():
    message = note()
    deliver(UNKNOWN)
    time_passes(25 * 3600)
    deliver(Report(Outcome.UNKNOWN, reason="Gorgias had trouble of its own (502)."))
    assert state_of(message) == State.PARKED
    assert "not known whether it arrived" in message.reason


def test_what_stops_the_worker_eight_times_is_parked():
    message, following = tags(), tags()
    for _ in range(8):
        assert take()[1].id == message.id
        time_passes(91)
    assert take()[1].id == following.id
    assert (message.state, message.reason) == (State.PARKED, "Sending it stopped the worker 8 times.")


def test_a_note_that_stopped_the_worker_is_looked_up_before_it_is_parked():
    message = note()
    message.crashes = 7
    take()
    time_passes(200)
    lease, look_up = take()
    assert look_up.what is What.LOOK_UP
    settle(lease, look_up, Report(ids=("77",)))
    assert state_of(message) == State.SENT


def test_our_own_defect_parks_after_a_few_tries():
    message = note()
    for _ in range(2):
        deliver(Report(Outcome.NOT_DONE, reason="A defect of ours: KeyError.", defect=True))
        assert state_of(message) == State.QUEUED
        time_passes(60)
    deliver(Report(Outcome.NOT_DONE, reason="A defect of ours: KeyError.", defect=True))
    assert (message.state, message.reason) == (State.PARKED, "A defect of ours: KeyError.")
    assert db.session.get_one(Account, ACCOUNT).failures == 0


def test_a_call_we_held_back_ourselves_says_nothing_about_the_vendor():
    message = tags()
    deliver(Report(Outcome.NOT_DONE, retry_after=0, postponed=True))
    assert (message.state, message.reason) == (State.QUEUED, "")
    assert db.session.get_one(Account, ACCOUNT).failures == 0


def test_an_ambiguous_note_is_swept_twice_after_it_was_sent():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report(ids=("77",)))
    for seconds in (121, 781):
        assert not lanes.has_due_lane()
        time_passes(seconds)
        assert deliver(Report(ids=("77",))).what is What.SWEEP
    assert (message.verify_at, message.verifications) == (None, 2)


def test_a_sweep_is_done_again_when_it_failed():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report(ids=("77",)))
    time_passes(121)
    deliver(Report(Outcome.UNKNOWN, reason="?"))
    assert message.verifications == 0
    time_passes(61)
    assert take()[1].what is What.SWEEP


def test_removed_copies_are_counted_and_the_lowest_is_kept():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report(ids=("77", "78")))
    assert deliver(Report(ids=("77",), removed=1)).what is What.SWEEP
    assert message.result == "77"
    assert db.session.get_one(Account, ACCOUNT).copies_removed == 1


def test_a_sweep_that_stops_workers_is_given_up():
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report(ids=("77",)))
    message.crashes = 8
    db.session.commit()
    time_passes(121)
    taken = lanes.take("one", PACE)
    assert taken is not None
    assert taken[1] is None
    assert message.verify_at is None


def test_a_lane_waits_when_the_window_of_its_account_is_full():
    outbox.set_account_limits(ACCOUNT, 1, 20)
    message = note()
    note()
    lease, step = take()
    assert settle(lease, step, SENT, go_on=True) is None
    assert not lanes.has_due_lane()
    time_passes(22)
    assert take()[1].id != message.id


def test_one_free_call_at_a_time_is_enough_for_a_look_up_and_the_sending_after_it():
    outbox.set_account_limits(ACCOUNT, 1, 20)
    message = note()
    deliver(UNKNOWN)
    time_passes(61)
    deliver(Report())
    time_passes(22)
    assert deliver(SENT).what is What.SEND
    assert state_of(message) == State.SENT


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("attempts", [1, 2, 5, 30])
def test_back_off_is_spread_and_bounded(attempts):
    waits = [settling.back_off(attempts) for _ in range(200)]
    most = min(900, 2 ** (attempts - 1))
    assert 0 <= min(waits) < most / 3
    assert most / 1.5 < max(waits) <= most


@pytest.mark.parametrize(("lease", "connect", "read"), [(90, 3, 20), (30, 3, 10), (2, 0.2, 2 / 3)])
def test_a_lease_outlives_a_call(lease, connect, read):
    pace = Pace(lease_seconds=lease)
    assert pace.connect_seconds == pytest.approx(connect)
    assert pace.read_seconds == pytest.approx(read)
    assert pace.call_seconds < lease / 2


def test_probes_come_faster_than_the_settle_time():
    assert Pace(settle_seconds=60).probe_seconds == 30
    assert Pace(settle_seconds=2).probe_seconds == 1
