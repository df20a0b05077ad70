"""Where the measured stores come from: SQLite files that are kept in var/bench, databases of a PostgreSQL server."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from bench import rows
from tests import databases
from tests.processes import ROOT, settings

FOLDER = ROOT / "var" / "bench"
KINDS = ("sqlite", "postgresql")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

# As in production: on the disk, and a commit is only answered when it is there.
ON_DISK = ("-c shared_buffers=512MB -c max_connections=100 -c log_timezone=UTC", Path("/nonexistent"))
AS_TESTS_DO = (databases.SERVER_OPTIONS, databases.MEMORY)


@contextmanager
def server(*, honest: bool = True) -> Iterator[None]:
    """Whoever asks for a PostgreSQL database in here gets one of one server; it ends with the block."""
    databases.SERVER_OPTIONS, databases.MEMORY = ON_DISK if honest else AS_TESTS_DO
    folder = databases.RunFolder()
    try:
        yield
    finally:
        folder.close()


@contextmanager
def filled(kind: str, problems: int, *, to_change: bool = False) -> Iterator[str]:
    """The address of a store with so many problems. `to_change`: of a copy that may be written to."""
    if kind == "sqlite":
        with _filled_sqlite(problems, to_change=to_change) as url:
            yield url
        return
    with databases.fresh(kind) as url:
        rows.fill(url, problems)
        yield url


@contextmanager
def _filled_sqlite(problems: int, *, to_change: bool) -> Iterator[str]:
    path = FOLDER / f"{problems}-{_shape()}.sqlite3"
    if not path.exists():
        _make_sqlite(path, problems)
    if not to_change:
        yield f"sqlite:///{path}"
        return
    copy = path.with_suffix(".copy")
    shutil.copyfile(path, copy)
    try:
        yield f"sqlite:///{copy}"
    finally:
        for left in FOLDER.glob(copy.name + "*"):
            left.unlink()


def warm(url: str) -> None:
    """Have the system hold the store's file in memory: it lets go of what was not read for a while."""
    name = make_url(url).database
    if not url.startswith("sqlite") or name is None:
        return
    with Path(name).open("rb") as file:
        while file.read(1 << 20):
            pass


def _make_sqlite(path: Path, problems: int) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for outdated in FOLDER.glob(f"{problems}-*"):
        outdated.unlink()
    unfinished = path.with_suffix(".unfinished")
    url = f"sqlite:///{unfinished}"
    subprocess.run([sys.executable, "-m", "flask", "db", "upgrade"], cwd=ROOT, env=settings(url), check=True)
    rows.fill(url, problems)
    unfinished.rename(path)


def _shape() -> str:
    """Changes with the tables and with what is put into them."""
    sources = [Path(rows.__file__), *sorted((ROOT / "migrations" / "versions").glob("*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:10]
