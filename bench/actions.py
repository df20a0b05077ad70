"""How many button presses a second are acted upon, each on a line of its own, and that none of them fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

from bench import rows, servers, stores
from bench.answers import FEW, Effort
from bench.answers import requests_for as answers_for
from bench.figures import Figure, Target, paired, spread
from bench.load import Requests, post
from tests import factories
from tests.processes import SECRET_KEY
from widget import installation
from widget.tokens import ActionToken, ActionTokens

PROBLEMS = 1_000_000
PRESSES = 60_000
PATH = installation.action_path(1, "comment")
AGAINST_BARE = {"sqlite": Target(0.15, 0.20), "postgresql": Target(0.10, 0.14)}


def measure(kind: str, effort: Effort) -> Iterator[Figure]:
    """The comment button under load, without a worker."""
    with ExitStack() as stack:
        url = stack.enter_context(stores.filled(kind, PROBLEMS, to_change=True))
        up = stack.enter_context(servers.up())
        bare = up.compared("bare", url, Requests(up.folder / "answers", answers_for(FEW)))
        service = up.service(url, Requests(up.folder / "presses", _presses()))
        servers.interleave([bare, service], rounds=effort.rounds, seconds=effort.seconds)
        name = stores.NAMES[kind]
        told = f"{service.best.rate:,.0f}/s; p99 {service.best.p99_ms:.0f} ms; {spread(service.rates, bare.rates)}"
        ratio = paired(service.rates, bare.rates)
        yield Figure(f"actions against bare Flask, {name}", ratio, "", AGAINST_BARE[kind], told)
        done = sum(burst.requests for burst in service.bursts)
        yield Figure(f"actions that failed, {name}", service.errors, "", Target(0, at_most=True), f"of {done:,}")


def _presses() -> Iterator[bytes]:
    """Each of another line, with another text."""
    tokens = ActionTokens((SECRET_KEY,), "line")
    lines = [
        (order, line) for nth in range(rows.OPEN_LINES) for order in rows.live_orders(PROBLEMS)
        for line in rows.line_ids(order, PROBLEMS)[nth : nth + 1]
    ]  # fmt: skip
    for number, (order, line) in enumerate(lines[:PRESSES]):
        form = {
            "token": tokens.make(ActionToken(1, rows.FIRST_CUSTOMER + order, line, 1)),
            "ticket_id": str(rows.FIRST_TICKET + order),
            "user_email": factories.ANNA["email"],
            "comment": f"Please send the parcel again, number {number}.",
        }
        yield post(PATH, urlencode(form).encode(), {"Content-Type": installation.FORM})
