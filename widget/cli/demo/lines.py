"""Lines of the two sheets: reported, informed of, commented, handled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from widget import orders, pictures, problem_types, problems, stores
from widget.cli.demo.steps import Step, actor, place
from widget.orders import OrderName
from widget.people import Supplier
from widget.pictures import Picture
from widget.problem_types import Board
from widget.problems import Problem
from widget.stores import Store


@dataclass
class Described:
    """A line as a file describes it, and the line once it is reported."""

    said: dict[str, Any]
    line: Problem | None = None
    store: Store = field(init=False)
    supplier: Supplier = field(init=False)


def steps_of(said: dict[str, Any], folder: Path, now: datetime) -> Iterator[Step]:
    """The report, and what followed: each step has its own time, or they share out the time since the report."""
    line, steps = Described(said), said.get("steps", [])
    ago = timedelta(hours=said.get("hours_ago", 1))
    files = [folder / name for name in said.get("pictures", [])]
    yield Step(now - ago, partial(_report, line), files, said["by"])
    for number, step in enumerate(steps, 1):
        after = timedelta(hours=step["hours"]) if "hours" in step else ago * number / (len(steps) + 1)
        yield Step(now - ago + after, partial(_do, line, step))


def _do(described: Described, act: dict[str, Any], _pictures: list[Picture]) -> None:
    line = described.line
    assert line is not None
    by = actor(act["by"], described.store, described.supplier)
    at, words = place(line.order_id, is_over=described.said.get("is_over", False)), act.get("words", "")
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


def _report(described: Described, drafts: list[Picture]) -> None:
    said = described.said
    described.store = stores.get_store(said["store"])
    order = orders.known(OrderName(described.store.id, said["order"]))
    described.supplier = problems.supplier_for(order)
    line = problems.report(
        order,
        problem_types.get_by_name(Board(said["board"]), said["type"]),
        said["problem"],
        by=actor(said["by"], described.store, described.supplier),
        at=place(order.id, is_over=said.get("is_over", False)),
        supplier=described.supplier,
        pictures=pictures.attachments(drafts, order.name),
    )
    pictures.attach(drafts, line)
    described.line = line
