"""What goes wrong on purpose: the caller is deceived, what is stored stays true."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import NOTE, Helpdesk, wait_for


@pytest.fixture
def notes(helpdesk):
    """Posts a note to a ticket of its own; `stored` counts what arrived."""

    class Notes:
        def __init__(self) -> None:
            self.ticket = helpdesk.ticket()["id"]

        def post(self, **fields):
            return helpdesk.note(self.ticket, **fields)

        def stored(self) -> int:
            return len(helpdesk.get("/messages", ticket_id=self.ticket)["data"]) - 1

    return Notes()


def test_a_lost_answer_is_done_but_never_heard_of(helpdesk, notes) -> None:
    helpdesk.faults({"kind": "lost"})
    with pytest.raises(requests.ConnectionError):
        notes.post(external_id="cb-7")
    assert notes.stored() == 1
    (call,) = [call for call in helpdesk.control("GET", "/calls")["calls"] if call["fault"]]
    assert (call["fault"], call["status"], call["external_id"]) == ("lost", 201, "cb-7")


@pytest.mark.parametrize(
    ("kind", "status", "stored"),
    [
        ("error_before", 500, 0),
        ("error_after", 500, 1),
        ("rate_limited", 429, 0),
        ("key_refused", 401, 0),
        ("paused", 403, 0),
        ("html", 200, 0),
    ],
)
def test_the_status_does_not_tell_what_was_stored(helpdesk, notes, kind, status, stored) -> None:
    helpdesk.faults({"kind": kind})
    response = notes.post()
    assert response.status_code == status
    assert notes.stored() == stored
    if kind == "html":
        assert response.headers["Content-Type"].startswith("text/html")
    if kind == "rate_limited":
        assert response.headers["Retry-After"] == "2"


def test_a_slow_answer_comes_late_but_the_note_is_there_at_once(helpdesk, notes) -> None:
    helpdesk.faults({"kind": "slow", "seconds": 0.3})
    started = time.monotonic()
    assert notes.post().status_code == 201
    assert time.monotonic() - started >= 0.3
    assert notes.stored() == 1


def test_a_late_note_lands_after_its_caller_was_dropped(helpdesk, notes) -> None:
    helpdesk.faults({"kind": "late", "seconds": 0.4})
    with pytest.raises(requests.ConnectionError):
        notes.post()
    assert notes.stored() == 0
    assert helpdesk.control("GET", "/idle")["late"] == 1
    wait_for(lambda: notes.stored() == 1)


def open_ticket(helpdesk: Helpdesk) -> requests.Response:
    messages = [{**NOTE, "body_text": "sold out"}]
    return helpdesk.post("/tickets", {"via": "api", "external_id": "sd-1", "messages": messages})


def upload(helpdesk: Helpdesk) -> requests.Response:
    files = {"file": ("boris.jpg", b"dog", "image/jpeg")}
    return helpdesk.call("POST", "/api/upload?type=attachment", files=files)


def done(helpdesk: Helpdesk, scope: str) -> int:
    """How many tickets were opened or files kept, whatever the caller heard."""
    if scope == "tickets":
        return len(helpdesk.get("/tickets", external_id="sd-1")["data"])
    calls: list[Any] = helpdesk.control("GET", "/calls")["calls"]
    return sum((call["path"], call["status"]) == ("/api/upload", 201) for call in calls)


NEW_THINGS = pytest.mark.parametrize(("scope", "make"), [("tickets", open_ticket), ("uploads", upload)])


@NEW_THINGS
@pytest.mark.parametrize(
    ("kind", "status", "stored"),
    [("error_before", 500, 0), ("error_after", 500, 1), ("rate_limited", 429, 0), ("html", 200, 0)],
)
def test_faults_may_hit_new_tickets_and_uploads_alone(helpdesk, scope, make, kind, status, stored) -> None:
    helpdesk.faults({"kind": kind, "scope": scope})
    assert helpdesk.note(helpdesk.ticket()["id"]).status_code == 201
    assert make(helpdesk).status_code == status
    assert done(helpdesk, scope) == stored


@NEW_THINGS
def test_the_answer_about_a_new_ticket_or_upload_may_be_lost(helpdesk, scope, make) -> None:
    helpdesk.faults({"kind": "lost", "scope": scope, "times": 1})
    with pytest.raises(requests.ConnectionError):
        make(helpdesk)
    assert done(helpdesk, scope) == 1
    assert make(helpdesk).status_code == 201
    assert done(helpdesk, scope) == 2


@NEW_THINGS
def test_a_new_ticket_or_upload_may_land_after_its_caller_was_dropped(helpdesk, scope, make) -> None:
    helpdesk.faults({"kind": "late", "scope": scope, "seconds": 0.4})
    with pytest.raises(requests.ConnectionError):
        make(helpdesk)
    assert done(helpdesk, scope) == 0
    wait_for(lambda: done(helpdesk, scope) == 1)


def test_faults_hit_only_new_messages_unless_told_otherwise(helpdesk, notes) -> None:
    helpdesk.faults({"kind": "error_before"})
    assert helpdesk.post(f"/tickets/{notes.ticket}/tags", {"names": ["vip"]}).status_code == 201
    helpdesk.faults({"kind": "error_before", "scope": "writes"})
    assert helpdesk.post(f"/tickets/{notes.ticket}/tags", {"names": ["vip"]}).status_code == 500
    assert helpdesk.call("GET", "/api/account").status_code == 200
    helpdesk.faults({"kind": "error_before", "scope": "all"})
    assert helpdesk.call("GET", "/api/account").status_code == 500


def test_the_same_seed_deals_the_same_faults(helpdesk, notes) -> None:
    def dealt() -> list[int]:
        helpdesk.faults({"kind": "error_before", "probability": 0.5}, seed=7)
        return [notes.post().status_code for _ in range(12)]

    first = dealt()
    assert set(first) == {201, 500}
    assert dealt() == first


def test_a_counted_fault_is_used_up(helpdesk, notes) -> None:
    helpdesk.faults({"kind": "error_before", "times": 2})
    assert [notes.post().status_code for _ in range(3)] == [500, 500, 201]


def test_unknown_tags_can_be_refused(helpdesk, notes) -> None:
    path = f"/tickets/{notes.ticket}/tags"
    helpdesk.post("/tags", {"name": "known"})
    helpdesk.faults({"kind": "tags_refused"})
    refused = helpdesk.post(path, {"names": ["unknown"]})
    assert refused.status_code == 400
    assert "names" in refused.json()["error"]["data"]
    assert helpdesk.post(path, {"names": ["known"]}).status_code == 201


def test_a_senseless_fault_is_refused_in_words(helpdesk) -> None:
    for rule in ({"kind": "meteor"}, {"kind": "lost", "probability": 2}, {"kind": "lost", "odds": 1}):
        response = helpdesk.call("POST", "/_sandbox/faults", json={"faults": [rule]})
        assert response.status_code == 400
