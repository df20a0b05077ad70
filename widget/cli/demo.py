"""flask demo fill FILE: believable lines for the demo, through the same verbs the doors use."""

from __future__ import annotations

import json
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
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.people import Actor, Side, Supplier
from widget.pictures import Picture
from widget.pictures.redraw import redraw
from widget.problem_types import Board
from widget.problems import Comment, Problem
from widget.stores import Store
from widget.tickets import Place

group = AppGroup("demo", help="What `make demo` fills the store with.", hidden=True)


@group.command("fill", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@command
def fill(file: Path, as_json: bool) -> None:
    """Add the lines a JSON file describes. A store that has lines already is left as it is."""
    lines: list[dict[str, Any]] = json.loads(file.read_text())
    if db.session.scalar(select(Problem.id).limit(1)) is not None:
        lines = []
    for line in lines:
        drafts = [_keep(file.parent / name, line["by"]) for name in line.get("pictures", [])]
        _add(line, drafts)
        db.session.commit()
    answer({"added": len(lines)}, as_json=as_json, words=f"{len(lines)} lines added.")


def _keep(file: Path, email: str) -> Picture:
    """A picture of somebody's, as if he had uploaded it."""
    config: Config = current_app.extensions["config"]
    allowed = {"per_day": config.pictures_per_day, "supplier_bytes": config.pictures_per_supplier_mb * 1024 * 1024}
    person = people.get_person(email)
    db.session.rollback()
    draft = pictures.add(person, redraw(file), current_app.extensions["pictures"], **allowed)
    db.session.commit()
    return draft


def _add(described: dict[str, Any], drafts: list[Picture]) -> None:
    store = stores.get_store(described["store"])
    order = orders.known(OrderName(store.id, described["order"]))
    about = tickets.about(order.id)
    at = Place(about[0] if about else None, current_app.extensions["config"].public_url)
    supplier = problems.supplier_for(order)
    type_ = problem_types.get_by_name(Board(described["board"]), described["type"])
    by = _actor(described["by"], store, supplier)
    attached = pictures.attachments(drafts, order.name)
    line = problems.report(order, type_, described["problem"], by=by, at=at, supplier=supplier, pictures=attached)
    pictures.attach(drafts, line)
    ago = timedelta(hours=described.get("hours_ago", 1))
    line.reported_at = line.waiting_since = utcnow() - ago
    steps = described.get("steps", [])
    for number, step in enumerate(steps, 1):
        turn = line.waiting_for
        _do(step, line, _actor(step["by"], store, supplier), at)
        _backdate(line, step["do"], line.reported_at + ago * number / (len(steps) + 1), turn)


def _do(step: dict[str, Any], line: Problem, by: Actor, at: Place) -> None:
    words = step.get("words", "")
    match step["do"]:
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


def _actor(email: str, store: Store, supplier: Supplier) -> Actor:
    user = people.find_user(store.helpdesk_id, email)
    side = Side.SUPPLIER if email == supplier.mention_email else Side.CUSTOMER_SERVICE
    # A supplier's words are posted by the API user: he is not the one who writes in Gorgias.
    gorgias_id = user.gorgias_id if user and side == Side.CUSTOMER_SERVICE else None
    return Actor(name=user.name if user else email, side=side, email=email, gorgias_id=gorgias_id)


def _backdate(line: Problem, done: str, at: datetime, turn_before: str) -> None:
    """As if it had been done then."""
    if line.waiting_for != turn_before:
        line.waiting_since = at
    match done:
        case "informed":
            line.informed_at = at
        case "comment":
            db.session.scalars(select(Comment).where(Comment.problem_id == line.id).order_by(Comment.id)).all()[
                -1
            ].at = at
        case "address_seen":
            line.address_seen_at = at
        case "handled":
            line.handled_at = at
