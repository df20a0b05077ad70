"""The leaky bucket in front of the API: so many calls at once, drained at so many a second."""

import math
import threading
import time
from collections.abc import Callable


class Bucket:
    """Counts the calls of one account. `calls` 0 means no limit."""

    def __init__(self, calls: int = 40, seconds: float = 20, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.set(calls, seconds)

    def set(self, calls: int, seconds: float) -> None:
        """Starts anew with another size."""
        self.calls, self.seconds = calls, seconds
        self._level, self._at = 0.0, self._clock()

    def take(self) -> int:
        """Counts one call. Answers 0, or after how many seconds to come again."""
        with self._lock:
            if not self.calls:
                return 0
            self._drain()
            over = self._level + 1 - self.calls
            if over > 1e-9:
                return max(1, math.ceil(over * self.seconds / self.calls))
            self._level += 1
            return 0

    def header(self) -> str:
        """The fill as the API's header says it, e.g. `10/40`."""
        with self._lock:
            self._drain()
            return f"{math.ceil(self._level)}/{self.calls}" if self.calls else "0/0"

    def _drain(self) -> None:
        at = self._clock()
        if self.calls:
            self._level = max(0.0, self._level - (at - self._at) * self.calls / self.seconds)
        self._at = at
