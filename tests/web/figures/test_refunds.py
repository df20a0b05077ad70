"""Refunds by month: exact sums per month, supplier and currency, as numbers, a picture and a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.factories import LI_AS_PERSON
from tests.refunds import claims
from tests.refunds.claims import here
from tests.web.visitors import counted_queries, signed_in, world
from widget import refunds
from widget.db import db
from widget.refunds import Claim, Given


@pytest.fixture
def anna(app: Flask) -> Iterator[FlaskClient]:
    """An agent, after three claims were filed: two in October where the store is, one in November."""
    with time_machine.travel("2026-11-24T10:00:00Z", tick=True):
        world(app)
        with app.app_context():
            claims.approver()
            for issue, at in (
                ("a", datetime(2026, 9, 30, 22, 30, tzinfo=UTC)),  # Half an hour into October in Amsterdam.
                ("b", datetime(2026, 10, 31, 22, 30, tzinfo=UTC)),
                ("c", datetime(2026, 10, 31, 23, 30, tzinfo=UTC)),
            ):
                claim = claims.accepted(issue=issue, amount=Decimal("10.10"))
                refunds.credit(claim, Given(Decimal("4.05"), "INV", date(2026, 11, 2)), by=LI_AS_PERSON, at=here())
                db.session.execute(update(Claim).where(Claim.id == claim.id).values(filed_at=at))
            db.session.commit()
        yield signed_in(app)


def rows(client: FlaskClient, query: str = "") -> list[list[str]]:
    text = client.get(f"/figures/refunds.csv{query}").get_data(as_text=True).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text)))[1:]


def test_months_begin_where_the_store_is_and_sums_are_exact(anna: FlaskClient) -> None:
    assert rows(anna) == [
        ["2026-11", "Dafen Art", "EUR", "1", "10.10", "10.10", "0.00", "4.05", "6.05", "12.15"],
        ["2026-10", "Dafen Art", "EUR", "2", "20.20", "20.20", "0.00", "8.10", "12.10", "0.00"],
    ]


def test_what_was_declined_stays_so_when_the_claim_is_closed(app: Flask, anna: FlaskClient) -> None:
    with app.app_context():
        claim = claims.declined(issue="d", amount=Decimal("7.00"))
        db.session.commit()
        assert rows(anna)[0][4:8] == ["17.10", "10.10", "7.00", "4.05"]
        refunds.close(claim, "He is right.", by=claims.ANNA_AS_AGENT, at=here(), shown=claim.version)
        db.session.commit()
    assert rows(anna)[0][4:8] == ["17.10", "10.10", "7.00", "4.05"]


def test_the_page_shows_the_same_with_a_picture(anna: FlaskClient) -> None:
    page = anna.get("/figures/refunds").text
    for words in ("2026-10", "20.20 EUR", "12.10 EUR", "Together, EUR", "30.30 EUR", "<rect", "18.15 EUR"):
        assert words in page
    assert "/figures/refunds" in anna.get("/figures").text


def test_filters_and_empty_times(anna: FlaskClient) -> None:
    assert rows(anna, "?store=DE") == []
    assert rows(anna, "?supplier=2") == []
    assert len(rows(anna, "?store=nl&supplier=1&months=6")) == 2
    assert "No claim was filed in this time." in anna.get("/figures/refunds?supplier=2").text


def test_the_page_takes_the_same_queries_however_many_claims(app: Flask, anna: FlaskClient) -> None:
    with counted_queries(app) as few:
        anna.get("/figures/refunds")
    with app.app_context():
        for number in range(10):
            claims.filed(issue=f"issue {number}")
        db.session.commit()
    with counted_queries(app) as many:
        anna.get("/figures/refunds")
    assert len(many) == len(few)
