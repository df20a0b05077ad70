"""How often somebody at one address opened links that do not work: guessing is told to slow down.

Counted by each worker for itself and forgotten after a minute. A link that works always opens, whatever else came from
that address: behind a proxy or in one office many people share it.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque

AT_MOST = 20
WINDOW_SECONDS = 60.0
ADDRESSES_REMEMBERED = 10_000

_tries: OrderedDict[str, deque[float]] = OrderedDict()


def too_many(address: str) -> bool:
    """Count one more try from that address; whether there were too many within the last minute."""
    now = time.monotonic()
    tries = _tries.pop(address, None) or deque(maxlen=AT_MOST + 1)
    while tries and tries[0] <= now - WINDOW_SECONDS:
        tries.popleft()
    tries.append(now)
    _tries[address] = tries
    while len(_tries) > ADDRESSES_REMEMBERED:
        _tries.popitem(last=False)
    return len(tries) > AT_MOST


def forget() -> None:
    """Begin anew."""
    _tries.clear()
