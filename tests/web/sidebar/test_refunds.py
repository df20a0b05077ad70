"""Refund claims beside the ticket: what the cards tell, what Request refund asks for, and all that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.factories import BEN, OTHER_CUSTOMER, OTHER_TICKET, PUBLIC_URL, ask, press, queued
from tests.refunds import claims
from tests.web.sidebar.test_answer import StatementsSeen
from tests.web.visitors import contents
from widget import installation, orders, people, refunds, stores
from widget.db import db
from widget.orders import OrderName
from widget.refunds import Claim

TYPED = {
    "order_name": "#nl10377",
    "reason": "lost parcel",
    "issue": "lost between Shenzhen and Venlo",
    "day": "20 Nov",
    "amount": "39,00",
    "reshipment_offered_on": "2026-11-21",
    "customer_asked": "Yes",
    "note": "third time this month",
}
FIELDS = set(TYPED) - {"note"}
SUBJECT = {"subject": "Order NL10377"}


@pytest.fixture
def shop(app: Flask) -> Any:
    """A shop, its workshop, an approver, and a ticket about NL10377, on the day after it was lost for good."""
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False):
        with app.app_context():
            claims.shop()
            db.session.commit()
        yield


@pytest.fixture
def token(client: FlaskClient, shop: Any) -> str:
    return str(ask(client, **SUBJECT).get_json()["new_token"])


def answer(client: FlaskClient, **changed: Any) -> dict[str, Any]:
    return dict(ask(client, **{**SUBJECT, **changed}).get_json())


def request(client: FlaskClient, token: str, **changed: Any) -> Any:
    return press(client, "request-refund", token, **{**TYPED, **changed})


@contextmanager
def in_store(app: Flask) -> Iterator[None]:
    """What is done meanwhile is kept."""
    with app.app_context():
        yield
        db.session.commit()


def made(app: Flask, make: Callable[..., Claim], **changed: Any) -> None:
    with in_store(app):
        make(**changed)


def refused(app: Flask, before: dict[str, Any], response: Any, status: int) -> dict[str, Any]:
    """What was wrong; and nothing changed."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert contents(app) == before
    return dict(response.get_json()["error"])


# What the cards tell


def test_a_card_tells_what_is_claimed_where_it_stands_and_who_confirmed_it(
    app: Flask, client: FlaskClient, shop: Any
) -> None:
    made(app, claims.requested)
    shown = answer(client)
    assert shown["summary"] == "Nothing open for NL10377. 1 refund claim: waiting for confirmation."
    card = {
        "reference": "R-1",
        "order_name": "NL10377",
        "issue": "parcel lost, no reshipment wanted",
        "date": "2026-11-20",
        "amount": "39.00 EUR",
        "status": "waiting for confirmation",
        "confirmed_by": "",
        "open_url": f"{PUBLIC_URL}/claims/R-1",
    }
    assert shown["refunds"] == [card]
    with in_store(app):
        claims.confirm(refunds.get(1))
    shown = answer(client)
    assert shown["refunds"] == [{**card, "status": "confirmed, not filed yet", "confirmed_by": "Natalie Roos"}]


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (claims.draft, "draft"),
        (claims.filed, "filed, waiting for the supplier"),
        (claims.declined, "declined by the supplier"),
        (claims.credited, "credited"),
    ],
)
def test_each_state_is_told_in_words(
    app: Flask, client: FlaskClient, shop: Any, make: Callable[..., Claim], status: str
) -> None:
    made(app, make)
    assert answer(client)["summary"] == f"Nothing open for NL10377. 1 refund claim: {status}."


def test_a_bare_draft_is_shown_as_far_as_it_goes(app: Flask, client: FlaskClient, shop: Any) -> None:
    made(app, claims.draft, issue="", day=None, amount=None)
    (card,) = answer(client)["refunds"]
    assert (card["issue"], card["date"], card["amount"], card["status"]) == ("", "", "", "draft")


def test_claims_stand_behind_the_sentence_about_lines(app: Flask, client: FlaskClient, shop: Any) -> None:
    with in_store(app):
        factories.line(1, "NL10377", "no canvas", by=claims.ANNA_AS_AGENT)
    made(app, claims.requested)
    made(app, claims.draft, issue="frame broken")
    assert answer(client)["summary"] == "1 open: waits for the supplier. 2 refund claims."


def test_what_is_over_is_gone_and_no_other_customer_sees_a_claim(app: Flask, client: FlaskClient, shop: Any) -> None:
    made(app, claims.requested)
    stranger = {"ticket_id": str(OTHER_TICKET), "customer_id": str(OTHER_CUSTOMER), "subject": "Hi"}
    assert answer(client, **stranger)["refunds"] == []
    with in_store(app):
        refunds.withdraw(refunds.get(1), "it turned up", by=claims.ANNA_AS_AGENT, at=claims.here())
    shown = answer(client)
    assert (shown["summary"], shown["refunds"]) == ("Nothing open for NL10377", [])


def test_at_most_twenty_are_shown_and_all_are_counted(app: Flask, client: FlaskClient, shop: Any) -> None:
    with in_store(app):
        for number in range(22):
            claims.draft(issue=f"issue {number}")
    shown = answer(client)
    assert shown["summary"].endswith(". 22 refund claims.")
    assert [card["reference"] for card in shown["refunds"]] == [f"R-{number}" for number in range(1, 21)]


def test_claims_of_an_order_that_nothing_is_remembered_of_are_found_all_the_same(
    app: Flask, client: FlaskClient, shop: Any
) -> None:
    made(app, claims.requested)
    shown = answer(client, ticket_id="", customer_id="None")
    assert [card["reference"] for card in shown["refunds"]] == ["R-1"]


@pytest.mark.parametrize(("count", "queries"), [(0, 2), (1, 3), (30, 3)])
def test_claims_cost_one_query_and_only_where_there_are_some(
    app: Flask, client: FlaskClient, shop: Any, count: int, queries: int
) -> None:
    with in_store(app):
        for number in range(count):
            claims.draft(issue=f"issue {number}")
    answer(client)
    with app.app_context(), StatementsSeen() as statements:
        answer(client)
    assert statements.count("SELECT") == queries
    assert set(statements) <= {"SELECT", "BEGIN"}


def test_changed_reasons_show_with_the_next_answer(app: Flask, client: FlaskClient, shop: Any) -> None:
    before = answer(client)["refund_reasons"]
    assert before.split(";")[-1] == "Other"
    with in_store(app):
        refunds.get_reason("lost").name_en = "Gone"
        stores.catalogue_changed()
    after = answer(client)["refund_reasons"].split(";")
    assert set(after) - set(before.split(";")) == {"Gone"}


# What the button asks for


def test_a_request_waits_for_an_approver_and_is_told_in_the_ticket(app: Flask, client: FlaskClient, token: str) -> None:
    response = request(client, token)
    assert response.get_json() == {
        "ok": True,
        "message": "R-1 requested for order NL10377: 39.00 EUR. "
        "It is filed once an approver has confirmed it in writing.",
    }
    with app.app_context():
        claim = refunds.get(1)
        assert (claim.state, claim.confirmation, claim.filed_at) == ("requested", None, None)
        assert (claim.amount, claim.currency, claim.day) == (Decimal("39.00"), "EUR", date(2026, 11, 20))
        assert (claim.reshipment_offered_on, claim.customer_asked) == (date(2026, 11, 21), True)
        assert (claim.reason.code, claim.note) == ("lost", "third time this month")
        assert (claim.requested_by, claim.requested_by_email) == ("Anna Visser", "anna@brushwood.example")
        assert (claim.supplier.name, claim.ticket and claim.ticket.gorgias_id) == ("Dafen Art", factories.TICKET)
    (note,) = [row["payload"] for row in queued(app) if row["kind"] == "gorgias.note"]
    assert note["ticket_id"] == factories.TICKET
    assert note["message"]["public"] is False
    assert "mention_ids" not in note["message"]
    assert "“Confirm R-1 39.00 EUR”" in note["message"]["body_text"]
    assert "third time" not in note["message"]["body_text"]
    assert answer(client)["refunds"][0]["status"] == "waiting for confirmation"


def test_a_request_links_an_order_the_ticket_never_named(client: FlaskClient, token: str) -> None:
    assert request(client, token, order_name="NL10888").status_code == 200
    shown = answer(client)
    assert [card["order_name"] for card in shown["refunds"]] == ["NL10888"]
    assert shown["order_names"] == "NL10377, NL10888"


def test_the_note_may_be_left_out(app: Flask, client: FlaskClient, token: str) -> None:
    assert request(client, token, note="").status_code == 200
    with app.app_context():
        assert refunds.get(1).note == ""


def test_the_same_press_twice_makes_one_claim(app: Flask, client: FlaskClient, token: str) -> None:
    first, after = request(client, token), contents(app)
    second = request(client, token)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.get_json() == second.get_json()
    assert contents(app) == after


# What it refuses


def test_an_empty_form_names_every_field_and_what_to_do(app: Flask, client: FlaskClient, token: str) -> None:
    before = contents(app)
    error = refused(app, before, press(client, "request-refund", token), 422)
    assert set(error["data"]) == FIELDS
    for field, words in {
        "order_name": "Write the order number",
        "reason": "Choose a reason",
        "issue": "Say what the issue is",
        "day": "Say on which day",
        "amount": "Say how much",
        "reshipment_offered_on": "Offer the customer a reshipment first",
        "customer_asked": "asked for the refund himself",
    }.items():
        assert words in error["data"][field][0]
        assert f"{field.replace('_', ' ')}: " in error["msg"]


def test_both_facts_of_reshipment_first_are_asked_for_at_once(app: Flask, client: FlaskClient, token: str) -> None:
    before = contents(app)
    for asked in ("No", "", "perhaps"):
        response = request(client, token, reshipment_offered_on="", customer_asked=asked)
        assert set(refused(app, before, response, 422)["data"]) == {"reshipment_offered_on", "customer_asked"}


BAD = [
    ("amount", "0", "zero"),
    ("amount", "-39", "less than zero"),
    ("amount", "39.005", "can mean 39005.00 EUR or 39.0"),
    ("amount", "3.9995", "more decimals"),
    ("amount", "1.234", "can mean 1234.00 EUR or 1.23"),
    ("amount", "39 USD", "not in EUR"),
    ("amount", "thirty-nine", "not an amount"),
    ("amount", "99999999", "too large"),
    ("day", "2026-11-25", "in the future"),
    ("day", "05/11/2026", "can mean"),
    ("day", "last week", "not a day"),
    ("reshipment_offered_on", "tomorrow", "not a day"),
    ("reshipment_offered_on", "25.11.2026", "in the future"),
    ("reason", "Bad luck", "no reason “Bad luck”"),
    ("order_name", "hello", "not an order number of NL"),
    ("issue", "x" * 501, "at most 500"),
    ("note", "x" * 5001, "At most 5000"),
]


def test_whatever_is_wrong_is_said_about_its_field_and_nothing_is_kept(
    app: Flask, client: FlaskClient, token: str
) -> None:
    before = contents(app)
    for field, typed, words in BAD:
        error = refused(app, before, request(client, token, **{field: typed}), 422)
        assert set(error["data"]) == {field}, (field, typed, error)
        assert any(part in error["data"][field][0] for part in [words]), error
    several = {field: typed for field, typed, _words in BAD}
    error = refused(app, before, request(client, token, **several, customer_asked="No"), 422)
    assert set(error["data"]) == {*several, "customer_asked"}


def test_amounts_that_look_like_thousands_are_taken_as_they_are_meant(
    app: Flask, client: FlaskClient, token: str
) -> None:
    for number, (typed, amount) in enumerate([("1.234,56", "1234.56"), ("1,234.56 EUR", "1234.56"), ("€ 39", "39")]):
        assert request(client, token, amount=typed, issue=f"issue {number}").status_code == 200
        with app.app_context():
            assert refunds.get(number + 1).amount == Decimal(amount)


def test_more_than_the_customer_paid_is_refused_once_that_is_known(app: Flask, client: FlaskClient, token: str) -> None:
    with in_store(app):
        order = orders.known(OrderName(1, "NL10377"))
        order.total, order.total_currency = Decimal("38.99"), "EUR"
    error = refused(app, contents(app), request(client, token), 422)
    assert error["data"]["amount"] == ["The customer paid 38.99 EUR for this order. The claim cannot be more."]


def test_a_second_claim_of_the_same_is_led_to_the_first(app: Flask, client: FlaskClient, token: str) -> None:
    request(client, token)
    before = contents(app)
    again = request(client, token, issue=" LOST between Shenzhen and Venlo! ", amount="40", user_email=BEN["email"])
    assert "R-1" in refused(app, before, again, 409)["msg"]


def test_who_is_no_user_here_and_foreign_tickets_and_tokens_are_refused(
    app: Flask, client: FlaskClient, token: str
) -> None:
    ask(client, ticket_id=str(OTHER_TICKET), customer_id=str(OTHER_CUSTOMER), subject="Hi")
    before = contents(app)
    refused(app, before, request(client, token, user_email="natalie@brushwood.example"), 403)
    assert "another customer" in refused(app, before, request(client, token, ticket_id=str(OTHER_TICKET)), 409)["msg"]
    for bad in ("", "rubbish", token[:-2] + "xx"):
        refused(app, before, request(client, bad), 403)


def test_an_order_of_another_helpdesk_is_none_here(app: Flask, client: FlaskClient, token: str) -> None:
    with in_store(app):
        elsewhere = factories.store(factories.helpdesk("other"), "XX", r"XX\d{5}")
        factories.supplier(elsewhere, name="Another workshop")
    before = contents(app)
    error = refused(app, before, request(client, token, order_name="XX10001"), 422)
    assert set(error["data"]) == {"order_name"}


@pytest.mark.only_on("sqlite")
def test_without_a_supplier_or_even_a_store_it_says_so(app: Flask, client: FlaskClient) -> None:
    with in_store(app):
        factories.helpdesk()
    bare = answer(client)["new_token"]
    error = refused(app, contents(app), request(client, bare), 422)
    assert error["data"] == {"order_name": ["This helpdesk has no store yet."]}
    with in_store(app):
        factories.store(stores.get_helpdesk("main"))
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False):
        token = answer(client)["new_token"]
        error = refused(app, contents(app), request(client, token), 409)
    assert "No supplier works for Shop NL" in error["msg"]


def test_no_button_confirms_or_files_whoever_presses(app: Flask, client: FlaskClient, token: str) -> None:
    natalie = {"gorgias_id": 31, "email": "natalie@brushwood.example", "name": "Natalie Roos", "active": True}
    with in_store(app):
        people.copy_users(1, [factories.ANNA, BEN, factories.LI, natalie])
    assert request(client, token, user_email=natalie["email"]).status_code == 200
    before = contents(app)
    for extra in ("state", "confirmed_by", "words", "approver", "filed_at"):
        error = refused(app, before, request(client, token, **{extra: "filed"}), 422)
        assert set(error["data"]) == {extra}
    for action in ("confirm-refund", "confirm", "file", "file-refund", "refund"):
        assert press(client, action, token, **TYPED).status_code == 404
    assert contents(app) == before
    pressed = {rule.rule.rpartition("/")[2] for rule in app.url_map.iter_rules() if "/actions/" in rule.rule}
    assert not [action for action in pressed if "confirm" in action or "file" in action]


def test_refund_cards_have_no_buttons_and_the_summary_card_asks_in_plain_words() -> None:
    template = installation.widget(1, 7, PUBLIC_URL)["template"]["widgets"]
    assert [block["path"] for block in template] == ["", "problems", "photo_issues", "refunds"]
    custom = template[3]["widgets"][0]["meta"]["custom"]
    assert custom == {"links": [{"label": "Open", "url": "{{open_url}}"}], "buttons": []}
    assert {field["type"] for field in template[3]["widgets"][0]["widgets"]} == {"text"}
    assert [field["path"] for field in template[3]["widgets"][0]["widgets"]] == [
        "status", "issue", "date", "amount", "confirmed_by", "reference",
    ]  # fmt: skip
    buttons = {button["label"]: button["action"] for button in template[0]["meta"]["custom"]["buttons"]}
    assert list(buttons) == ["Report a problem", "Report a photo issue", "Request refund", "Link order"]
    asked = buttons["Request refund"]["body"][installation.FORM]
    assert [(each["label"], each["mandatory"]) for each in asked if each["editable"]] == [
        ("Order number", True),
        ("Reason", True),
        ("Issue", True),
        ("Day of the issue", True),
        ("Amount", True),
        ("Reshipment offered on", True),
        ("The customer asked for a refund himself", True),
        ("Note for the approver", False),
    ]
    assert {each["key"] for each in asked} == {*TYPED, "token", "ticket_id", "user_email"}
    by_key = {each["key"]: each for each in asked}
    assert (by_key["customer_asked"]["type"], by_key["customer_asked"]["value"]) == ("dropdown", "No;Yes")
    assert by_key["reason"]["value"] == "{{refund_reasons}}"


def test_of_two_agents_in_two_tickets_at_once_the_second_is_led_to_the_first(
    app: Flask, client: FlaskClient, token: str
) -> None:
    other = answer(client, ticket_id=str(OTHER_TICKET))["new_token"]
    presses = [
        {"token": token},
        {"token": other, "ticket_id": str(OTHER_TICKET), "user_email": BEN["email"]},
    ]
    with ThreadPoolExecutor(2) as at_once:
        pressed = list(at_once.map(lambda each: request(app.test_client(), **each), presses))
    assert sorted(response.status_code for response in pressed) == [200, 409]
    (late,) = (response.get_json()["error"]["msg"] for response in pressed if response.status_code == 409)
    assert "R-1" in late
    assert [card["reference"] for card in answer(client)["refunds"]] == ["R-1"]


def test_the_suppliers_own_user_does_not_ask_himself_for_money(app: Flask, client: FlaskClient, token: str) -> None:
    before = contents(app)
    answer = request(client, token, user_email=factories.LI["email"])
    assert (answer.status_code, contents(app)) == (409, before)
    assert answer.get_json()["error"]["msg"] == "Only customer service asks a supplier for money back."
