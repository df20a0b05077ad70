"""The button Request refund. It asks an approver, and that is all it can do: no button confirms or files a claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from marshmallow import ValidationError, fields

from widget import days, money, orders, people, problems, refunds, stores
from widget.errors import Refused
from widget.orders import Order, OrderPattern
from widget.refunds import ClaimReason, Wanted
from widget.stores import Store
from widget.web.sidebar.actions import Press, PressSchema, button, patterns
from widget.web.typed import LONGEST_TYPED, clean

T = TypeVar("T")
YES = "yes"


class Said(fields.String):
    """What somebody typed or left out, cleaned: whatever is wrong with any of it is said at once, further down."""

    def __init__(self) -> None:
        super().__init__(load_default="")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs))


class RefundSchema(PressSchema):
    order_name = Said()
    reason = Said()
    issue = Said()
    day = Said()
    amount = Said()
    reshipment_offered_on = Said()
    customer_asked = Said()
    note = Said()


class Reader:
    """Reads what was said field by field, and keeps why something cannot be read."""

    def __init__(self, said: dict[str, str]) -> None:
        self.said = said
        self.wrong: dict[str, str] = {}

    def read(self, field: str, read: Callable[[str], T], missing: str = "") -> T | None:
        """What a field says; None when it is empty or makes no sense."""
        if not self.said[field]:
            self.wrong.update({field: missing} if missing else {})
            return None
        try:
            return read(self.said[field])
        except Refused as error:
            self.wrong[field] = error.sentence
            return None


@button("request-refund", RefundSchema, "summary")
def request_refund(press: Press) -> str:
    """Ask an approver to confirm that money is wanted back from the supplier."""
    if people.is_a_suppliers(press.by.email):
        raise Refused("Only customer service asks a supplier for money back.")
    order, wanted = _read(press.data, patterns(press))
    problems.link_ticket(press.ticket, order)
    supplier = problems.supplier_for(order)
    claim = refunds.start(order, wanted, by=press.by, at=press.at, supplier=supplier)
    refunds.request(claim, by=press.by, at=press.at)
    return (
        f"{claim.reference} requested for order {order.name}: {refunds.in_words(claim)}. "
        "It is filed once an approver has confirmed it in writing."
    )


def _read(said: dict[str, str], known: list[OrderPattern]) -> tuple[Order, Wanted]:
    """The order and what is wanted. Raises ValidationError that names every field that is not right."""
    if not known:
        raise ValidationError({"order_name": ["This helpdesk has no store yet."]})
    reader = Reader(said)
    name = reader.read("order_name", lambda typed: orders.read_name(typed, known), "Write the order number.")
    # Of an order that cannot be read, the rest is looked at as if it were of the first store.
    wanted = _wanted(reader, stores.get_store_by_id((name or known[0]).store_id))
    # Not locked: the ticket is, and whoever locks both begins with the order.
    order = orders.known(name) if name else None
    found = {field: error.sentence for field, error in refunds.wrong_with(wanted, order).items()}
    wrong = {**found, **reader.wrong, **_too_long(said["note"])}
    if order is None or wrong:
        raise ValidationError({field: [wrong[field]] for field in said if field in wrong})
    return order, wanted


def _wanted(reader: Reader, store: Store) -> Wanted:
    today = refunds.today_in(store)
    reason = reader.read("reason", refunds.get_reason_by_name, "Choose a reason.")
    return Wanted(
        # Without a reason nothing comes of it.
        reason=cast(ClaimReason, reason),
        issue=reader.said["issue"],
        day=reader.read("day", lambda typed: days.read(typed, today=today)),
        amount=reader.read("amount", lambda typed: money.read(typed, store.currency)),
        reshipment_offered_on=reader.read("reshipment_offered_on", lambda typed: days.read(typed, today=today)),
        customer_asked=reader.said["customer_asked"].casefold() == YES,
        note=reader.said["note"],
    )


def _too_long(note: str) -> dict[str, str]:
    return {"note": f"At most {LONGEST_TYPED} characters, please."} if len(note) > LONGEST_TYPED else {}
