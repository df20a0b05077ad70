"""One helpdesk account at work: its store, its limits, its faults, its queue. The doors find it with desk()."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import cast

from flask import current_app

from sandbox import people
from sandbox.calls import Calls
from sandbox.faults import Faults
from sandbox.limits import Bucket
from sandbox.store import Store, now
from sandbox.triggers import Triggers

DEFAULT_KEY = "demo-key"


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    account: str = "brushwood"
    state: Path | None = None
    calls: int = 40
    seconds: float = 20


@dataclass
class Desk:
    """Everything the doors share."""

    options: Options
    store: Store
    bucket: Bucket
    triggers: Triggers
    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)
    late: int = 0
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def late_call(self) -> Iterator[None]:
        """Counts a call that will be done although its caller is gone."""
        with self._lock:
            self.late += 1
        try:
            yield
        finally:
            with self._lock:
                self.late -= 1

    def reset(self) -> None:
        """Forgets everything and starts with the account and its API user."""
        self.triggers.clear()
        with self.store.open():
            self.store.clear()
            found(self.store, self.options.account)
        self.bucket.set(self.options.calls, self.options.seconds)
        self.faults.set([])
        self.calls.clear()

    def close(self) -> None:
        """Ends the queue and lets go of the state file."""
        self.triggers.stop()
        self.store.close()


def open_desk(options: Options) -> Desk:
    """The account as the state file left it, or a new one."""
    store = Store(options.state)
    with store.open():
        if not store.find("account", 1):
            found(store, options.account)
    return Desk(options, store, Bucket(options.calls, options.seconds), Triggers(store))


def found(store: Store, name: str) -> None:
    """The account's record and the one user whose key opens the API."""
    account = {
        "id": 1,
        "domain": name,
        "name": name.capitalize(),
        "created_datetime": now(),
        "deactivated_datetime": None,
        "status": {"status": "active", "notification": None},
        "meta": {},
        "settings": [],
    }
    store.save("account", account)
    people.add_user(store, f"desk@{name}.example", "Supplier Desk", role="admin", api_key=DEFAULT_KEY)


def desk() -> Desk:
    """The account behind the request at hand."""
    return cast(Desk, current_app.extensions["desk"])
