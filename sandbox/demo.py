"""`make demo`: the service, its worker and the stand-in helpdesk with demo data, until Ctrl-C.

Everything is done the way an owner would do it: by the service's own commands and over HTTP. What the first
start stored is kept below var/demo; a second start goes on with it.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "demo"
TICKETS = Path(__file__).with_name("demo_tickets.json")
LINES = [Path(__file__).with_name(name) for name in ("demo_past.json", "demo_lines.json")]
CLAIMS = Path(__file__).with_name("demo_claims.json")
BIN = Path(sys.executable).parent

HELPDESK = "brushwood"
# Ten times what Gorgias allows: filling the demo would use up the first twenty seconds of the real limit.
RATE_LIMIT = ("--rate-limit", "400/20")
STORES = (
    ("NL", "Penseel & Doek", r"NL\d{5}", "EUR", "nl", "Europe/Amsterdam"),
    ("DE", "Pinselwerk", r"DE\d{5}", "EUR", "de", "Europe/Berlin"),
    ("GB", "Brush & Canvas", r"GB\d{5}", "GBP", "en", "Europe/London"),
)
SUPPLIERS = (
    ("Dafen Art", ("NL", "GB"), "liwei@dafen.example"),
    ("Xiamen Oil Studio", ("DE",), "chenyu@xiamen.example"),
)
# Whoever is first asked whether a refund may be claimed writes to customers as well.
APPROVER = ("approver", "agent")
PEOPLE = (
    (("agent",), "anna@brushwood.example", "Anna Visser", None),
    (("supplier",), "liwei@dafen.example", "Li Wei", "Dafen Art"),
    (APPROVER, "natalie@brushwood.example", "Natalie Roth", None),
    (("admin",), "admin@brushwood.example", "Mara Admin", None),
)
# What is printed before each link, and where signing in by it leads instead of to the start page.
DOORS = {
    "agent": ("Agent: the desk", ""),
    "supplier": ("Supplier", ""),
    "approver": ("Approver", "?next=/claims/approvals"),
    "admin": ("Admin", ""),
}
# They work on lines and claims as well, but have no use for a link of their own here.
COLLEAGUES = (
    (("supplier",), "chenyu@xiamen.example", "Chen Yu", "Xiamen Oil Studio"),
    (("agent",), "ben@brushwood.example", "Ben Okafor", None),
    (APPROVER, "katja@brushwood.example", "Katja Brandt", None),
)
# Of the seeded tickets, which get their numbers in the order of the file.
A_PROBLEM, A_REFUND = 1001, 1014


@dataclass(frozen=True)
class Demo:
    """Where the parts of one demo answer, and the environment they run in."""

    url: str
    helpdesk_url: str
    env: dict[str, str]

    def flask(self, *words: str, said: str = "") -> str:
        """Run one of the service's commands and return what it printed. Ends the demo when it refuses."""
        command = [str(BIN / "flask"), *words]
        done = subprocess.run(command, cwd=ROOT, env=self.env, input=said, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"flask {' '.join(words[:2])} failed: {done.stderr.strip()}")
        return done.stdout

    def flask_each(self, commands: Iterable[Sequence[str]]) -> list[str]:
        """Run several in one process, which is much quicker, and return what each printed."""
        printed = self.flask("demo", "run", said="".join(json.dumps(words) + "\n" for words in commands))
        return [json.loads(line) for line in printed.splitlines()]


def main() -> None:
    """Start everything, print the addresses, wait for Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sandbox-port", type=int, default=8001)
    arguments = parser.parse_args()
    for port in (arguments.port, arguments.sandbox_port):
        _refuse_taken(port)
    print("Starting …", flush=True)
    demo = _prepare(arguments.port, arguments.sandbox_port)
    # Ctrl-C and a process manager's SIGTERM end the demo the same way.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with ExitStack() as started:
            _run(demo, arguments, started)
    except KeyboardInterrupt:
        pass
    print("\nStopped. What you did is kept; `make demo` goes on, `make demo-reset` throws it away.")


def _run(demo: Demo, arguments: argparse.Namespace, started: ExitStack) -> None:
    state = ["--state", str(KEPT / "helpdesk.state")]
    sandbox = [sys.executable, "-m", "sandbox", "--port", str(arguments.sandbox_port), *state, *RATE_LIMIT]
    gunicorn = [str(BIN / "gunicorn"), "-c", "gunicorn.conf.py", "--bind", f"127.0.0.1:{arguments.port}", "app:app"]
    running = {"helpdesk": started.enter_context(_process("helpdesk", sandbox, demo.env))}
    _wait_for(demo.helpdesk_url + "/_sandbox/calls")
    document = json.loads(TICKETS.read_text())
    _post(demo.helpdesk_url + "/_sandbox/seed", {**document, "tickets": []})
    links = _set_up(demo, next(user for user in document["users"] if user.get("api_key")))
    running["service"] = started.enter_context(_process("service", gunicorn, demo.env))
    _wait_for(demo.url + "/healthz")
    _post(demo.helpdesk_url + "/_sandbox/seed", document)
    _wait_for(demo.helpdesk_url + "/_sandbox/idle?timeout=20")
    demo.flask("demo", "fill", *map(str, LINES), "--claims", str(CLAIMS))
    running["worker"] = started.enter_context(_process("worker", [str(BIN / "flask"), "worker"], demo.env))
    _print_addresses(demo, links)
    _watch(running)


def _prepare(port: int, sandbox_port: int) -> Demo:
    KEPT.mkdir(parents=True, exist_ok=True)
    key = KEPT / "secret_key"
    if not key.exists():
        key.write_text(secrets.token_urlsafe(48))
        key.chmod(0o600)
    url = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "SECRET_KEY": key.read_text(),
        "PUBLIC_URL": url,
        "DATABASE_URL": f"sqlite:///{KEPT / 'widget.db'}",
        "PICTURES_URL": f"file:{KEPT / 'pictures'}",
        "OUTBOX_SETTLE_SECONDS": "5",
        "FLASK_APP": "app.py",
    }
    return Demo(url, f"http://127.0.0.1:{sandbox_port}", env)


def _set_up(demo: Demo, api_user: dict[str, str]) -> list[str]:
    """Everything an owner sets up, by the commands he would use; a sign-in link for each of the people."""
    everybody = (*PEOPLE, *COLLEAGUES)
    commands = [
        ["db", "upgrade"],
        [
            *("helpdesk", "add", HELPDESK, "--url", demo.helpdesk_url),
            *("--email", api_user["email"], "--api-key", api_user["api_key"], *RATE_LIMIT),
        ],
        *(_store(*store) for store in STORES),
        *(["supplier", "add", name, *_each("--store", codes), "--mention", by] for name, codes, by in SUPPLIERS),
        ["helpdesk", "install", HELPDESK],
        *(_person(*person) for person in everybody),
    ]
    printed = demo.flask_each(commands)
    return [json.loads(line)["link"] for line in printed[-len(everybody) :]]


def _store(code: str, name: str, pattern: str, currency: str, locale: str, timezone: str) -> list[str]:
    return [
        *("store", "add", code, "--name", name, "--helpdesk", HELPDESK, "--order-pattern", pattern),
        *("--currency", currency, "--locale", locale, "--timezone", timezone),
    ]


def _person(roles: tuple[str, ...], email: str, name: str, supplier: str | None) -> list[str]:
    of = ("--supplier", supplier) if supplier else ()
    return ["person", "add", email, "--name", name, *_each("--role", roles), *of, "--json"]


def _each(option: str, values: tuple[str, ...]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _print_addresses(demo: Demo, links: list[str]) -> None:
    print("\nSupplier Desk is running on this machine.\n")
    for title, ticket in (("Agent: a ticket", A_PROBLEM), ("Agent: a refund", A_REFUND)):
        print(f"  {title:<18} {demo.helpdesk_url}/app/ticket/{ticket}?agent=anna@brushwood.example")
    for (roles, *_), link in zip(PEOPLE, links, strict=False):
        title, leads_to = DOORS[roles[0]]
        print(f"  {title:<18} {link}{leads_to}")
    print(f"\nOpen the ticket first: the widget is on its right. Logs: {KEPT.relative_to(ROOT)}/*.log")
    print("Ctrl-C stops everything.", flush=True)


def _watch(running: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        for name, process in running.items():
            if process.poll() is not None:
                sys.exit(f"The {name} ended by itself with {process.returncode}. See {KEPT / name}.log")
        time.sleep(0.5)


@contextmanager
def _process(name: str, command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own group, so that Ctrl-C reaches it through us only and in our order."""
    with (KEPT / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=28)
        except subprocess.TimeoutExpired:
            process.kill()


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"Port {port} is in use. Choose others: make demo PORT=8100 SANDBOX_PORT=8101")


def _wait_for(url: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=seconds):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                sys.exit(f"{url} does not answer.")
            time.sleep(0.1)


def _post(url: str, data: dict[str, Any]) -> None:
    body = json.dumps(data).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=60):
        pass


if __name__ == "__main__":
    main()
