"""Load: bursts of prepared requests over a fixed number of connections, each answered before its next request.

wrk does it where it is installed. Elsewhere a process for each connection does; that takes more of the machine, which
brings every ratio a little closer to one.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SCRIPT = Path(__file__).with_name("load.lua")
SEPARATOR = b"\x1e"
CONNECTIONS = 16
PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Burst:
    """What came of a burst. `refused`: answers that were no 2xx; `broken`: requests without an answer."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Answers per second, refusals not counted."""
        # Never quite zero, so that a server which answered nothing still has a ratio.
        return max(self.requests - self.refused, 0.01) / self.seconds

    @property
    def errors(self) -> int:
        """Everything but a 2xx."""
        return self.refused + self.broken


class Requests:
    """Prepared requests in a file; every burst goes on where the last one ended, so that none is sent twice."""

    def __init__(self, path: Path, requests: Iterable[bytes]) -> None:
        self.path = path
        path.write_bytes(SEPARATOR.join(requests))
        self._next = 0

    def burst(self, url: str, *, seconds: float, connections: int = CONNECTIONS) -> Burst:
        """Send them to the server at `url`."""
        send = _with_wrk if shutil.which("wrk") else _with_processes
        burst = send(url, self.path, self._next, seconds, connections)
        self._next += burst.requests + burst.broken + connections
        return burst


def post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """One request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _with_wrk(url: str, path: Path, start: int, seconds: float, connections: int) -> Burst:
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", f"{PATIENCE_SECONDS}s", "-s", SCRIPT, url,
         "--", path, str(start)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Burst(**json.loads(done.stdout.strip().splitlines()[-1]))


def _with_processes(url: str, path: Path, start: int, seconds: float, connections: int) -> Burst:
    requests = path.read_bytes().split(SEPARATOR)
    context = multiprocessing.get_context("fork")
    pipes, begun = [], time.monotonic()
    for nth in range(connections):
        ours, theirs = context.Pipe(duplex=False)
        mine = [requests[(start + place) % len(requests)] for place in range(nth, len(requests), connections)]
        context.Process(target=_send_all, args=(url, mine, begun + seconds, theirs), daemon=True).start()
        pipes.append(ours)
    told = [pipe.recv() for pipe in pipes]
    spent = time.monotonic() - begun
    times = sorted(took for one in told for took in one["times"]) or [0.0]
    return Burst(
        requests=sum(len(one["times"]) for one in told),
        seconds=spent,
        refused=sum(one["refused"] for one in told),
        broken=sum(one["broken"] for one in told),
        p50_ms=statistics.median(times) * 1e3,
        p99_ms=times[int(len(times) * 0.99)] * 1e3,
    )


def _send_all(url: str, requests: list[bytes], until: float, tell: object) -> None:
    parts, place = urlsplit(url), 0
    times, refused, broken = [], 0, 0
    while time.monotonic() < until:
        begun = time.monotonic()
        try:
            answer = _exchange((parts.hostname or "", parts.port or 80), requests[place % len(requests)])
        except OSError:
            answer = b""
        if answer:
            times.append(time.monotonic() - begun)
            refused += answer.split(b" ", 2)[1][:1] != b"2"
        else:
            broken += 1
        place += 1
    tell.send({"times": times, "refused": refused, "broken": broken})  # type: ignore[attr-defined]


def _exchange(address: tuple[str, int], request: bytes) -> bytes:
    with socket.create_connection(address, PATIENCE_SECONDS) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer
