"""What becomes of a message, for each way its call can end."""

from __future__ import annotations

import logging
import threading
import time

import pytest
from sqlalchemy import update

from tests.worker.wire import KEY, LANDS_LATE, LOST_ANSWER, Fault, error
from widget import outbox, stores
from widget.db import db
from widget.outbox import Message
from widget.outbox import accounts as outbox_accounts
from widget.worker import kinds

TICKET = 9001


def test_a_note_goes_out_with_our_mark_and_nothing_else_of_ours(desk, fake):
    number = desk.note("hello")
    assert desk.deliver() == {"sent": 1, "waiting": 0, "parked": 0}
    [message] = fake.messages
    assert fake.calls_of("POST", "messages")[0].body == {
        "channel": "internal-note",
        "body_text": "hello",
        "external_id": desk.get(number).external_id,
    }
    assert desk.get(number).result == str(message["id"])


def test_notes_of_a_ticket_arrive_in_order(desk, fake):
    for number in range(30):
        desk.note(str(number), ticket=9001 + number % 2)
    desk.deliver()
    assert fake.notes(9001) == [str(number) for number in range(0, 30, 2)]
    assert fake.notes(9002) == [str(number) for number in range(1, 30, 2)]


def test_tags_are_added_and_then_removed(desk, fake):
    fake.tags[TICKET] = {"old"}
    desk.tags(add=["new"], remove=["old", "never there"])
    assert desk.deliver()["sent"] == 1
    assert fake.tags[TICKET] == {"new"}
    assert [call.method for call in fake.calls if call.path.endswith("tags")] == ["POST", "DELETE"]


@pytest.mark.parametrize(("add", "remove", "methods"), [(["a"], [], ["POST"]), ([], ["a"], ["DELETE"]), ([], [], [])])
def test_an_empty_change_of_tags_is_not_sent(desk, fake, add, remove, methods):
    desk.tags(add, remove)
    assert desk.deliver()["sent"] == 1
    assert [call.method for call in fake.calls if call.path.endswith("tags")] == methods


def test_tags_are_simply_sent_again_when_the_outcome_is_unknown(desk, fake, later):
    number = desk.tags(["new"], [])
    fake.fail("POST", "tags", LOST_ANSWER)
    desk.deliver()
    assert desk.row(number)["state"] == "queued"
    later(2)
    desk.deliver()
    assert desk.row(number)["state"] == "sent"
    assert fake.count("GET", "messages") == 0


def test_a_lost_answer_makes_one_note(desk, fake, later):
    number = desk.note("hello")
    fake.fail("POST", "messages", LOST_ANSWER)
    assert desk.deliver() == {"sent": 0, "waiting": 1, "parked": 0}
    assert desk.row(number)["state"] == "unknown"
    assert desk.row(number)["reason"] == "The connection to Gorgias broke before the answer was complete."
    later(61)
    assert desk.deliver()["sent"] == 1
    assert fake.notes(TICKET) == ["hello"]
    assert desk.get(number).result == str(fake.messages[0]["id"])


@pytest.mark.parametrize(
    "fault",
    [
        LOST_ANSWER,
        Fault(500, lands=True),
        Fault(503, lands=True),
        Fault("hang", lands=True),
        Fault("drip", lands=True),
        Fault("huge", lands=True),
        Fault(200, "<html>ok</html>", lands=True, content_type="text/html"),
        Fault(201, {"status": "ok"}, lands=True),
    ],
    ids=lambda fault: str(fault.answer),
)
def test_a_note_that_landed_without_an_answer_is_not_posted_again(desk, fake, later, fault):
    desk.note("hello")
    fake.fail("POST", "messages", fault)
    desk.deliver()
    assert desk.states() == ["unknown"]
    later(61)
    desk.deliver()
    assert desk.states() == ["sent"]
    assert fake.count("POST", "messages") == 1


@pytest.mark.parametrize("answer", [500, 502, "drop", "hang"])
def test_a_note_that_did_not_land_is_posted_again_after_looking(desk, fake, later, answer):
    desk.note("hello")
    fake.fail("POST", "messages", Fault(answer))
    desk.deliver()
    assert fake.notes(TICKET) == []
    later(61)
    desk.deliver()
    assert fake.notes(TICKET) == ["hello"]
    assert [call.method for call in fake.calls if call.path.endswith("messages")] == ["POST", "GET", "POST"]


def test_a_message_whose_outcome_is_unknown_holds_up_its_ticket_only(desk, fake, later):
    desk.note("first")
    desk.note("second")
    desk.note("elsewhere", ticket=9002)
    fake.fail("POST", "9001/messages", Fault("drop"))
    desk.deliver()
    assert desk.states() == ["unknown", "queued", "sent"]
    later(61)
    desk.deliver()
    assert fake.notes(TICKET) == ["first", "second"]


def test_a_failed_look_up_is_done_again_and_nothing_is_posted_meanwhile(desk, fake, later):
    number = desk.note("hello")
    fake.fail("POST", "messages", LOST_ANSWER)
    fake.fail("GET", "messages", Fault(502), Fault("drop"))
    for _ in range(3):
        desk.deliver()
        assert desk.row(number)["state"] == "unknown"
        later(61)
    desk.deliver()
    assert fake.notes(TICKET) == ["hello"]
    assert fake.count("POST", "messages") == 1


def test_a_copy_that_lands_later_than_we_wait_is_removed(desk, fake, later):
    number = desk.note("hello")
    fake.fail("POST", "messages", LANDS_LATE)
    desk.deliver()
    later(61)
    desk.deliver()
    assert desk.row(number)["state"] == "sent"
    fake.land_late()
    assert fake.notes(TICKET) == ["hello", "hello"]
    kept = min(message["id"] for message in fake.messages)
    later(121)
    desk.deliver()
    assert [message["id"] for message in fake.messages] == [kept]
    assert desk.in_store(outbox.list_accounts)[0]["copies_removed"] == 1


def test_a_copy_that_lands_even_later_is_removed_by_the_second_sweep(desk, fake, later):
    desk.note("hello")
    fake.fail("POST", "messages", LANDS_LATE)
    desk.deliver()
    later(61)
    desk.deliver()
    later(121)
    desk.deliver()
    fake.land_late()
    later(15 * 60)
    desk.deliver()
    assert fake.notes(TICKET) == ["hello"]
    later(24 * 3600)
    reads = fake.count("GET", "messages")
    desk.deliver()
    assert fake.count("GET", "messages") == reads


def test_a_sweep_removes_only_what_carries_our_own_mark(desk, fake, later):
    desk.note("hello")
    desk.note("hello")
    fake.fail("POST", "messages", LOST_ANSWER)
    desk.deliver()
    later(61)
    desk.deliver()
    fake.messages.append({**fake.messages[0], "id": 1, "external_id": None})
    fake.messages.append({**fake.messages[0], "id": 2, "external_id": "sd-of-somebody-else"})
    later(121)
    desk.deliver()
    assert fake.count("DELETE", "messages") == 0


def test_a_sweep_that_is_interrupted_counts_and_goes_on_later(desk, fake, later):
    desk.note("hello")
    fake.fail("POST", "messages", LOST_ANSWER)
    desk.deliver()
    for number in (5001, 5002):
        fake.messages.append({**fake.messages[0], "id": number})
    later(61)
    fake.fail("DELETE", "messages", Fault(200, lands=True), Fault(500))
    desk.deliver()
    assert fake.count("DELETE", "messages") == 2
    later(61)
    desk.deliver()
    assert fake.notes(TICKET) == ["hello"]
    assert desk.in_store(outbox.list_accounts)[0]["copies_removed"] == 2


@pytest.mark.parametrize("status", [400, 405, 409, 413, 422])
def test_what_will_never_be_taken_is_parked_at_once_and_the_ticket_goes_on(desk, fake, status):
    bad = desk.note("bad")
    desk.note("good")
    fake.fail("POST", "messages", Fault(status, error("Failed to create ticket message", channel=["Unknown channel."])))
    assert desk.deliver() == {"sent": 1, "waiting": 0, "parked": 1}
    row = desk.row(bad)
    assert (row["state"], row["attempts"]) == ("parked", 1)
    assert row["reason"] == f"Gorgias refused it ({status}): Failed to create ticket message; channel: Unknown channel."
    assert fake.notes(TICKET) == ["good"]


def test_a_note_to_a_deleted_ticket_says_so(desk, fake):
    number = desk.note("hello")
    fake.missing_tickets.add(TICKET)
    desk.deliver()
    assert desk.row(number)["state"] == "parked"
    assert desk.row(number)["reason"] == (
        "Ticket 9001 is not in Gorgias any more: it was deleted, or merged into another ticket (404)."
    )
    assert fake.count("GET", "tickets/9001$") == 1


def test_a_note_to_a_merged_ticket_says_so(desk, fake):
    number = desk.note("hello")
    fake.missing_tickets.add(TICKET)
    fake.merged_tickets[TICKET] = 9002
    desk.deliver()
    assert "merged into another ticket" in desk.row(number)["reason"]


@pytest.mark.parametrize("looks", [Fault(200, {"id": TICKET}), Fault(500), Fault("drop")])
def test_a_404_about_something_else_says_what_gorgias_said(desk, fake, looks):
    number = desk.note("hello")
    fake.fail("POST", "messages", Fault(404, error("Resource not found.")))
    fake.fail("GET", "tickets/9001$", looks)
    desk.deliver()
    assert desk.row(number)["reason"] == "Gorgias refused it (404): Resource not found."


def test_a_parked_message_is_sent_when_a_person_says_so(desk, fake):
    number = desk.note("hello")
    fake.fail("POST", "messages", Fault(400, error("No.")))
    desk.deliver()
    desk.in_store(lambda: outbox.retry(number).state)
    assert desk.deliver()["sent"] == 1
    assert fake.notes(TICKET) == ["hello"]


def test_an_unreachable_gorgias_is_tried_again_without_looking(desk, fake, later, app):
    number = desk.note("hello")
    url = fake.url
    desk.in_store(lambda: setattr(stores.get_helpdesk("main"), "url", "http://127.0.0.1:1"))
    desk.deliver()
    assert desk.row(number)["reason"] == "Gorgias could not be reached (connection refused)."
    desk.in_store(lambda: setattr(stores.get_helpdesk("main"), "url", url))
    later(2)
    desk.deliver()
    assert desk.row(number)["state"] == "sent"
    assert fake.count("GET", "messages") == 0


def test_too_many_requests_pause_the_whole_account_for_as_long_as_gorgias_says(desk, fake, later):
    first, second = desk.note("first"), desk.note("second", ticket=9002)
    fake.fail("POST", "messages", Fault(429, error("Too many requests"), headers={"Retry-after": "30"}))
    desk.deliver()
    assert fake.count("POST", "messages") == 1
    assert {desk.row(number)["reason"] for number in (first, second)} == {
        "Gorgias asked us to slow down (429); it goes on by itself."
    }
    later(29)
    desk.deliver()
    assert fake.count("POST", "messages") == 1
    later(2)
    assert desk.deliver()["sent"] == 2
    assert fake.count("GET", "messages") == 0


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_key_stops_everything_parks_nothing_and_says_what_to_do(desk, fake, later, status):
    first, second = desk.note("first"), desk.note("second", ticket=9002)
    fake.fail("POST", "messages", Fault(status))
    fake.fail("GET", "users/0", Fault(status))
    assert desk.deliver() == {"sent": 0, "waiting": 2, "parked": 0}
    assert fake.count("POST", "messages") == 1
    for number in (first, second):
        assert desk.row(number)["state"] == "queued"
        assert f"({status})" in desk.row(number)["reason"]
    later(31)
    desk.deliver()
    assert fake.count("GET", "users/0") == 1
    assert fake.count("POST", "messages") == 1
    later(31)
    assert desk.deliver()["sent"] == 2


def test_a_new_key_lets_everything_go_at_once(desk, fake):
    desk.note("hello")
    fake.fail("POST", "messages", Fault(401))
    desk.deliver()
    desk.in_store(lambda: outbox.key_changed(desk.account))
    assert desk.deliver()["sent"] == 1


def test_a_stored_key_that_cannot_be_read_stops_the_account_and_says_so(desk, fake):
    number = desk.note("hello")
    desk.in_store(lambda: setattr(stores.get_helpdesk("main"), "api_key_sealed", "sealed with another key"))
    desk.deliver()
    assert desk.row(number)["state"] == "queued"
    assert "SECRET_KEY changed" in desk.row(number)["reason"]


def test_a_message_for_an_account_that_is_gone_is_parked(desk):
    with desk.app.app_context():
        lost = outbox.enqueue("gorgias.tags", lane="gorgias:99:1", account="gorgias:99", payload={"ticket_id": 1}).id
        strange = outbox.enqueue("fax.note", lane="fax:1:1", account="fax:1", payload={}).id
        db.session.commit()
    desk.deliver()
    assert desk.row(lost)["reason"] == "There is no account gorgias:99 any more."
    assert desk.row(strange)["reason"] == "There is no account fax:1."


def test_five_failures_stop_the_account_until_one_read_works_again(desk, fake, later):
    for ticket in range(9001, 9011):
        desk.note("hello", ticket=ticket)
    fake.fail("POST", "messages", *[Fault(503)] * 5)
    desk.deliver()
    assert fake.count("POST", "messages") == 5
    [account] = desk.in_store(outbox.list_accounts)
    assert account["open_since"] is not None
    assert account["reason"] == "Gorgias had trouble of its own (503)."
    later(31)
    fake.fail("GET", "users/0", Fault(503))
    desk.deliver()
    assert fake.count("POST", "messages") == 5
    later(31)
    desk.deliver()
    assert desk.states() == ["sent"] * 10
    assert all(fake.notes(ticket) == ["hello"] for ticket in range(9001, 9011))


@pytest.mark.parametrize("answer", [200, 404, 429])
def test_a_probe_that_is_answered_in_any_other_way_closes_the_breaker(desk, fake, later, answer):
    desk.note("hello")
    fake.fail("POST", "messages", Fault(401))
    desk.deliver()
    later(31)
    fake.fail("GET", "users/0", Fault(answer, {}))
    assert desk.deliver()["sent"] == 1


@pytest.mark.parametrize(
    "payload", [{}, {"ticket_id": 9001}, {"ticket_id": 9001, "message": None}, {"ticket_id": 9001, "message": 5}]
)
def test_a_payload_of_ours_that_cannot_be_sent_is_parked_after_a_few_tries(desk, fake, later, payload, caplog):
    poison = desk.enqueue("gorgias.note", TICKET, payload, outbox.new_external_id())
    desk.note("good")
    desk.note("elsewhere", ticket=9002)
    for _ in range(4):
        desk.deliver()
        later(16 * 60)
    assert desk.row(poison)["state"] == "parked"
    assert desk.row(poison)["reason"].startswith("A defect of ours: ")
    assert (fake.notes(TICKET), fake.notes(9002)) == (["good"], ["elsewhere"])


def test_a_kind_nobody_knows_is_parked_after_a_few_tries(desk, later, caplog):
    number = desk.enqueue("gorgias.song", TICKET, {"ticket_id": TICKET})
    for _ in range(4):
        desk.deliver()
        later(60)
    assert desk.row(number)["state"] == "parked"


def test_a_defect_after_the_call_is_an_unknown_outcome(desk, fake, later, monkeypatch, caplog):
    number = desk.note("hello")
    real = kinds.KINDS["gorgias.note"]

    def breaks_afterwards(tools, step):
        real.send(tools, step)
        raise RuntimeError("after the call")

    monkeypatch.setitem(kinds.KINDS, "gorgias.note", kinds.Kind(breaks_afterwards, real.find, real.remove))
    desk.deliver()
    assert desk.row(number)["state"] == "unknown"
    later(61)
    desk.deliver()
    assert desk.row(number)["state"] == "sent"
    assert fake.notes(TICKET) == ["hello"]


def test_a_new_kind_is_a_line_in_the_table(desk, fake, monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "gorgias.wave", kinds.Kind(send=lambda tools, step: tools.gorgias.me()["id"]))
    number = desk.enqueue("gorgias.wave", TICKET, {})
    assert desk.deliver()["sent"] == 1
    assert desk.get(number).result == "7"


def test_no_transaction_is_open_while_gorgias_is_called(desk, fake):
    """With SQLite's one writer, an open transaction would make this door wait and fail."""
    desk.note("hello")
    seen = []

    def door(call):
        if call.method == "POST":
            fake.during = None
            began = time.monotonic()
            desk.note("queued meanwhile", ticket=9002)
            seen.append(time.monotonic() - began)

    fake.during = door
    desk.deliver()
    assert seen
    assert max(seen) < 1


def test_a_worker_that_overslept_cannot_settle_and_what_it_sent_too_much_is_removed(desk, fake, later, caplog):
    number = desk.note("hello")

    def oversleep(call):
        if call.method == "POST":
            fake.during = None
            later(91)
            desk.worker.run_once()

    fake.during = oversleep
    desk.deliver()
    assert fake.notes(TICKET) == ["hello", "hello"]
    later(121)
    desk.deliver()
    assert desk.row(number)["state"] == "sent"
    assert fake.notes(TICKET) == ["hello"]
    assert "too late to settle" in caplog.text


def test_what_is_known_of_a_call_is_kept_when_the_store_is_away_for_a_moment(desk, fake, monkeypatch, caplog):
    number = desk.note("hello")
    real, failures = outbox.lanes.settle, iter([True, True])

    def away(*args, **kwargs):
        if next(failures, False):
            raise RuntimeError("the store is away")
        return real(*args, **kwargs)

    monkeypatch.setattr(outbox.lanes, "settle", away)
    desk.deliver()
    assert desk.row(number)["state"] == "sent"
    assert fake.count("POST", "messages") == 1


def test_logs_name_ids_but_neither_keys_nor_what_notes_say(desk, fake, later, caplog):
    caplog.set_level(logging.DEBUG)
    desk.note("a very private sentence")
    fake.fail("POST", "messages", Fault(500), Fault(400, error(f"a very private sentence, {KEY}")))
    desk.deliver()
    later(61)
    desk.deliver()
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("widget."))
    assert "step=send id=1 kind=gorgias.note lane=gorgias:1:9001 attempt=1 outcome=unknown status=500" in ours
    assert "private" not in ours
    assert KEY not in ours


def test_run_once_leaves_what_is_not_due(desk, fake):
    waits = desk.note("hello")
    later_due = outbox_accounts.clock
    with desk.app.app_context():
        db.session.execute(update(Message).values(next_at=later_due().replace(year=2100)))
        db.session.commit()
    assert desk.deliver() == {"sent": 0, "waiting": 1, "parked": 0}
    assert desk.row(waits)["attempts"] == 0


def test_users_are_copied_about_every_minute(desk, fake, later):
    from widget import people

    fake.users.append({"id": 8, "email": "Li@dafen.example", "name": "Li", "active": True})
    desk.deliver()
    desk.deliver()
    assert fake.count("GET", "users$") == 1
    assert desk.in_store(lambda: people.count_users(desk.id)) == 2
    later(61)
    desk.deliver()
    assert fake.count("GET", "users$") == 2


def test_a_failing_chore_does_not_stop_deliveries(desk, fake, caplog):
    fake.fail("GET", "users$", Fault(500))
    desk.note("hello")
    assert desk.deliver()["sent"] == 1
    assert "chore failed" in caplog.text


def test_a_worker_delivers_until_it_is_stopped(desk, fake, until):
    stop = threading.Event()
    thread = threading.Thread(target=desk.worker.run, args=(stop,))
    thread.start()
    try:
        desk.note("one")
        until(lambda: fake.notes(TICKET) == ["one"])
        desk.note("two")
        until(lambda: fake.notes(TICKET) == ["one", "two"])
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
