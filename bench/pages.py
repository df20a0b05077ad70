"""How long the supplier's page and the desk take, view by view, with a thousand open lines and with far more."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

import requests
from sqlalchemy import update

from bench import servers, stores
from bench.answers import Effort
from bench.figures import Figure, Target
from bench.load import Requests
from tests.processes import settings
from widget import create_app, credentials, people
from widget.config import Config
from widget.db import db
from widget.people import Role
from widget.problems import Problem

# Every tenth of them is open.
PROBLEMS = {"1,000 open lines": 10_000, "100,000 open lines": 1_000_000}
VIEWS = {
    "open": "/supplier",
    "photo issues": "/supplier?board=photo_issues",
    "my turn": "/supplier?turn=supplier",
    "searched": "/supplier?q=number+77",
    "handled": "/supplier?view=handled",
    "news": "/supplier/news?since=1",
}
# The desk of a shop that kept a hundred thousand handled lines, with two thousand open ones.
DESK_LINES, OPEN_ON_THE_DESK = 102_000, 2_040
DESK_VIEWS = {
    "open": "/desk",
    "photo issues": "/desk?board=photo_issues",
    "late": "/desk?late=yes",
    "by number": "/desk?sort=number",
    "searched": "/desk?q=number+77",
    "handled": "/desk?view=handled",
    "handled, searched": "/desk?view=handled&q=NL1000077",
    "handled, nothing found": "/desk?view=handled&q=nothing",
    "news": "/desk/news?since=1",
}
VISITS = 30
AT_MOST = Target(300, at_most=True)
# No workshop has a hundred thousand lines open; what it handled may well be more.
ASKED_OF_ALL = {"handled", "news"}


def measure(kind: str, effort: Effort) -> Iterator[Figure]:
    """Each view as one person sees it; the slowest of its visits but one in twenty."""
    visits = VISITS // (2 if effort.rounds < 3 else 1)
    yield from _measure_supplier(kind, visits)
    yield from _measure_desk(kind, visits)


def _measure_supplier(kind: str, count: int) -> Iterator[Figure]:
    for size, problems in PROBLEMS.items():
        with ExitStack() as stack:
            url = stack.enter_context(stores.filled(kind, problems, to_change=True))
            for view, visited in _visit_all(stack, url, _link(url), VIEWS, count):
                asked = AT_MOST if problems == min(PROBLEMS.values()) or view in ASKED_OF_ALL else None
                yield _figure(f"{view}, {size}, {stores.NAMES[kind]}", visited, asked)


def _measure_desk(kind: str, count: int) -> Iterator[Figure]:
    with ExitStack() as stack:
        url = stack.enter_context(stores.filled(kind, DESK_LINES, to_change=True))
        _handle_most(url)
        for view, visited in _visit_all(stack, url, _agents_link(url), DESK_VIEWS, count):
            yield _figure(f"desk, {view}, {OPEN_ON_THE_DESK:,} open lines, {stores.NAMES[kind]}", visited, AT_MOST)


def _visit_all(
    stack: ExitStack, url: str, link: str, views: dict[str, str], count: int
) -> Iterator[tuple[str, tuple[list[float], float]]]:
    """Somebody signs in and looks at each view that often."""
    up = stack.enter_context(servers.up())
    service = up.service(url, Requests(up.folder / "none", iter(())))
    visits = requests.Session()
    visits.post(service.process.url + link, headers={"Sec-Fetch-Site": "same-origin"}, timeout=30)
    for view, path in views.items():
        yield view, _visit(visits, service.process.url + path, count)


def _figure(name: str, visited: tuple[list[float], float], asked: Target | None) -> Figure:
    times, kilobytes = visited
    told = f"median {statistics.median(times):.0f} ms; {kilobytes:.0f} kB"
    return Figure(name, times[int(len(times) * 0.95)], " ms", asked, told)


def _handle_most(url: str) -> None:
    """Leave one in five of the orders with open lines as it is."""
    app = create_app(Config.from_env(settings(url)))
    with app.app_context():
        most = Problem.handled_at.is_(None), Problem.order_id % 5 != 1
        db.session.execute(update(Problem).where(*most).values(handled_at=Problem.reported_at, handled_by="Li Wei"))
        db.session.commit()
        db.engine.dispose()


def _agents_link(url: str) -> str:
    """The path of an agent's link."""
    app = create_app(Config.from_env(settings(url)))
    with app.app_context():
        person = people.add_person("anna@brushwood.example", name="Anna Visser", roles={Role.AGENT}, supplier=None)
        path = f"/l/{credentials.new_link(person)}"
        db.session.commit()
        db.engine.dispose()
    return path


def _link(url: str) -> str:
    """The path of a supplier person's link."""
    app = create_app(Config.from_env(settings(url)))
    with app.app_context():
        workshop = people.get_supplier("Dafen Art")
        person = people.add_person("li@dafen.example", name="Li Wei", roles={Role.SUPPLIER}, supplier=workshop)
        path = f"/l/{credentials.new_link(person)}"
        db.session.commit()
        db.engine.dispose()
    return path


def _visit(visits: requests.Session, url: str, count: int) -> tuple[list[float], float]:
    """Milliseconds of each visit, shortest first, and what an answer weighs as it travels."""
    times, size = [], 0
    visits.get(url, timeout=30)
    for _ in range(count):
        before = time.perf_counter()
        answer = visits.get(url, timeout=30, stream=True)
        size = len(answer.raw.read())
        times.append((time.perf_counter() - before) * 1000)
        assert answer.ok, answer.status_code
    return sorted(times), size / 1000
