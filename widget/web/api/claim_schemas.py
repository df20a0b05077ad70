"""What programs get of refund claims, field by field.

Neither the note for approvers nor an approver's words are among them: those are not for the supplier.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import g
from marshmallow import Schema, fields, post_dump

from widget import money
from widget.refunds import IN_WORDS, Claim, Hand, State
from widget.web import places, visible
from widget.web.api.reading import Moment, Words
from widget.web.api.schemas import LONGEST_NAME, ListSchema, PageSchema, one_of, told

REFERENCE = "^R-[1-9][0-9]{0,17}$"
STATES = ("open", "over", "all", *State)
# Who did what before the supplier saw it: his page does not say so either.
WITHHELD = {"requested_by": "", "requested_at": None, "confirmed_by": "", "confirmed_at": None}


def made_of(make: Callable[[Claim], Any], words: str, **more: Any) -> fields.Function:
    """Something that is worked out from a claim."""
    return fields.Function(make, required=True, **told(words, **more))


def amount_of(find: Callable[[Claim], Decimal | None], words: str, **more: Any) -> fields.Function:
    """An amount with its currency; null where there is none."""

    def tell(claim: Claim) -> str | None:
        amount = find(claim)
        return None if amount is None else money.told(amount, claim.currency)

    return made_of(tell, words, type=["string", "null"], **more)


class ClaimSchema(Schema):
    """Money the shop wants back from the supplier."""

    reference = fields.String(required=True, **told("What people call the claim.", example="R-7", pattern=REFERENCE))
    order_name = fields.String(
        required=True, attribute="order.name", **told("The order number, unique within its store.", example="NL10377")
    )
    store = fields.String(required=True, attribute="order.store.code", **told("The store's code.", example="NL"))
    supplier = fields.String(required=True, attribute="supplier.name", **told("Who is to pay.", example="Dafen Art"))
    reason = fields.String(required=True, attribute="reason.code", **told("The code of its reason.", example="lost"))
    reason_name = fields.String(
        required=True, attribute="reason.name_en", **told("What the reason is called.", example="Lost parcel")
    )
    issue = fields.String(required=True, **told("What happened.", example="lost between Shenzhen and Venlo"))
    date = fields.Date(
        required=True, attribute="day", allow_none=True, **told("The day of the issue.", example="2026-11-20")
    )
    amount = amount_of(lambda claim: claim.amount, "What is claimed; null in a draft without it.", example="39.00 EUR")
    state = fields.String(required=True, validate=one_of(State), **told("Where it stands."))
    status = made_of(
        lambda claim: IN_WORDS[State(claim.state)],
        "The same in words.", type="string", example="waiting for confirmation",
    )  # fmt: skip
    waiting_for = made_of(
        lambda claim: claim.waits_for,
        "Whose turn it is; null when it is over.", type=["string", "null"], enum=[*map(str, Hand), None],
        example="approver",
    )  # fmt: skip
    state_since = Moment(required=True, **told("Since when it stands there.", example="2026-11-22T07:10:00Z"))
    requested_by = fields.String(
        required=True, **told("Who wants the money back; only staff are told.", example="Anna Visser")
    )
    requested_at = Moment(required=True, allow_none=True, **told("When an approver was asked; null for suppliers."))
    confirmed_by = made_of(
        lambda claim: claim.confirmation.approver if claim.confirmation else "",
        "Which approver confirmed it in writing; empty before, and for suppliers.", type="string",
    )  # fmt: skip
    confirmed_at = Moment(
        required=True,
        allow_none=True,
        attribute="confirmation.at",
        dump_default=None,
        **told("When that was; null for suppliers."),
    )
    filed_at = Moment(required=True, allow_none=True, **told("Since when the supplier sees it."))
    accepted = amount_of(lambda claim: claim.accepted_amount, "What the supplier accepts; null before he does.")
    answer = fields.String(required=True, **told("What the supplier said to it."))
    answered_by = fields.String(required=True, **told("Who answered for the supplier; empty before."))
    answered_at = Moment(required=True, allow_none=True, **told("When that was."))
    credited = amount_of(lambda claim: claim.credited, "What was credited so far.", example="0.00 EUR")
    outstanding = amount_of(
        lambda claim: None if claim.filed_at is None else claim.outstanding,
        "What the supplier still owes, less than zero when too much was credited; null before it is filed.",
    )
    ended_at = Moment(required=True, allow_none=True, **told("When it was closed or withdrawn."))
    changed_at = Moment(required=True, **told("When anything on it changed last.", example="2026-11-22T07:10:00Z"))
    version = fields.Integer(required=True, **told("Counts its changes; the ETag is made of it.", minimum=1, example=1))
    open_url = made_of(
        lambda claim: f"{places.public_url()}/claims/{claim.reference}",
        "Its page, for people.", type="string", format="uri",
    )  # fmt: skip

    @post_dump
    def withhold(self, shown: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Leave out what is for staff only."""
        return shown if visible.is_staff(g.person) else {**shown, **WITHHELD}


class ClaimsSchema(ListSchema):
    """Refund claims, the oldest first."""

    items = fields.List(fields.Nested(ClaimSchema), required=True)


class ClaimFilterSchema(PageSchema):
    """Which claims."""

    state = fields.String(
        load_default="open", validate=one_of(STATES), **told("Open ones, those that are over, or one state.")
    )
    order = Words(**told("Only this order number.", maxLength=LONGEST_NAME))
    changed_since = Moment(**told("Only what changed at that moment or later, for example 2026-11-23T14:05:00Z."))
