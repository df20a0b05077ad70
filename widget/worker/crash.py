"""Die at a given step, for tests of what a kill leaves behind. Does nothing unless a test asks for it."""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "SUPPLIER_DESK_CRASH_AT"
POINTS = ("leasing", "begun", "answered", "settling", "settled")

_passed: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Kill this process when SUPPLIER_DESK_CRASH_AT is `name`, or `name:n` and this is the n-th time."""
    wanted, _, times = os.environ.get(VARIABLE, "").partition(":")
    if wanted != name:
        return
    _passed[name] += 1
    if _passed[name] == int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
