"""Many presses at once, and a store that is locked: one effect, one clear answer, no hang."""

from __future__ import annotations

import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sqlalchemy import make_url

from tests.live import ANNA, BEN, Live
from tests.processes import wait_until


def form_of(live: Live, ticket: int, label: str, user: str = ANNA, **typed: str) -> tuple[str, dict[str, str]]:
    """A button's address and form, filled as Gorgias fills it."""
    buttons = [button for card in live.cards(ticket) for button in card["buttons"] if button["label"] == label]
    action = buttons[0]["action"]
    form = {entry["key"]: entry["value"] for entry in action["form"]}
    return action["url"], {**form, "user_email": user, **typed}


def at_once(forms: list[tuple[str, dict[str, str]]]) -> list[requests.Response]:
    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(lambda form: requests.post(form[0], data=form[1], timeout=30), forms))


def test_same_press_twenty_times_at_once_acts_once(live: Live, ticket: int) -> None:
    form = form_of(live, ticket, "Comment to supplier", comment="only once")
    answers = at_once([form] * 20)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    live.deliver()
    assert sum("only once" in note["body_text"] for note in live.notes(ticket)) == 1


def test_two_agents_ticking_the_same_box_at_once_are_told_who_was_first(live: Live, ticket: int) -> None:
    forms = [form_of(live, ticket, "Customer informed", user) for user in (ANNA, BEN)]
    answers = at_once(forms)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert "ticked Customer informed" in refused.json()["error"]["msg"]


def test_different_comments_at_once_all_arrive_each_once(live: Live, ticket: int) -> None:
    forms = [form_of(live, ticket, "Comment to supplier", comment=f"comment-{number:02}.") for number in range(20)]
    assert Counter(answer.status_code for answer in at_once(forms)) == {200: 20}
    worker = live.start_worker()

    def texts() -> str:
        return "\n".join(note["body_text"] for note in live.notes(ticket))

    wait_until(lambda: all(f"comment-{number:02}." in texts() for number in range(20)), 30)
    assert [texts().count(f"comment-{number:02}.") for number in range(20)] == [1] * 20
    assert worker.stop() == 0


@pytest.mark.only_on("sqlite")
def test_a_locked_store_refuses_presses_in_time_and_still_answers_the_widget(
    live: Live, ticket: int, database_url: str
) -> None:
    url, form = form_of(live, ticket, "Customer informed")
    path: Any = make_url(database_url).database
    writer = sqlite3.connect(path, isolation_level=None)
    try:
        writer.execute("BEGIN EXCLUSIVE")
        answer = requests.post(url, data=form, timeout=10)
        entry = live.control(f"integrations/{live.integration_id}/fire", ticket_id=ticket)
    finally:
        writer.close()
    assert answer.status_code == 503
    assert "press again" in answer.json()["error"]["msg"]
    assert entry["status_code"] == 200
    assert requests.post(url, data=form, timeout=10).status_code == 200
