"""How fast the widget is answered: against bare Flask, against a textbook, with a hundred times the problems."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from bench import rows, servers, stores
from bench.figures import Figure, Target, paired, spread
from bench.load import Requests, post
from bench.servers import Server
from tests import factories
from widget import installation

MANY, FEW = 1_000_000, 10_000
BODIES = 20_000
HEADERS = {"Content-Type": "application/json", installation.SECRET_HEADER: factories.HOOK_SECRET}
PATH = installation.answer_path(1)

AGAINST_BARE = {"sqlite": Target(0.45, 0.60), "postgresql": Target(0.25, 0.38)}
AGAINST_TEXTBOOK = Target(1.5, 1.8)
CPU_AGAINST_BARE = {"sqlite": Target(2.4, 1.9, at_most=True), "postgresql": Target(4.0, 2.8, at_most=True)}
P99_MS = {"sqlite": Target(20, 10, at_most=True), "postgresql": Target(30, 18, at_most=True)}
ALONE_P50_MS = {"sqlite": Target(1.0, 0.75, at_most=True), "postgresql": Target(1.5, 1.0, at_most=True)}
GROWTH_LOST = Target(15, 5, at_most=True)
MEMORY_MB = Target(80, 60, at_most=True)


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int = 7
    seconds: float = 2.0


QUICK = Effort(rounds=5, seconds=1.0)


def measure(kind: str, effort: Effort, parts: set[str]) -> Iterator[Figure]:
    """The figures of `speed`, `growth` and `memory` on one database, all from the same rounds."""
    with ExitStack() as stack:
        many = stack.enter_context(stores.filled(kind, MANY))
        few = stack.enter_context(stores.filled(kind, FEW)) if "growth" in parts else ""
        up = stack.enter_context(servers.up())
        requests = Requests(up.folder / "many", requests_for(MANY))
        bare, widget = up.compared("bare", many, requests), up.service(many, requests)
        textbook = up.compared("textbook", many, requests) if "speed" in parts else None
        small = up.service(few, Requests(up.folder / "few", requests_for(FEW))) if few else None
        every = [server for server in (bare, widget, textbook, small) if server is not None]
        servers.interleave(every, rounds=effort.rounds, seconds=effort.seconds)
        name = stores.NAMES[kind]
        if textbook is not None:
            yield from _speed(kind, bare, widget, textbook)
        if small is not None:
            yield _growth(name, widget, small)
        if "memory" in parts:
            yield Figure(f"memory of a worker, {name}", widget.largest_worker_mb(), " MB", MEMORY_MB)
        yield Figure(
            f"answers with errors, {name}", sum(server.errors for server in every), "", Target(0, at_most=True)
        )


def _speed(kind: str, bare: Server, widget: Server, textbook: Server) -> Iterator[Figure]:
    name = stores.NAMES[kind]
    told = f"{widget.best.rate:,.0f}/s of {bare.best.rate:,.0f}/s; {spread(widget.rates, bare.rates)}"
    yield Figure(f"answer against bare Flask, {name}", paired(widget.rates, bare.rates), "", AGAINST_BARE[kind], told)
    told = spread(widget.rates, textbook.rates)
    ratio = paired(widget.rates, textbook.rates)
    yield Figure(f"answer against the textbook, {name}", ratio, "x", AGAINST_TEXTBOOK, told)
    cpu = paired(widget.cpu_us, bare.cpu_us)
    told = f"{min(widget.cpu_us):.0f} µs against {min(bare.cpu_us):.0f} µs"
    yield Figure(f"processor time of an answer against bare Flask, {name}", cpu, "x", CPU_AGAINST_BARE[kind], told)
    told = f"p50 {widget.best.p50_ms:.1f} ms"
    yield Figure(f"slowest 1 % of answers, 16 at once, {name}", widget.best.p99_ms, " ms", P99_MS[kind], told)
    alone = min(widget.requests.burst(widget.process.url, seconds=1, connections=1).p50_ms for _ in range(3))
    yield Figure(f"an answer, one at a time, {name}", alone, " ms", ALONE_P50_MS[kind])


def _growth(name: str, many: Server, few: Server) -> Figure:
    lost = (1 - paired(many.rates, few.rates)) * 100
    told = spread(many.rates, few.rates)
    return Figure(f"lost from {FEW:,} to {MANY:,} problems, {name}", round(lost, 1), " %", GROWTH_LOST, told)


def requests_for(problems: int) -> Iterator[bytes]:
    """Tickets of orders with open lines, in no order."""
    live = rows.live_orders(problems)
    for order in random.Random(1).choices(live, k=BODIES):
        event = factories.event(
            ticket_id=str(rows.FIRST_TICKET + order),
            customer_id=str(rows.FIRST_CUSTOMER + order),
            subject=f"Order NL{rows.FIRST_NAME + order}",
        )
        yield post(PATH, json.dumps(event).encode(), HEADERS)
