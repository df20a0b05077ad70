"""What programs send and get, field by field. What is described is made from these, so it cannot say anything else."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from widget.people import Side
from widget.problem_types import Board
from widget.web import places
from widget.web.api.reading import Count, Flag, Moment, Strict, Words
from widget.web.typed import LONGEST_TYPED

REFERENCE = "^P-[1-9][0-9]{0,17}$"
LONGEST_PAGE, USUAL_PAGE = 200, 50
STATES = ("open", "handled", "all")
LONGEST_NAME = 60


def told(words: str, **more: Any) -> dict[str, Any]:
    """What the description says of a field: `example`, and limits its type does not know."""
    return {"metadata": {"description": words, **more}}


def one_of(choices: Any) -> Any:
    """Only these."""
    names = [str(choice) for choice in choices]
    return validate.OneOf(names, error=f"Has to be one of: {', '.join(names)}.")


def written(words: str, longest: int = LONGEST_TYPED, **more: Any) -> Words:
    """Something to read, which may not be empty."""
    example = {"example": more.pop("example")} if "example" in more else {}
    return Words(**told(words, minLength=1, maxLength=longest, **example), **more)


# Lines


class LineSchema(Schema):
    """A line of one of the boards."""

    reference = fields.String(required=True, **told("What people call the line.", example="P-31", pattern=REFERENCE))
    board = fields.String(required=True, validate=one_of(Board), **told("Which of the two sheets it is on."))
    order_name = fields.String(
        required=True, attribute="order.name", **told("The order number, unique within its store.", example="NL10423")
    )
    store = fields.String(required=True, attribute="order.store.code", **told("The store's code.", example="NL"))
    supplier = fields.String(required=True, attribute="supplier.name", **told("Who paints it.", example="Dafen Art"))
    type = fields.String(
        required=True, attribute="type.code", **told("The code of its problem type.", example="address_incomplete")
    )
    type_name = fields.String(
        required=True, attribute="type.name_en", **told("What the type is called.", example="Address incomplete")
    )
    problem = fields.String(required=True, **told("What is wrong.", example="house number missing"))
    waiting_for = fields.String(required=True, validate=one_of(Side), **told("Whose turn it is."))
    waiting_since = Moment(required=True, **told("Since when it is their turn.", example="2026-11-22T07:10:00Z"))
    informed_customer = fields.Function(
        lambda line: line.informed_at is not None,
        required=True,
        **told("Whether customer service has told the customer.", type="boolean", example=False),
    )
    informed_at = Moment(required=True, allow_none=True, **told("When the customer was told."))
    address = fields.String(
        required=True, **told("The delivery address, if customer service has written one. Empty on photo issues.")
    )
    address_seen = fields.Function(
        lambda line: line.address_seen_at is not None,
        required=True,
        **told("Whether the supplier has confirmed that it read this address.", type="boolean", example=False),
    )
    comment_cs = fields.String(required=True, **told("What customer service wrote last."))
    comment_supplier = fields.String(required=True, **told("What the supplier wrote last.", example="please hurry"))
    pictures = fields.Integer(
        required=True, attribute="picture_count", **told("How many pictures it has.", minimum=0, example=1)
    )
    reported_by = fields.Function(
        lambda line: line.reported_by.partition(" <")[0],
        required=True,
        **told("Who reported it.", type="string", example="Li Wei"),
    )
    reported_at = Moment(required=True, **told("When it was reported.", example="2026-11-22T07:10:00Z"))
    handled = fields.Function(
        lambda line: line.handled_at is not None,
        required=True,
        **told("Whether there is nothing more to do.", type="boolean", example=False),
    )
    handled_by = fields.String(required=True, **told("Who marked it as handled; empty while it is open."))
    handled_at = Moment(required=True, allow_none=True, **told("When it was marked as handled."))
    changed_at = Moment(required=True, **told("When anything on it changed last.", example="2026-11-22T07:10:00Z"))
    version = fields.Integer(required=True, **told("Counts its changes; the ETag is made of it.", minimum=1, example=1))
    open_url = fields.Function(
        lambda line: f"{places.public_url()}/lines/{line.reference}",
        required=True,
        **told("Its page, for people.", type="string", format="uri"),
    )


class PageSchema(Strict):
    """How much of a list, and from where."""

    limit = Count(
        load_default=USUAL_PAGE,
        validate=validate.Range(1, LONGEST_PAGE, error=f"Has to be from 1 to {LONGEST_PAGE}."),
        **told(f"How many at most. Without it: {USUAL_PAGE}."),
    )
    cursor = fields.String(
        validate=validate.Regexp(r"^[1-9][0-9]{0,17}\Z", error="Take it from next_cursor or the header Link."),
        **told("Where to go on: what `next_cursor` said.", pattern="^[1-9][0-9]{0,17}$"),
    )


class FilterSchema(PageSchema):
    """Which lines."""

    board = fields.String(validate=one_of(Board), **told("Only this board."))
    state = fields.String(load_default="open", validate=one_of(STATES), **told("Without it: open."))
    turn = fields.String(validate=one_of(Side), **told("Only what waits for them."))
    order = Words(**told("Only this order number.", maxLength=LONGEST_NAME))
    store = Words(**told("Only this store, by its code.", maxLength=LONGEST_NAME))
    type = Words(**told("Only this problem type, by its code.", maxLength=LONGEST_NAME))
    changed_since = Moment(**told("Only what changed at that moment or later, for example 2026-11-23T14:05:00Z."))


class ReportSchema(Strict):
    """A new line."""

    order_name = written("The order number, as people write it.", LONGEST_NAME, required=True, example="NL10423")
    store = written(
        "The store's code. Only needed where the order number may be of several.",
        LONGEST_NAME,
    )
    board = fields.String(validate=one_of(Board), **told("Only needed for a type that both boards have, like `other`."))
    type = written("A problem type: its code, or its name in one of the languages.", LONGEST_NAME, required=True,
                   example="address_incomplete")  # fmt: skip
    problem = written("What is wrong.", required=True, example="house number missing")
    comment = Words(
        load_default="",
        **told("A first comment.", maxLength=LONGEST_TYPED, example="the customer ordered twice"),
    )


class WorkSchema(Strict):
    """What may be changed on a line: the first two by customer service, the others by the supplier's people."""

    informed_customer = Flag(
        validate=validate.Equal(True, error="Can only be true."), **told("Customer service: the customer was told.")
    )
    address = written("Customer service: the delivery address. Only on the problem sheet.")
    handled = Flag(**told("Supplier: true when there is nothing more to do, false to reopen the line."))
    address_seen = Flag(
        validate=validate.Equal(True, error="Can only be true."), **told("Supplier: this address was read.")
    )


class ListSchema(Schema):
    """One page of a list."""

    next_cursor = fields.String(
        required=True, allow_none=True, **told("Ask with this `cursor` for more; null on the last page.", example="131")
    )


class LinesSchema(ListSchema):
    """Lines, the one reported first at the top."""

    items = fields.List(fields.Nested(LineSchema), required=True)


# What is on a line


class CommentSchema(Schema):
    """What one side wrote."""

    id = fields.Integer(required=True, **told("Its number.", minimum=1, example=131))
    side = fields.String(required=True, validate=one_of(Side), **told("Which side wrote it."))
    author = fields.String(required=True, **told("Who wrote it.", example="Li Wei"))
    text = fields.String(required=True, **told("The words.", example="Is it 12 or 12a?"))
    at = Moment(required=True, **told("When.", example="2026-11-22T07:10:00Z"))


class SayingSchema(Strict):
    """A new comment."""

    text = written("What the other side has to know.", required=True, example="Is it 12 or 12a?")


class CommentsSchema(ListSchema):
    """Comments, the oldest first."""

    items = fields.List(fields.Nested(CommentSchema), required=True)


class ChangeSchema(Schema):
    """One field, changed once."""

    field = fields.String(required=True, **told("What was changed.", example="address"))
    old = fields.String(required=True, **told("What it was."))
    new = fields.String(required=True, **told("What it became.", example="Hoofdstraat 12a"))
    by = fields.String(required=True, attribute="actor", **told("Who did it.", example="Anna Visser"))
    at = Moment(required=True, **told("When.", example="2026-11-22T07:10:00Z"))
    version = fields.Integer(required=True, **told("The line's version since then.", example=2))


class HistorySchema(ListSchema):
    """What happened to a line, the oldest first."""

    items = fields.List(fields.Nested(ChangeSchema), required=True)


# Lists


class TypeFilterSchema(Strict):
    """Which types."""

    board = fields.String(validate=one_of(Board), **told("Only this board."))


class TypeSchema(Schema):
    """What kind of problem a line can be about."""

    code = fields.String(required=True, **told("What to send as `type`.", example="address_incomplete"))
    board = fields.String(required=True, validate=one_of(Board), **told("The board whose list it is in."))
    name = fields.String(required=True, attribute="name_en", **told("In English.", example="Address incomplete"))
    name_zh = fields.String(required=True, **told("In Chinese.", example="地址不完整"))
    needs_picture = fields.Boolean(
        required=True, **told("Whether a picture should come with it; that is added on the line's page.", example=False)
    )


class TypesSchema(Schema):
    """What can be chosen now, in the order of the form."""

    items = fields.List(fields.Nested(TypeSchema), required=True)


# What went wrong


class ErrorSchema(Schema):
    """One value that is not right."""

    place = fields.String(required=True, data_key="in", validate=one_of(("body", "query", "header")))
    name = fields.String(required=True, **told("The field's name; empty when it is about all of it.", example="type"))
    detail = fields.String(required=True, **told("What is wrong with it."))


class ProblemSchema(Schema):
    """Why a request was not done (RFC 9457)."""

    type = fields.String(required=True, **told("Leads to the documentation; one per kind.", format="uri"))
    title = fields.String(required=True, **told("The kind, in words that never change."))
    status = fields.Integer(required=True, **told("The status again."))
    detail = fields.String(required=True, **told("What happened here, for people."))
    instance = fields.String(**told("The address that was asked."))
    errors = fields.List(fields.Nested(ErrorSchema), **told("With 422: each value that is not right."))
    changes = fields.List(fields.Nested(ChangeSchema), **told("With 412: what was changed since it was read."))
