"""Claims as staff see and work on them: the form, the page, the approvers' list."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.refunds import claims
from tests.web.uploads import LARGE, PHOTO
from tests.web.visitors import FROM_OUR_PAGE, counted_queries, link_of, painter_link, signed_in
from widget import people, refunds
from widget.db import db
from widget.orders import Order
from widget.people import PersonRole, Role
from widget.refunds import Claim

FORM: dict[str, Any] = {
    "order_name": "nl10377",
    "reason": "lost",
    "issue": "parcel lost, no reshipment wanted",
    "day": "2026-11-20",
    "amount": "39,00",
    "reshipment_offered_on": "2026-11-21",
    "customer_asked": "yes",
    "note": "third time this month",
}


def send(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    page = client.get("/claims/new").text
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key is not None
    return client.post(path, data={"form_key": key[1], **form}, headers=FROM_OUR_PAGE)


def act(client: FlaskClient, name: str, reference: str = "R-1", **form: Any) -> TestResponse:
    page = client.get(f"/claims/{reference}").text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    return send(client, f"/claims/{reference}/{name}", **{"version": version[1], **form})


def stored(app: Flask, reference: str = "R-1") -> dict[str, Any]:
    with app.app_context():
        claim = db.session.get_one(Claim, int(reference[2:]))
        return {name: getattr(claim, name) for name in ("state", "issue", "amount", "requested_by", "version")}


def test_a_claim_is_requested_confirmed_and_filed(shop: Flask, anna: FlaskClient, natalie: FlaskClient) -> None:
    answer = send(anna, "/claims/new", **FORM, picture=(io.BytesIO(PHOTO), "broken.png"))
    assert (answer.status_code, answer.location) == (303, "/claims/R-1?done=R-1&did=requested")
    page = anna.get(answer.location).text
    for words in ("NL10377", "39.00 EUR", "waiting for confirmation", "Natalie", "Confirm R-1 39.00 EUR", "Picture 1"):
        assert words in page
    waiting = natalie.get("/claims/approvals").text
    for words in ("NL10377", "39.00 EUR", "third time this month", "2026-11-21", "Picture 1", "Confirm and file"):
        assert words in waiting
    answer = act(natalie, "confirm", words="Yes, claim it.", then="file", back="approvals")
    assert (answer.status_code, answer.location) == (303, "/claims/approvals?done=R-1&did=filed")
    assert "R-1 is confirmed and filed." in natalie.get(answer.location).text
    page = anna.get("/claims/R-1").text
    assert "Yes, claim it." in page
    assert "filed, waiting for the supplier" in page
    paper = anna.get("/claims/R-1/print").text
    assert "Yes, claim it." in paper
    assert stored(shop)["state"] == "filed"


def test_all_that_is_wrong_is_named_at_once_and_nothing_typed_is_lost(shop: Flask, anna: FlaskClient) -> None:
    form = {**FORM, "order_name": "", "reason": "", "issue": "", "amount": "1.234", "day": "2027-01-01", "note": "keep"}
    form = {**form, "reshipment_offered_on": "", "customer_asked": ""}
    answer = send(anna, "/claims/new", **form, picture=(io.BytesIO(PHOTO), "x.png"))
    assert answer.status_code == 422
    for words in (
        "Write the order number.", "Choose a reason.", "Say what the issue is.", "can mean 1234.00 EUR or 1.23 EUR",
        "is in the future", "Offer the customer a reshipment first", "asked for the refund himself. Never mention",
    ):  # fmt: skip
        assert words in answer.text
    assert 'value="1.234"' in answer.text
    assert 'value="2027-01-01"' in answer.text
    assert "keep</textarea>" in answer.text
    assert 'name="pictures"' in answer.text
    with shop.app_context():
        assert db.session.scalars(select(Claim)).all() == []


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("amount", "0", "The amount is zero"),
        ("amount", "-5", "less than zero"),
        ("amount", "0.005", "more decimals than EUR has"),
        ("amount", "39 USD", "is not in EUR"),
        ("amount", "<b>", "is not an amount"),
        ("day", "05/06/2026", "can mean 2026-05-06 or 2026-06-05"),
        ("day", "2026-11-25", "is in the future"),
        ("order_name", "XX1", "is not an order number of NL"),
        ("issue", "x" * 501, "At most 500 characters"),
        ("note", "x" * 5001, "At most 5000 characters"),
    ],
)
@pytest.mark.only_on("sqlite")
def test_a_wrong_field_is_refused_with_a_reason(
    shop: Flask, anna: FlaskClient, field: str, typed: str, words: str
) -> None:
    answer = send(anna, "/claims/new", **{**FORM, field: typed})
    assert answer.status_code == 422
    assert words in answer.text


def test_the_stores_day_can_be_chosen_although_it_is_not_that_day_in_greenwich(shop: Flask) -> None:
    with time_machine.travel("2026-11-24T23:30:00Z", tick=False):
        anna = signed_in(shop)
        assert 'max="2026-11-25"' in anna.get("/claims/new").text
        assert send(anna, "/claims/new", **{**FORM, "day": "2026-11-25"}).status_code == 303
        assert send(anna, "/claims/new", **{**FORM, "issue": "x", "day": "2026-11-26"}).status_code == 422


def test_more_than_the_customer_paid_is_refused(shop: Flask, anna: FlaskClient) -> None:
    with shop.app_context():
        order = db.session.scalars(select(Order)).one()
        order.total, order.total_currency = Decimal(38), "EUR"
        db.session.commit()
    answer = send(anna, "/claims/new", **FORM)
    assert answer.status_code == 422
    assert "The customer paid 38.00 EUR for this order." in answer.text


def test_an_order_nobody_heard_of_is_allowed_and_marked(anna: FlaskClient) -> None:
    answer = send(anna, "/claims/new", **{**FORM, "order_name": "NL55555"})
    assert answer.status_code == 303
    assert "Nothing else is known here of order NL55555" in anna.get("/claims/R-1").text


def test_a_second_claim_of_the_same_leads_to_the_first(anna: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    answer = send(anna, "/claims/new", **{**FORM, "issue": "Parcel lost, no reshipment wanted!"})
    assert answer.status_code == 409
    assert "claimed already: R-1" in answer.text
    assert 'href="/claims/R-1"' in answer.text
    assert "Parcel lost, no reshipment wanted!" in answer.text


def test_a_draft_keeps_what_is_there_and_is_requested_later(shop: Flask, anna: FlaskClient) -> None:
    answer = send(anna, "/claims/new", **{**FORM, "amount": "", "customer_asked": ""}, then="draft")
    assert answer.status_code == 303
    refused = act(anna, "request")
    assert refused.status_code == 409
    assert "Say how much is to be refunded." in refused.text
    changed = act(anna, "change", **FORM)
    assert changed.status_code == 303
    assert act(anna, "request").status_code == 303
    assert stored(shop)["state"] == "requested"


def test_the_same_press_twice_acts_once(shop: Flask, anna: FlaskClient, natalie: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    form = {"version": str(stored(shop)["version"]), "words": "Yes.", "then": ""}
    for _ in range(2):
        assert send(natalie, "/claims/R-1/confirm", **form).status_code == 303
    with shop.app_context():
        assert len(refunds.get(1).confirmations) == 1


def test_the_same_press_is_another_once_the_claim_was_changed(
    shop: Flask, anna: FlaskClient, natalie: FlaskClient
) -> None:
    """Whoever goes back in his browser is not told that it was done."""
    send(anna, "/claims/new", **FORM)
    form = {"version": str(stored(shop)["version"]), "words": "Yes."}
    send(natalie, "/claims/R-1/confirm", **form)
    act(natalie, "send-back", words="One moment.")
    act(anna, "request")
    answer = send(natalie, "/claims/R-1/confirm", **form)
    assert answer.status_code == 409
    assert "changed this on" in answer.text
    assert stored(shop)["state"] == "requested"


@pytest.mark.usefixtures("natalie")
def test_a_credit_that_was_taken_back_is_entered_again(shop: Flask, anna: FlaskClient) -> None:
    with shop.app_context():
        claims.accepted()
        db.session.commit()
    form = {"version": str(stored(shop)["version"]), "amount": "39", "invoice": "INV-7", "day": "2026-11-24"}
    send(anna, "/claims/R-1/credit", **form)
    act(anna, "credit/1/take-back")
    for _ in range(2):
        assert send(anna, "/claims/R-1/credit", **form).status_code == 303
    with shop.app_context():
        assert refunds.get(1).credited == Decimal(39)


def test_an_approver_does_not_confirm_his_own(shop: Flask, natalie: FlaskClient) -> None:
    send(natalie, "/claims/new", **FORM)
    page = natalie.get("/claims/R-1").text
    assert "somebody else has to confirm it" in page
    assert "Confirm and file" not in page
    assert "For somebody else to confirm" in natalie.get("/claims/approvals").text
    answer = act(natalie, "confirm", words="yes")
    assert answer.status_code == 409
    assert stored(shop)["state"] == "requested"


def test_an_amount_edited_between_reading_and_confirming_is_confirmed_anew(
    shop: Flask, anna: FlaskClient, natalie: FlaskClient
) -> None:
    send(anna, "/claims/new", **FORM)
    shown = str(stored(shop)["version"])
    act(anna, "change", **{**FORM, "amount": "390"})
    answer = send(natalie, "/claims/R-1/confirm", version=shown, words="Yes, thirty-nine.", then="file")
    assert answer.status_code == 409
    assert "changed this" in answer.text
    assert "39.00 EUR → 390.00 EUR" in answer.text
    assert "Yes, thirty-nine.</textarea>" in answer.text
    assert stored(shop)["state"] == "requested"


def test_of_two_approvers_the_second_is_told(shop: Flask, anna: FlaskClient, natalie: FlaskClient) -> None:
    katja = signed_in(shop, link_of(shop, "katja@brushwood.example", Role.APPROVER))
    send(anna, "/claims/new", **FORM)
    shown = str(stored(shop)["version"])
    assert send(katja, "/claims/R-1/send-back", version=shown, words="No picture.").status_code == 303
    answer = send(natalie, "/claims/R-1/confirm", version=shown, words="Yes.")
    assert answer.status_code == 409
    assert "R-1 is a draft since" in answer.text
    assert "by Katja" in answer.text


def test_a_role_taken_away_a_minute_ago_confirms_nothing(shop: Flask, anna: FlaskClient, natalie: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    with shop.app_context():
        people.get_person("natalie@brushwood.example").role_rows = [PersonRole(role="agent")]
        db.session.commit()
    answer = act(natalie, "confirm", words="Yes.")
    assert answer.status_code == 409
    assert "Only an approver may do this." in answer.text
    assert act(anna, "confirm", words="Yes.").status_code == 409
    assert "Natalie" not in anna.get("/claims/approvals").text


def test_a_change_of_a_confirmed_claim_says_what_it_does(shop: Flask, anna: FlaskClient, natalie: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    act(natalie, "confirm", words="Yes.")
    assert "Another issue, day or amount voids that" in anna.get("/claims/R-1/change").text
    act(anna, "change", **{**FORM, "amount": "40"})
    page = anna.get("/claims/R-1").text
    assert "waiting for confirmation" in page
    assert "void" in page
    assert "Anna changed: Amount" in page
    act(natalie, "confirm", words="Yes, forty.")
    act(natalie, "send-back", words="Forty is too much.")
    assert "Natalie sent the claim back: Forty is too much." in anna.get("/claims/R-1").text
    act(anna, "request")
    act(natalie, "confirm", words="All right, forty.", then="file")
    refused = act(anna, "change", **{**FORM, "amount": "41"})
    assert refused.status_code == 409
    assert "it cannot be changed" in refused.text


def test_a_changed_note_for_the_approver_is_told_as_a_change(anna: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    act(anna, "change", **{**FORM, "note": "fourth time"})
    told = " ".join(anna.get("/claims/R-1").text.split())
    assert "changed Note for the approver: third time this month → fourth time" in told
    assert told.count("Note for the ticket") + told.count("Note in ticket") == 1


def test_staff_credit_close_comment_and_take_back(shop: Flask, anna: FlaskClient, natalie: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    act(natalie, "confirm", words="Yes.", then="file")
    assert act(anna, "comment", words="Please hurry.").status_code == 303
    refused = act(anna, "credit", amount="x", invoice="", day="")
    assert refused.status_code == 422
    for words in ("is not an amount", "Write the invoice.", "Write the day."):
        assert words in refused.text
    assert act(anna, "credit", amount="39", invoice="INV-1", day="2026-11-24").status_code == 303
    page = anna.get("/claims/R-1").text
    assert "Credited: 39.00 EUR" in page
    assert act(anna, "credit/1/take-back").status_code == 303
    assert stored(shop)["state"] == "filed"
    assert act(anna, "credit", amount="39", invoice="INV-2", day="2026-11-24").status_code == 303
    assert act(anna, "close").status_code == 303
    assert stored(shop)["state"] == "closed"
    assert send(anna, "/claims/R-1/evidence", picture=(io.BytesIO(PHOTO), "x.png")).status_code == 409
    assert send(anna, "/claims/R-1/close", words="again").status_code == 409


def test_pictures_are_added_as_evidence(anna: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    assert act(anna, "evidence", picture=(io.BytesIO(PHOTO), "x.png")).status_code == 303
    assert "Picture 1 of R-1" in anna.get("/claims/R-1").text
    assert act(anna, "evidence").status_code == 409
    # Twice the same at once is one press, another picture is another.
    for photo in (PHOTO, LARGE):
        assert act(anna, "evidence", picture=(io.BytesIO(photo), "y.png")).status_code == 303
    page = anna.get("/claims/R-1").text
    assert "Picture 2 of R-1" in page
    assert "Picture 3 of R-1" not in page


def test_the_ticket_is_read_on_request(shop: Flask, anna: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    answer = act(anna, "point")
    assert (answer.status_code, answer.location) == (303, "/claims/R-1?done=R-1&did=point")
    page = anna.get("/claims/R-1?done=R-1&did=point").text
    assert ("The ticket is being read" in page, "Look in the ticket" in page) == (True, False)
    again = act(anna, "point")
    assert again.status_code == 409
    assert "is being read already" in again.text


def test_the_suppliers_people_are_led_to_their_own_page(shop: Flask, anna: FlaskClient, natalie: FlaskClient) -> None:
    send(anna, "/claims/new", **FORM)
    act(natalie, "confirm", words="Yes.", then="file")
    painter = signed_in(shop, painter_link(shop))
    answer = painter.get("/claims/R-1")
    assert (answer.status_code, answer.location) == (303, "/supplier/claims/R-1")
    assert painter.get("/claims/approvals").status_code == 303


def test_unknown_claims_are_not_there(anna: FlaskClient) -> None:
    for path in ("/claims/R-9", "/claims/P-1", "/claims/R-9/print", "/claims/R-9/change", "/claims/R-0"):
        assert anna.get(path).status_code == 404
    assert send(anna, "/claims/R-9/confirm", words="x").status_code == 404


def test_the_pages_take_the_same_queries_however_much_there_is(
    shop: Flask, anna: FlaskClient, natalie: FlaskClient
) -> None:
    send(anna, "/claims/new", **FORM)
    with counted_queries(shop) as one:
        natalie.get("/claims/approvals")
        anna.get("/claims/R-1")
    with shop.app_context():
        for number in range(12):
            claims.requested("NL10377", issue=f"issue {number}")
        db.session.commit()
    with counted_queries(shop) as many:
        natalie.get("/claims/approvals")
        anna.get("/claims/R-1")
    assert len(many) == len(one)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("make", "path", "form", "words"),
    [
        (claims.confirmed, "point", {}, "R-1 was confirmed by Natalie"),
        (claims.withdrawn, "evidence", {"picture": "photo"}, "R-1 is over."),
        (claims.withdrawn, "credit", {"amount": "1.234", "invoice": "INV-7"}, "can mean 1234.00 EUR or 1.23 EUR"),
        (claims.withdrawn, "comment", {"words": "half a word"}, "half a word"),
    ],
)
def test_what_cannot_be_done_any_more_is_refused_with_a_reason(
    shop: Flask, anna: FlaskClient, natalie: FlaskClient, make: Any, path: str, form: dict[str, Any], words: str
) -> None:
    with shop.app_context():
        make()
        db.session.commit()
    if "picture" in form:
        form = {"picture": (io.BytesIO(PHOTO), "a.png")}
    answer = send(anna, f"/claims/R-1/{path}", version="1", **form)
    assert answer.status_code in (409, 422)
    assert words in answer.text
