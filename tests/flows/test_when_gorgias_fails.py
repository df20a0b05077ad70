"""What goes wrong at Gorgias: nothing is lost, it is seen in words, and it can be sent again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import LI, Live
from tests.processes import wait_until


def comment(live: Live, ticket: int, words: str) -> None:
    assert (
        live.press(ticket, "Comment to supplier", "P-1", **{"Comment for the supplier": words})["status"] == "success"
    )


def texts(live: Live, ticket: int) -> str:
    return "\n".join(note["body_text"] for note in live.notes(ticket))


def waiting(live: Live) -> list[dict[str, Any]]:
    items = live.flask("outbox", "list")["items"]
    return [item for item in items if item["state"] != "sent"]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("kind", ["lost", "error_after", "late"])
def test_note_whose_answer_was_lost_is_there_once(live: Live, ticket: int, kind: str) -> None:
    live.control("faults", faults=[{"kind": kind, "times": 1, "seconds": 0.2}])
    live.start_worker()
    comment(live, ticket, "only once")
    wait_until(lambda: not waiting(live), 20)
    assert texts(live, ticket).count("only once") == 1


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("kind", ["error_before", "rate_limited", "html"])
def test_note_that_was_not_done_arrives_later_once_and_in_order(live: Live, ticket: int, kind: str) -> None:
    live.control("faults", faults=[{"kind": kind, "times": 2, "seconds": 1}])
    live.start_worker()
    comment(live, ticket, "first")
    comment(live, ticket, "second")
    wait_until(lambda: not waiting(live), 40)
    found = texts(live, ticket)
    assert (found.count("first"), found.count("second")) == (1, 1)
    assert found.index("first") < found.index("second")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("kind", "words"), [("key_refused", "key"), ("paused", "")])
def test_refused_key_and_paused_account_keep_everything_until_they_work_again(
    live: Live, ticket: int, kind: str, words: str
) -> None:
    live.control("faults", faults=[{"kind": kind, "scope": "all"}])
    comment(live, ticket, "patience")
    assert live.deliver()["parked"] == 0
    (item,) = waiting(live)
    assert item["state"] == "queued"
    assert words in item["reason"]
    assert item["reason"]
    live.control("faults", faults=[])
    live.flask(
        *("helpdesk", "add", "main", "--url", live.sandbox.url, "--email", "desk@brushwood.example"),
        *("--api-key", "demo-key", "--rate-limit", "4000/20"),
    )
    assert live.deliver() == {"sent": 1, "waiting": 0, "parked": 0}
    assert "patience" in texts(live, ticket)


def test_deleted_ticket_parks_its_notes_and_leaves_others_alone(live: Live, ticket: int) -> None:
    other = live.write("NL10777", customer="piet@customer.example")
    comment(live, ticket, "to a ticket that is gone")
    live.press(other, "Report a problem", **{"Problem type": "Other", "Problem": "still here"})
    live.api(f"tickets/{ticket}", "DELETE")
    assert live.deliver()["parked"] == 1
    assert "still here" in texts(live, other)
    (item,) = waiting(live)
    assert item["state"] == "parked"
    assert "deleted, or merged" in item["reason"]


@pytest.mark.only_on("sqlite")
def test_mention_of_a_user_who_left_is_parked_and_goes_out_without_it(live: Live, ticket: int) -> None:
    li = live.api("users?email=" + LI)["data"][0]["id"]
    comment(live, ticket, "do you read this")
    live.control(f"users/{li}", "PATCH", active=False)
    assert live.deliver()["parked"] == 1
    (item,) = waiting(live)
    assert "mention_ids" in item["reason"]
    assert "no active user" in live.refusal("helpdesk", "check", "main")
    live.flask("outbox", "retry", str(item["id"]))
    assert live.deliver()["parked"] == 0
    assert "do you read this" in texts(live, ticket)


@pytest.mark.only_on("sqlite")
def test_tag_that_cannot_be_created_is_parked_with_a_reason_and_sent_again(live: Live) -> None:
    for tag in live.api("tags?limit=100")["data"]:
        live.api(f"tags/{tag['id']}", "DELETE")
    live.control("faults", faults=[{"kind": "tags_refused"}])
    ticket = live.write("NL10423")
    live.press(ticket, "Report a problem", **{"Problem type": "Other", "Problem": "x"})
    assert live.deliver()["parked"] == 1
    (item,) = waiting(live)
    assert item["kind"] == "gorgias.tags"
    assert item["reason"]
    assert len(live.notes(ticket)) == 1
    live.control("faults", faults=[])
    live.flask("outbox", "retry", str(item["id"]))
    live.deliver()
    assert live.tags(ticket) == {"supplier-problem", "waiting-for-supplier"}


@pytest.mark.only_on("sqlite")
def test_only_parked_messages_are_sent_again(live: Live, ticket: int) -> None:
    sent = live.flask("outbox", "list", "--state", "sent")["items"]
    assert "nothing to send again" in live.refusal("outbox", "retry", str(sent[0]["id"]))
    assert "no outgoing message" in live.refusal("outbox", "retry", "999")
