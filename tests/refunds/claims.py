"""Claims for tests: who wants them, who confirms them, and one at each step of its way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests import factories
from tests.factories import ANNA, CUSTOMER, LI_AS_PERSON, PUBLIC_URL, TICKET
from widget import orders, people, problems, refunds, tickets
from widget.db import db
from widget.orders import OrderName
from widget.people import Actor, Person, Role, Side
from widget.refunds import Claim, Confirmation, Given, Wanted
from widget.tickets import Place

ANNA_AS_AGENT = Actor(ANNA["name"], Side.CUSTOMER_SERVICE, ANNA["email"], ANNA["gorgias_id"])
DAYS = 30
DAY = date(2026, 11, 23)
WORDS = "Yes, please file this one."


def money(amount: str) -> Decimal:
    """Exact."""
    return Decimal(amount)


def approver(email: str = "natalie@brushwood.example", name: str = "Natalie Roos") -> Person:
    """Somebody who may confirm."""
    return people.add_person(email, name=name, roles={Role.APPROVER}, supplier=None)


def here(order_name: str = "NL10377") -> Place:
    """The order's ticket, locked."""
    order = orders.known(OrderName(1, order_name))
    return Place(tickets.lock_home(order.id), PUBLIC_URL)


def shop() -> None:
    """One shop, its workshop, a ticket about the order, and an approver."""
    factories.supplier(factories.store(factories.helpdesk()))
    factories.ticket(1, TICKET, CUSTOMER, OrderName(1, "NL10377"))
    approver()
    db.session.flush()


def wanted(**changed: Any) -> Wanted:
    """A lost parcel, 39.00 EUR."""
    values: dict[str, Any] = {
        "reason": refunds.get_reason("lost"),
        "issue": "parcel lost, no reshipment wanted",
        "day": date(2026, 11, 20),
        "amount": Decimal("39.00"),
        "reshipment_offered_on": date(2026, 11, 21),
        "customer_asked": True,
        "note": "third time this month",
    }
    return Wanted(**{**values, **changed})


def draft(order_name: str = "NL10377", *, by: Actor = ANNA_AS_AGENT, **changed: Any) -> Claim:
    """A claim nobody was asked about yet."""
    order = orders.known(OrderName(1, order_name))
    supplier = problems.supplier_for(order)
    return refunds.start(order, wanted(**changed), by=by, at=here(order_name), supplier=supplier)


def requested(order_name: str = "NL10377", *, by: Actor = ANNA_AS_AGENT, **changed: Any) -> Claim:
    """One that waits for an approver."""
    claim = draft(order_name, by=by, **changed)
    refunds.request(claim, by=by, at=here(order_name))
    return claim


def confirm(claim: Claim, words: str = WORDS, *, by: str = "natalie@brushwood.example") -> Confirmation:
    """As Natalie does it on the desk."""
    person, at = people.get_person(by), here(claim.order.name)
    return refunds.confirm(claim, words, by=person, at=at, shown=claim.version, days=DAYS)


def confirmed(order_name: str = "NL10377", **changed: Any) -> Claim:
    """One that may be filed."""
    claim = requested(order_name, **changed)
    confirm(claim)
    return claim


def filed(order_name: str = "NL10377", **changed: Any) -> Claim:
    """One that the supplier sees."""
    claim = confirmed(order_name, **changed)
    refunds.file(claim, by=ANNA_AS_AGENT, at=here(order_name), shown=claim.version)
    return claim


def accepted(order_name: str = "NL10377", **changed: Any) -> Claim:
    """One that the supplier wants to pay."""
    claim = filed(order_name, **changed)
    refunds.accept(claim, by=LI_AS_PERSON, at=here(order_name), shown=claim.version)
    return claim


def declined(order_name: str = "NL10377", **changed: Any) -> Claim:
    """One that the supplier does not want to pay."""
    claim = filed(order_name, **changed)
    refunds.decline(claim, "It was sent in time.", by=LI_AS_PERSON, at=here(order_name), shown=claim.version)
    return claim


def credited(order_name: str = "NL10377", **changed: Any) -> Claim:
    """One that was paid back."""
    claim = accepted(order_name, **changed)
    assert claim.amount is not None
    refunds.credit(claim, Given(claim.amount, "INV-7", date(2026, 11, 23)), by=LI_AS_PERSON, at=here(order_name))
    return claim


def withdrawn(order_name: str = "NL10377", **changed: Any) -> Claim:
    """One that the supplier saw, and that the shop does not want any more."""
    claim = filed(order_name, **changed)
    refunds.withdraw(claim, "It turned up.", by=ANNA_AS_AGENT, at=here(order_name))
    return claim
