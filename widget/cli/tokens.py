"""flask person token …: a token for somebody's program, made by whoever runs the service."""

from __future__ import annotations

import click

from widget import people
from widget.cli.printing import answer, command, json_option
from widget.credentials import api_tokens
from widget.credentials.api_tokens import LIFETIMES_IN_DAYS, SCOPES
from widget.db import db
from widget.people import Actor, Side

OPERATOR = Actor(name="flask person token", side=Side.CUSTOMER_SERVICE, email="")


@click.command("token")
@click.argument("email")
@click.option("--name", required=True, help="What it is for, e.g. the program's name.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="May be repeated.")
@click.option("--days", type=click.Choice([str(days) for days in LIFETIMES_IN_DAYS]), default="90", show_default=True)
@json_option
@command
def token(email: str, name: str, scopes: tuple[str, ...], days: str, as_json: bool) -> None:
    """Make an API token that acts as this person, and print it: it is not shown again."""
    person = people.get_person(email)
    made, secret = api_tokens.make(person, name.strip(), scopes, int(days), by=OPERATOR)
    assert made.expires_at is not None
    data = {
        "id": made.id,
        "email": person.email,
        "name": made.name,
        "scopes": made.scopes.split(),
        "expires_at": f"{made.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "token": secret,
    }
    db.session.commit()
    answer(data, as_json=as_json, words=f"{person.name}, {made.name}: {secret}")
