"""What a program reports, read as people write it: an order number of a store it may write of, and a problem type."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import g
from sqlalchemy import select

from widget import orders, people, problem_types
from widget.db import db
from widget.errors import Refused
from widget.orders import OrderName
from widget.people import Person
from widget.problem_types import Board, ProblemType
from widget.stores import Store
from widget.web.api import finding, reading


class Entry(NamedTuple):
    """One line that can be reported."""

    order: OrderName
    type: ProblemType
    problem: str
    comment: str


def read(sent: dict[str, Any]) -> Entry:
    """What was sent, if it can be reported. Raises RequestRefused with all that cannot."""
    wrong: dict[str, list[str]] = {}
    type_ = _type(sent, wrong)
    name = _order(sent, wrong)
    if wrong or type_ is None or name is None:
        reading.refuse("body", wrong)
    assert type_ is not None
    assert name is not None
    return Entry(name, type_, sent["problem"], sent["comment"])


def why_refused(error: Refused) -> Refused:
    """The refusal of a line, without the number of one that is not the person's."""
    named = str(error.values.get("line", ""))
    if not named or finding.find(named) is not None:
        return error
    return Refused("The same words are open already for this order. Change them if you mean something else.")


def _type(sent: dict[str, Any], wrong: dict[str, list[str]]) -> ProblemType | None:
    boards = [Board(sent["board"])] if "board" in sent else list(Board)
    choices = [type_ for board in boards for type_ in problem_types.choices(board)]
    wanted = sent["type"].casefold()
    found = [each for each in choices if each.code == sent["type"]]
    found = found or [each for each in choices if wanted in (each.name_en.casefold(), each.name_zh.casefold())]
    if len(found) == 1:
        return found[0]
    if found:
        wrong["board"] = ["Both boards have this type: say which one is meant."]
    else:
        codes = ", ".join(dict.fromkeys(each.code for each in choices))
        wrong["type"] = [f"Has to be one of: {codes}."]
    return None


def _order(sent: dict[str, Any], wrong: dict[str, list[str]]) -> OrderName | None:
    shops = _stores_of(g.person)
    wanted = sent.get("store", "").upper()
    fitting = [shop for shop in shops if not wanted or shop.code == wanted]
    if not fitting:
        codes = ", ".join(shop.code for shop in shops) or "none yet"
        wrong["store" if wanted else "order_name"] = [f"Stores you may write of: {codes}."]
        return None
    patterns = [orders.pattern_of(shop.id, shop.code, shop.order_pattern) for shop in fitting]
    try:
        return orders.read_name(sent["order_name"], patterns)
    except Refused as error:
        wrong["order_name"] = [error.sentence]
        return None


def _stores_of(person: Person) -> list[Store]:
    if person.supplier_id is not None:
        return people.stores_of(person.supplier_id)
    return list(db.session.scalars(select(Store).order_by(Store.code)))
