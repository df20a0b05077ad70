"""The stand-in's memory: plain records by kind and id, one lock, and SQLite beneath it if they shall outlive a restart.

Records are dicts as the API shows them; keys that start with "_" are private to the stand-in. Whoever reads or changes
records does so inside `with store.open():`, which saves what was touched when the outermost block ends. Nobody calls
out while it is open.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Record = dict[str, Any]

# Ranges of their own, so that an id of one kind used for another is found out at once.
FIRST_ID = {"users": 11, "customers": 701, "tickets": 1001, "messages": 50001, "integrations": 31, "widgets": 81}
GROUPED_BY = {"messages": "ticket_id", "calls_out": "integration_id", "events": "object_id"}


def now() -> str:
    """This moment as the API writes it."""
    return datetime.now(UTC).isoformat()


def public(record: Record) -> Record:
    """A record without what the stand-in keeps to itself."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


class Store:
    """All records of one helpdesk account."""

    def __init__(self, path: Path | None = None) -> None:
        # Grows with every change. Starts with the time, so that a page that was open over a restart asks anew.
        self.version = time.time_ns() // 1_000_000
        self._lock = threading.RLock()
        self._depth = 0
        self._tables: dict[str, dict[int, Record]] = {}
        self._groups: dict[tuple[str, Any], dict[int, Record]] = {}
        self._last_id: dict[str, int] = {}
        self._files: dict[str, tuple[str, bytes]] = {}
        self._dirty: dict[tuple[str, int], Record | None] = {}
        self._db = sqlite3.connect(path, check_same_thread=False) if path else None
        self._load()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Holds the lock; what was touched is written when the outermost block ends."""
        with self._lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth and self._dirty:
                    self._write()

    def all(self, kind: str) -> list[Record]:
        """Every record of a kind, oldest first."""
        return list(self._tables.get(kind, {}).values())

    def find(self, kind: str, record_id: int | None) -> Record | None:
        """One record, or None."""
        return self._tables.get(kind, {}).get(record_id) if record_id is not None else None

    def group(self, kind: str, value: int) -> list[Record]:
        """The records of a kind that belong to one ticket, integration or object, oldest first."""
        return list(self._groups.get((kind, value), {}).values())

    def add(self, kind: str, record: Record) -> Record:
        """Gives the record the next id of its kind and keeps it."""
        record["id"] = self._last_id.get(kind, FIRST_ID.get(kind, 1) - 1) + 1
        self.save(kind, record)
        return record

    def save(self, kind: str, record: Record) -> None:
        """Keeps a record that was made or changed."""
        record_id = record["id"]
        self._last_id[kind] = max(self._last_id.get(kind, 0), record_id)
        self._tables.setdefault(kind, {})[record_id] = record
        if kind in GROUPED_BY:
            self._groups.setdefault((kind, record.get(GROUPED_BY[kind])), {})[record_id] = record
        self._dirty[(kind, record_id)] = record

    def remove(self, kind: str, record_id: int) -> None:
        """Forgets a record; its id is never used again."""
        record = self._tables[kind].pop(record_id)
        if kind in GROUPED_BY:
            self._groups[(kind, record.get(GROUPED_BY[kind]))].pop(record_id)
        self._dirty[(kind, record_id)] = None

    def move(self, kind: str, record: Record, value: int) -> None:
        """Puts a grouped record under another owner."""
        del self._groups[(kind, record[GROUPED_BY[kind]])][record["id"]]
        record[GROUPED_BY[kind]] = value
        self.save(kind, record)

    def account(self) -> Record:
        """The account's own record."""
        return self._tables["account"][1]

    def put_file(self, key: str, content_type: str, content: bytes) -> None:
        """Keeps an uploaded file."""
        self._files[key] = (content_type, content)
        if self._db:
            self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (key, content_type, content))
            self._db.commit()

    def file(self, key: str) -> tuple[str, bytes] | None:
        """An uploaded file's type and bytes, or None."""
        return self._files.get(key)

    def clear(self) -> None:
        """Forgets everything, ids included."""
        self._tables, self._groups, self._last_id, self._files, self._dirty = {}, {}, {}, {}, {}
        self.version += 1
        if self._db:
            for table in ("records", "files", "last_ids"):
                self._db.execute(f"DELETE FROM {table}")
            self._db.commit()

    def close(self) -> None:
        """Ends the work with the state file."""
        with self._lock:
            if self._db:
                self._db.close()
                self._db = None

    def _write(self) -> None:
        touched, self._dirty = self._dirty, {}
        self.version += 1
        if not self._db:
            return
        gone = [key for key, record in touched.items() if record is None]
        kept = [(*key, json.dumps(record)) for key, record in touched.items() if record is not None]
        self._db.executemany("DELETE FROM records WHERE kind = ? AND id = ?", gone)
        self._db.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", kept)
        ids = [(kind, self._last_id[kind]) for kind in {kind for kind, _ in touched}]
        self._db.executemany("INSERT OR REPLACE INTO last_ids VALUES (?, ?)", ids)
        self._db.commit()

    def _load(self) -> None:
        if not self._db:
            return
        # A killed process loses nothing in this mode, and a note does not wait for the disk.
        self._db.executescript(
            """PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
            CREATE TABLE IF NOT EXISTS records (kind TEXT, id INTEGER, record TEXT, PRIMARY KEY (kind, id));
            CREATE TABLE IF NOT EXISTS files (key TEXT PRIMARY KEY, content_type TEXT, content BLOB);
            CREATE TABLE IF NOT EXISTS last_ids (kind TEXT PRIMARY KEY, id INTEGER);"""
        )
        for kind, record in self._db.execute("SELECT kind, record FROM records ORDER BY kind, id"):
            self.save(kind, json.loads(record))
        self._last_id.update(self._db.execute("SELECT kind, id FROM last_ids").fetchall())
        self._files = {key: (kind, body) for key, kind, body in self._db.execute("SELECT * FROM files")}
        self._dirty = {}
