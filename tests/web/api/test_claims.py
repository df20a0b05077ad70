"""Refund claims as programs see them: staff all, a supplier's own ones once they are filed, and nothing to change."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import time_machine

from tests import factories
from tests.factories import TICKET
from tests.refunds import claims
from tests.web.visitors import counted_queries
from widget import refunds
from widget.db import db
from widget.orders import OrderName
from widget.web.api.door import OPERATIONS


@pytest.fixture(autouse=True)
def _on_a_day(app) -> Iterator[None]:
    """The day after what the claims are about; with an approver, and a ticket about the order."""
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False):
        with app.app_context():
            factories.ticket(1, TICKET, factories.CUSTOMER, OrderName(1, "NL10377"))
            claims.approver()
            db.session.commit()
        yield


def made(app, *makes, **changed) -> None:
    with app.app_context():
        for number, make in enumerate(makes):
            make(issue=f"issue {number}", **changed)
        db.session.commit()


def references(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [claim["reference"] for claim in answer.json["items"]]


def test_staff_read_a_claim_without_the_note_and_the_approvers_words(app, staff):
    made(app, claims.draft, claims.filed)
    read = staff.get("/claims/R-2").json
    assert read == {
        "reference": "R-2", "order_name": "NL10377", "store": "NL", "supplier": "Dafen Art",
        "reason": "lost", "reason_name": "Lost parcel", "issue": "issue 1", "date": "2026-11-20",
        "amount": "39.00 EUR", "state": "filed", "status": "filed, waiting for the supplier",
        "waiting_for": "supplier", "state_since": "2026-11-24T10:00:00Z",
        "requested_by": "Anna Visser", "requested_at": "2026-11-24T10:00:00Z",
        "confirmed_by": "Natalie Roos", "confirmed_at": "2026-11-24T10:00:00Z", "filed_at": "2026-11-24T10:00:00Z",
        "accepted": None, "answer": "", "answered_by": "", "answered_at": None,
        "credited": "0.00 EUR", "outstanding": "39.00 EUR", "ended_at": None,
        "changed_at": "2026-11-24T10:00:00Z", "version": read["version"],
        "open_url": f"{factories.PUBLIC_URL}/claims/R-2",
    }  # fmt: skip
    listed = staff.get("/claims").json["items"]
    assert listed[1] == read
    assert (listed[0]["state"], listed[0]["confirmed_by"], listed[0]["confirmed_at"]) == ("draft", "", None)
    assert listed[0]["outstanding"] is None
    assert claims.WORDS not in json.dumps(listed)
    assert "third time this month" not in json.dumps(listed)


def test_a_bare_draft_has_neither_day_nor_amount(app, staff):
    made(app, claims.draft, day=None, amount=None)
    draft = staff.get("/claims/R-1").json
    assert (draft["date"], draft["amount"], draft["accepted"]) == (None, None, None)


def test_a_supplier_reads_its_own_once_they_are_filed_and_nothing_else(app, workshop, stranger):
    made(app, claims.draft, claims.requested, claims.confirmed, claims.filed, claims.declined, claims.credited)
    assert references(workshop.get("/claims?state=all")) == ["R-4", "R-5", "R-6"]
    assert workshop.get("/claims/R-5").json["answer"] == "It was sent in time."
    for words in ("Natalie", "Anna", claims.WORDS, "third time this month"):
        assert words not in workshop.get("/claims?state=all").text
        assert words not in workshop.get("/claims/R-5").text
    assert references(stranger.get("/claims?state=all")) == []
    unknown = [workshop.get(f"/claims/{reference}") for reference in ("R-1", "R-2", "R-3", "R-999", "P-1", "R-04")]
    unknown += [stranger.get("/claims/R-4")]
    assert {answer.status_code for answer in unknown} == {404}
    assert len({json.dumps({**answer.json, "instance": ""}) for answer in unknown}) == 1


def test_claims_are_found_by_state_order_and_change(app, staff):
    made(app, claims.draft, claims.requested, claims.declined)
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False), app.app_context():
        refunds.withdraw(refunds.get(2), "it turned up", by=claims.ANNA_AS_AGENT, at=claims.here())
        db.session.commit()
    for asked, found in {
        "": ["R-1", "R-3"],
        "?state=all": ["R-1", "R-2", "R-3"],
        "?state=over": ["R-2"],
        "?state=withdrawn": ["R-2"],
        "?state=declined": ["R-3"],
        "?order=%23nl10377&state=all": ["R-1", "R-2", "R-3"],
        "?order=NL99999": [],
        "?state=all&changed_since=2026-11-24T12:00:00Z": ["R-2"],
        "?changed_since=2026-11-24T12:00:00Z": [],
    }.items():
        assert references(staff.get(f"/claims{asked}")) == found, asked


def test_lists_come_in_pages_with_as_many_queries_however_long(app, staff):
    made(app, *[claims.requested] * 2, claims.filed, claims.draft, claims.draft)
    first = staff.get("/claims?limit=2")
    assert (references(first), first.json["next_cursor"]) == (["R-1", "R-2"], "2")
    assert "/api/v1/claims?limit=2&cursor=2" in first.headers["Link"]
    last = staff.get("/claims?limit=3&cursor=2")
    assert (references(last), last.json["next_cursor"]) == (["R-3", "R-4", "R-5"], None)
    counts = []
    for asked in ("?limit=1", "?limit=5", "?order=NL10377&limit=1", "?order=NL10377"):
        with counted_queries(app) as statements:
            staff.get(f"/claims{asked}")
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[2] == counts[3] == counts[0] + 1


@pytest.mark.only_on("sqlite")
def test_what_makes_no_sense_in_an_address_is_refused_by_name(staff):
    for asked in ("state=handled", "state=", "limit=0", "cursor=R-1", "board=problem_sheet", "changed_since=today"):
        answer = staff.get(f"/claims?{asked}")
        assert answer.status_code == 422, asked
        assert [error["name"] for error in answer.json["errors"]] == [asked.partition("=")[0]]


@pytest.mark.only_on("sqlite")
def test_what_is_known_is_not_sent_again(app, staff):
    made(app, claims.requested)
    etag = staff.get("/claims/R-1").headers["ETag"]
    again = staff.get("/claims/R-1", If_None_Match=etag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    with app.app_context():
        claims.confirm(refunds.get(1))
        db.session.commit()
    assert staff.get("/claims/R-1", If_None_Match=etag).json["state"] == "confirmed"


@pytest.mark.only_on("sqlite")
def test_nothing_here_changes_a_claim(app, staff):
    made(app, claims.requested)
    paths = ("/claims", "/claims/R-1", "/claims/R-1/confirm", "/claims/R-1/file")
    for path in paths:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert staff.ask(method, path, {"state": "filed"}).status_code in (404, 405), (method, path)
    about_claims = [each for each in OPERATIONS.values() if each.path.startswith("/claims")]
    assert {each.method for each in about_claims} == {"GET"}
    assert any("Nothing requests, confirms or files a claim here" in each.words for each in about_claims)
