"""flask person token: made by whoever runs the service."""

from __future__ import annotations

import json

import pytest

from tests.web.api.programs import ANNA, Program, of_staff
from tests.web.visitors import world


@pytest.fixture
def app(app):
    """With a shop and two workshops in it."""
    world(app)
    return app


def test_it_prints_a_token_that_works(app):
    of_staff(app)
    words = [
        "person",
        "token",
        ANNA,
        "--name",
        "stock",
        "--scope",
        "types:read",
        "--scope",
        "lines:read",
        "--days",
        "30",
    ]
    done = app.test_cli_runner().invoke(args=[*words, "--json"])
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert (made["email"], made["name"], made["scopes"]) == (ANNA, "stock", ["lines:read", "types:read"])
    program = Program(app.test_client(), made["token"])
    assert program.get("/types").status_code == 200
    assert program.get("/claims").status_code == 403


@pytest.mark.only_on("sqlite")
def test_it_refuses_in_one_line(app):
    of_staff(app)
    run = app.test_cli_runner()
    for words, said in (
        (["nobody@brushwood.example", "--name", "x", "--scope", "types:read"], "nobody@brushwood.example"),
        ([ANNA, "--name", " ", "--scope", "types:read"], "name"),
        ([ANNA, "--name", "x", "--scope", "all"], "all"),
        ([ANNA, "--name", "x", "--scope", "types:read", "--days", "7"], "7"),
    ):
        done = run.invoke(args=["person", "token", *words])
        assert done.exit_code in (1, 2)
        assert said in done.stderr.splitlines()[-1]
