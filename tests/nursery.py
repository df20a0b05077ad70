"""Where processes of tests are born quickly: one imports everything once, and the others are forked from it.

Starting Python and importing the service takes longer than what most tests do with a process. What is forked here goes
on as `python -m MODULE …`: with an environment, arguments, a group and a log of its own. It shares nothing but what
was imported; nothing was set up yet. Only on Linux: elsewhere a library may not survive a fork.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

# What service, worker and stand-in import before they do anything.
IMPORTED = (
    "flask.cli",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.sync",
    "psycopg",
    "sandbox",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "widget",
)
PR_SET_PDEATHSIG, SIGTERM = 1, 15


class Forked:
    """One forked process, in the words of subprocess.Popen."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        """The exit code once it ended."""
        if self.returncode is None:
            self.returncode = self._nursery.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """The exit code. TimeoutExpired when it does not end within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.01)
        return code

    def wait_until_stopped(self) -> None:
        """Until SIGSTOP reached all its threads."""
        self._nursery.ask(stopped=self.pid)


class Nursery:
    """The process that imported everything, as others see it. It ends with who started it, and so do its children."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery"],
            cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def start(self, arguments: list[str], env: dict[str, str], log: Path) -> Forked:
        """Have a process go on as `python -m` with these arguments; what it says goes into the log."""
        log.touch()
        return Forked(self, self.ask(arguments=arguments, env=env, log=str(log)))

    def ask(self, **order: Any) -> Any:
        """Send one order, and return what is answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            print(json.dumps(order), file=self._process.stdin, flush=True)
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def serve() -> dict[str, Any] | None:
    """Take orders until there are no more. In a forked process: the order that it is to follow."""
    for line in sys.stdin:
        order = json.loads(line)
        if "ended" in order:
            answer = _exit_code(order["ended"])
        elif "stopped" in order:
            answer = os.waitpid(order["stopped"], os.WUNTRACED)[0]
        else:
            answer = os.fork()
            if not answer:
                return dict(order)
            # A group of its own before anybody may kill it.
            os.setpgid(answer, answer)
        print(json.dumps(answer), flush=True)
    return None


def _exit_code(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def follow(order: dict[str, Any]) -> None:
    """Become what was ordered. Ends with whoever it was forked from, however that one ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGTERM)
    with open(os.devnull) as nothing, open(order["log"], "ab") as log:  # noqa: PTH123  os.devnull is no place
        for file, number in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = order["arguments"]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    if mine := serve():
        follow(mine)
