"""What may go wrong with an API call, on purpose and with a chosen probability.

A fault decides what the caller sees; what is stored stays true, so a later read of the messages tells what
really happened.
"""

import random
import threading
from dataclasses import asdict, dataclass
from typing import Any

NEW = {"messages": "/messages", "tickets": "/tickets", "uploads": "/upload"}
SCOPES = (*NEW, "writes", "all")
MEANING = {
    "lost": "Answer lost: done, then the connection drops",
    "error_before": "Error before: 500, nothing done",
    "error_after": "Error after: done, then 500",
    "rate_limited": "Rate limited: 429, nothing done",
    "slow": "Slow: done at once, answered seconds later",
    "late": "Late: the caller is dropped, done seconds later",
    "html": "HTML: 200 with a web page, nothing done",
    "key_refused": "Key refused: 401",
    "paused": "Account paused: 403",
    "tags_refused": "Unknown tags refused: 400",
}
KINDS = tuple(MEANING)


@dataclass
class Fault:
    """One rule. `seconds`: how slow or late, or the Retry-after; `hold`: how long a late call keeps its caller waiting;
    `times`: how often it strikes before it is used up (None: without end)."""

    kind: str
    probability: float = 1.0
    scope: str = "messages"
    seconds: float = 2.0
    hold: float = 0.0
    times: int | None = None

    def covers(self, method: str, path: str) -> bool:
        """Whether a call is one of those this rule is for."""
        if self.kind == "tags_refused":
            return False
        if self.scope in NEW:
            return method == "POST" and path.rstrip("/").endswith(NEW[self.scope])
        return self.scope == "all" or method != "GET"


class Faults:
    """The rules in force and the dice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seed: int | None = None
        self._dice = random.Random()
        self.rules: list[Fault] = []

    def set(self, rules: list[dict[str, Any]], seed: int | None = None) -> None:
        """Replaces all rules; raises ValueError on one that makes no sense."""
        made = [_checked(rule) for rule in rules]
        with self._lock:
            self.rules, self.seed = made, seed
            self._dice = random.Random(seed)

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault of this call, or None."""
        with self._lock:
            return next((rule for rule in self.rules if rule.covers(method, path) and self._hits(rule)), None)

    def strikes_tags(self) -> bool:
        """Whether unknown tag names are refused this time."""
        with self._lock:
            return any(rule.kind == "tags_refused" and self._hits(rule) for rule in self.rules)

    def as_json(self) -> dict[str, Any]:
        """The rules as the control API shows them."""
        return {"faults": [asdict(rule) for rule in self.rules], "seed": self.seed}

    def _hits(self, rule: Fault) -> bool:
        if rule.times == 0 or self._dice.random() >= rule.probability:
            return False
        if rule.times is not None:
            rule.times -= 1
        return True


def _checked(rule: dict[str, Any]) -> Fault:
    try:
        fault = Fault(**rule)
        numbers_fit = 0 <= fault.probability <= 1 and fault.seconds >= 0 and fault.hold >= 0
    except TypeError as error:
        raise ValueError(f"A fault has kind, probability, scope, seconds, hold and times: {error}") from error
    if fault.kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    if fault.scope not in SCOPES or not numbers_fit:
        raise ValueError(f"scope is one of {', '.join(SCOPES)}; probability is 0 to 1; seconds and hold are at least 0")
    return fault
