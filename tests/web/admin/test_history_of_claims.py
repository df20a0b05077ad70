"""What the history on the admin side says of refund claims and their reasons."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import date, timedelta

import pytest

from tests.factories import LI_AS_PERSON
from tests.refunds import claims
from tests.refunds.claims import ANNA_AS_AGENT
from tests.web.admin.worlds import send
from widget import refunds
from widget.db import db, utcnow
from widget.refunds import Given
from widget.web.admin import vocabulary

LIST, TABLE = "/admin/history", "/admin/history.csv"


def rows(client, **query):
    """What the page lists, the newest first: who, which, what, before, after."""
    page = html.unescape(client.get(LIST, query_string=query).text)
    cells = re.findall(r'<td class="(?:by|which|field|old|new)[^>]*>(.*?)</td>', page, re.DOTALL)
    words = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
    return [tuple(words[start : start + 5]) for start in range(0, len(words), 5)]


def everything_happens():
    """One claim to its end, one that is withdrawn, and one whose confirmation is not used in time."""
    natalie = claims.approver()
    first = claims.requested("NL10377")
    at = claims.here()
    refunds.send_back(first, "Which parcel?", by=natalie, at=at, shown=first.version)
    refunds.change(
        first, claims.wanted(note="", amount=claims.money("40.00")), by=ANNA_AS_AGENT, at=at, shown=first.version
    )
    refunds.request(first, by=ANNA_AS_AGENT, at=at)
    claims.confirm(first)
    refunds.file(first, by=ANNA_AS_AGENT, at=at, shown=first.version)
    refunds.decline(first, "It was sent.", by=LI_AS_PERSON, at=at, shown=first.version)
    refunds.insist(first, "It was not.", by=ANNA_AS_AGENT, at=at, shown=first.version)
    refunds.accept_partly(first, claims.money("30"), "Half of it.", by=LI_AS_PERSON, at=at, shown=first.version)
    refunds.comment(first, "Thank you.", by=ANNA_AS_AGENT, at=at)
    credit = refunds.credit(first, Given(claims.money("30"), "INV-7", date(2026, 11, 23)), by=LI_AS_PERSON, at=at)
    refunds.take_back_credit(first, credit.id, by=LI_AS_PERSON, at=at)
    refunds.close(first, "Too old.", by=ANNA_AS_AGENT, at=at, shown=first.version)
    second = claims.accepted("NL10378")
    refunds.withdraw(second, "Found.", by=ANNA_AS_AGENT, at=claims.here("NL10378"))
    third = claims.confirmed("NL10379")
    refunds.expire(third, at=claims.here("NL10379"), now=utcnow() + timedelta(days=31))
    db.session.commit()


@pytest.fixture
def told(app, eva):
    """Everything happens to claims; Eva's browser."""
    with app.app_context():
        everything_happens()
    return eva


def test_everything_that_happens_to_a_claim_is_said_in_words(told):
    found = rows(told, which="R-1")
    assert {which for _who, which, *_rest in found} == {"Refund claim R-1"}
    assert [(who, what, before, after) for who, _which, what, before, after in reversed(found)] == [
        ("Anna Visser", "Begun", "–", "parcel lost, no reshipment wanted"),
        ("Anna Visser", "Requested", "draft", "39.00 EUR"),
        ("Natalie Roos", "Sent back", "waiting for confirmation", "Which parcel?"),
        ("Anna Visser", "Amount", "39.00 EUR", "40.00 EUR"),
        ("Anna Visser", "Note for the approver", "third time this month", "–"),
        ("Anna Visser", "Requested", "draft", "40.00 EUR"),
        ("Natalie Roos", "Confirmed in writing", "waiting for confirmation", claims.WORDS),
        ("Anna Visser", "Filed, confirmed by", "confirmed, not filed yet", "Natalie Roos"),
        ("Li Wei", "Declined", "filed, waiting for the supplier", "It was sent."),
        ("Anna Visser", "Supplier asked again", "declined by the supplier", "It was not."),
        ("Li Wei", "Partly accepted", "filed, waiting for the supplier", "30.00 EUR Half of it."),
        ("Anna Visser", "Comment", "–", "Thank you."),
        ("Li Wei", "Credit entered", "partly accepted, waiting for the credit", "30.00 EUR, INV-7"),
        ("Li Wei", "Credit taken back", "credited", "30.00 EUR, INV-7"),
        ("Anna Visser", "Closed", "partly accepted, waiting for the credit", "Too old."),
    ]
    assert rows(told, which="R-2")[0][2:] == ("Withdrawn", "accepted, waiting for the credit", "Found.")
    assert rows(told, which="R-3")[0][2:] == ("Confirmation expired after", "confirmed, not filed yet", "30 days")


def test_claims_are_found_by_their_number_and_by_their_order(told):
    assert {row[1] for row in rows(told, which="r-2")} == {"Refund claim R-2"}
    assert {row[1] for row in rows(told, which="#nl10379")} == {"Refund claim R-3"}
    assert {row[1] for row in rows(told, kind="claim", field="withdraw")} == {"Refund claim R-2"}
    assert rows(told, which="R-999") == []
    assert '<a href="/claims/R-2">R-2</a>' in told.get(LIST, query_string={"which": "R-2"}).text
    assert told.get("/claims/R-2").status_code == 200


@pytest.mark.only_on("sqlite")
def test_the_table_to_take_away_says_the_same(told):
    answer = told.get(TABLE, query_string={"which": "R-2"})
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert table[1][3:] == ["Refund claim", "R-2", "Withdrawn", "accepted, waiting for the credit", "Found."]


@pytest.mark.only_on("sqlite")
def test_all_that_is_recorded_of_claims_has_a_word():
    # Of a change each field is recorded; pointing at a note leads to a confirmation, or to nothing.
    recorded = {"drafted", *refunds.MOVES} - {"change", "point"}
    assert recorded <= vocabulary.FIELDS.keys()


def test_reasons_are_spoken_of_by_their_names(eva):
    send(eva, "/admin/reasons/5", name_en="Parcel lost", name_zh="包裹丢失", version=1)
    send(eva, "/admin/reasons/5/move", step="up")
    send(eva, "/admin/reasons/2/archive")
    assert rows(eva, kind="claim_reason") == [
        ("Eva", "Refund reason Damaged", "Archived", "no", "yes"),
        ("Eva", "Refund reason Parcel lost", "Place in the list", "5", "4"),
        ("Eva", "Refund reason Parcel lost", "Name in English", "Lost parcel", "Parcel lost"),
    ]
    assert [row[1] for row in rows(eva, which="parcel LOST")] == ["Refund reason Parcel lost"] * 2
