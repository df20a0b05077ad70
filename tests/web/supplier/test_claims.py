"""Refunds on the supplier's page: what the workshop sees of claims, and how it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import LI_AS_PERSON
from tests.refunds import claims
from tests.refunds.claims import ANNA_AS_AGENT, WORDS, here
from tests.web.visitors import FROM_OUR_PAGE, OTHER_WORKSHOP, counted_queries, painter_link, signed_in
from widget import refunds
from widget.db import db
from widget.orders import OrderName
from widget.refunds import Claim, Given

LIST = "/supplier?board=refunds"


@pytest.fixture
def shop(app: Flask) -> Iterator[Flask]:
    """One shop, its workshop, and an approver, on the day after all that happens."""
    with time_machine.travel("2026-11-24T10:00:00Z", tick=True):
        with app.app_context():
            factories.ticket(1, 9001, 501, OrderName(1, "NL10377"))
            claims.approver()
            db.session.commit()
        yield app


@pytest.fixture
def filed(shop: Flask) -> Flask:
    """With a claim that was filed."""
    with shop.app_context():
        claims.filed()
        db.session.commit()
    return shop


@pytest.fixture
def li(shop: Flask) -> FlaskClient:
    """A painter's browser."""
    return signed_in(shop, painter_link(shop))


def act(client: FlaskClient, name: str, reference: str = "R-1", **form: Any) -> TestResponse:
    page = client.get(f"/supplier/claims/{reference}").text
    hidden = dict(re.findall(r'name="(form_key|version)" value="([^"]+)"', page))
    return client.post(f"/supplier/claims/{reference}/{name}", data={**hidden, **form}, headers=FROM_OUR_PAGE)


def stored(app: Flask) -> Claim:
    with app.app_context():
        claim = db.session.get_one(Claim, 1)
        db.session.expunge(claim)
        return claim


def test_what_was_filed_is_listed_with_what_is_needed_and_nothing_internal(filed: Flask, li: FlaskClient) -> None:
    for path in (LIST, "/supplier/claims/R-1", "/supplier/claims/R-1/print"):
        page = li.get(path).text
        for words in ("NL10377", "39.00 EUR", "parcel lost, no reshipment wanted", "Lost parcel", "2026-11-20"):
            assert words in page
        for words in ("third time this month", WORDS, "Natalie", "natalie@", "Anna", "9001", "2026-11-21"):
            assert words not in page
    assert "Still to be credited:" in li.get(LIST).text


@pytest.mark.parametrize("make", [claims.draft, claims.requested, claims.confirmed])
def test_what_was_not_filed_does_not_exist(shop: Flask, li: FlaskClient, make: Any) -> None:
    with shop.app_context():
        make()
        db.session.commit()
    assert "Nothing is claimed from you." in li.get(LIST).text
    unknown = li.get("/supplier/claims/R-9")
    hidden = li.get("/supplier/claims/R-1")
    assert (hidden.status_code, hidden.text) == (404, unknown.text)
    assert li.get("/supplier/claims/R-1/print").status_code == 404
    key = re.search(r'name="form_key" value="([^"]+)"', li.get("/supplier").text)
    assert key is not None
    for name in ("accept", "decline", "comment", "credit"):
        sent = li.post(f"/supplier/claims/R-1/{name}", data={"form_key": key[1], "words": "x"}, headers=FROM_OUR_PAGE)
        assert sent.status_code == 404


def test_another_workshop_sees_nothing_of_it(filed: Flask) -> None:
    other = signed_in(filed, painter_link(filed, OTHER_WORKSHOP))
    assert "NL10377" not in other.get(LIST).text
    assert other.get("/supplier/claims/R-1").status_code == 404


def test_a_claim_is_accepted_and_credited(filed: Flask, li: FlaskClient) -> None:
    answer = act(li, "accept", back="board=refunds")
    assert (answer.status_code, answer.location) == (303, "/supplier?board=refunds&claim=R-1&did=accepted")
    assert "customer service is told that you accept it" in li.get(answer.location).text
    page = li.get("/supplier/claims/R-1").text
    assert 'value="39.00"' in page
    answer = act(li, "credit", amount="３９", invoice="INV-7", day="2026-11-24")
    assert answer.status_code == 303
    claim = stored(filed)
    assert (claim.state, claim.credited) == ("credited", Decimal(39))
    assert "39.00 EUR credited on invoice INV-7" in li.get("/supplier/claims/R-1").text
    assert act(li, "credit/1/take-back").status_code == 303
    assert stored(filed).state == "accepted"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("accept", {}, "R-1: customer service is told that you accept it."),
        (
            "accept-partly",
            {"amount": "5", "words": "half"},
            "R-1: customer service is told that you accept a part of it.",
        ),
        ("decline", {"words": "no"}, "R-1: customer service is told that you decline it."),
        ("comment", {"words": "hello"}, "R-1: sent to customer service."),
    ],
)
def test_what_was_pressed_on_a_claims_own_page_is_said_there(
    filed: Flask, li: FlaskClient, name: str, form: dict[str, str], said: str
) -> None:
    assert said in li.get(act(li, name, **form).location).text
    assert 'role="status"><p>' not in li.get("/supplier/claims/R-1?did=made-up").text


@pytest.mark.only_on("sqlite")
def test_a_state_is_told_from_where_the_workshop_stands(filed: Flask, li: FlaskClient) -> None:
    assert '<span class="state yours">waiting for your answer</span>' in li.get(LIST).text
    assert "waiting for your answer" in li.get("/supplier/claims/R-1/print").text
    act(li, "decline", words="no")
    assert '<span class="state theirs">declined</span>' in li.get(LIST).text


def test_a_part_is_accepted_with_a_reason(filed: Flask, li: FlaskClient) -> None:
    for amount, words, status, sentence in (
        ("", "half", 422, "Write the amount."),
        ("40", "half", 409, "A part is more than 0 and less than 39.00 EUR"),
        ("19,5", "", 409, "Say why you accept only a part."),
        ("1.234", "half", 422, "can mean"),
    ):
        refused = act(li, "accept-partly", amount=amount, words=words)
        assert refused.status_code == status
        assert sentence in refused.text
        assert f'value="{amount}"' in refused.text
        assert words in refused.text
    assert act(li, "accept-partly", amount="19,5", words="half of it").status_code == 303
    assert stored(filed).accepted_amount == Decimal("19.5")


def test_a_claim_is_declined_with_a_reason(filed: Flask, li: FlaskClient) -> None:
    assert "Say why you decline the claim." in act(li, "decline", words=" ").text
    assert act(li, "decline", words="It was delivered.").status_code == 303
    assert stored(filed).state == "declined"
    assert "It was delivered." in li.get("/supplier/claims/R-1").text


def test_who_answers_twice_is_told_who_was_first(filed: Flask, li: FlaskClient) -> None:
    page = li.get("/supplier/claims/R-1").text
    form = dict(re.findall(r'name="(form_key|version)" value="([^"]+)"', page))
    act(li, "decline", words="It was delivered.")
    late = li.post("/supplier/claims/R-1/accept", data=form, headers=FROM_OUR_PAGE)
    assert late.status_code == 409
    assert "R-1 was declined by Li" in late.text
    assert stored(filed).state == "declined"


def test_an_answer_to_what_was_asked_before_is_refused(filed: Flask, li: FlaskClient) -> None:
    form = dict(re.findall(r'name="(form_key|version)" value="([^"]+)"', li.get("/supplier/claims/R-1").text))
    with filed.app_context():
        claim = refunds.get(1)
        refunds.decline(claim, "no", by=LI_AS_PERSON, at=here(), shown=claim.version)
        refunds.insist(claim, "Look at the pictures.", by=ANNA_AS_AGENT, at=here(), shown=claim.version)
        db.session.commit()
    late = li.post("/supplier/claims/R-1/decline", data={**form, "words": "no, no"}, headers=FROM_OUR_PAGE)
    assert late.status_code == 409
    assert "Anna Visser changed this" in late.text
    assert "no, no" in late.text
    assert "Look at the pictures." in late.text


@pytest.mark.only_on("sqlite")
def test_what_a_credit_lacks_is_said_when_a_colleague_was_faster(filed: Flask, li: FlaskClient) -> None:
    act(li, "credit", amount="39", invoice="INV-7", day="2026-11-24")
    late = act(li, "credit", amount="39", invoice="", day="2026-11-24")
    assert late.status_code == 422
    assert "Write the invoice." in late.text
    assert "credited on invoice INV-7" in late.text


def test_whose_credit_it_is_is_said_when_it_cannot_be_taken_back(filed: Flask, li: FlaskClient) -> None:
    with filed.app_context():
        claim = refunds.get(1)
        refunds.credit(claim, Given(Decimal(9), "INV-7", claims.DAY), by=ANNA_AS_AGENT, at=here())
        db.session.commit()
    refused = act(li, "credit/1/take-back")
    assert refused.status_code == 409
    assert "Anna Visser entered this credit. Write a comment to have it taken back." in refused.text
    assert stored(filed).credited == Decimal(9)


def test_both_sides_write(filed: Flask, li: FlaskClient) -> None:
    with filed.app_context():
        refunds.comment(refunds.get(1), "Any news?", by=ANNA_AS_AGENT, at=here())
        db.session.commit()
    assert act(li, "comment", words="We ask the carrier.").status_code == 303
    page = li.get(LIST).text
    assert "Any news?" in page
    assert "We ask the carrier." in page
    assert act(li, "comment", words="").status_code == 409


def test_what_is_over_is_kept_apart(filed: Flask, li: FlaskClient) -> None:
    with filed.app_context():
        refunds.withdraw(refunds.get(1), "it turned up", by=ANNA_AS_AGENT, at=here())
        db.session.commit()
    assert "NL10377" not in li.get(LIST).text
    ended = li.get(f"{LIST}&view=handled").text
    for words in ("NL10377", "withdrawn", "it turned up"):
        assert words in ended
    assert act(li, "accept").status_code == 409


def test_claims_are_found_by_number_words_and_invoice(filed: Flask, li: FlaskClient) -> None:
    act(li, "credit", amount="9", invoice="INV-77", day="2026-11-24")
    for query in ("10377", "r-1", "PARCEL", "inv-77", "Lost", "nl10377 parcel"):
        assert "39.00 EUR" in li.get(f"{LIST}&q={query}").text
    assert "No claim fits." in li.get(f"{LIST}&q=nothing").text


def test_the_tab_counts_what_waits_for_the_workshop(filed: Flask, li: FlaskClient) -> None:
    def number() -> str:
        found = re.search(r'id="open-refunds"[^>]*>(\d+)', li.get("/supplier").text)
        assert found is not None
        return found[1]

    assert number() == "1"
    act(li, "decline", words="no")
    assert number() == "0"


def test_a_list_takes_the_same_queries_and_goes_on_behind_fifty(filed: Flask, li: FlaskClient) -> None:
    with counted_queries(filed) as few:
        li.get(LIST)
    with filed.app_context():
        for number in range(52):
            claims.filed(issue=f"issue {number}")
        db.session.commit()
    with counted_queries(filed) as many:
        page = li.get(LIST).text
    assert len(many) == len(few)
    assert page.count('<article class="claim') == 50
    further = re.search(r'href="([^"]+after=[^"]+)"', page)
    assert further is not None
    assert li.get(further[1].replace("&amp;", "&")).text.count('<article class="claim') == 3
