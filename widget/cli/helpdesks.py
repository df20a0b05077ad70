"""flask helpdesk …: add a Gorgias account, install the widget there, check that everything works."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from widget import helpdesks, stores
from widget.cli.printing import AT_A_TERMINAL, answer, command, fail, json_option
from widget.db import db
from widget.errors import Refused, ServiceError
from widget.helpdesks import Wanted
from widget.stores import CALLS_ALLOWED, CALLS_PERIOD_SECONDS, Helpdesk
from widget.worker import installing
from widget.worker.installing import Finding

# Findings as whoever sits at a terminal needs them; one that is not here is told by the reason it carries.
WORDS = {
    "key_works": "{email} may use {url}.",
    "no_integration": "No integration in Gorgias. Run: flask helpdesk install {name}",
    "integration_off": "Gorgias switched the integration off after failures. Run: flask helpdesk install {name}",
    "integration_active": "Integration {number} is active.",
    "no_widget": "No widget in Gorgias. Run: flask helpdesk install {name}",
    "widget_there": "Widget {number} is there.",
    "tags_nobody": "{supplier}: notes tag nobody (no --mention).",
    "nobody_to_tag": "{supplier}: {email} is no active user in Gorgias.",
    "tags": "{supplier}: notes tag {user}.",
    "reached": "PUBLIC_URL {url} answers.",
    "not_reached": "PUBLIC_URL {url} does not answer.",
}
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
    known = helpdesks.find(name)
    calls, seconds = _rate(rate_limit) if rate_limit else _limits_of(known)
    helpdesk = helpdesks.save(
        known,
        Wanted(name, url, email, calls, seconds),
        api_key=api_key,
        box=current_app.extensions["box"],
        by=AT_A_TERMINAL,
    )
    db.session.commit()
    data = {"id": helpdesk.id, "name": helpdesk.name}
    answer(data, as_json=as_json, words=f"Helpdesk {name} is known. Next: flask helpdesk install {name}")


@group.command("install", with_appcontext=False)
@click.argument("name")
@json_option
@command
def install(name: str, as_json: bool) -> None:
    """Create in Gorgias what is needed, or update it in place. Run twice: no second copy."""
    known = installing.connected(stores.get_helpdesk(name))
    done = installing.install(known)
    if done.tags_refused:
        click.echo(f"Tags were not created: {done.tags_refused}", err=True)
    installing.remember(known, done)
    db.session.commit()
    data = {"integrations": [done.integration_id], "widgets": [done.widget_id]}
    words = f"Installed in {known.url}: integration {done.integration_id}, widget {done.widget_id}."
    answer(data, as_json=as_json, words=words)


@group.command("check", with_appcontext=False)
@click.argument("name")
@json_option
@command
def check(name: str, as_json: bool) -> None:
    """Test the connection and say in words what works and what does not. Exit code 1 when something does not."""
    known = installing.connected(stores.get_helpdesk(name))
    try:
        found = installing.findings(known, installing.look(known))
    except ServiceError as error:
        found = [installing.trouble({"email": known.email, "url": known.url}, error)]
    db.session.commit()
    told = [{"check": each.check, "ok": each.is_ok, "words": _in_words(each, name)} for each in found]
    ok = all(each.is_ok for each in found)
    words = "\n".join(f"{'ok  ' if each['ok'] else 'FAIL'}  {each['check']}: {each['words']}" for each in told)
    answer({"name": name, "ok": ok, "items": told}, as_json=as_json, words=words)
    if not ok:
        raise fail(" ".join(str(each["words"]) for each in told if not each["ok"]))


def _in_words(finding: Finding, name: str) -> str:
    return WORDS.get(finding.code, "{reason}").format(**finding.values, name=name)


def _limits_of(known: Helpdesk | None) -> tuple[int, int]:
    return (known.calls_allowed, known.calls_period_seconds) if known else (CALLS_ALLOWED, CALLS_PERIOD_SECONDS)


def _rate(text: str) -> tuple[int, int]:
    calls, _, seconds = text.partition("/")
    if not (calls.isdecimal() and seconds.isdecimal() and int(calls) and int(seconds)):
        raise Refused(f"{text!r} is no rate limit (calls/seconds, e.g. 40/20).")
    return int(calls), int(seconds)
