"""flask demo fill FILE …: a believable past for the demo, through the same verbs the doors use, in the order of time.

`steps` is what lines and claims have in common, `lines` tells the two sheets, `claims` the refunds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from widget.cli.demo import claims, lines
from widget.cli.demo.steps import run
from widget.cli.printing import answer, command, fail, json_option
from widget.db import Base, db, utcnow
from widget.problems import Problem
from widget.refunds import Claim

group = AppGroup("demo", help="What `make demo` fills the store with.", hidden=True)


@group.command("fill", with_appcontext=False)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--claims", "file_of_claims", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@command
def fill(files: tuple[Path, ...], file_of_claims: Path | None, as_json: bool) -> None:
    """Add the lines and the claims that JSON files describe. Of what a store has already, nothing is added."""
    now = utcnow()
    described = [(said, file.parent) for file in files for said in json.loads(file.read_text())]
    wanted: dict[str, Any] = json.loads(file_of_claims.read_text()) if file_of_claims else {}
    if _is_there(Problem):
        described = []
    if _is_there(Claim):
        wanted = {}
    folder = file_of_claims.parent if file_of_claims else Path()
    steps = [
        *(step for said, beside in described for step in lines.steps_of(said, beside, now)),
        *(step for said in wanted.get("claims", []) for step in claims.steps_of(said, folder, now)),
        *(claims.entering(said, now) for said in wanted.get("credit_notes", [])),
    ]
    run(steps)
    added = {"added": len(described), "claims": len(wanted.get("claims", []))}
    answer(added, as_json=as_json, words=f"{added['added']} lines and {added['claims']} claims added.")


@group.command("run", with_appcontext=False)
@command
def run_all() -> None:
    """Run the commands on stdin, each a JSON list of words on a line of its own, and print what each prints as JSON.

    Starting Python for each of them takes longer than what they do.
    """
    runner = current_app.test_cli_runner()
    for line in sys.stdin:
        done = runner.invoke(args=json.loads(line))
        if done.exit_code:
            raise fail(f"{' '.join(json.loads(line)[:2])}: {done.output}")
        click.echo(json.dumps(done.stdout))


def _is_there(what: type[Base]) -> bool:
    return db.session.scalar(select(what.id).limit(1)) is not None  # type: ignore[attr-defined]
