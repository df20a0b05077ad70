"""How long the supplier's page takes, view by view, with a thousand open lines and with far more."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

import requests

from bench import servers, stores
from bench.answers import Effort
from bench.figures import Figure, Target
from bench.load import Requests
from tests.processes import settings
from widget import create_app, credentials, people
from widget.config import Config
from widget.db import db
from widget.people import Role

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
VISITS = 30
AT_MOST = Target(300, at_most=True)
# No workshop has a hundred thousand lines open; what it handled may well be more.
ASKED_OF_ALL = {"handled", "news"}


def measure(kind: str, effort: Effort) -> Iterator[Figure]:
    """Each view as one person sees it; the slowest of its visits but one in twenty."""
    for size, problems in PROBLEMS.items():
        with ExitStack() as stack:
            url = stack.enter_context(stores.filled(kind, problems, to_change=True))
            link = _link(url)
            up = stack.enter_context(servers.up())
            service = up.service(url, Requests(up.folder / "none", iter(())))
            visits = requests.Session()
            visits.post(service.process.url + link, headers={"Sec-Fetch-Site": "same-origin"}, timeout=30)
            for view, path in VIEWS.items():
                times, kilobytes = _visit(visits, service.process.url + path, VISITS // (2 if effort.rounds < 3 else 1))
                told = f"median {statistics.median(times):.0f} ms; {kilobytes:.0f} kB"
                name = f"{view}, {size}, {stores.NAMES[kind]}"
                asked = AT_MOST if problems == min(PROBLEMS.values()) or view in ASKED_OF_ALL else None
                yield Figure(name, times[int(len(times) * 0.95)], " ms", asked, told)


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
