"""A whole installation of real processes: service, worker, stand-in helpdesk, and an agent's hands.

Set up the way an owner would: by the service's own commands, with what `flask helpdesk install` creates. The
commands run inside the test's process, because starting Python for each takes longer than what they do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import requests
from click.testing import Result

from tests.processes import Process, Processes, wait_until
from widget import create_app
from widget.config import Config
from widget.db import db

ANNA, BEN, LI = "anna@brushwood.example", "ben@brushwood.example", "liwei@dafen.example"
NOTE = "internal-note"


class Live:
    """Everything is reached over HTTP; nothing is read from the store behind the service's back."""

    def __init__(self, processes: Processes, *, rate_limit: str = "0/1", settle: float = 1, lease: float = 3) -> None:
        self.processes = processes
        self.url = processes.url
        processes.env["OUTBOX_SETTLE_SECONDS"] = str(settle)
        processes.env["OUTBOX_LEASE_SECONDS"] = str(lease)
        self.sandbox = processes.start_sandbox("--rate-limit", rate_limit)
        for email, name, role in (
            (ANNA, "Anna Visser", "agent"),
            (BEN, "Ben Okafor", "agent"),
            (LI, "Li Wei", "lite-agent"),
        ):
            self.control("users", email=email, name=name, role=role)
        self.service: Process = processes.start_service()
        self.commands = create_app(Config.from_env(processes.env))
        self._set_up()

    def _set_up(self) -> None:
        flask = self.flask
        flask(
            *("helpdesk", "add", "main", "--url", self.sandbox.url, "--email", "desk@brushwood.example"),
            *("--api-key", "demo-key", "--rate-limit", "4000/20"),
        )
        flask(
            *("store", "add", "NL", "--name", "Penseel & Doek", "--helpdesk", "main"),
            *("--order-pattern", r"NL\d{5}", "--currency", "EUR", "--locale", "nl"),
            *("--timezone", "Europe/Amsterdam"),
        )
        flask("supplier", "add", "Dafen Art", "--store", "NL", "--mention", LI)
        self.installed = flask("helpdesk", "install", "main")

    @property
    def integration_id(self) -> int:
        """The one integration that was installed."""
        return int(self.installed["integrations"][0])

    def start_worker(self) -> Process:
        """Deliver from now on."""
        return self.processes.start_worker()

    def run(self, *words: str) -> Result:
        """Run `flask …`."""
        done = self.commands.test_cli_runner().invoke(args=list(words))
        with self.commands.app_context():
            db.engine.dispose()
        return done

    def flask(self, *words: str) -> Any:
        """Run `flask …` with --json and return what it prints."""
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def refusal(self, *words: str) -> str:
        """Run a command that refuses, and return the last line it says on stderr."""
        done = self.run(*words)
        assert done.exit_code == 1, done.output
        return str(done.stderr.splitlines()[-1])

    def deliver(self) -> dict[str, Any]:
        """Deliver what is due now."""
        delivered: dict[str, Any] = self.flask("worker", "--once")
        return delivered

    def control(self, path: str, method: str = "POST", **fields: Any) -> Any:
        """What only the stand-in offers."""
        answer = requests.request(method, f"{self.sandbox.url}/_sandbox/{path}", json=fields, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def api(self, path: str, method: str = "GET", **fields: Any) -> Any:
        """Gorgias's own API, as an app of the shop would use it."""
        auth = ("desk@brushwood.example", "demo-key")
        answer = requests.request(method, f"{self.sandbox.url}/api/{path}", json=fields or None, auth=auth, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def write(self, subject: str, text: str = "Hello", customer: str = "jan@customer.example") -> int:
        """A customer writes; the ticket, once the integration was asked about it."""
        who = {"name": "Jan", "email": customer}
        ticket = self.control("tickets", channel="email", customer=who, subject=subject, body_text=text)
        self.settled()
        return int(ticket["id"])

    def settled(self) -> None:
        """Until the integration was asked about everything that happened."""
        wait_until(lambda: self.control("idle?timeout=5", "GET")["idle"])

    def blocks(self, ticket: int, user: str = ANNA) -> list[dict[str, Any]]:
        """The widget as the sidebar renders it."""
        (widget,) = self.control(f"tickets/{ticket}/widget?user={user}", "GET")["widgets"]
        return list(widget["blocks"])

    def cards(self, ticket: int) -> Iterator[dict[str, Any]]:
        """All cards of the sidebar, the summary first."""
        for block in self.blocks(ticket):
            yield from block["cards"] if block["kind"] == "list" else [block]

    def shown(self, ticket: int) -> str:
        """All text of the sidebar."""
        return "\n".join(
            f"{card['title']} {field['text']}" for card in self.cards(ticket) for field in card["children"]
        )

    def press(self, ticket: int, label: str, reference: str | None = None, user: str = ANNA, **values: str) -> Any:
        """Press a button of the sidebar as an agent does."""
        pressed = self.control(
            f"tickets/{ticket}/press", user_email=user, label=label, reference=reference, values=values
        )
        self.settled()
        return pressed

    def notes(self, ticket: int) -> list[dict[str, Any]]:
        """The internal notes of a ticket, oldest first."""
        page = self.api(f"messages?ticket_id={ticket}&order_by=created_datetime:asc&limit=100")
        return [message for message in page["data"] if message["channel"] == NOTE]

    def tags(self, ticket: int) -> set[str]:
        """The ticket's tags."""
        return {tag["name"] for tag in self.api(f"tickets/{ticket}")["tags"]}
