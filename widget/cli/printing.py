"""How commands speak: one JSON object with --json, plain lines without, one clear line on refusal."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from widget.db import be_patient, db
from widget.errors import Refused, ServiceError
from widget.secrets import UnreadableSecret

# Who did it, for the history: a command does not know who typed it.
AT_A_TERMINAL = ("Command line", "")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Run inside the app, wait patiently for locks, and turn what went wrong into one line and exit code 1."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        from flask import current_app

        be_patient(current_app)
        try:
            return function(*args, **kwargs)
        except (Refused, ServiceError) as error:
            raise fail(str(error)) from error
        except UnreadableSecret as error:
            raise fail("A stored key cannot be read: SECRET_KEY changed without SECRET_KEY_FALLBACKS.") from error
        except DBAPIError as error:
            raise fail(_store_trouble(error)) from error

    return with_appcontext(run)


def fail(sentence: str) -> click.ClickException:
    """What a refused command ends with: one line on stderr, exit code 1, nothing changed."""
    db.session.rollback()
    return click.ClickException(" ".join(sentence.split()))


def answer(data: dict[str, Any], *, as_json: bool, words: str) -> None:
    """The one thing a command prints."""
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else words)


def answer_list(items: Iterable[dict[str, Any]], *, as_json: bool, line: Callable[[dict[str, Any]], str]) -> None:
    """A list: {"items": […]} or a line each."""
    rows = list(items)
    if as_json:
        click.echo(json.dumps({"items": rows}, ensure_ascii=False))
        return
    for row in rows:
        click.echo(line(row))
    if not rows:
        click.echo("Nothing.")


def _store_trouble(error: DBAPIError) -> str:
    text = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
    if "no such table" in text or "does not exist" in text:
        return "The store has no tables yet, or old ones. Run: flask db upgrade"
    return f"The store did not take it: {text}"
