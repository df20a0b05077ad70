"""What subjects and doors do with the outbox."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.outbox.time_travel import time_passes
from widget import outbox
from widget.db import db
from widget.errors import NotFound, Outcome, Refused
from widget.outbox import Lane, Message, Pace, Report, State, What, accounts, lanes
from widget.outbox.tables import MOVES

ACCOUNT = "gorgias:1"
LANE = "gorgias:1:9001"
PACE = Pace(settle_seconds=60, lease_seconds=90, looked_up_kinds=frozenset({"gorgias.note"}))


def enqueue(text: str = "hello", lane: str = LANE) -> Message:
    return outbox.enqueue(
        "gorgias.note",
        lane=lane,
        account=ACCOUNT,
        payload={"ticket_id": 9001, "message": {"body_text": text}},
        external_id=outbox.new_external_id(),
    )


def test_messages_of_a_lane_are_numbered_in_order(store):
    first, second, elsewhere = enqueue(), enqueue(), enqueue(lane="gorgias:1:9002")
    assert (first.seq, second.seq, elsewhere.seq) == (1, 2, 1)
    assert first.state == State.QUEUED
    assert outbox.waiting_count() == 3


def test_what_is_rolled_back_was_never_queued(store):
    enqueue()
    store.rollback()
    assert outbox.waiting_count() == 0
    assert enqueue().seq == 1


def test_external_ids_never_repeat_and_are_marked_as_ours():
    ids = {outbox.new_external_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == len("sd-") + 32 and one.startswith("sd-") for one in ids)


def test_many_doors_writing_to_a_new_lane_at_once_get_numbers_without_gaps(app):
    start = threading.Barrier(8)

    def door() -> None:
        start.wait()
        with app.app_context():
            for _ in range(5):
                enqueue()
                db.session.commit()

    doors = [threading.Thread(target=door) for _ in range(8)]
    for thread in doors:
        thread.start()
    for thread in doors:
        thread.join()
    with app.app_context():
        by_id = list(db.session.scalars(select(Message.seq).order_by(Message.seq)))
    assert by_id == list(range(1, 41))


def test_an_untouched_last_message_can_be_amended(store):
    enqueue("one")
    last = enqueue("two")
    store.commit()
    tail = outbox.untouched_tail(LANE)
    assert tail is not None
    assert tail.id == last.id
    outbox.amend(tail, {"ticket_id": 9001, "message": {"body_text": "two and three"}})
    store.commit()
    assert outbox.get_message(last.id).payload["message"]["body_text"] == "two and three"


def test_an_unknown_lane_has_no_tail(store):
    assert outbox.untouched_tail("gorgias:1:404") is None


def test_a_message_that_was_tried_is_no_longer_amended(store):
    enqueue()
    store.commit()
    taken = lanes.take("worker", PACE)
    assert taken is not None
    assert taken[1] is not None
    assert outbox.untouched_tail(LANE) is None
    lanes.settle(taken[0], taken[1], Report(ids=("1",)), PACE, go_on=False)
    assert outbox.untouched_tail(LANE) is None


def test_only_the_last_message_is_amended(store):
    enqueue()
    parked = enqueue()
    parked.move(State.PARKED)
    store.commit()
    assert outbox.untouched_tail(LANE) is None


@pytest.mark.only_on("postgresql")
def test_a_worker_waits_for_a_door_that_amends(app):
    with app.app_context():
        enqueue("one")
        db.session.commit()
    with app.app_context():
        tail = outbox.untouched_tail(LANE)
        assert tail is not None
        with app.app_context():
            assert lanes.take("worker", PACE) is None
        outbox.amend(tail, {"ticket_id": 9001, "message": {"body_text": "one and two"}})
        db.session.commit()
    with app.app_context():
        taken = lanes.take("worker", PACE)
        assert taken is not None
        assert taken[1] is not None
        assert taken[1].payload["message"]["body_text"] == "one and two"


def test_a_message_that_does_not_exist_is_not_found(store):
    with pytest.raises(NotFound, match="no outgoing message 7"):
        outbox.get_message(7)
    with pytest.raises(NotFound):
        outbox.retry(7)


def test_only_a_parked_message_is_sent_again(store):
    message = enqueue()
    with pytest.raises(Refused, match="is on its way: there is nothing to send again"):
        outbox.retry(message.id)


def test_a_parked_message_is_due_at_once_when_retried(store):
    message = enqueue()
    message.crashes = 8
    message.move(State.PARKED)
    lane = store.get_one(Lane, LANE)
    lane.due_at = None
    outbox.retry(message.id)
    store.commit()
    assert message.state == State.QUEUED
    taken = lanes.take("worker", PACE)
    assert taken is not None
    assert taken[1] is not None
    assert taken[1].id == message.id


def test_a_parked_message_whose_outcome_is_unknown_is_looked_up_first_and_not_too_early(store):
    message = enqueue()
    store.commit()
    taken = lanes.take("worker", PACE)
    assert taken is not None
    assert taken[1] is not None
    lanes.settle(taken[0], taken[1], Report(Outcome.UNKNOWN, reason="?"), PACE, go_on=False)
    message.move(State.PARKED)
    store.commit()
    outbox.retry(message.id)
    store.commit()
    assert not lanes.has_due_lane()
    time_passes(61)
    again = lanes.take("worker", PACE)
    assert again is not None
    assert again[1] is not None
    assert again[1].what is What.LOOK_UP


def test_after_a_restore_what_waits_is_looked_up_first_and_no_longer_amended(store):
    note = enqueue()
    tags = outbox.enqueue("gorgias.tags", lane="gorgias:1:9002", account=ACCOUNT, payload={})
    lane = store.get_one(Lane, LANE)
    lane.holder, lane.lease_until = "a worker of that time", accounts.clock() + timedelta(hours=1)
    store.commit()
    assert outbox.restored() == 1
    store.commit()
    assert outbox.untouched_tail(LANE) is None
    steps = [taken[1] for taken in (lanes.take("worker", PACE), lanes.take("worker", PACE)) if taken]
    assert {step.id: step.what for step in steps if step} == {note.id: What.LOOK_UP, tags.id: What.SEND}


def test_the_list_shows_the_newest_oldest_first(store):
    ids = [enqueue(str(number)).id for number in range(5)]
    rows = outbox.list_messages(limit=3)
    assert [row["id"] for row in rows] == ids[2:]
    assert rows[0]["ticket"] == "9001"
    assert {"id", "state", "kind", "lane", "attempts", "reason", "created_at", "next_at", "done_at"} <= rows[0].keys()


def test_the_list_can_be_of_some_states_only(store):
    enqueue()
    parked = enqueue()
    parked.move(State.PARKED)
    assert [row["id"] for row in outbox.list_messages([State.PARKED])] == [parked.id]
    assert [row["id"] for row in outbox.list_messages(["parked", "sent"])] == [parked.id]


def test_the_list_says_when_the_account_is_what_holds_a_message_up(store):
    enqueue()
    account = accounts.lock(ACCOUNT)
    accounts.open_breaker(account, "The key is wrong.", accounts.clock(), 30)
    assert outbox.list_messages()[0]["reason"] == "The key is wrong."
    accounts.close_breaker(account)
    assert outbox.list_messages()[0]["reason"] == ""


def test_messages_are_counted_by_state(store):
    enqueue()
    enqueue().move(State.PARKED)
    assert {state: count for state, count in outbox.counts().items() if count} == {"queued": 1, "parked": 1}
    assert outbox.waiting_count() == 1


@pytest.mark.parametrize("state", State)
def test_every_state_says_where_it_may_go(state):
    message = Message(id=1, state=state)
    for other in State:
        message.state = state
        if other in MOVES[state]:
            message.move(other)
            assert message.state == other
        else:
            with pytest.raises(ValueError, match="may not go"):
                message.move(other)


def test_a_sent_message_stays_sent():
    assert not MOVES[State.SENT]
