"""What people do with outgoing messages: retry, give up, find."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.outbox.time_travel import time_passes
from widget import history, orders, outbox, outgoing
from widget.db import db
from widget.errors import NotFound, Outcome, Refused
from widget.orders import OrderName
from widget.outbox import Message, Pace, Report, State, lanes
from widget.tickets import SearchState, TicketSearch

BY = ("Eva", "eva@brushwood.example")
PACE = Pace(settle_seconds=60, lease_seconds=90, looked_up_kinds=frozenset({"gorgias.note"}))


def note(text: str, ticket: int = 9001, line: str = "") -> Message:
    return outbox.enqueue(
        "gorgias.note",
        lane=f"gorgias:1:{ticket}",
        account="gorgias:1",
        payload={"ticket_id": ticket, "message": {"body_text": text}, "parts": {"line": line}},
        external_id=outbox.new_external_id(),
    )


def work(report: Report) -> Message | None:
    """Take the next step and settle it like this; the message it was about."""
    taken = lanes.take("w", PACE)
    db.session.commit()
    lease, step = taken or (None, None)
    if lease is None or step is None:
        return None
    lanes.settle(lease, step, report, PACE, go_on=False)
    db.session.commit()
    return outbox.get_message(step.id)


def park(message: Message) -> Message:
    db.session.commit()
    parked = work(Report(Outcome.NEVER, reason="Gorgias refused it (400).", status=400))
    assert parked is message
    assert message.state == State.PARKED
    return message


@pytest.fixture
def desk(store: Any, app: Flask) -> Any:
    """A helpdesk with a store, and room for many calls."""
    made = factories.helpdesk(app=app)
    outbox.set_account_limits("gorgias:1", 1_000, 20)
    factories.supplier(factories.store(made))
    store.commit()
    return made


def test_a_given_up_message_holds_nothing_up_and_is_never_sent(desk):
    first, second = park(note("bad")), note("good")
    outgoing.give_up(first.id, "  the customer was   told by phone ", by=BY)
    db.session.commit()
    assert (first.state, first.reason) == (State.GIVEN_UP, "the customer was told by phone")
    assert outbox.counts()[State.GIVEN_UP] == 1
    assert outbox.waiting_count() == 1
    assert work(Report(ids=("1",))) is second
    time_passes(100_000)
    assert work(Report(ids=("2",))) is None
    told = history.of("message", first.id)
    assert [(each.field, each.old, each.new, each.actor) for each in told] == [
        ("given_up", "Gorgias refused it (400).", "the customer was told by phone", "Eva")
    ]


def test_a_given_up_message_can_be_sent_after_all(desk):
    message = park(note("bad"))
    outgoing.give_up(message.id, "told by phone", by=BY)
    outgoing.retry(message.id, by=BY)
    db.session.commit()
    assert (message.state, message.reason) == (State.QUEUED, "")
    assert work(Report(ids=("1",))) is message
    assert message.state == State.SENT
    assert [each.field for each in history.of("message", message.id)] == ["given_up", "retry"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_giving_up_needs_a_reason(desk, reason):
    message = park(note("bad"))
    with pytest.raises(Refused):
        outgoing.give_up(message.id, reason, by=BY)
    assert message.state == State.PARKED
    assert history.of("message", message.id) == []


def test_only_a_parked_message_can_be_given_up(desk):
    message = note("good")
    with pytest.raises(Refused, match="only what was not sent can be given up"):
        outgoing.give_up(message.id, "told by phone", by=BY)
    with pytest.raises(NotFound):
        outgoing.give_up(77, "told by phone", by=BY)
    park(message)
    outgoing.give_up(message.id, "told by phone", by=BY)
    with pytest.raises(Refused):
        outgoing.give_up(message.id, "again", by=BY)


def test_all_parked_messages_of_a_helpdesk_go_out_again_in_order(desk):
    parked = [park(note(text, ticket)) for text, ticket in [("a", 9002), ("b", 9001), ("c", 9002)]]
    assert outgoing.retry_all(desk, by=BY) == 3
    db.session.commit()
    assert {message.state for message in parked} == {State.QUEUED}
    sent = [message for number in range(3) if (message := work(Report(ids=(str(number),))))]
    assert sorted(message.payload["message"]["body_text"] for message in sent) == ["a", "b", "c"]
    assert sent.index(parked[0]) < sent.index(parked[2])
    assert outgoing.retry_all(desk, by=BY) == 0


def test_a_search_that_was_given_up_ends_and_the_next_news_begins_another(desk):
    line = factories.line(1)
    search = db.session.get_one(TicketSearch, line.order_id)
    (message,) = db.session.query(Message).all()
    assert message.kind == "gorgias.find_ticket"
    park(message)
    outgoing.give_up(message.id, "no such customer", by=BY)
    assert search.state == SearchState.OVER
    outgoing.retry(message.id, by=BY)
    assert search.state == SearchState.SEARCHING
    db.session.commit()
    park(message)
    outgoing.give_up(message.id, "no such customer", by=BY)
    factories.ticket(1, 9001, 501, OrderName(1, line.order.name))
    with pytest.raises(Refused, match="not needed any more"):
        outgoing.retry(message.id, by=BY)


def test_messages_are_found_by_ticket_order_and_line(desk):
    order = orders.known(OrderName(1, "NL10423"))
    factories.ticket(1, 9001, 501, OrderName(1, order.name))
    line = factories.line(1, order.name)
    assert outgoing.lanes_about("9001") == ({"gorgias:1:9001"}, "")
    expected = {"gorgias:1:9001", f"gorgias:1:order-{order.id}"}
    for typed in ("NL10423", " #nl10423 "):
        assert outgoing.lanes_about(typed) == (expected, "")
    assert outgoing.lanes_about(f"p-{line.id}") == (expected, f"P-{line.id}")
    assert outgoing.lanes_about("P-999") == (set(), "P-999")
    assert outgoing.lanes_about("%'; --") == (set(), "")


def test_a_page_of_messages_goes_on_where_the_last_one_ended(desk):
    made = [note(f"n{number}", 9001 + number % 2, f"P-{number % 2}").id for number in range(5)]
    wanted = outbox.Wanted((State.QUEUED, State.SENDING))
    first = [message.id for message, _why in outbox.page_of(wanted, before=None, at_most=3)]
    rest = [message.id for message, _why in outbox.page_of(wanted, before=first[-1], at_most=3)]
    assert [*first, *rest] == made[::-1]
    of_line = outbox.Wanted((State.QUEUED,), {"gorgias:1:9002"}, "P-1")
    assert [message.id for message, _why in outbox.page_of(of_line, before=None, at_most=9)] == [made[3], made[1]]
    assert outbox.page_of(outbox.Wanted((State.SENT,)), before=None, at_most=9) == []
    assert outbox.page_of(outbox.Wanted((State.QUEUED,), set()), before=None, at_most=9) == []


def test_what_waits_for_a_worker_is_told_apart_from_what_waits_for_gorgias(desk):
    assert outbox.oldest_due() is None
    note("a")
    db.session.commit()
    time_passes(200)
    waiting_since = outbox.oldest_due()
    assert waiting_since is not None
    work(Report(Outcome.KEY_REFUSED, reason="Gorgias does not accept our key (401).", status=401))
    assert outbox.oldest_due() is None
    (message, why), *_ = outbox.page_of(outbox.Wanted((State.QUEUED,)), before=None, at_most=9)
    assert (message.state, why) == (State.QUEUED, "Gorgias does not accept our key (401).")


@pytest.mark.only_on("sqlite")
def test_commands_list_and_retry_what_was_given_up(app: Flask):
    factories.shop(app)
    with app.app_context():
        message = park(note("bad"))
        outgoing.give_up(message.id, "told by phone", by=BY)
        db.session.commit()
        number = message.id
    run = app.test_cli_runner().invoke
    listed = json.loads(run(args=["outbox", "list", "--state", "given_up", "--json"]).stdout)["items"]
    assert [(item["id"], item["state"], item["reason"]) for item in listed] == [(number, "given_up", "told by phone")]
    again = run(args=["outbox", "retry", str(number), "--json"])
    assert json.loads(again.stdout) == {"id": number, "state": "queued"}
