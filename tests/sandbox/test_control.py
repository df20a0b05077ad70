"""Loading documents, keeping them over a restart, and starting as a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import requests

import sandbox
from sandbox.desk import Options
from sandbox.server import running
from tests.sandbox.conftest import KEY, Helpdesk, wait_for

DEMO = json.loads((Path(sandbox.__file__).parent / "demo_tickets.json").read_text())


def test_the_demo_document_changes_nothing_the_second_time(helpdesk) -> None:
    first, second = (helpdesk.control("POST", "/seed", DEMO)["added"] for _ in range(2))
    assert first == {"users": 6, "tags": 8, "customers": 14, "tickets": 15}
    assert set(second.values()) == {0}


def test_a_picture_of_the_demo_can_be_fetched(helpdesk) -> None:
    helpdesk.control("POST", "/seed", DEMO)
    messages = helpdesk.get("/messages", limit=100)["data"]
    pictures = [item for message in messages for item in message["attachments"]]
    assert len(pictures) == 6
    answer = requests.get(pictures[0]["url"], timeout=5)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content[:2] == b"\xff\xd8"


def test_no_agent_of_the_demo_speaks_of_refunds() -> None:
    told = [
        message["body_text"]
        for ticket in DEMO["tickets"]
        for message in ticket["messages"]
        if message["from"] != "customer"
    ]
    assert told
    assert not re.search("refund|terugbetal|rückerstatt|erstattung|geld|rembours", " ".join(told), re.IGNORECASE)


def test_everything_outlives_a_restart(tmp_path) -> None:
    options = Options(state=tmp_path / "state.db", calls=0)
    with running(options) as at:
        first = Helpdesk(at)
        ticket = first.ticket("still here?")
        note = first.note(ticket["id"], external_id="cb-1").json()
        gone = first.note(ticket["id"]).json()
        first.delete(f"/tickets/{ticket['id']}/messages/{gone['id']}")
        first.session.close()
    with running(options) as at:
        second = Helpdesk(at)
        found = second.get("/messages", ticket_id=ticket["id"], order_by="created_datetime:asc")["data"]
        newest = second.note(ticket["id"]).json()
        second.session.close()
    assert [message["external_id"] for message in found] == [None, "cb-1"]
    assert found[1]["id"] == note["id"]
    assert newest["id"] > gone["id"]


def test_reset_leaves_the_account_and_its_key(helpdesk) -> None:
    ticket = helpdesk.ticket()
    helpdesk.faults({"kind": "paused", "scope": "all"})
    helpdesk.control("POST", "/reset")
    assert helpdesk.get("/account")["domain"] == "brushwood"
    assert helpdesk.call("GET", f"/api/tickets/{ticket['id']}").status_code == 404


def test_an_agents_message_and_a_customers_are_told_apart(helpdesk) -> None:
    helpdesk.control("POST", "/users", {"email": "anna@brushwood.example", "name": "Anna Visser"})
    path = f"/tickets/{helpdesk.ticket()['id']}/messages"
    helpdesk.control(
        "POST", path, {"body_text": "Dear Ria", "from_agent": True, "user_email": "anna@brushwood.example"}
    )
    helpdesk.control("POST", path, {"body_text": "Thanks"})
    found = helpdesk.get(path)["data"]
    assert [(message["from_agent"], message["sender"]["name"]) for message in found] == [
        (False, "Ria de Vries"),
        (True, "Anna Visser"),
        (False, "Ria de Vries"),
    ]


def test_what_is_missing_is_named(helpdesk) -> None:
    response = helpdesk.call("POST", "/_sandbox/tickets", json={"subject": "no customer"})
    assert (response.status_code, response.json()["error"]["msg"]) == (400, "customer is missing")


def test_the_process_says_where_it_listens_and_ends_on_sigterm(tmp_path) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(tmp_path / "s.db"), "--account", "acme"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        url = line.rsplit(" ", 1)[-1].strip()
        account = requests.get(url + "/api/account", auth=("desk@acme.example", KEY[1]), timeout=5)
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: process.poll() is not None)
    assert account.json()["domain"] == "acme"
    assert process.returncode == 0
