"""The commands that set things up: one JSON object, repeatable, one clear line on refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from widget import history
from widget.credentials import SignInLink
from widget.db import db
from widget.people import Person, Role, Supplier
from widget.stores import Helpdesk, Store

HELPDESK = ("helpdesk", "add", "main", "--url", "https://acme.gorgias.com", "--email", "a@b.c", "--api-key", "a key")
STORE = (
    *("store", "add", "nl", "--name", "Shop", "--helpdesk", "main", "--order-pattern", r"NL\d{5}"),
    *("--currency", "EUR", "--locale", "nl", "--timezone", "Europe/Amsterdam"),
)
SUPPLIER = ("supplier", "add", "Dafen Art", "--store", "NL", "--mention", "li@b.c")


class Commands:
    """Runs `flask …` inside the test's process."""

    def __init__(self, app: Flask) -> None:
        self.runner = app.test_cli_runner()

    def json(self, *words: str) -> Any:
        """What the command printed with --json."""
        done = self.runner.invoke(args=[*words, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def refusal(self, *words: str) -> str:
        """The one line a refused command leaves on stderr."""
        done = self.runner.invoke(args=list(words))
        assert done.exit_code == 1, done.output
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        return str(done.stderr)


@pytest.fixture
def commands(app: Flask) -> Commands:
    return Commands(app)


def count(app: Flask, table: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_adding_everything_twice_changes_nothing(app: Flask, commands: Commands) -> None:
    first = [commands.json(*words) for words in (HELPDESK, STORE, SUPPLIER)]
    again = [commands.json(*words) for words in (HELPDESK, STORE, SUPPLIER)]
    assert first == again
    assert first[0] == {"id": 1, "name": "main"}
    assert [count(app, table) for table in (Helpdesk, Store, Supplier)] == [1, 1, 1]


def test_other_values_update_what_exists(app: Flask, commands: Commands) -> None:
    commands.json(*HELPDESK)
    commands.json(*HELPDESK[:4], "https://other.gorgias.com", *HELPDESK[5:], "--rate-limit", "80/20")
    with app.app_context():
        desk = db.session.scalars(select(Helpdesk)).one()
        assert desk.url == "https://other.gorgias.com"
        assert desk.calls_allowed == 80


def test_the_api_key_is_sealed(app: Flask, commands: Commands) -> None:
    commands.json(*HELPDESK)
    with app.app_context():
        desk = db.session.scalars(select(Helpdesk)).one()
        assert "a key" not in desk.api_key_sealed
        assert app.extensions["box"].open(desk.api_key_sealed) == "a key"


def test_adding_a_person_again_leaves_the_links_they_have_alone(app: Flask, commands: Commands) -> None:
    words = ("person", "add", "an@b.c", "--name", "An", "--role", "agent")
    assert commands.json(*words)["link"] != commands.json(*words)["link"]
    assert count(app, Person) == 1
    with app.app_context():
        working = select(func.count()).select_from(SignInLink).where(SignInLink.revoked_at.is_(None))
        assert db.session.scalar(working) == 2


def test_the_history_says_who_became_an_approver_at_a_terminal(app: Flask, commands: Commands) -> None:
    add = ("person", "add", "an@b.c", "--name", "An", "--role", "agent")
    for roles in ((), ("--role", "approver"), ("--role", "approver"), ()):
        commands.json(*add, *roles)
    with app.app_context():
        told = [(change.actor, change.field, change.old, change.new) for change in history.of("person", 1)]
        version = db.session.scalars(select(Person.version)).one()
    assert told == [
        ("Command line", "roles", "", "agent"),
        ("Command line", "roles", "agent", "agent, approver"),
        ("Command line", "roles", "agent, approver", "agent"),
    ]
    # An admin whose form is older is told.
    assert version == 3


def test_a_person_gets_a_link_and_a_new_one_revokes_it(app: Flask, commands: Commands) -> None:
    for words in (HELPDESK, STORE, SUPPLIER):
        commands.json(*words)
    added = commands.json("person", "add", "Li@b.c", "--name", "Li", "--role", "supplier", "--supplier", "Dafen Art")
    assert added["email"] == "li@b.c"
    assert added["link"].startswith("http://127.0.0.1:8000/l/")
    renewed = commands.json("person", "link", "li@b.c")
    assert renewed["link"] != added["link"]
    assert count(app, Person) == 1
    with app.app_context():
        working = select(func.count()).select_from(SignInLink).where(SignInLink.revoked_at.is_(None))
        assert db.session.scalar(working) == 1


def test_revoking_ends_every_link_until_a_new_one_is_made(app: Flask, commands: Commands) -> None:
    commands.json("person", "add", "an@b.c", "--name", "An", "--role", "agent")
    commands.json("person", "add", "an@b.c", "--name", "An", "--role", "agent")
    assert commands.json("person", "revoke", "an@b.c") == {"id": 1, "email": "an@b.c"}
    working = select(func.count()).select_from(SignInLink).where(SignInLink.revoked_at.is_(None))
    with app.app_context():
        assert db.session.scalar(working) == 0
        assert db.session.scalars(select(Person.revoked_at)).one() is not None
    commands.json("person", "link", "an@b.c")
    with app.app_context():
        assert db.session.scalar(working) == 1
        assert db.session.scalars(select(Person.revoked_at)).one() is None


def test_the_last_admin_stays_one_until_there_is_another(app: Flask, commands: Commands) -> None:
    for words in (HELPDESK, STORE, SUPPLIER):
        commands.json(*words)
    add = ("person", "add", "eva@b.c", "--name", "Eva")
    commands.json(*add, "--role", "agent", "--role", "admin")
    for refused in (
        ("person", "revoke", "eva@b.c"),
        (*add, "--role", "agent"),
        (*add, "--role", "supplier", "--supplier", "Dafen Art"),
    ):
        assert "Eva is the last admin. Make somebody else an admin first." in commands.refusal(*refused)
    commands.json(*add, "--role", "admin")
    with app.app_context():
        eva = db.session.scalars(select(Person)).one()
        assert (eva.roles, eva.revoked_at, eva.supplier) == ({Role.ADMIN}, None, None)
    commands.json("person", "add", "ben@b.c", "--name", "Ben", "--role", "admin")
    commands.json("person", "revoke", "eva@b.c")
    commands.json(*add, "--role", "agent")
    assert "Ben is the last admin" in commands.refusal("person", "revoke", "ben@b.c")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((*HELPDESK[:4], "acme", *HELPDESK[5:]), "is no address"),
        ((*HELPDESK, "--rate-limit", "fast"), "is no rate limit"),
        ((*HELPDESK[:6], "nobody", *HELPDESK[7:]), "is no e-mail address"),
        (("helpdesk", "install", "nope"), "There is no helpdesk 'nope'"),
        (("helpdesk", "check", "nope"), "There is no helpdesk 'nope'"),
        ((*STORE[:6], "nope", *STORE[7:]), "There is no helpdesk 'nope'"),
        ((*STORE[:8], "(", *STORE[9:]), "no regular expression"),
        (("supplier", "add", "X", "--store", "XX"), "There is no store 'XX'"),
        (("person", "add", "x", "--name", "X", "--role", "agent"), "is no e-mail address"),
        (("person", "add", "x@y.z", "--name", "X", "--role", "supplier"), "needs --supplier"),
        (("person", "add", "x@y.z", "--name", "X", "--role", "supplier", "--supplier", "No"), "There is no supplier"),
        (("person", "link", "x@y.z"), "There is nobody"),
        (("person", "revoke", "x@y.z"), "There is nobody"),
    ],
)
def test_unknown_names_and_wrong_values_are_one_clear_line(
    app: Flask, commands: Commands, words: tuple[str, ...], sentence: str
) -> None:
    if words[:2] != HELPDESK[:2] and words[0] != "helpdesk":
        commands.json(*HELPDESK)
    before = [count(app, table) for table in (Helpdesk, Store, Supplier, Person)]
    assert sentence in commands.refusal(*words)
    assert [count(app, table) for table in (Helpdesk, Store, Supplier, Person)] == before


def test_a_gorgias_that_cannot_be_reached_is_one_clear_line(commands: Commands) -> None:
    commands.json(*HELPDESK[:4], "http://127.0.0.1:1", *HELPDESK[5:])
    assert "could not be reached" in commands.refusal("helpdesk", "install", "main")
