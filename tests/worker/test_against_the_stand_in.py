"""The same client and worker against the stand-in helpdesk, which knows Gorgias better than our fault script."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from flask import Flask

from tests.processes import Processes
from tests.worker.conftest import Desk
from tests.worker.wire import EMAIL, KEY
from widget.clients.gorgias import Gorgias
from widget.errors import Outcome, ServiceError

NOTE = {"channel": "internal-note", "via": "api", "from_agent": True, "public": False}


class StandIn:
    """`python -m sandbox` and what only it offers."""

    def __init__(self, processes: Processes) -> None:
        self.url = processes.start_sandbox("--rate-limit", "0/1").url
        self.me = int(self.control("users", email=EMAIL, name="Robot", role="admin", api_key=KEY)["id"])
        self.ticket = int(self.control("tickets", customer={"email": "jan@customer.example"}, body_text="Hello")["id"])

    def control(self, path: str, **fields: Any) -> Any:
        """Ask for something Gorgias offers nobody."""
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=fields, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def notes(self) -> list[str]:
        """The texts of the ticket's notes, oldest first."""
        query = f"ticket_id={self.ticket}&order_by=created_datetime:asc&limit=100"
        page = requests.get(f"{self.url}/api/messages?{query}", auth=(EMAIL, KEY), timeout=10).json()
        return [message["body_text"] for message in page["data"] if message["channel"] == "internal-note"]


@pytest.fixture
def stand_in(processes: Processes) -> StandIn:
    return StandIn(processes)


@pytest.fixture
def gorgias(stand_in: StandIn) -> Gorgias:
    return Gorgias(stand_in.url, EMAIL, KEY)


@pytest.fixture
def desk(app: Flask, stand_in: StandIn) -> Desk:
    return Desk(app, stand_in.url)


def post(desk: Desk, stand_in: StandIn, text: str) -> int:
    message = {**NOTE, "sender": {"id": stand_in.me}, "body_text": text}
    payload = {"ticket_id": stand_in.ticket, "message": message}
    return desk.enqueue("gorgias.note", stand_in.ticket, payload, f"sd-{text}")


@pytest.mark.only_on("sqlite")
def test_everything_the_client_asks_for_is_there(stand_in, gorgias):
    me = gorgias.me()
    assert me["id"] in {user["gorgias_id"] for user in gorgias.list_users()}
    number = gorgias.post_note(stand_in.ticket, {**NOTE, "sender": {"id": me["id"]}, "body_text": "hello"}, "sd-1")
    ticket = gorgias.get_ticket(stand_in.ticket)
    assert ticket["id"] == stand_in.ticket
    gorgias.create_tag("waits")
    assert [tag["name"] for tag in gorgias.list_tags("waits")] == ["waits"]
    gorgias.add_tags(stand_in.ticket, ["waits"])
    gorgias.remove_tags(stand_in.ticket, ["waits"])
    gorgias.delete_message(stand_in.ticket, number)
    with pytest.raises(ServiceError) as caught:
        gorgias.get_ticket(404404)
    assert (caught.value.outcome, caught.value.status) == (Outcome.NEVER, 404)


@pytest.mark.parametrize("kind", ["lost", "error_after", "error_before", "html"])
def test_a_note_is_there_once_whatever_happened_to_the_answer(stand_in, desk, later_in_store, kind):
    stand_in.control("faults", faults=[{"kind": kind, "times": 1}])
    post(desk, stand_in, "hello")
    desk.deliver()
    assert desk.states() == ["unknown"]
    later_in_store(61)
    desk.deliver()
    assert desk.states() == ["sent"]
    assert stand_in.notes() == ["hello"]


def test_a_note_that_lands_late_is_there_once_in_the_end(stand_in, desk, later_in_store, until):
    stand_in.control("faults", faults=[{"kind": "late", "seconds": 1.0, "times": 1}])
    post(desk, stand_in, "hello")
    desk.deliver()
    later_in_store(61)
    desk.deliver()
    until(lambda: stand_in.notes() == ["hello", "hello"])
    later_in_store(121)
    desk.deliver()
    assert stand_in.notes() == ["hello"]


def test_a_merged_ticket_parks_with_a_reason(stand_in, desk):
    into = int(stand_in.control("tickets", customer={"email": "jan@customer.example"}, body_text="Again")["id"])
    stand_in.control(f"tickets/{stand_in.ticket}/merge", into=into)
    number = post(desk, stand_in, "hello")
    assert desk.deliver() == {"sent": 0, "waiting": 0, "parked": 1}
    assert "merged into another ticket" in desk.row(number)["reason"]
