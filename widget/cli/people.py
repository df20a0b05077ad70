"""flask supplier … and flask person …"""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from widget import credentials, people, stores
from widget.cli.printing import AT_A_TERMINAL, answer, command, json_option
from widget.db import db
from widget.people import Person, Role

supplier_group = AppGroup("supplier", help="The workshops.")
person_group = AppGroup("person", help="People who sign in.")


@supplier_group.command("add", with_appcontext=False)
@click.argument("name")
@click.option("--store", "codes", multiple=True, required=True, help="May be repeated.")
@click.option("--mention", default="", help="E-mail of the Gorgias user that notes tag.")
@click.option("--locale", default="zh", show_default=True)
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@json_option
@command
def add_supplier(name: str, codes: tuple[str, ...], mention: str, locale: str, timezone: str, as_json: bool) -> None:
    """Add a workshop, or bring the one of that name up to date."""
    of = [stores.get_store(code) for code in codes]
    supplier = people.add_supplier(name, of=of, mention=mention, locale=locale, timezone=timezone)
    db.session.commit()
    data = {"id": supplier.id, "name": supplier.name}
    answer(data, as_json=as_json, words=f"Supplier {supplier.name} works for {', '.join(s.code for s in of)}.")


@person_group.command("add", with_appcontext=False)
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--supplier", default=None, help="Name of the supplier; for the role supplier only.")
@json_option
@command
def add_person(email: str, name: str, roles: tuple[str, ...], supplier: str | None, as_json: bool) -> None:
    """Add somebody, or bring them up to date, and print a personal sign-in link. Links they have keep working."""
    workshop = people.get_supplier(supplier) if supplier else None
    wanted = {Role(role) for role in roles}
    person = people.add_person(email, name=name, roles=wanted, supplier=workshop, by=AT_A_TERMINAL)
    _print_link(person, credentials.another_link(person), as_json)


@person_group.command("link", with_appcontext=False)
@click.argument("email")
@json_option
@command
def link(email: str, as_json: bool) -> None:
    """Make a new sign-in link; the old one stops working, and whoever is signed in as this person is signed out."""
    person = people.get_person(email)
    _print_link(person, credentials.new_link(person), as_json)


@person_group.command("revoke", with_appcontext=False)
@click.argument("email")
@json_option
@command
def revoke(email: str, as_json: bool) -> None:
    """Let this person in no more: links, password, API tokens and sessions end; `person link` lets in again."""
    person = people.get_person(email)
    credentials.revoke(person)
    db.session.commit()
    answer({"id": person.id, "email": person.email}, as_json=as_json, words=f"{person.name} is signed out everywhere.")


def _print_link(person: Person, secret: str, as_json: bool) -> None:
    url = f"{current_app.extensions['config'].public_url}/l/{secret}"
    db.session.commit()
    answer({"id": person.id, "email": person.email, "link": url}, as_json=as_json, words=f"{person.name}: {url}")
