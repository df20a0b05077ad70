"""Commands for what goes out: the worker that delivers, and a look at the messages that wait."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import Any

import click
from flask import Flask, current_app

from widget import outbox, outgoing
from widget.cli.printing import AT_A_TERMINAL, answer, answer_list, command, json_option
from widget.db import db
from widget.outbox import State
from widget.worker import Worker

LOG_FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"


def register(app: Flask) -> None:
    """Hang the commands on the app."""
    app.cli.add_command(worker)
    app.cli.add_command(group)


@click.command("worker")
@click.option("--once", is_flag=True, help="Deliver what is due now, then exit.")
@json_option
@command
def worker(once: bool, as_json: bool) -> None:
    """Deliver outgoing messages until SIGTERM or Ctrl-C."""
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=LOG_FORM)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        done = Worker(app).run_once()
        answer(done, as_json=as_json, words="{sent} sent, {waiting} waiting, {parked} parked.".format(**done))
        return
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    Worker(app).run(stop)


@click.group("outbox")
def group() -> None:
    """Outgoing messages: what is queued, sent, parked."""


@group.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only these (repeatable).",
)
@click.option("--limit", default=1_000, type=click.IntRange(min=1), help="At most the newest so many.")
@json_option
@command
def list_command(states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """The newest messages, oldest first."""
    rows = outbox.list_messages(states or None, limit)
    answer_list([_plain(row) for row in rows], as_json=as_json, line=_line)


@group.command("retry")
@click.argument("message_id", metavar="ID", type=int)
@json_option
@command
def retry(message_id: int, as_json: bool) -> None:
    """Send a message again that is parked or was given up."""
    message = outgoing.retry(message_id, by=AT_A_TERMINAL)
    data = {"id": message.id, "state": message.state.value}
    db.session.commit()
    answer(data, as_json=as_json, words=f"Message {message_id} goes out with the worker's next round.")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}


def _line(row: dict[str, Any]) -> str:
    what = row["kind"].rpartition(".")[2]
    tries = f"{row['attempts']} attempt{'' if row['attempts'] == 1 else 's'}"
    return f"{row['id']}  {row['state']}  ticket {row['ticket']}  {what}  {tries}  {row['reason']}".rstrip()
