"""flask helpdesk …: add a Gorgias account, install the widget there, check that everything works."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from widget import installation, outbox, people, problems, stores
from widget.cli.printing import answer, command, fail, json_option
from widget.clients import http
from widget.clients.gorgias import Gorgias
from widget.db import db
from widget.errors import Outcome, Refused, ServiceError
from widget.people import Supplier, SupplierStore
from widget.stores import Store

group = AppGroup("helpdesk", help="The Gorgias accounts.")


@group.command("add", with_appcontext=False)
@click.argument("name")
@click.option("--url", required=True, help="e.g. https://acme.gorgias.com")
@click.option("--email", required=True, help="The user the API key belongs to.")
@click.option("--api-key", required=True)
@click.option("--rate-limit", default=None, help="Calls in seconds Gorgias allows this account, e.g. 40/20.")
@json_option
@command
def add(name: str, url: str, email: str, api_key: str, rate_limit: str | None, as_json: bool) -> None:
    """Add a Gorgias account, or bring the one of that name up to date."""
    box = current_app.extensions["box"]
    secret = secrets.token_urlsafe(32)
    helpdesk = stores.add_helpdesk(
        name,
        url,
        people.clean_email(email),
        api_key_sealed=box.seal(api_key),
        hook_secret=(box.seal(secret), stores.hash_of(secret)),
    )
    if rate_limit:
        helpdesk.calls_allowed, helpdesk.calls_period_seconds = _rate(rate_limit)
    outbox.set_account_limits(helpdesk.account, helpdesk.calls_allowed, helpdesk.calls_period_seconds)
    outbox.key_changed(helpdesk.account)
    db.session.commit()
    data = {"id": helpdesk.id, "name": helpdesk.name}
    answer(data, as_json=as_json, words=f"Helpdesk {name} is known. Next: flask helpdesk install {name}")


@dataclass(frozen=True)
class Connected:
    """A helpdesk as plain values: no database session is open while Gorgias is called."""

    id: int
    name: str
    email: str
    url: str
    integration_id: int | None
    widget_id: int | None
    hook_secret: str
    gorgias: Gorgias


@group.command("install", with_appcontext=False)
@click.argument("name")
@json_option
@command
def install(name: str, as_json: bool) -> None:
    """Create in Gorgias what is needed, or update it in place. Run twice: no second copy."""
    known = _connect(name)
    me, users = known.gorgias.me(), known.gorgias.list_users()
    integration_id = _put_integration(known)
    widget_id = _put_widget(known, integration_id)
    _create_tags(known.gorgias)
    helpdesk = stores.get_helpdesk(name)
    helpdesk.api_user_id, helpdesk.integration_id, helpdesk.widget_id = me["id"], integration_id, widget_id
    people.copy_users(helpdesk.id, users)
    db.session.commit()
    data = {"integrations": [integration_id], "widgets": [widget_id]}
    words = f"Installed in {known.url}: integration {integration_id}, widget {widget_id}."
    answer(data, as_json=as_json, words=words)


@group.command("check", with_appcontext=False)
@click.argument("name")
@json_option
@command
def check(name: str, as_json: bool) -> None:
    """Test the connection and say in words what works and what does not. Exit code 1 when something does not."""
    checks = _run_checks(_connect(name))
    db.session.commit()
    ok = all(check["ok"] for check in checks)
    words = "\n".join(f"{'ok  ' if check['ok'] else 'FAIL'}  {check['check']}: {check['words']}" for check in checks)
    answer({"name": name, "ok": ok, "items": checks}, as_json=as_json, words=words)
    if not ok:
        raise fail(" ".join(check["words"] for check in checks if not check["ok"]))


def _connect(name: str) -> Connected:
    helpdesk = stores.get_helpdesk(name)
    box = current_app.extensions["box"]
    known = Connected(
        id=helpdesk.id,
        name=helpdesk.name,
        email=helpdesk.email,
        url=helpdesk.url,
        integration_id=helpdesk.integration_id,
        widget_id=helpdesk.widget_id,
        hook_secret=box.open(helpdesk.hook_secret_sealed),
        gorgias=Gorgias(helpdesk.url, helpdesk.email, box.open(helpdesk.api_key_sealed)),
    )
    db.session.rollback()
    return known


def _public_url() -> str:
    url: str = current_app.extensions["config"].public_url
    return url


def _rate(text: str) -> tuple[int, int]:
    calls, _, seconds = text.partition("/")
    if not (calls.isdecimal() and seconds.isdecimal() and int(calls) and int(seconds)):
        raise Refused(f"{text!r} is no rate limit (calls/seconds, e.g. 40/20).")
    return int(calls), int(seconds)


def _put_integration(known: Connected) -> int:
    wanted = installation.integration(known.id, _public_url(), known.hook_secret)
    path = installation.answer_path(known.id)
    for found in known.gorgias.list_integrations():
        ours = found["id"] == known.integration_id
        if ours or str((found.get("http") or {}).get("url", "")).endswith(path):
            # A deactivated integration comes back with the update.
            known.gorgias.update_integration(found["id"], {**wanted, "deactivated_datetime": None})
            return int(found["id"])
    return int(known.gorgias.create_integration(wanted)["id"])


def _put_widget(known: Connected, integration_id: int) -> int:
    wanted = installation.widget(known.id, integration_id, _public_url())
    for found in known.gorgias.list_widgets():
        if found["id"] == known.widget_id or found.get("integration_id") == integration_id:
            known.gorgias.update_widget(found["id"], wanted)
            return int(found["id"])
    return int(known.gorgias.create_widget(wanted)["id"])


def _create_tags(gorgias: Gorgias) -> None:
    """Whether adding an unknown tag to a ticket creates it is not documented, so ours are made beforehand."""
    try:
        known = {tag["name"] for tag in gorgias.list_tags()}
        for tag in problems.TAGS:
            if tag not in known:
                gorgias.create_tag(tag)
    except ServiceError as error:
        if error.outcome != Outcome.NEVER:
            raise
        click.echo(f"Tags were not created: {error.reason}", err=True)


def _run_checks(known: Connected) -> list[dict[str, Any]]:
    try:
        known.gorgias.me()
        users = known.gorgias.list_users()
        integrations, widgets = known.gorgias.list_integrations(), known.gorgias.list_widgets()
    except ServiceError as error:
        return [_result("key", False, error.reason)]
    reached = http.answers(_public_url() + "/healthz")
    people.copy_users(known.id, users)
    return [
        _result("key", True, f"{known.email} may use {known.url}."),
        _check_integration(known, integrations),
        _check_widget(known, widgets),
        *_check_mentions(known),
        _result("address", reached, f"PUBLIC_URL {_public_url()} {'answers' if reached else 'does not answer'}."),
    ]


def _result(name: str, ok: bool, words: str) -> dict[str, Any]:
    return {"check": name, "ok": ok, "words": words}


def _check_integration(known: Connected, integrations: list[dict[str, Any]]) -> dict[str, Any]:
    found = next((i for i in integrations if i["id"] == known.integration_id), None)
    if found is None:
        return _result("integration", False, f"No integration in Gorgias. Run: flask helpdesk install {known.name}")
    if found.get("deactivated_datetime"):
        again = f"Gorgias switched the integration off after failures. Run: flask helpdesk install {known.name}"
        return _result("integration", False, again)
    return _result("integration", True, f"Integration {found['id']} is active.")


def _check_widget(known: Connected, widgets: list[dict[str, Any]]) -> dict[str, Any]:
    if any(found["id"] == known.widget_id for found in widgets):
        return _result("widget", True, f"Widget {known.widget_id} is there.")
    return _result("widget", False, f"No widget in Gorgias. Run: flask helpdesk install {known.name}")


def _check_mentions(known: Connected) -> list[dict[str, Any]]:
    suppliers = db.session.scalars(
        select(Supplier)
        .join(SupplierStore, SupplierStore.supplier_id == Supplier.id)
        .join(Store, Store.id == SupplierStore.store_id)
        .where(Store.helpdesk_id == known.id)
        .distinct()
    )
    return [_check_mention(known, supplier) for supplier in suppliers]


def _check_mention(known: Connected, supplier: Supplier) -> dict[str, Any]:
    if not supplier.mention_email:
        return _result("supplier", True, f"{supplier.name}: notes tag nobody (no --mention).")
    user = people.find_mention(known.id, supplier)
    if user is None:
        return _result("supplier", False, f"{supplier.name}: {supplier.mention_email} is no active user in Gorgias.")
    return _result("supplier", True, f"{supplier.name}: notes tag {user.name}.")
