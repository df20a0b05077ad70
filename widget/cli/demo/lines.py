"""flask demo fill FILE …: believable lines for the demo, through the same verbs the doors use, in the order of time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from widget import orders, people, pictures, problem_types, problems, stores, tickets
from widget.cli.printing import answer, command, json_option
from widget.config import Config
from widget.db import as_of, db, utcnow
from widget.orders import OrderName
from widget.people import Actor, Side, Supplier
from widget.pictures import Picture
from widget.pictures.redraw import redraw
from widget.problem_types import Board
from widget.problems import Problem
from widget.stores import Store
from widget.tickets import Place

group = AppGroup("demo", help="What `make demo` fills the store with.", hidden=True)

REPORT = "report"


@dataclass
class Described:
    """A line as a file describes it, and the line once it is reported."""

    said: dict[str, Any]
    folder: Path
    line: Problem | None = None
    store: Store = field(init=False)
    supplier: Supplier = field(init=False)


@group.command("fill", with_appcontext=False)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@command
def fill(files: tuple[Path, ...], as_json: bool) -> None:
    """Add the lines that JSON files describe. A store that has lines already is left as it is."""
    lines = [Described(said, file.parent) for file in files for said in json.loads(file.read_text())]
    if db.session.scalar(select(Problem.id).limit(1)) is not None:
        lines = []
    now = utcnow()
    acts = [act for line in lines for act in _acts(line, now)]
    for at, line, act in sorted(acts, key=lambda each: each[0]):
        drafts = [_keep(line.folder / name, act["by"]) for name in act.get("pictures", [])]
        with as_of(at):
            _do(line, act, drafts)
        db.session.commit()
    answer({"added": len(lines)}, as_json=as_json, words=f"{len(lines)} lines added.")


def _acts(line: Described, now: datetime) -> Iterator[tuple[datetime, Described, dict[str, Any]]]:
    """When what was done: each step has its own time, or they share out the time since the report."""
    said, steps = line.said, line.said.get("steps", [])
    ago = timedelta(hours=said.get("hours_ago", 1))
    yield now - ago, line, {"do": REPORT, "by": said["by"], "pictures": said.get("pictures", [])}
    for number, step in enumerate(steps, 1):
        after = timedelta(hours=step["hours"]) if "hours" in step else ago * number / (len(steps) + 1)
        yield now - ago + after, line, step


def _keep(file: Path, email: str) -> Picture:
    """A picture of somebody's, as if he had uploaded it."""
    config: Config = current_app.extensions["config"]
    allowed = {"per_day": config.pictures_per_day, "supplier_bytes": config.pictures_per_supplier_mb * 1024 * 1024}
    person = people.get_person(email)
    db.session.rollback()
    draft = pictures.add(person, redraw(file), current_app.extensions["pictures"], **allowed)
    db.session.commit()
    return draft


def _do(described: Described, act: dict[str, Any], drafts: list[Picture]) -> None:
    if act["do"] == REPORT:
        described.line = _report(described, act, drafts)
        return
    line = described.line
    assert line is not None
    by = _actor(act["by"], described.store, described.supplier)
    at, words = _place(line.order_id, described), act.get("words", "")
    match act["do"]:
        case "informed":
            problems.mark_informed(line, by=by, at=at, shown=line.version)
        case "comment":
            problems.comment(line, words, by=by, at=at)
        case "address":
            problems.save_address(line, words, by=by, at=at, shown=line.version)
        case "address_seen":
            problems.confirm_address(line, by=by, at=at, shown=line.version)
        case "handled":
            problems.mark_handled(line, by=by, at=at, shown=line.version)
        case unknown:
            raise ValueError(unknown)


def _report(described: Described, act: dict[str, Any], drafts: list[Picture]) -> Problem:
    said = described.said
    described.store = stores.get_store(said["store"])
    order = orders.known(OrderName(described.store.id, said["order"]))
    described.supplier = problems.supplier_for(order)
    line = problems.report(
        order,
        problem_types.get_by_name(Board(said["board"]), said["type"]),
        said["problem"],
        by=_actor(act["by"], described.store, described.supplier),
        at=_place(order.id, described),
        supplier=described.supplier,
        pictures=pictures.attachments(drafts, order.name),
    )
    pictures.attach(drafts, line)
    return line


def _place(order_id: int, described: Described) -> Place:
    """Of what is long over no note is posted: its tickets are gone."""
    about = tickets.about(order_id)
    url = current_app.extensions["config"].public_url
    return Place(about[0] if about else None, url, is_silent=described.said.get("is_over", False))


def _actor(email: str, store: Store, supplier: Supplier) -> Actor:
    user = people.find_user(store.helpdesk_id, email)
    side = Side.SUPPLIER if email == supplier.mention_email else Side.CUSTOMER_SERVICE
    # A supplier's words are posted by the API user: he is not the one who writes in Gorgias.
    gorgias_id = user.gorgias_id if user and side == Side.CUSTOMER_SERVICE else None
    return Actor(name=user.name if user else email, side=side, email=email, gorgias_id=gorgias_id)
