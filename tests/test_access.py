"""Who gets in where: every route, for everybody who may stand before it, with what is his and what is not.

tests/access_matrix.py says who may use what. Here each of its rows is tried over HTTP: whoever may not enter is turned
away and changes nothing; what is not his looks exactly like what does not exist; looking at something changes nothing.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests import access_world
from tests.access_matrix import (
    ADMINS,
    AGENT_PRESSING,
    ANYONE,
    FORMS,
    GORGIAS,
    LINK_HOLDER,
    OBJECT_OF,
    PERSONAL,
    PROGRAM,
    SIGNED_IN,
    STAFF,
    STAFFS_PROGRAM,
    SUPPLIERS_PEOPLE,
    VALUES,
    WHO,
)
from tests.access_world import ADMIN, NOBODY, OWN, PAINTER, REVOKED, ROLES, UNKNOWN, VISITORS, WORKSHOPS, World
from tests.web.visitors import FROM_OUR_PAGE, signed_in
from widget import credentials, people
from widget.db import SAFE_METHODS, db

pytestmark = pytest.mark.only_on("sqlite")

STAFFS = set(ROLES) - {REVOKED}
# Who of the visitors may enter, by what the matrix says. Gorgias, buttons and links prove themselves by something that
# none of the visitors shows.
MAY_ENTER = {
    ANYONE: set(VISITORS),
    SIGNED_IN: STAFFS | set(WORKSHOPS),
    PROGRAM: STAFFS | set(WORKSHOPS),
    STAFFS_PROGRAM: STAFFS,
    SUPPLIERS_PEOPLE: set(WORKSHOPS),
    STAFF: STAFFS,
    ADMINS: {ADMIN},
    GORGIAS: set(),
    AGENT_PRESSING: set(),
    LINK_HOLDER: set(),
}
# Whoever knocks there is no browser: no cookies are looked at, and a name is as good as a number.
FOR_PROGRAMS = {"health", "sidebar", "api"}
ON_EVERYTHING = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
ON_PAGES = {**ON_EVERYTHING, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}
TURNED_AWAY = {401, 403, 404}
HOMES = {"/", "/desk", "/supplier", "/sign-in"}


@pytest.fixture
def world(app: Flask) -> World:
    """Everybody and everything."""
    return access_world.build(app)


class Store:
    """The SQLite file behind the app: whether anything was written to it, and as it was at first."""

    def __init__(self, app: Flask, tmp_path: Path) -> None:
        self._app = app
        self._file = Path(app.config["SQLALCHEMY_DATABASE_URI"].database)
        self._copy = tmp_path / "as-it-was.db"
        with sqlite3.connect(self._file) as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
        shutil.copyfile(self._file, self._copy)
        self._watch = sqlite3.connect(self._file)
        self._seen = self._version()

    def _version(self) -> int:
        """A number that changes with each commit of somebody else."""
        version: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
        return version

    def restored(self) -> bool:
        """Put everything back as it was; whether anything had been changed."""
        if self._version() == self._seen:
            return False
        self.close()
        with self._app.app_context():
            db.engine.dispose()
        for ending in ("-wal", "-shm"):
            Path(f"{self._file}{ending}").unlink(missing_ok=True)
        shutil.copyfile(self._copy, self._file)
        self._watch = sqlite3.connect(self._file)
        self._seen = self._version()
        return True

    def close(self) -> None:
        """Let go of the file."""
        self._watch.close()


class Visitor:
    """Somebody before the doors, with his browser and his program's token."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self._cookie = ""
        self._token = world.tokens.get(name, "")
        if name == NOBODY:
            return
        cookie = signed_in(world.app, world.links[name]).get_cookie("sd")
        assert cookie is not None
        self._cookie = cookie.value
        # That a token was used is noted once in a while: now, so that it is not taken for a change later on.
        world.app.test_client().get("/api/v1/types", headers=self._proof())
        if name == REVOKED:
            with world.app.app_context():
                credentials.revoke(people.get_person(world.emails[name]))
                db.session.commit()

    def objects_of(self, kind: str) -> dict[str, Any]:
        """What there is of that kind of thing, by whose it is."""
        return self.world.objects_of(self.name, kind)

    def address(self, rule: Rule, values: dict[str, Any]) -> str:
        """The address with these values in it."""
        with self.world.app.test_request_context():
            built = rule.build(values, append_unknown=False)
        assert built is not None
        return built[1]

    def ask(self, rule: Rule, method: str, values: dict[str, Any], **options: Any) -> TestResponse:
        """Ask at that address from a page of ours, at the doors for programs with what a program would send."""
        who = WHO[rule.endpoint]
        if who in (PROGRAM, STAFFS_PROGRAM):
            body = {} if method in SAFE_METHODS else {"json": self._body(rule.endpoint)}
            options = {"headers": {**self._proof(), "If-Match": "*"}, **body, **options}
        if who == AGENT_PRESSING:
            options["data"] = {"token": "no token of ours", "ticket_id": "9000", "user_email": "anna@brushwood.example"}
        if rule.endpoint in FORMS:
            options["data"] = FORMS[rule.endpoint]
        return self.open(self.address(rule, values), method=method, **{"headers": FROM_OUR_PAGE, **options})

    def open(self, address: str, **options: Any) -> TestResponse:
        """One request in a browser that remembers nothing: signing out, say, is forgotten afterwards."""
        client = self.world.app.test_client()
        if self._cookie:
            client.set_cookie("sd", self._cookie)
        return client.open(address, **options)

    def _proof(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _body(self, endpoint: str) -> dict[str, Any]:
        if endpoint == "api.line_PATCH":
            return {"handled": True} if self.name in WORKSHOPS else {"informed_customer": True}
        return {"text": "Hello"} if endpoint == "api.comments_POST" else {}


def cases(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every address with every method, in the order of the address."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def kind_of(rule: Rule, name: str) -> str | None:
    """What an argument of an address names; None for what is nobody's."""
    return OBJECT_OF.get((rule.endpoint, name)) or OBJECT_OF.get(name)


def values_of(rule: Rule, visitor: Visitor) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the address may name, and whose that is: "" where it names nothing that could be somebody's."""
    fixed = {name: VALUES[name] for name in rule.arguments if kind_of(rule, name) is None}
    named = [(name, kind) for name in rule.arguments if (kind := kind_of(rule, name)) is not None]
    if not named:
        yield "", fixed
        return
    # Where a thing is named with its owner, the owner is right and the thing is another's.
    *owners, (name, kind) = sorted(named, key=lambda each: each[1] in PERSONAL)
    fixed.update({owner: visitor.objects_of(of)[OWN] for owner, of in owners})
    for whose, value in visitor.objects_of(kind).items():
        yield whose, {**fixed, name: value}


def is_turned_away(answer: TestResponse) -> bool:
    """Refused, asked to sign in, or led to the own page."""
    return answer.status_code in TURNED_AWAY or (answer.status_code == 303 and answer.location in HOMES)


def is_hidden(rule: Rule, visitor: Visitor, whose: str) -> bool:
    """Whether what the address names does not exist for this visitor."""
    if whose in ("", OWN):
        return False
    is_for_all = visitor.name in STAFFS and not {kind_of(rule, name) for name in rule.arguments} & PERSONAL
    return whose == UNKNOWN or not is_for_all


def what_is_wrong(rule: Rule, visitor: Visitor, answer: TestResponse, *, hidden: bool) -> str:
    """Empty if the answer is what the matrix says; `hidden`: the address names what does not exist for this visitor."""
    who = WHO[rule.endpoint]
    enters = visitor.name in MAY_ENTER[who]
    if answer.status_code >= 500:
        return "is a defect"
    if not enters:
        return "" if is_turned_away(answer) else f"{visitor.name} has no business there"
    if hidden:
        return "" if answer.status_code == 404 else f"that does not exist for {visitor.name}"
    return f"{visitor.name} may use it" if is_turned_away(answer) and who != ANYONE else ""


def without_what_changes(text: str) -> str:
    """A page without what is random in it."""
    return re.sub(r'(name="form_key" value="|"instance": ?")[^"]*', r"\1", text)


@pytest.mark.parametrize("name", VISITORS)
def test_everybody_gets_where_the_matrix_says_and_nowhere_else(world, tmp_path, name):
    visitor, store = Visitor(world, name), Store(world.app, tmp_path)
    wrong: list[str] = []
    for rule, method in cases(world.app):
        enters = name in MAY_ENTER[WHO[rule.endpoint]]
        hidden_pages = set()
        for whose, values in values_of(rule, visitor):
            hidden = is_hidden(rule, visitor, whose)
            answer = visitor.ask(rule, method, values)
            told = f"{method} {rule} {whose and f'({whose}) '}answers {answer.status_code}"
            if trouble := what_is_wrong(rule, visitor, answer, hidden=hidden):
                wrong.append(f"{told}: {trouble}")
            if enters and hidden:
                hidden_pages.add(without_what_changes(answer.text))
            # How often Gorgias was refused is counted: it gives up after a hundred times.
            may_change = (enters and not hidden and method not in SAFE_METHODS) or WHO[rule.endpoint] == GORGIAS
            if store.restored() and not may_change:
                wrong.append(f"{told} and changes something")
        if len(hidden_pages) > 1:
            wrong.append(f"{method} {rule}: what is another's does not look like what does not exist")
    store.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("foreign", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {}])
def test_no_door_takes_a_form_of_another_site(world, tmp_path, foreign):
    visitors = [Visitor(world, name) for name in (ADMIN, PAINTER)]
    store = Store(world.app, tmp_path)
    taken = []
    for rule, method in cases(world.app):
        if method in SAFE_METHODS or rule.endpoint.split(".")[0] in FOR_PROGRAMS:
            continue
        for visitor in visitors:
            (_whose, values), *_rest = values_of(rule, visitor)
            answer = visitor.open(visitor.address(rule, values), method=method, headers=foreign)
            # Whoever has no business there is led away whatever he sends.
            expected = {403} if visitor.name in MAY_ENTER[WHO[rule.endpoint]] else {303, 403, 404}
            if store.restored() or answer.status_code not in expected:
                taken.append(f"{method} {rule} takes it from {visitor.name}: {answer.status_code}")
    store.close()
    assert not taken, "\n".join(taken)


@pytest.mark.parametrize("name", [NOBODY, ADMIN, PAINTER])
def test_every_answer_carries_what_keeps_it_harmless(world, name):
    visitor = Visitor(world, name)
    for rule, method in cases(world.app):
        if method != "GET":
            continue
        for whose, values in values_of(rule, visitor):
            answer = visitor.ask(rule, method, values)
            wanted = ON_PAGES if answer.mimetype == "text/html" else ON_EVERYTHING
            assert wanted.items() <= dict(answer.headers).items(), f"{rule} {whose}"
            for cookie in answer.headers.getlist("Set-Cookie"):
                assert "HttpOnly" in cookie, f"{rule}: {cookie}"
                assert "SameSite=" in cookie, f"{rule}: {cookie}"


def test_pages_answer_to_their_own_name_only(world):
    visitor = Visitor(world, ADMIN)
    for rule, method in cases(world.app):
        if rule.endpoint.split(".")[0] in FOR_PROGRAMS:
            continue
        (_whose, values), *_rest = values_of(rule, visitor)
        answer = visitor.ask(rule, method, values, base_url="http://elsewhere.example")
        assert answer.status_code == 400, f"{method} {rule}"


def test_everything_an_address_names_has_a_row(app):
    arguments = {name for rule in app.url_map.iter_rules() for name in rule.arguments}
    known = set(VALUES) | {key if isinstance(key, str) else key[1] for key in OBJECT_OF}
    assert arguments == known
