"""What admins ask of the worker about a helpdesk, and the watch over its integration, against the stand-in helpdesk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask

from sandbox.desk import Options
from sandbox.server import running
from tests.sandbox.conftest import KEY
from widget import helpdesks, history, outbox, people, problems, stores
from widget.clients.http import Timeouts
from widget.config import Config
from widget.db import db, utcnow
from widget.errors import Refused
from widget.helpdesks import Wanted
from widget.outbox import accounts
from widget.problem_types import ProblemType
from widget.stores import ConnectionCheck, Helpdesk
from widget.worker import Worker, connection_checks
from widget.worker.connection_checks import ConnectionChecks

BY = ("Eva", "eva@brushwood.example")


@pytest.fixture
def config(config: Config) -> Config:
    """Nobody answers at our own address."""
    return replace(config, public_url="http://127.0.0.1:1")


class Desk:
    """A helpdesk, the stand-in behind it, and a worker."""

    def __init__(self, app: Flask, url: str) -> None:
        self.app, self.url = app, url
        self.worker = Worker(app)
        self.set_up()

    def set_up(self, url: str = "", key: str = KEY[1]) -> None:
        """As the form does."""
        with self.app.app_context():
            wanted = Wanted("main", url or self.url, KEY[0], 1_000, 20)
            desk = helpdesks.save(helpdesks.find("main"), wanted, api_key=key, box=self.app.extensions["box"], by=BY)
            store = stores.add_store(
                *("NL",), name="Shop", helpdesk=desk, order_pattern=r"NL\d{5}",
                currency="EUR", locale="nl", timezone="Europe/Amsterdam",
            )  # fmt: skip
            people.add_supplier("Dafen", of=[store], mention=KEY[0], locale="zh", timezone="Asia/Shanghai")
            db.session.commit()

    def ask(self, kind: str = "check") -> int:
        """Press the button."""
        with self.app.app_context():
            number = helpdesks.ask(1, kind, by="Eva").id
            db.session.commit()
            return number

    def found(self, kind: str = "check") -> dict[str, str]:
        """Press the button and let the worker do it: what was found, check by check."""
        number = self.ask(kind)
        self.worker.run_once()
        check = self.check(number)
        assert check.done_at is not None
        return {finding["check"]: finding["words"] for finding in check.findings}

    def held_up_by(self) -> str:
        """Why nothing is sent there."""
        with self.app.app_context():
            return str(outbox.list_accounts()[0]["reason"])

    def check(self, number: int) -> ConnectionCheck:
        with self.app.app_context():
            return db.session.get_one(ConnectionCheck, number)

    def change(self, table: type[Any], number: int, **values: Any) -> None:
        with self.app.app_context():
            for name, value in values.items():
                setattr(db.session.get_one(table, number), name, value)
            db.session.commit()

    @property
    def row(self) -> Helpdesk:
        with self.app.app_context():
            return db.session.get_one(Helpdesk, 1)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/api{path}", json=body, auth=KEY, timeout=5)
        return answer.json() if answer.content else None

    def faults(self, **rule: Any) -> None:
        body = {"faults": [{"scope": "all", **rule}] if rule else []}
        requests.post(f"{self.url}/_sandbox/faults", json=body, timeout=5).raise_for_status()

    def switch_off(self) -> None:
        """As Gorgias does after a hundred failures; and five minutes pass."""
        off = {"name": "Supplier Desk", "deactivated_datetime": "2026-11-01T00:00:00"}
        self.api("PUT", f"/integrations/{self.row.integration_id}", off)
        self.time_passes()

    def time_passes(self) -> None:
        self.change(Helpdesk, 1, looked_at=utcnow() - timedelta(minutes=6))

    def seen(self) -> str:
        """What the watch last saw of the integration."""
        return {True: "on", False: "off", None: "nobody knows"}[self.row.is_active]

    def is_off(self) -> bool:
        return bool(self.api("GET", f"/integrations/{self.row.integration_id}")["deactivated_datetime"])


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:
    with running(Options(calls=0)) as at:
        yield Desk(app, at.url)


def test_installing_and_testing_say_part_by_part_what_there_is(desk: Desk) -> None:
    assert desk.found()["integration"] == "no_integration"
    assert desk.found("install") == {"integration": "integration_installed", "widget": "widget_installed"}
    assert desk.row.is_active
    assert desk.found("install") == {"integration": "integration_installed", "widget": "widget_installed"}
    assert len(desk.api("GET", "/integrations?type=http")["data"]) == len(desk.api("GET", "/widgets")["data"]) == 1
    assert desk.found() == {
        "key": "key_works",
        "integration": "integration_active",
        "widget": "widget_there",
        "supplier": "tags",
        "address": "not_reached",
    }


@pytest.mark.only_on("sqlite")
def test_installing_makes_the_tags_of_problem_types_too(desk: Desk) -> None:
    desk.change(ProblemType, 1, gorgias_tag="check address")
    desk.found("install")
    made = {tag["name"] for tag in desk.api("GET", "/tags")["data"]}
    assert made >= {*problems.TAGS, "check address"}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"kind": "key_refused"}, "refused_401"),
        ({"kind": "paused"}, "refused_403"),
        ({"kind": "rate_limited"}, "refused_429"),
        ({"kind": "html"}, "no_answer"),
        ({"kind": "error_before"}, "bad_answer"),
        ({"kind": "slow", "seconds": 1.5}, "no_answer"),
    ],
)
def test_whatever_gorgias_answers_becomes_one_finding(
    desk: Desk, rule: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_checks, "PATIENCE", Timeouts(connect=1.0, read=0.5))
    desk.faults(**rule)
    assert desk.found() == {"key": told}
    assert desk.found("install") == {"key": told}
    assert "demo-key" not in str(desk.check(1).findings)


@pytest.mark.only_on("sqlite")
def test_a_wrong_key_and_a_wrong_address_are_told_apart(desk: Desk) -> None:
    desk.set_up(key="wrong")
    assert desk.found() == {"key": "refused_401"}
    assert "does not accept" in desk.held_up_by()
    desk.set_up(key=KEY[1])
    assert desk.found()["key"] == "key_works"
    assert desk.held_up_by() == ""
    desk.set_up(url="http://127.0.0.1:1")
    assert desk.found() == {"key": "no_answer"}
    desk.change(Helpdesk, 1, api_key_sealed="nobody can read this")
    assert desk.found() == {"key": "key_unreadable"}


def test_one_at_a_time_per_helpdesk(desk: Desk) -> None:
    first = desk.ask()
    assert desk.ask() == first
    with pytest.raises(Refused, match="just now"):
        desk.ask("install")
    desk.worker.run_once()
    assert desk.ask("install") > first


def test_what_a_killed_worker_left_is_done_anew_after_two_minutes(desk: Desk, app: Flask) -> None:
    number = desk.ask()
    with app.app_context():
        taken = helpdesks.take()
        assert taken is not None
        assert taken.begun_at is not None
        begun_at = taken.begun_at
        db.session.commit()
        assert helpdesks.take() is None
        db.session.rollback()
    desk.worker.run_once()
    assert desk.check(number).done_at is None
    desk.change(ConnectionCheck, number, begun_at=utcnow() - timedelta(minutes=3))
    desk.worker.run_once()
    assert desk.check(number).done_at is not None
    with app.app_context():
        assert not helpdesks.finish(number, begun_at, [])


def test_what_nobody_did_for_an_hour_is_not_done_any_more(desk: Desk) -> None:
    number = desk.ask("install")
    desk.change(ConnectionCheck, number, asked_at=utcnow() - timedelta(minutes=61))
    desk.worker.run_once()
    assert desk.check(number).done_at is None
    assert desk.ask() > number


def test_an_integration_that_gorgias_switched_off_comes_back_three_times_a_day(desk: Desk, app: Flask) -> None:
    desk.found("install")
    for _ in range(3):
        desk.switch_off()
        desk.worker.run_once()
        assert (desk.is_off(), desk.row.is_active) == (False, True)
    desk.switch_off()
    desk.worker.run_once()
    assert (desk.is_off(), desk.row.is_active) == (True, False)
    with app.app_context():
        told = [(change.old, change.new) for change in history.of("helpdesk", 1) if change.field == "integration"]
    assert told == [("off", "on")] * 3
    yesterday = utcnow().date() - timedelta(days=1)
    desk.change(Helpdesk, 1, revived_on=yesterday)
    desk.time_passes()
    desk.worker.run_once()
    assert not desk.is_off()


@pytest.mark.only_on("sqlite")
def test_the_watch_looks_every_five_minutes_and_says_what_it_saw(desk: Desk) -> None:
    desk.found("install")
    number = desk.row.integration_id
    desk.api("DELETE", f"/integrations/{number}")
    desk.worker.run_once()
    assert desk.seen() == "on", "looked at less than five minutes ago"
    desk.time_passes()
    desk.worker.run_once()
    assert desk.seen() == "off"
    desk.faults(kind="error_before")
    desk.time_passes()
    desk.worker.run_once()
    assert desk.seen() == "nobody knows"


def test_another_address_forgets_the_other_accounts_integration_until_a_test_finds_it(desk: Desk) -> None:
    desk.found("install")
    numbers = (desk.row.integration_id, desk.row.widget_id)
    desk.set_up(url="http://localhost:1")
    assert (desk.row.integration_id, desk.row.widget_id, desk.row.is_active) == (None, None, None)
    desk.set_up()
    assert desk.found()["widget"] == "widget_there"
    assert (desk.row.integration_id, desk.row.widget_id) == numbers


@pytest.mark.only_on("sqlite")
def test_a_worker_that_stops_leaves_it_to_another_one(desk: Desk, app: Flask) -> None:
    number, stop = desk.ask(), threading.Event()
    with app.app_context():
        accounts.pause(accounts.lock("gorgias:1"), utcnow() + timedelta(hours=1))
        db.session.commit()
    checks = ConnectionChecks(app, stop, 30)
    checks.begin()
    (thread,) = checks.threads
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert desk.check(number).begun_at is not None
    assert desk.check(number).done_at is None
