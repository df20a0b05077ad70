"""Reporting a line: the form "New problem", what is said about an order number while it is typed, and the one rule that
nothing becomes a second line by accident.

What somebody typed is read into an `Entry`; reporting many lines at once (pasting.py) reads and reports the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from flask import Response, abort, g, redirect, render_template, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from sqlalchemy import ColumnElement, select, tuple_
from werkzeug.wrappers import Response as AnyResponse

from widget import orders, people, pictures, presses, problem_types, problems, tickets
from widget.db import db
from widget.errors import NotFound, Refused
from widget.orders import Order, OrderName, OrderPattern
from widget.people import Person
from widget.pictures import Picture
from widget.problem_types import Board, ProblemType
from widget.problems import Problem
from widget.stores import Store
from widget.tickets import Place
from widget.web import language, picture_forms
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.picture_forms import FormRefused
from widget.web.places import public_url, take_line
from widget.web.supplier import type_rules
from widget.web.supplier.door import bp, me
from widget.web.supplier.type_rules import Choice
from widget.web.typed import LONGEST_TYPED, clean

LONGEST_ORDER_NUMBER = 60
# Shorter than that somebody is still typing, and is not told that it is wrong.
SHORTEST_ORDER_NUMBER = 4
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


@dataclass(frozen=True)
class ReportForm:
    """The form as it is shown: empty, or as it comes back with what was typed and why it was not reported.

    `types` are what can be chosen, in the reader's language.
    """

    board: Board
    types: Sequence[Choice]
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    twin: OpenAlready | None = None
    may_report_anyway: bool = False
    drafts: Sequence[Picture] = ()

    @property
    def is_open(self) -> bool:
        """Whether it has something to say, so that a phone shows it at once."""
        return bool(self.errors or self.twin)

    @property
    def chosen(self) -> Choice:
        """The type that is chosen in it."""
        code = self.values.get("problem_type", "")
        return next((choice for choice in self.types if choice.code == code), type_rules.NOTHING_CHOSEN)

    @property
    def list_address(self) -> str:
        """Where the lines of the form's board are."""
        return address_of(self.board)

    @property
    def first_wrong(self) -> str:
        """The field to begin with."""
        return next((name for name in EntrySchema().fields if name in self.errors), "")


def form_for(
    board: Board,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    twin: OpenAlready | None = None,
    *,
    may_report_anyway: bool = False,
    drafts: Sequence[Picture] = (),
) -> ReportForm:
    """The form for a board, for the context of whatever page includes supplier/report.html."""
    types = [type_rules.choice_of(type_) for type_ in problem_types.choices(board)]
    return ReportForm(board, types, values or {}, errors or {}, twin, may_report_anyway, drafts)


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


@bp.get("/order")
def order_GET() -> str:
    """What is known about an order number that is being typed: a piece of the page."""
    typed = clean(request.args.get("order_number", ""))[: LONGEST_ORDER_NUMBER + 1]
    painted = painted_by(g.person)
    is_complete = len(typed) >= SHORTEST_ORDER_NUMBER or (bool(typed) and "left" in request.args)
    try:
        name = orders.read_name(typed, painted.patterns)
    except Refused as error:
        wrong = why_not_an_order(error, painted) if is_complete else ""
        return render_template("supplier/report_check.html", wrong=wrong)
    lines = open_already(g.person, [name]).get(name, [])
    return render_template("supplier/report_check.html", name=name.name, shop=painted.shops[name.store_id], lines=lines)


@bp.post("/report")
def report_POST() -> AnyResponse:
    """Report one line, or add to the one that is open already."""
    board = board_asked_for(request.form)
    types = problem_types.choices(board)
    entry, wrong = _read_form(types)
    if entry is not None and (done := presses.find_answer(_fingerprint(entry))) is not None:
        return _landed(board, done)
    status, drafts = 422, []
    try:
        drafts = picture_forms.take(g.person)
    except FormRefused as error:
        status, drafts = error.status, error.kept
        wrong["picture"] = language.in_words(error)
    else:
        wrong.update(_lacking(types, drafts))
    if entry is None or wrong:
        return _come_back(status, board, errors=wrong, drafts=drafts)
    return _report(board, entry, drafts)


def _report(board: Board, entry: Entry, drafts: Sequence[Picture]) -> AnyResponse:
    add_to, anyway = request.form.get("add_to", ""), bool(request.form.get("anyway"))
    order = orders.lock_known([entry.order])[entry.order]
    # Again, now that nobody else can be at it.
    if (done := presses.find_answer(_fingerprint(entry))) is not None:
        return _landed(board, done)
    lines = open_already(g.person, [entry.order]).get(entry.order, [])
    twin = twin_of(entry, lines)
    if twin is not None and not add_to and not anyway:
        may_report_anyway = twin.problem != entry.problem
        return _come_back(409, board, twin=twin, may_report_anyway=may_report_anyway, drafts=drafts)
    keys = [draft.key for draft in drafts]
    try:
        line = _added_to(add_to, entry, drafts) if add_to else report(entry, order, drafts)
    except NotFound:
        raise
    except Refused as error:
        db.session.rollback()
        why = language.in_words(error) if add_to else why_refused(error, lines)
        # One of the pictures may be what is gone.
        return _come_back(409, board, errors={"form": why}, drafts=pictures.drafts_of(g.person, keys))
    done = line.reference
    presses.keep(_fingerprint(entry), done)
    db.session.commit()
    return _landed(board, done)


def _read_form(types: Sequence[ProblemType]) -> tuple[Entry | None, dict[str, str]]:
    """What was typed into the form, or what is wrong with it."""
    try:
        return read_entry(request.form, painted_by(g.person), types), {}
    except ValidationError as error:
        return None, in_one_line(error)


def _lacking(types: Sequence[ProblemType], drafts: Sequence[Picture]) -> dict[str, str]:
    """What the chosen type wants besides the words. What is added to an open line is a comment, and has no type."""
    code = clean(request.form.get("problem_type", ""))
    why = "" if request.form.get("add_to") else type_rules.why_incomplete(code, types, drafts)
    return {"picture": why} if why else {}


def _fingerprint(entry: Entry) -> str:
    """Of a form: with the pictures it names and brings, which are other drafts each time they are sent."""
    files = sorted(file.filename or "" for file in request.files.getlist(picture_forms.FIELD))
    keys = sorted(request.form.getlist(picture_forms.KEYS_FIELD))
    more = (request.form.get("add_to", ""), *keys, *filter(None, files))
    return fingerprint_of(entry, *more) if any(more) else fingerprint_of(entry)


def why_refused(error: Refused, lines: Iterable[OpenAlready]) -> str:
    """Why a line was not added, in words, without naming a line of somebody else."""
    named = str(error.values.get("line", ""))
    if named and named not in {line.reference for line in lines}:
        return _("The same words are open already for this order. Change them if you mean something else.")
    return language.in_words(error)


def board_asked_for(sent: Mapping[str, str]) -> Board:
    """Which of the two sheets a form is for."""
    board = sent.get("board") or Board.PROBLEM_SHEET.value
    if board not in set(Board):
        abort(422)
    return Board(board)


def address_of(board: str, **told: str) -> str:
    """The list of a board, with what has just been done."""
    return f"{bp.url_prefix}?{urlencode({'board': board, **told})}"


def redirect_to(address: str) -> AnyResponse:
    """Go on to an address; a request by script is told so in a header, and goes there as a whole page."""
    if is_by_script():
        return Response(headers={"HX-Redirect": address})
    return redirect(address, 303)


def is_by_script() -> bool:
    """Whether the answer replaces a piece of the page instead of the page."""
    return "HX-Request" in request.headers


def in_one_line(error: ValidationError) -> dict[str, str]:
    """Each wrong field with one sentence."""
    return {name: str(messages[0]) for name, messages in error.normalized_messages().items()}  # type: ignore[no-untyped-call]


def _added_to(reference: str, entry: Entry, drafts: Sequence[Picture]) -> Problem:
    line, at = take_line(reference)
    if (line.order.store_id, line.order.name) != entry.order:
        raise Refused("{line} is about {order}. Report this as a new line.", line=line.reference, order=line.order.name)
    words = f"{entry.problem}\n{entry.comment}" if entry.comment else entry.problem
    going_along = pictures.attachments(drafts, line.order.name, after=line.picture_count)
    problems.comment(line, words, by=me(), at=at, pictures=going_along)
    pictures.attach(drafts, line)
    return line


def _landed(board: Board, reference: str) -> AnyResponse:
    """Where the reporter sees what has become of it: in the list, or in the thread of the line he added to."""
    if request.form.get("add_to"):
        return redirect_to(f"{bp.url_prefix}/lines/{reference}?{urlencode({'added': reference})}")
    return redirect_to(address_of(board, reported=reference))


def _come_back(status: int, board: Board, **why: Any) -> AnyResponse:
    """The form with all that was typed and what is wrong with it. The words only, if a script asked for them."""
    values = {name: clean(request.form.get(name, "")) for name in EntrySchema().fields}
    form = form_for(board, values, **why)
    template = "supplier/report.html" if is_by_script() else "supplier/report_page.html"
    return Response(render_template(template, report=form), status)
