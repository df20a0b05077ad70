"""The rules of the house: who may import whom, who may commit, and what a new door must bring along.

Each rule is a row of a table below. To move a wall, change the row in a commit of its own and say why in its body.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from tests.access_matrix import WHO
from tests.processes import ROOT, settings
from widget import create_app
from widget.config import Config
from widget.db import db

WIDGET = ROOT / "widget"

# Subjects, lowest first: each may import those of the rows above its own.
SUBJECTS = (
    ("history", "notes", "presses"),
    ("stores",),
    ("people",),
    ("credentials", "calendars", "helpdesks", "saved_views", "edited_lists"),
    ("problem_types",),
    ("orders",),
    ("tickets",),
    ("problems",),
    ("refunds",),
    ("outgoing", "pictures", "presence"),
)
ALL_SUBJECTS = {subject for row in SUBJECTS for subject in row}

# What each room may import of ours, beside itself. A module that is in no row has no room yet.
ROOMS: dict[str, set[str]] = {
    "config": set(),
    "db": set(),
    "errors": set(),
    "tokens": {"errors"},
    "secrets": {"errors"},
    "installation": {"errors"},
    "sheets": {"errors"},
    "money": {"errors"},
    "days": {"errors"},
    "outbox": {"db", "errors"},
    "clients": {"errors"},
    "web": {"config", "db", "errors", "tokens", "installation", "sheets", "outbox", "money", "days", *ALL_SUBJECTS},
    "worker": {"config", "db", "errors", "secrets", "installation", "outbox", "clients", *ALL_SUBJECTS},
}
BELOW_EVERY_SUBJECT = {"db", "errors", "outbox", "tokens", "money", "days"}
for level, row in enumerate(SUBJECTS):
    lower = {subject for above in SUBJECTS[:level] for subject in above}
    ROOMS.update(dict.fromkeys(row, BELOW_EVERY_SUBJECT | lower))
ROOMS["cli"] = set(ROOMS) - {"web"}

# What a room leaves to others, of libraries.
NEVER: dict[str, set[str]] = {
    "tokens": {"flask", "sqlalchemy", "flask_sqlalchemy", "requests"},
    "secrets": {"flask", "sqlalchemy", "flask_sqlalchemy", "requests"},
    "installation": {"flask", "sqlalchemy", "flask_sqlalchemy", "requests"},
    "sheets": {"flask", "sqlalchemy", "flask_sqlalchemy", "requests"},
    "money": {"flask", "sqlalchemy", "flask_sqlalchemy", "requests"},
    "days": {"flask", "sqlalchemy", "flask_sqlalchemy", "requests"},
    "clients": {"flask", "sqlalchemy", "flask_sqlalchemy"},
    "web": {"requests"},
    "outbox": {"flask", "requests", "marshmallow"},
    **{subject: {"flask", "requests", "marshmallow"} for subject in ALL_SUBJECTS},
}

# Who ends a transaction. `db` only sets up raw connections.
MAY_COMMIT = {"web", "worker", "cli", "outbox", "db"}

ONLY_THESE_DOORS_READ_THE_OUTBOX = {"admin"}

NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}

# Hosts a page or a message may name. A vendor's own address stays in its client.
HOSTS_WE_NAME = {"www.w3.org", "127.0.0.1", "localhost", "acme.gorgias.com"}
HOSTS_OF_CLIENTS = {"slack.com"}


class Module:
    """One source file: its dotted name, its tree, and what it imports."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text()
        self.tree = ast.parse(self.text, str(path))
        parts = path.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def __repr__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def room(self) -> str:
        """The module or package right below widget/ that this one is, or is part of."""
        return self.name.split(".")[1] if "." in self.name else ""

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of each import; of `from widget import x` the module x."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    is_module = is_ours(f"{node.module}.{alias.name}")
                    yield node.lineno, f"{node.module}.{alias.name}" if is_module else node.module


def is_ours(name: str) -> bool:
    """Whether that dotted name is a module or package below widget/."""
    path = ROOT.joinpath(*name.split("."))
    return name.startswith("widget.") and (path.with_suffix(".py").exists() or (path / "__init__.py").exists())


def modules_of(*folders: str) -> list[Module]:
    """All Python files of these folders of the project."""
    return [Module(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


WIDGET_MODULES = modules_of("widget")
each_module = pytest.mark.parametrize("module", WIDGET_MODULES, ids=repr)


@pytest.fixture(scope="module")
def bare_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The service without a store: enough to look at its doors."""
    return create_app(Config.from_env(settings(f"sqlite:///{tmp_path_factory.mktemp('house')}/none.db")))


# Walls


@each_module
def test_imports_only_go_down(module):
    if not module.room:
        return  # widget/__init__.py wires the rooms together.
    assert module.room in ROOMS, f"{module} has no room yet: give it a row in {Path(__file__).name}."
    for line, name in module.imports():
        if not name.startswith("widget."):
            continue
        target = name.split(".")[1]
        assert target in {module.room, *ROOMS[module.room]}, (
            f"{module}:{line} imports {name}, but the room `{module.room}` may import only "
            f"{', '.join(sorted(ROOMS[module.room])) or 'nothing of ours'}."
        )


@each_module
def test_rooms_leave_to_others_what_is_not_theirs(module):
    for line, name in module.imports():
        assert name.split(".")[0] not in NEVER.get(module.room, set()), (
            f"{module}:{line} imports {name}, which the room `{module.room}` leaves to others."
        )


@each_module
def test_only_the_one_who_answers_ends_the_transaction(module):
    if module.room in MAY_COMMIT:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr != "commit", (
                f"{module}:{node.lineno} commits. Only {', '.join(sorted(MAY_COMMIT))} may, as their last act."
            )


def test_no_door_imports_another_and_only_admin_reads_the_outbox():
    def door_of(name: str) -> str:
        return name.split(".")[2] if name.startswith("widget.web.") else ""

    doors = {door_of(m.name) for m in WIDGET_MODULES if "Blueprint(" in m.text} - {""}
    for module in WIDGET_MODULES:
        door = door_of(module.name)
        if door not in doors:
            continue
        for line, name in module.imports():
            other = door_of(name)
            assert other == door or other not in doors, (
                f"{module}:{line}: the door `{door}` imports the door `{other}`. What both need is a module without "
                "a blueprint, or a verb of a subject."
            )
            assert not name.startswith("widget.outbox") or door in ONLY_THESE_DOORS_READ_THE_OUTBOX, (
                f"{module}:{line} imports {name}. Subjects enqueue; a door only calls their verbs."
            )


def test_a_client_knows_no_other_vendor():
    def vendor_of(name: str) -> str:
        return name.split(".")[2] if name.startswith("widget.clients.") else ""

    for module in WIDGET_MODULES:
        if module.room == "clients":
            for line, name in module.imports():
                assert vendor_of(name) in {"", "http", vendor_of(module.name)}, (
                    f"{module}:{line} imports {name}; of the clients only `http` is for all."
                )


@pytest.mark.parametrize(("folder", "foreign"), [("widget", ("sandbox", "tests", "bench")), ("sandbox", ("widget",))])
def test_service_and_stand_ins_know_each_other_only_over_http(folder, foreign):
    for module in modules_of(folder):
        for line, name in module.imports():
            assert name.split(".")[0] not in foreign, f"{module}:{line} imports {name}."


# What every file and every door has


@pytest.mark.parametrize("module", modules_of("widget", "sandbox", "tests", "bench"), ids=repr)
def test_every_module_says_what_lives_in_it(module):
    assert module.path.stem not in NAMES_THAT_SAY_NOTHING, f"{module}: the name says nothing about what lives in it."
    if module.text.strip():
        assert ast.get_docstring(module.tree), f"{module} has no docstring."


def test_nothing_is_left_to_do_in_comments():
    for folder in ("widget", "sandbox", "tests", "bench", "templates", "static", "tools", "docs"):
        for path in text_files(folder):
            found = re.findall(r"\b(?:TODO|FIXME)\b", path.read_text()) if path != Path(__file__) else []
            assert not found, f"{path.relative_to(ROOT)} leaves a {found[0]}: do it, or write an issue."


def test_pages_and_messages_name_no_foreign_host():
    named = re.compile(r"""(?:https?:)?//([a-z0-9][a-z0-9.-]*\.[a-z]{2,}|localhost|[0-9.]+)""", re.IGNORECASE)
    places = [(path, path.read_text()) for folder in ("templates", "static") for path in text_files(folder)]
    places += [(module.path, text) for module in WIDGET_MODULES for text in strings_of(module.tree)]
    for path, text in places:
        allowed = HOSTS_WE_NAME | (HOSTS_OF_CLIENTS if "clients" in path.parts else set())
        foreign = {host.lower() for host in named.findall(text)} - allowed
        assert not foreign, f"{path.relative_to(ROOT)} names {', '.join(sorted(foreign))}."


def test_every_blueprint_has_a_guard(bare_app):
    for name, blueprint in bare_app.blueprints.items():
        assert blueprint.before_request_funcs.get(None), (
            f"The blueprint `{name}` lets everybody in. Give it a before_request that says who may enter, even if that "
            "is everyone."
        )


def test_every_route_says_who_may_enter(bare_app):
    endpoints = {rule.endpoint for rule in bare_app.url_map.iter_rules()}
    assert not endpoints - WHO.keys(), "tests/access_matrix.py lacks " + ", ".join(sorted(endpoints - WHO.keys()))
    assert not WHO.keys() - endpoints, "no longer a route: " + ", ".join(sorted(WHO.keys() - endpoints))


def test_readme_lists_every_setting_and_no_other():
    in_table = re.findall(r"^\| *`([A-Z][A-Z0-9_]+)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(in_table) == sorted(field.name.upper() for field in fields(Config))


def test_migrations_have_one_head():
    heads = ScriptDirectory(str(ROOT / "migrations")).get_heads()
    assert len(heads) == 1, f"{len(heads)} heads: {', '.join(heads)}. Rebase the newer migration onto the other."


def test_migrations_make_the_tables_that_the_models_describe(store):
    context = MigrationContext.configure(store.connection(), opts={"compare_type": True})
    differences = compare_metadata(context, db.metadata)
    assert not differences, "The models changed without a migration; write one with: flask db migrate"


def text_files(folder: str) -> Iterator[Path]:
    """The files of a folder that are text, whatever their ending."""
    for path in sorted((ROOT / folder).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and b"\0" not in path.read_bytes()[:4096]:
            yield path


def strings_of(tree: ast.AST) -> Iterator[str]:
    """What the code may say: its string constants, without docstrings (which may link to a vendor's documentation)."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
