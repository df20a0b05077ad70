"""flask store …"""

from __future__ import annotations

import click
from flask.cli import AppGroup

from widget import stores
from widget.cli.printing import answer, command, json_option
from widget.db import db

group = AppGroup("store", help="One country's shop.")


@group.command("add", with_appcontext=False)
@click.argument("code")
@click.option("--name", required=True)
@click.option("--helpdesk", required=True, help="Name of the helpdesk that answers its customers.")
@click.option("--order-pattern", required=True, help=r"Regular expression of an order name, e.g. NL\d{5}.")
@click.option("--currency", required=True, help="e.g. EUR")
@click.option("--locale", required=True, help="e.g. nl")
@click.option("--timezone", required=True, help="e.g. Europe/Amsterdam")
@json_option
@command
def add(
    code: str, name: str, helpdesk: str, order_pattern: str, currency: str, locale: str, timezone: str, as_json: bool
) -> None:
    """Add a shop, or bring the one of that code up to date."""
    store = stores.add_store(
        code,
        name=name,
        helpdesk=stores.get_helpdesk(helpdesk),
        order_pattern=order_pattern,
        currency=currency,
        locale=locale,
        timezone=timezone,
    )
    db.session.commit()
    data = {"id": store.id, "code": store.code, "name": store.name}
    answer(data, as_json=as_json, words=f"Store {store.code} ({store.name}) is ready.")
