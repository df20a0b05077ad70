"""Servers under measurement: each app under gunicorn with the service's own settings, and what its workers use up."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import stores
from bench.load import Burst, Requests
from tests.processes import Process, Processes

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
WORKERS = len(os.sched_getaffinity(0))
COMPARED = ("-m", "gunicorn", "-c", "bench/gunicorn_conf.py")


class Server:
    """A running server, the requests meant for it, and every burst it was given."""

    def __init__(self, process: Process, store: str, requests: Requests) -> None:
        self.process = process
        self.store = store
        self.requests = requests
        self.bursts: list[Burst] = []
        self.cpu_us: list[float] = []

    def burst(self, seconds: float) -> None:
        """One more."""
        before = self._cpu_seconds()
        burst = self.requests.burst(self.process.url, seconds=seconds)
        self.cpu_us.append((self._cpu_seconds() - before) * 1e6 / max(1, burst.requests))
        self.bursts.append(burst)

    @property
    def rates(self) -> list[float]:
        """Answers per second, burst by burst."""
        return [burst.rate for burst in self.bursts]

    @property
    def errors(self) -> int:
        """Of all bursts."""
        return sum(burst.errors for burst in self.bursts)

    @property
    def best(self) -> Burst:
        """The burst that was disturbed least."""
        return max(self.bursts, key=lambda burst: burst.rate)

    def largest_worker_mb(self) -> float:
        """Proportional memory (PSS) of its largest worker: what is shared with the others counts by its part."""
        return max(_pss_kb(pid) for pid in self.worker_pids()) / 1024

    def worker_pids(self) -> list[int]:
        """gunicorn's workers."""
        return children(self.process.pid)

    def _cpu_seconds(self) -> float:
        return sum(_cpu_ticks(pid) for pid in self.worker_pids()) / TICKS_PER_SECOND


def children(pid: int) -> list[int]:
    """The processes that one started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Servers:
    """Servers that are up at the same time: only what is measured in the same minutes can be compared."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[Processes] = []

    def service(self, url: str, requests: Requests) -> Server:
        """The service on a store."""
        return Server(self._processes(url).start_service(WORKERS), url, requests)

    def compared(self, app: str, url: str, requests: Requests) -> Server:
        """An app of ours to compare with, `bare` or `textbook`."""
        own = self._processes(url)
        bind = f"127.0.0.1:{own.port}"
        return Server(own.start(app, *COMPARED, "--bind", bind, f"bench.{app}:app", url=own.url), url, requests)

    def end(self) -> None:
        """Stop them all."""
        for started in self._started:
            started.end()

    def _processes(self, url: str) -> Processes:
        folder = self.folder / str(len(self._started))
        folder.mkdir()
        self._started.append(Processes(folder, url))
        return self._started[-1]


@contextmanager
def up() -> Iterator[Servers]:
    """Start servers in here; they end with the block."""
    servers = Servers(Path(tempfile.mkdtemp(prefix="supplier-desk-bench-")))
    try:
        yield servers
    finally:
        servers.end()
        shutil.rmtree(servers.folder)


def interleave(servers: list[Server], *, rounds: int, seconds: float) -> None:
    """A burst each, round by round, after one that warms up. Each round begins with another server."""
    for server in servers:
        server.requests.burst(server.process.url, seconds=1)
    for number in range(rounds):
        for store in {server.store for server in servers}:
            stores.warm(store)
        turn = number % len(servers)
        for server in servers[turn:] + servers[:turn]:
            server.burst(seconds)


def _pss_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _cpu_ticks(pid: int) -> int:
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(numbers[11]) + int(numbers[12])
