"""What may go wrong with a call on purpose. A fault decides what the caller sees; what is kept stays true."""

import threading
from dataclasses import asdict, dataclass
from typing import Any

MEANING = {
    "error_before": "Error before: 500, nothing done",
    "error_after": "Error after: done, then 500",
    "slow": "Slow: done at once, answered seconds later",
    "reset": "Reset: the connection drops, nothing done",
    "lost": "Answer lost: done, then the connection drops",
    "cut": "Cut: done, then the connection drops in the middle of the answer",
    "key_refused": "Key refused: 403, nothing done",
}
METHODS = ("", "PUT", "GET", "HEAD", "DELETE")
BEFORE = {"error_before", "reset", "key_refused"}


@dataclass
class Fault:
    """One rule. `method`: of which calls (empty: of all); `seconds`: how slow; `times`: how often it strikes before it
    is used up (None: without end)."""

    kind: str
    method: str = ""
    seconds: float = 2.0
    times: int | None = None

    @property
    def is_before(self) -> bool:
        """Whether nothing is done."""
        return self.kind in BEFORE


class Faults:
    """The rules in force; the first that fits a call strikes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.rules: list[Fault] = []

    def set(self, rules: list[dict[str, Any]]) -> None:
        """Replaces all rules; raises ValueError on one that makes no sense."""
        made = [_checked(rule) for rule in rules]
        with self._lock:
            self.rules = made

    def strike(self, method: str) -> Fault | None:
        """The fault of this call, or None."""
        with self._lock:
            for rule in self.rules:
                if rule.method in ("", method) and rule.times != 0:
                    rule.times = None if rule.times is None else rule.times - 1
                    return rule
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """The rules as the control address shows them."""
        return [asdict(rule) for rule in self.rules]


def _checked(rule: dict[str, Any]) -> Fault:
    try:
        fault = Fault(**rule)
        numbers_fit = fault.seconds >= 0 and (fault.times is None or fault.times >= 0)
    except TypeError as error:
        raise ValueError(f"A fault has kind, method, seconds and times: {error}") from error
    if fault.kind not in MEANING or fault.method not in METHODS or not numbers_fit:
        raise ValueError(f"kind is one of {', '.join(MEANING)}; method one of PUT, GET, HEAD, DELETE or empty")
    return fault
