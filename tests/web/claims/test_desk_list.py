"""The Refunds tab of the desk: what waits for whom, for how long, and what is owed in which currency."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests import factories
from tests.factories import LI_AS_PERSON
from tests.refunds import claims
from tests.refunds.claims import ANNA_AS_AGENT, here
from tests.web.visitors import counted_queries
from widget import refunds
from widget.db import db, utcnow
from widget.refunds import Claim
from widget.stores import Helpdesk

LIST = "/desk?board=refunds"


@pytest.fixture
def some(shop: Flask, natalie: FlaskClient) -> Flask:
    """A claim at most steps of its way: R-1 draft, R-2 requested, R-3 confirmed, R-4 filed, R-5 declined, R-6 over."""
    with shop.app_context():
        claims.draft(issue="one")
        claims.requested(issue="two")
        claims.confirmed(issue="three")
        claims.filed(issue="four")
        claims.declined(issue="five")
        refunds.withdraw(claims.filed(issue="six"), "found", by=ANNA_AS_AGENT, at=here())
        db.session.commit()
    return shop


def listed(client: FlaskClient, query: str = "") -> list[str]:
    return re.findall(r'<tr class="claim-row[^"]*" id="(R-\d+)"', client.get(LIST + query).text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["R-1", "R-2", "R-3", "R-4", "R-5"]),
        ("&turn=customer_service", ["R-1", "R-3", "R-5"]),
        ("&turn=approver", ["R-2"]),
        ("&turn=supplier", ["R-4"]),
        ("&view=handled", ["R-6"]),
        ("&sort=newest", ["R-5", "R-4", "R-3", "R-2", "R-1"]),
        ("&q=FOUR", ["R-4"]),
        ("&q=r-2", ["R-2"]),
        ("&q=10377+five", ["R-5"]),
        ("&type=other", []),
        ("&supplier=2", []),
        ("&supplier=1&type=lost&q=one", ["R-1"]),
    ],
)
def test_each_view_has_its_claims(some: Flask, anna: FlaskClient, query: str, expected: list[str]) -> None:
    assert listed(anna, query) == expected


def test_a_row_says_who_has_it_since_when_and_who_confirmed(some: Flask, anna: FlaskClient) -> None:
    with some.app_context():
        db.session.execute(update(Claim).where(Claim.id == 4).values(state_since=utcnow() - timedelta(days=8)))
        db.session.commit()
    page = anna.get(LIST + "&turn=supplier").text
    for words in (
        "NL10377",
        "four",
        "39.00 EUR",
        "Lost parcel",
        "Dafen Art",
        "Natalie",
        "the supplier",
        "8 d",
        "too long",
    ):
        assert words in page
    assert "too long" not in anna.get(LIST + "&turn=approver").text
    assert re.search(r'id="open-refunds"[^>]*>5', page)


def test_an_approver_is_told_what_waits_for_him(some: Flask, anna: FlaskClient, natalie: FlaskClient) -> None:
    assert "1 waits for your confirmation" in natalie.get(LIST).text
    assert "for your confirmation" not in anna.get(LIST).text


def test_sums_never_cross_currencies(some: Flask, anna: FlaskClient) -> None:
    with some.app_context():
        british = factories.store(db.session.get_one(Helpdesk, 1), "UK", r"UK\d{5}")
        british.currency = "GBP"
        db.session.flush()
        claim = claims.filed(issue="seven", amount=Decimal("0.10"))
        refunds.accept_partly(claim, Decimal("0.07"), "most", by=LI_AS_PERSON, at=here(), shown=claim.version)
        db.session.execute(update(Claim).where(Claim.id == 4).values(currency="EUR"))
        db.session.commit()
        found = [
            (total.currency, total.claimed, total.accepted, total.credited, total.open) for total in refunds.totals()
        ]
    # Three times 39.00 was filed; one of them was withdrawn, and of the declined one nothing is to come.
    assert found == [("EUR", Decimal("78.10"), Decimal("0.07"), Decimal(0), Decimal("39.07"))]
    assert "39.07 EUR" in anna.get(LIST).text


def test_empty_views_say_how_claims_get_there(shop: Flask, anna: FlaskClient) -> None:
    for query, words in (
        ("", "begins with Request refund"),
        ("&view=handled", "No claim has ended"),
        ("&q=x", "No claim fits"),
    ):
        assert words in anna.get(LIST + query).text


def test_news_of_claims_are_counted(some: Flask, anna: FlaskClient) -> None:
    def do(client: FlaskClient) -> Any:
        return client.get("/desk/news?since=0&board=refunds")

    assert "lines changed" in do(anna).text or do(anna).status_code == 200
    assert anna.get("/desk/news?since=999999&board=refunds").status_code == 204


def test_a_list_takes_the_same_queries_and_goes_on_behind_fifty(some: Flask, anna: FlaskClient) -> None:
    with counted_queries(some) as few:
        anna.get(LIST)
    with some.app_context():
        for number in range(50):
            claims.requested(issue=f"issue {number}")
        db.session.commit()
    with counted_queries(some) as many:
        first = anna.get(LIST).text
    assert len(many) == len(few)
    further = re.search(r'href="([^"]+after=[^"]+)">Further', first)
    assert further is not None
    assert len(re.findall("claim-row", anna.get(further[1].replace("&amp;", "&")).text)) == 5
