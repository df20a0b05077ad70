"""flask worker --once, flask outbox list, flask outbox retry."""

from __future__ import annotations

import json

import pytest

from tests.worker.wire import Fault, error
from widget.db import db


@pytest.fixture
def run(app):
    """Run a command and return what click knows of it."""

    def invoke(*arguments: str):
        with app.app_context():
            db.session.remove()
        return app.test_cli_runner().invoke(args=list(arguments))

    return invoke


def test_worker_once_says_what_became_of_what_was_due(desk, fake, run):
    desk.note("good")
    desk.note("bad", ticket=9002)
    fake.fail("POST", "9002/messages", Fault(400, error("No.")))
    assert json.loads(run("worker", "--once", "--json").stdout) == {"sent": 1, "waiting": 0, "parked": 1}
    assert run("worker", "--once").stdout == "0 sent, 0 waiting, 1 parked.\n"


def test_outbox_list_shows_state_ticket_what_attempts_and_reason(desk, fake, run):
    assert run("outbox", "list").stdout == "Nothing.\n"
    desk.note("bad")
    desk.tags(["new"], [], ticket=9002)
    fake.fail("POST", "9001/messages", Fault(400, error("No.")))
    desk.deliver()
    assert run("outbox", "list").stdout.splitlines() == [
        "1  parked  ticket 9001  note  1 attempt  Gorgias refused it (400): No.",
        "2  sent  ticket 9002  tags  1 attempt",
    ]
    items = json.loads(run("outbox", "list", "--json", "--state", "parked").stdout)["items"]
    assert [(item["id"], item["state"], item["kind"], item["attempts"]) for item in items] == [
        (1, "parked", "gorgias.note", 1)
    ]
    assert {"lane", "reason", "created_at", "next_at", "done_at"} <= items[0].keys()
    assert run("outbox", "list", "--limit", "1").stdout.startswith("2  sent")


def test_outbox_list_refuses_a_state_that_does_not_exist(run):
    assert run("outbox", "list", "--state", "lost").exit_code != 0


def test_outbox_retry_sends_a_parked_message_again(desk, fake, run):
    desk.note("bad")
    fake.fail("POST", "9001/messages", Fault(400, error("No.")))
    desk.deliver()
    assert json.loads(run("outbox", "retry", "1", "--json").stdout) == {"id": 1, "state": "queued"}
    assert desk.deliver()["sent"] == 1
    again = run("outbox", "retry", "1")
    assert again.exit_code == 1
    assert again.stderr == "Error: Message 1 was sent already, or is on its way: there is nothing to send again.\n"


def test_outbox_retry_says_when_there_is_no_such_message(run):
    done = run("outbox", "retry", "7")
    assert (done.exit_code, done.stderr) == (1, "Error: There is no outgoing message 7.\n")
