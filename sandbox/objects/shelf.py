"""What is kept, and all the doors share. Views find it with shelf()."""

import hashlib
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import current_app

from sandbox.calls import Calls
from sandbox.objects import Options
from sandbox.objects.faults import Faults


@dataclass(frozen=True)
class Kept:
    """One object."""

    content: bytes
    content_type: str
    at: datetime

    @property
    def etag(self) -> str:
        """As S3 makes it of an object that came in one piece."""
        return f'"{hashlib.md5(self.content).hexdigest()}"'


@dataclass
class Shelf:
    """The objects of the one bucket."""

    options: Options
    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)
    _objects: dict[str, Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, key: str, content: bytes, content_type: str, *, only_if_new: bool) -> Kept | None:
        """Keeps an object; None when there is one already and only a new one was wanted."""
        kept = Kept(content, content_type, datetime.now(UTC))
        with self._lock:
            if only_if_new and key in self._objects:
                return None
            self._objects[key] = kept
        return kept

    def find(self, key: str) -> Kept | None:
        """The object under a key."""
        return self._objects.get(key)

    def remove(self, key: str) -> None:
        """Forgets an object, if there is one."""
        with self._lock:
            self._objects.pop(key, None)

    def listed(self, prefix: str, after: str) -> list[tuple[str, Kept]]:
        """Keys and objects below a prefix, in order, those after a key."""
        with self._lock:
            return sorted((key, kept) for key, kept in self._objects.items() if key.startswith(prefix) and key > after)

    def age(self, key: str, seconds: float) -> None:
        """Makes an object older. Raises KeyError."""
        with self._lock:
            kept = self._objects[key]
            self._objects[key] = replace(kept, at=kept.at - timedelta(seconds=seconds))

    def clear(self) -> None:
        """Forgets objects, faults and calls."""
        with self._lock:
            self._objects.clear()
        self.faults.set([])
        self.calls.clear()


def shelf() -> Shelf:
    """That of the app at work."""
    return cast("Shelf", current_app.extensions["shelf"])
