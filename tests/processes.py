"""The service, its worker and the stand-in helpdesk as real processes, for tests that flow through all of them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.nursery import Forked, Nursery

ROOT = Path(__file__).resolve().parent.parent
SECRET_KEY = "a key that only the tests know, long enough"
LOG_LINES_SHOWN = 60

T = TypeVar("T")

# Ports below the range the system hands out by itself, a stretch of its own for each test process.
_ports = itertools.cycle(range(first := 20_000 + os.getpid() % 120 * 100, first + 100))

# When pytest itself is killed, nobody else ends what it started: the kernel does (Linux, PR_SET_PDEATHSIG).
DIE_WITH_THE_TESTS = (
    "import ctypes, os, sys; libc = ctypes.CDLL(None); hasattr(libc, 'prctl') and libc.prctl(1, 15); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def settings(database_url: str, **others: str) -> dict[str, str]:
    """The whole environment of a process of ours: nothing of the developer's own settings gets in."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "error",
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "DATABASE_URL": database_url,
        **others,
    }


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    for port in itertools.islice(_ports, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port found")


def wait_until(condition: Callable[[], T], timeout: float = 15, what: str = "") -> T:
    """Ask again and again until the answer is true, and return it. AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout} s still not: {what or condition}; last answer: {answer!r}")
        time.sleep(0.02)


class Process:
    """One running process, with all it forks, and its log."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes] | Forked, log: Path, url: str = "") -> None:
        self.name = name
        self.log = log
        self.url = url
        self._popen = popen

    @property
    def pid(self) -> int:
        """Of the process itself, not of what it forked."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

    def output(self) -> str:
        """All it has written so far."""
        return self.log.read_text(errors="replace")

    def wait_for_port(self, timeout: float = 20) -> None:
        """Until it takes connections. AssertionError with its log when it ended instead."""
        port = int(self.url.rsplit(":", 1)[1])

        def answers() -> bool:
            assert self.is_running, f"{self.name} ended with {self._popen.returncode}:\n{self.output()}"
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(answers, timeout, f"{self.name} takes connections on port {port}")

    def stop(self, timeout: float = 15) -> int:
        """SIGTERM, as a process manager stops it. Its exit code; AssertionError when it does not end in time."""
        if self.is_running:
            os.kill(self.pid, signal.SIGTERM)
            try:
                self._popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.name} did not stop within {timeout} s of SIGTERM") from None
        return self._popen.wait(timeout)

    def freeze(self) -> None:
        """SIGSTOP. A signal takes its time: returns when none of its threads runs any more."""
        os.kill(self.pid, signal.SIGSTOP)
        if isinstance(self._popen, Forked):
            self._popen.wait_until_stopped()
        else:
            os.waitpid(self.pid, os.WUNTRACED)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, with all it forked: nobody gets to say goodbye."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()


class Processes:
    """All processes of one test: they share a database, a folder and settings, and end with the test.

    `env` may be changed before a process is started; `PUBLIC_URL` already is where `start_service` will listen.
    Without a `nursery` each is started as in production, which takes longer.
    """

    def __init__(self, folder: Path, database_url: str, nursery: Nursery | None = None) -> None:
        self.folder = folder
        self.nursery = nursery
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = settings(
            database_url,
            HOME=str(folder),
            PUBLIC_URL=self.url,
            PICTURES_URL=f"file:{folder}/pictures",
        )
        self.started: list[Process] = []

    def start_service(self, workers: int = 1) -> Process:
        """gunicorn as in production; returns when it takes connections on `url` and all its workers are up."""
        self.env["WEB_CONCURRENCY"] = str(workers)
        service = self.start(
            "service", "-m", "gunicorn", "-c", "gunicorn.conf.py", "--bind", f"127.0.0.1:{self.port}", "app:app",
            url=self.url,
        )  # fmt: skip
        wait_until(lambda: service.output().count("Worker ready") >= workers, 20, "all workers are up")
        return service

    def start_worker(self) -> Process:
        """`flask worker`, which delivers until it is stopped."""
        return self.start("worker", "-m", "flask", "worker")

    def start_sandbox(self, *arguments: str) -> Process:
        """The stand-ins of the vendors; returns when they take connections on the process's `url`."""
        port = free_port()
        return self.start("sandbox", "-m", "sandbox", "--port", str(port), *arguments, url=f"http://127.0.0.1:{port}")

    def start(self, name: str, *arguments: str, url: str = "") -> Process:
        """Run Python with these arguments; with a `url`, wait until it takes connections there."""
        log = self.folder / f"{len(self.started)}-{name}.log"
        process = Process(name, self._popen(arguments, log), log, url)
        self.started.append(process)
        if url:
            process.wait_for_port()
        return process

    def flask(self, *arguments: str) -> dict[str, Any]:
        """Run a command with --json and return the object it prints. AssertionError when it refuses."""
        done = self._run(*arguments, "--json")
        assert done.returncode == 0, f"flask {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}"
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def refusal(self, *arguments: str) -> str:
        """Run a command that refuses, and return the one line it says on stderr."""
        done = self._run(*arguments)
        lines = done.stderr.splitlines()
        assert (done.returncode, len(lines)) == (1, 1), f"exit code {done.returncode}, stderr:\n{done.stderr}"
        return lines[0]

    def end(self) -> None:
        """Stop what still runs, the last one first."""
        for process in reversed(self.started):
            process.kill()

    def logs(self) -> list[tuple[str, str]]:
        """The last lines of each process, to read when a test failed."""
        return [(p.name, "\n".join(p.output().splitlines()[-LOG_LINES_SHOWN:])) for p in self.started]

    def _popen(self, arguments: tuple[str, ...], log: Path) -> subprocess.Popen[bytes] | Forked:
        if self.nursery and arguments[0] == "-m":
            return self.nursery.start(list(arguments[1:]), self.env, log)
        with log.open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-ISc", DIE_WITH_THE_TESTS, sys.executable, *arguments],
                cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
