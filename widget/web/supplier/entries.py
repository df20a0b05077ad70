"""What is reported: a line as it was typed, read into an `Entry`. One rule: nothing becomes a second line by accident.

The form for one line (reporting.py) and rows of a table (pasting.py) are read and reported the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from flask import g
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from sqlalchemy import ColumnElement, select, tuple_

from widget import orders, people, pictures, presses, problems, tickets
from widget.db import db
from widget.errors import Refused
from widget.orders import Order, OrderName, OrderPattern
from widget.people import Person
from widget.pictures import Picture
from widget.problem_types import ProblemType
from widget.problems import Problem
from widget.stores import Store
from widget.tickets import Place
from widget.web import language
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.places import public_url
from widget.web.supplier import type_rules
from widget.web.supplier.door import bp, me
from widget.web.typed import LONGEST_TYPED, clean

LONGEST_ORDER_NUMBER = 60
SHOWN_OF_A_PROBLEM = 80
TOO_LONG = {
    LONGEST_ORDER_NUMBER: N_("Too long: at most 60 characters."),
    LONGEST_TYPED: N_("Too long: at most 5,000 characters."),
}
CHOOSE_A_TYPE = N_("Choose a problem type.")


class Words(fields.String):
    """One field as it was typed, cleaned. What it says is a text of the catalogue, translated where it is shown."""

    def __init__(self, missing: str = "", longest: int = LONGEST_TYPED) -> None:
        checks: list[Any] = [validate.Length(max=longest, error=TOO_LONG[longest])]
        if missing:
            checks.append(validate.Length(min=1, error=missing))
        # A field that may stay empty may as well be left out.
        needed: dict[str, Any] = {"required": True} if missing else {"load_default": ""}
        super().__init__(**needed, error_messages={"required": missing}, validate=checks)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs))


class EntrySchema(Schema):
    """The fields of one line. Whatever else is sent is none of the reporter's business, and never applied."""

    class Meta:
        unknown = EXCLUDE

    order_number = Words(N_("Write the order number."), LONGEST_ORDER_NUMBER)
    problem_type = Words(CHOOSE_A_TYPE, LONGEST_ORDER_NUMBER)
    problem = Words(N_("Write what is wrong."))
    comment_supplier = Words()


class Painted(NamedTuple):
    """The shops a supplier paints for, and how their order numbers are read."""

    shops: dict[int, Store]
    patterns: list[OrderPattern]


class Entry(NamedTuple):
    """One line that can be reported."""

    order: OrderName
    type: ProblemType
    problem: str
    comment: str


class OpenAlready(NamedTuple):
    """An open line of the reporter's supplier, as he is told of it."""

    id: int
    type_id: int
    type_name: str
    problem: str
    reported_at: datetime
    order: OrderName

    @property
    def reference(self) -> str:
        """What people call the line."""
        return f"P-{self.id}"

    @property
    def address(self) -> str:
        """Where the line is worked on."""
        return f"{bp.url_prefix}/lines/{self.reference}"

    @property
    def words(self) -> str:
        """The beginning of what was reported."""
        short = " ".join(self.problem.split())
        return short if len(short) <= SHOWN_OF_A_PROBLEM else f"{short[:SHOWN_OF_A_PROBLEM]}…"


def painted_by(person: Person) -> Painted:
    """Of which shops a person may write order numbers. One query."""
    shops = people.stores_of(person.supplier_id or 0)
    return Painted(
        {shop.id: shop for shop in shops},
        [orders.pattern_of(shop.id, shop.code, shop.order_pattern) for shop in shops],
    )


def open_already(person: Person, names: Iterable[OrderName]) -> dict[OrderName, list[OpenAlready]]:
    """What the person's supplier has open for each of some orders, newest first. One query."""
    found: dict[OrderName, list[OpenAlready]] = {}
    for line in reversed(open_lines(person, tuple_(Order.store_id, Order.name).in_(list(names)))):
        found.setdefault(line.order, []).append(line)
    return found


def open_lines(person: Person, which: ColumnElement[bool]) -> list[OpenAlready]:
    """Open lines of the person's supplier, oldest first. One query."""
    rows = db.session.execute(
        select(Problem, Order, ProblemType)
        .join(Order, Order.id == Problem.order_id)
        .join(ProblemType, ProblemType.id == Problem.type_id)
        .where(which, Problem.supplier_id == (person.supplier_id or 0), Problem.handled_at.is_(None))
        .order_by(Problem.id)
    )
    return [
        OpenAlready(
            line.id,
            line.type_id,
            type_rules.type_name(type_),
            line.problem,
            line.reported_at,
            OrderName(order.store_id, order.name),
        )
        for line, order, type_ in rows
    ]


def read_entry(typed: Mapping[str, str], painted: Painted, types: Sequence[ProblemType]) -> Entry:
    """What was typed, if it can be reported. Raises ValidationError with all wrong fields, in the reader's language."""
    wrong: dict[str, str] = {}
    try:
        data = EntrySchema().load(typed)
    except ValidationError as error:
        data = cast("dict[str, str]", error.valid_data)
        wrong = {name: _(str(messages[0])) for name, messages in error.normalized_messages().items()}  # type: ignore[no-untyped-call]
    type_ = next((type_ for type_ in types if type_.code == data.get("problem_type")), None)
    if type_ is None:
        wrong.setdefault("problem_type", _(CHOOSE_A_TYPE))
    name = None
    if "order_number" not in wrong:
        try:
            name = orders.read_name(data["order_number"], painted.patterns)
        except Refused as error:
            wrong["order_number"] = why_not_an_order(error, painted)
    if wrong or type_ is None or name is None:
        raise ValidationError({name: [words] for name, words in wrong.items()})
    return Entry(name, type_, data["problem"], data["comment_supplier"])


def why_not_an_order(error: Refused, painted: Painted) -> str:
    """Why an order number was not understood, and what one looks like."""
    if not painted.patterns:
        return _("Nobody has said yet which shops you paint for. Please ask customer service.")
    words = language.in_words(error)
    examples = [example for pattern in painted.patterns if (example := orders.example_of(pattern))]
    if "store" in error.values or not examples:
        return words
    return _("%(why)s It looks like %(example)s.", why=words, example=examples[0])


def fingerprint_of(entry: Entry, *more: object) -> str:
    """The same for the same person and content. `more`: what else tells two requests apart."""
    return presses.fingerprint_of("report", g.person.id, *entry.order, entry.type.id, *entry[2:], *more)


def twin_of(entry: Entry, lines: Iterable[OpenAlready]) -> OpenAlready | None:
    """The open line this may be a second one of: the same words before the same type."""
    alike = [line for line in lines if line.type_id == entry.type.id or line.problem == entry.problem]
    return next((line for line in alike if line.problem == entry.problem), alike[0] if alike else None)


def report(entry: Entry, order: Order, drafts: Sequence[Picture] = ()) -> Problem:
    """Add the line, for the reporter's own supplier whatever was sent. Raises Refused. The order is locked."""
    home = tickets.lock_home(order.id)
    line = problems.report(
        order,
        entry.type,
        entry.problem,
        by=me(),
        at=Place(home, public_url()),
        supplier=g.person.supplier,
        comment=entry.comment,
        pictures=pictures.attachments(drafts, order.name),
    )
    pictures.attach(drafts, line)
    return line


def why_refused(error: Refused, lines: Iterable[OpenAlready]) -> str:
    """Why a line was not added, in words, without naming a line of somebody else."""
    named = str(error.values.get("line", ""))
    if named and named not in {line.reference for line in lines}:
        return _("The same words are open already for this order. Change them if you mean something else.")
    return language.in_words(error)


def in_one_line(error: ValidationError) -> dict[str, str]:
    """Each wrong field with one sentence."""
    return {name: str(messages[0]) for name, messages in error.normalized_messages().items()}  # type: ignore[no-untyped-call]
