"""What happened to a line or a claim of the demo, when, and who did it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from flask import current_app

from widget import people, pictures, tickets
from widget.config import Config
from widget.db import as_of, db
from widget.people import Actor, Side, Supplier
from widget.pictures import Picture
from widget.pictures.redraw import redraw
from widget.stores import Store
from widget.tickets import Place


class Step(NamedTuple):
    """One thing somebody did at one moment; `do` is handed the pictures he had uploaded before."""

    at: datetime
    do: Callable[[list[Picture]], None]
    pictures: Sequence[Path] = ()
    by: str = ""


def run(steps: Iterable[Step]) -> None:
    """Do it all, each step as of its moment and in a transaction of its own."""
    for step in sorted(steps, key=lambda each: each.at):
        drafts = [_keep(file, step.by) for file in step.pictures]
        with as_of(step.at):
            step.do(drafts)
        db.session.commit()


def place(order_id: int, *, is_over: bool) -> Place:
    """Where it is told. Of what is long over no note is posted: its tickets are gone."""
    about = [] if is_over else tickets.about(order_id)
    return Place(about[0] if about else None, current_app.extensions["config"].public_url, is_silent=is_over)


def actor(email: str, store: Store, supplier: Supplier) -> Actor:
    """Somebody by his address, on the side he is on."""
    user = people.find_user(store.helpdesk_id, email)
    side = Side.SUPPLIER if email == supplier.mention_email else Side.CUSTOMER_SERVICE
    # A supplier's words are posted by the API user: he is not the one who writes in Gorgias.
    gorgias_id = user.gorgias_id if user and side == Side.CUSTOMER_SERVICE else None
    return Actor(name=user.name if user else email, side=side, email=email, gorgias_id=gorgias_id)


def _keep(file: Path, email: str) -> Picture:
    """A picture of somebody's, as if he had uploaded it."""
    config: Config = current_app.extensions["config"]
    allowed = {"per_day": config.pictures_per_day, "supplier_bytes": config.pictures_per_supplier_mb * 1024 * 1024}
    person = people.get_person(email)
    db.session.rollback()
    draft = pictures.add(person, redraw(file), current_app.extensions["pictures"], **allowed)
    db.session.commit()
    return draft
