"""A worker, a store with one helpdesk, and the Gorgias it talks to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.outbox.time_travel import time_passes
from tests.processes import wait_until
from tests.worker.wire import EMAIL, KEY, FakeGorgias, serving
from widget import helpdesks, outbox
from widget.config import Config
from widget.db import db
from widget.helpdesks import Wanted
from widget.outbox import Message, settling
from widget.worker import Worker


@pytest.fixture
def fake() -> Iterator[FakeGorgias]:
    """The other end of the wire."""
    with serving() as server:
        yield server


@pytest.fixture
def config(config: Config) -> Config:
    """Calls end soon, so that tests of silence are short; the settle time passes by time_passes."""
    return replace(config, outbox_settle_seconds=60, outbox_lease_seconds=2)


@pytest.fixture(autouse=True)
def longest_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed rests as long as it may. By chance it is due at once, and delivered while a test is still looking."""
    monkeypatch.setattr(settling.dice, "uniform", lambda least, most: most)


class Desk:
    """The helpdesk's side of the outbox, in the words of the tests. Tickets are numbers."""

    def __init__(self, app: Flask, url: str, name: str = "main") -> None:
        self.app = app
        self.worker = Worker(app)
        with app.app_context():
            wanted = Wanted(name, url, EMAIL, 1_000, 20)
            made = helpdesks.save(None, wanted, api_key=KEY, box=app.extensions["box"], by=("", ""))
            self.id, self.account = made.id, made.account
            db.session.commit()

    def note(self, text: str, ticket: int = 9001) -> int:
        """Queue a note; its id."""
        payload = {"ticket_id": ticket, "message": {"channel": "internal-note", "body_text": text}, "parts": []}
        return self.enqueue("gorgias.note", ticket, payload, outbox.new_external_id())

    def tags(self, add: list[str], remove: list[str], ticket: int = 9001) -> int:
        """Queue a change of tags; its id."""
        return self.enqueue("gorgias.tags", ticket, {"ticket_id": ticket, "add": add, "remove": remove})

    def enqueue(self, kind: str, ticket: int, payload: Any, external_id: str | None = None) -> int:
        """Queue anything; its id."""
        lane = f"{self.account}:{ticket}"
        with self.app.app_context():
            message = outbox.enqueue(kind, lane=lane, account=self.account, payload=payload, external_id=external_id)
            db.session.commit()
            return message.id

    def deliver(self) -> dict[str, int]:
        """What the worker does when it runs once."""
        return self.worker.run_once()

    def get(self, message_id: int) -> Message:
        """A message as it stands in the store."""
        with self.app.app_context():
            message = outbox.get_message(message_id)
            db.session.expunge(message)
            return message

    def row(self, message_id: int) -> dict[str, Any]:
        """The same as the list shows it."""
        with self.app.app_context():
            return next(row for row in outbox.list_messages() if row["id"] == message_id)

    def states(self) -> list[str]:
        """Of all messages, oldest first."""
        with self.app.app_context():
            return [row["state"] for row in outbox.list_messages()]

    def in_store(self, action: Callable[[], Any]) -> Any:
        """Do something in a transaction of its own."""
        with self.app.app_context():
            result = action()
            db.session.commit()
            return result


@pytest.fixture
def desk(app: Flask, fake: FakeGorgias) -> Desk:
    """One helpdesk whose Gorgias is `fake`."""
    return Desk(app, fake.url)


@pytest.fixture
def later_in_store(app: Flask) -> Callable[[float], None]:
    """Let seconds pass on our side without waiting."""

    def pass_by(seconds: float) -> None:
        with app.app_context():
            time_passes(seconds)

    return pass_by


@pytest.fixture
def later(later_in_store: Callable[[float], None], fake: FakeGorgias) -> Callable[[float], None]:
    """Let seconds pass on both sides without waiting."""

    def pass_by(seconds: float) -> None:
        later_in_store(seconds)
        for message in fake.messages:
            moment = datetime.fromisoformat(message["created_datetime"]) - timedelta(seconds=seconds)
            message["created_datetime"] = moment.isoformat()

    return pass_by


@pytest.fixture
def until() -> Callable[..., Any]:
    """Wait for a condition."""
    return wait_until
