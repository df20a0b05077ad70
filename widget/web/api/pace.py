"""How many requests a token makes within a minute. Counted by each process for itself, so it is a bound, not a bill."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque

AT_MOST = 600
WINDOW_SECONDS = 60.0
TOKENS_REMEMBERED = 1_000

_made: OrderedDict[int, deque[float]] = OrderedDict()


def wait_for(token_id: int) -> int:
    """Count one more request of a token, and after how many seconds to ask again: 0 when it is not too fast."""
    now = time.monotonic()
    made = _made.pop(token_id, None) or deque()
    _made[token_id] = made
    while len(_made) > TOKENS_REMEMBERED:
        _made.popitem(last=False)
    while made and made[0] <= now - WINDOW_SECONDS:
        made.popleft()
    if len(made) >= AT_MOST:
        return max(1, math.ceil(made[0] + WINDOW_SECONDS - now))
    made.append(now)
    return 0


def forget() -> None:
    """Begin anew."""
    _made.clear()
