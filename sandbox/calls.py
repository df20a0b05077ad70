"""The record of every API call, in the order they were answered. Tests read it to see what a client really did."""

import threading
from collections import deque
from typing import Any

from sandbox.store import now


class Calls:
    """The last calls, numbered from 1."""

    def __init__(self, keep: int = 100_000) -> None:
        self._lock = threading.Lock()
        self._calls: deque[dict[str, Any]] = deque(maxlen=keep)
        self.count = 0

    def add(self, **call: Any) -> None:
        """Notes one call with the time at which it was answered (or would have been)."""
        with self._lock:
            self.count += 1
            self._calls.append({"n": self.count, "time": now(), **call})

    def since(self, number: int) -> list[dict[str, Any]]:
        """The calls after a number, oldest first."""
        with self._lock:
            return [call for call in self._calls if call["n"] > number]

    def clear(self) -> None:
        """Forgets the calls and counts from 1 again."""
        with self._lock:
            self._calls.clear()
            self.count = 0
