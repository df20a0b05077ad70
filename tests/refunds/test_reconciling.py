"""Credit notes: which claim a line is about, how it fits, and what that makes of the claim."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import LI_AS_PERSON, PUBLIC_URL
from tests.refunds import claims
from tests.refunds.claims import ANNA_AS_AGENT, here
from widget import people, refunds
from widget.db import db
from widget.errors import Refused
from widget.refunds import Credit, CreditNote, CreditNoteLine, Entry, Fit, Given, Head
from widget.tickets import Place

DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def shop(store: Any) -> Any:
    """The store, on a day after all that happens in it."""
    with time_machine.travel("2026-11-24T10:00:00Z", tick=True):
        claims.shop()
        yield store


def head(invoice: str = "INV-7", currency: str = "EUR") -> Head:
    return Head(people.get_supplier("Dafen Art"), invoice, currency, DAY)


def matched(*entries: tuple[str, str], invoice: str = "INV-7") -> list[tuple[str, Fit]]:
    found = refunds.match(head(invoice), [Entry(order, Decimal(amount)) for order, amount in entries])
    return [(each.claim.reference if each.claim else "", each.fit) for each in found]


def enter(*chosen: tuple[str, str, int | None], invoice: str = "INV-7") -> CreditNote:
    entries = [(Entry(order, Decimal(amount)), claim) for order, amount, claim in chosen]
    places = {claim: here() for _order, _amount, claim in chosen if claim}
    return refunds.enter(head(invoice), entries, by=ANNA_AS_AGENT, places=places)


def test_a_line_fits_in_full_in_part_too_much_or_not_at_all() -> None:
    claims.accepted()
    assert matched((" #nl10377", "39"), ("NL10377", "20"), ("NL99999", "5")) == [
        ("R-1", Fit.FULL), ("R-1", Fit.OVER), ("", Fit.UNKNOWN),
    ]  # fmt: skip
    assert matched(("NL10377", "20"), ("NL10377", "19")) == [("R-1", Fit.PARTIAL), ("R-1", Fit.FULL)]
    assert matched(("NL10377", "39.01")) == [("R-1", Fit.OVER)]


def test_of_several_claims_the_exact_amount_wins_then_the_oldest() -> None:
    claims.accepted(issue="first", amount=Decimal(30))
    claims.accepted(issue="second", amount=Decimal(12))
    assert matched(("NL10377", "12"), ("NL10377", "7")) == [("R-2", Fit.FULL), ("R-1", Fit.PARTIAL)]


def test_what_was_not_filed_or_is_in_another_currency_fits_nothing() -> None:
    claims.confirmed()
    assert matched(("NL10377", "39")) == [("", Fit.UNKNOWN)]
    claims.filed(issue="another")
    assert [each.claim for each in refunds.match(head(currency="USD"), [Entry("NL10377", Decimal(39))])] == [None]


def test_a_claim_paid_in_full_is_closed_and_a_part_leaves_it_open() -> None:
    paid, partly = claims.accepted(), claims.accepted(issue="another")
    note = enter(("NL10377", "39", paid.id), ("NL10377", "9", partly.id), ("NL55555", "4", None))
    db.session.commit()
    assert (paid.state, partly.state, partly.outstanding) == ("closed", "accepted", Decimal(30))
    assert [line.fit for line in note.lines] == ["full", "partial", "unknown"]


def test_more_than_claimed_is_kept_and_looked_at_by_somebody() -> None:
    claim = claims.accepted()
    enter(("NL10377", "40", claim.id))
    assert (claim.state, claim.outstanding) == ("credited", Decimal(-1))


def test_what_the_supplier_announced_is_not_counted_twice() -> None:
    claim = claims.accepted()
    refunds.credit(claim, Given(Decimal(39), "inv-7", DAY), by=LI_AS_PERSON, at=here())
    assert matched(("NL10377", "39")) == [("R-1", Fit.FULL)]
    note = enter(("NL10377", "39", claim.id))
    db.session.commit()
    assert (claim.credited, claim.state) == (Decimal(39), "closed")
    assert db.session.scalars(select(Credit)).one().credit_note_line_id == note.lines[0].id


def test_an_invoice_is_entered_once() -> None:
    claim = claims.accepted()
    enter(("NL10377", "9", claim.id))
    with pytest.raises(Refused, match="Invoice INV-7 of Dafen Art was entered already, by Anna Visser"):
        enter(("NL10377", "9", claim.id))


def test_two_equal_lines_of_one_order_both_count() -> None:
    claim = claims.accepted()
    enter(("NL10377", "19.50", claim.id), ("NL10377", "19.50", claim.id))
    assert claim.state == "closed"


def test_an_unknown_line_is_assigned_by_hand_once() -> None:
    claim = claims.accepted()
    line = enter(("NL10388", "39", None)).lines[0]
    refunds.assign(line, claim, by=ANNA_AS_AGENT, at=here())
    db.session.commit()
    assert (line.fit, claim.state) == ("full", "closed")
    with pytest.raises(Refused, match="This line belongs to R-1 already"):
        refunds.assign(line, claim, by=ANNA_AS_AGENT, at=here())


def both(app: Flask, act: Callable[[], Any]) -> list[str]:
    """Two do the same at the same moment: what each of them hears."""
    start = Barrier(2, timeout=10)

    def one(_who: int) -> str:
        with app.app_context():
            start.wait()
            try:
                act()
                db.session.commit()
            except Refused as error:
                return error.sentence
            return "done"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(one, range(2)))


def test_of_two_who_enter_one_credit_note_at_once_the_second_is_told(app: Flask, store: Any) -> None:
    store.commit()
    refused, done = both(app, lambda: enter(("NL99999", "20", None)))
    assert done == "done"
    assert refused.startswith("Invoice INV-7 of Dafen Art was entered already, by Anna Visser")


def test_of_two_who_assign_one_row_at_once_the_second_is_told(app: Flask, store: Any) -> None:
    claims.accepted()
    claims.accepted("NL10388")
    line_id = enter(("NL99999", "39", None)).lines[0].id
    store.commit()
    numbers = iter((1, 2))

    def assign() -> None:
        claim, home = refunds.take(next(numbers))
        line = db.session.get_one(CreditNoteLine, line_id)
        refunds.assign(line, claim, by=ANNA_AS_AGENT, at=Place(home, PUBLIC_URL))

    refused, done = both(app, assign)
    assert done == "done"
    assert refused.startswith("This line belongs to R-")
