"""The flask commands: the same verbs the doors use, for a terminal. Imports everything but web."""

from __future__ import annotations

from flask import Flask

from widget.cli import demo, helpdesks, outgoing, people, stores, tokens


def register(app: Flask) -> None:
    """Hang the commands on the app."""
    for group in (helpdesks.group, stores.group, people.supplier_group, people.person_group, demo.group):
        app.cli.add_command(group)
    people.person_group.add_command(tokens.token)
    outgoing.register(app)
