"""An order's page, finding it, and which ticket is an order's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.refunds import claims
from tests.web.lines.agents import meanwhile, notes, reported, without_ticket
from tests.web.uploads import kept
from tests.web.visitors import (
    FROM_OUR_PAGE,
    OTHER_WORKSHOP,
    contents,
    counted_queries,
    painter_link,
    signed_in,
)
from widget import problems, stores, tickets
from widget.db import db
from widget.orders import OrderName


def post(client: FlaskClient, path: str, ticket: object, **more: Any) -> TestResponse:
    data = {"ticket_id": str(ticket), **more.pop("data", {})}
    return client.post(path, data=data, **{"headers": FROM_OUR_PAGE, **more})


def tickets_of(app: Flask, line: int) -> list[int]:
    with app.app_context():
        return [ticket.gorgias_id for ticket in tickets.about(problems.get(line).order_id)]


# The page of an order


def test_an_order_shows_all_its_lines_and_tickets(app):
    done, open_ = reported(app), reported(app, words="which <b>size</b>?")
    meanwhile(app, done, "mark_handled", by=factories.LI_AS_PERSON, shown=1)
    client = signed_in(app)
    kept(app, "anna@brushwood.example", open_)
    page = client.get("/orders/NL/NL10423").text
    assert re.findall(r'href="/lines/(P-\d+)"', page) == [f"P-{open_}", f"P-{done}"]
    for words in ("which &lt;b&gt;size&lt;/b&gt;?", "1 picture", "Handled", "names this order", "Shop NL"):
        assert words in page
    assert 'href="http://127.0.0.1:1/app/ticket/9001" rel="noreferrer"' in page
    assert "No money was claimed for this order." in page
    assert client.get("/orders/nl/nl10423").text.count("<tr>") == page.count("<tr>")


def test_an_order_shows_what_was_claimed_for_it_and_leads_to_a_new_claim(app):
    with app.app_context():
        claims.approver()
        claims.filed("NL10423", issue="lost <b>twice</b>")
        claims.draft("NL10423", issue="frame broken", amount=None)
        db.session.commit()
    client = signed_in(app)
    with counted_queries(app) as few:
        page = client.get("/orders/NL/NL10423").text
    assert re.findall(r'href="/claims/(R-\d+)"', page) == ["R-2", "R-1"]
    for words in ("lost &lt;b&gt;twice&lt;/b&gt;", "filed, waiting for the supplier", "39.00 EUR", "no amount yet"):
        assert words in page
    assert 'value="NL NL10423"' in client.get("/claims/new?store=NL&amp;order=NL10423".replace("&amp;", "&")).text
    assert "/claims/new?store=NL&amp;order=NL10423" in page
    with app.app_context():
        for number in range(5):
            claims.draft("NL10423", issue=f"issue {number}")
        db.session.commit()
    with counted_queries(app) as many:
        client.get("/orders/NL/NL10423")
    assert len(many) == len(few)


def test_unknown_orders_and_stores_are_not_there(app):
    reported(app)
    client = signed_in(app)
    answers = [
        client.get(f"/orders/{path}") for path in ("NL/NL99999", "XX/NL10423", "NL/..%2F..", "NL/NL10423/x", "%00/%00")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert post(client, "/orders/NL/NL99999/ticket", 9001).status_code == 404


def test_an_order_without_anything_says_so(app):
    with app.app_context():
        factories.ticket(1, 9001, 501, OrderName(1, "NL10777"))
        db.session.commit()
    client = signed_in(app)
    assert "Nothing was ever reported about this order." in client.get("/orders/NL/NL10777").text
    without_ticket(app)
    assert "still being looked for" in client.get("/orders/NL/NL10500").text


def test_an_order_takes_the_same_queries_however_much_there_is(app):
    client, counts = signed_in(app), []
    for more in (1, 9):
        for number in range(more):
            reported(app, words=f"problem {more} {number}")
        with counted_queries(app) as statements:
            client.get("/orders/NL/NL10423")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12, counts


# Finding one


@pytest.mark.parametrize("typed", ["NL10423", "#nl10423", " ＮＬ10423 ", "nl 10423", "10423", "0423"])
@pytest.mark.only_on("sqlite")
def test_a_number_leads_to_the_order(app, typed):
    reported(app)
    answer = signed_in(app).get("/orders", query_string={"q": typed})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orders/NL/NL10423")


def test_what_leads_nowhere_is_told_in_words_with_what_is_like_it(app):
    reported(app)
    reported(app, "NL10424")
    client = signed_in(app)
    for typed, words in (
        ("", "An order is known here once"),
        ("NL99999", "Nothing is known here of NL99999"),
        ("<script>", "“&lt;script&gt;” is not an order number of NL."),
        ("1042", "NL10424"),
        ("%", "is not an order number"),
    ):
        page = client.get("/orders", query_string={"q": typed}).text
        assert words in page
        assert (len(re.findall(r'href="/orders/NL/', page)) == 2) == (typed == "1042")


def test_a_number_of_two_stores_is_a_choice(app):
    with app.app_context():
        shops = [factories.store(stores.get_helpdesk("main"), code, r"\d{4}") for code in ("DE", "FR")]
        factories.supplier(*shops, name=OTHER_WORKSHOP)
        for shop in shops:
            factories.line(shop.id, "1001")
        db.session.commit()
    client = signed_in(app)
    page = client.get("/orders?q=1001").text
    assert re.findall(r'href="(/orders/[A-Z]+/[^"]+)"', page) == ["/orders/FR/1001", "/orders/DE/1001"]
    assert client.get("/orders?q=FR+1001").headers["Location"] == "/orders/FR/1001"


# Which ticket


def test_an_agent_links_a_ticket_by_its_number_or_address(app):
    line, other = without_ticket(app), reported(app)
    with app.app_context():
        factories.ticket(1, 9002, 502)
        db.session.commit()
    client = signed_in(app)
    assert (
        post(client, "/orders/NL/NL10500/ticket", " https://acme.gorgias.com/app/ticket/9002?x=1 ").status_code == 303
    )
    assert tickets_of(app, line) == [9002]
    assert "which size?" in notes(app)[-2]
    assert "Anna linked this ticket to order NL10500: 1 open." in notes(app)[-1]
    assert "linked by hand" in client.get("/orders/NL/NL10500").text
    again = post(client, "/orders/NL/NL10500/ticket", "#9002")
    assert again.status_code == 409
    assert "linked to order NL10500 already" in again.text
    assert tickets_of(app, other) == [9001]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Write the number"),
        ("nonsense <b>", "Write the number"),
        ("９００１", "Write the number"),
        ("9" * 30, "Write the number"),
        ("7777", "has not seen this ticket yet"),
    ],
)
@pytest.mark.only_on("sqlite")
def test_what_is_no_ticket_we_know_is_refused_in_words_and_kept(app, typed, words):
    without_ticket(app)
    client = signed_in(app)
    before = contents(app)
    answer = post(client, "/orders/NL/NL10500/ticket", typed)
    assert answer.status_code == 409
    assert words in answer.text
    assert f'value="{typed.replace("<", "&lt;").replace(">", "&gt;")}"' in answer.text
    assert contents(app) == before


@pytest.mark.parametrize("place", ["/lines/P-{line}/ticket", "/orders/NL/NL10500/ticket", "/tickets"])
def test_one_press_chooses_a_ticket_once_and_what_waited_is_posted_there(app, place):
    line = without_ticket(app, 7001, 7002)
    client, path = signed_in(app), place.format(line=line)
    with app.app_context():
        order_id = problems.get(line).order_id
    for page in (f"/lines/P-{line}", "/orders/NL/NL10500", "/tickets"):
        assert "About &lt;b&gt;7001&lt;/b&gt;" in client.get(page).text
    data = {"order_id": order_id}
    assert post(client, path, 7002, data=data).status_code == 303
    assert tickets_of(app, line) == [7002]
    assert "which size?" in notes(app)[-1]
    assert "No order waits for its ticket." in client.get("/tickets").text
    before = contents(app)
    again = post(client, path, 7001, data=data)
    assert again.status_code == 409
    assert contents(app) == before


@pytest.mark.parametrize("ticket", ["7003", "", "x", "9" * 30, "-1"])
@pytest.mark.only_on("sqlite")
def test_a_ticket_that_was_not_offered_is_refused(app, ticket):
    line = without_ticket(app, 7001, 7002)
    client = signed_in(app)
    before = contents(app)
    for path, data in (
        (f"/lines/P-{line}/ticket", {}),
        ("/tickets", {"order_id": "1"}),
        ("/tickets", {"order_id": "x"}),
    ):
        answer = post(client, path, ticket, data=data)
        assert answer.status_code == 409
        assert "no longer to choose" in answer.text
    assert contents(app) == before


def test_the_list_of_waiting_orders_is_short_and_takes_few_queries(app):
    client, counts = signed_in(app), []
    assert "Its ticket" not in client.get("/tickets").text
    assert "No order waits for its ticket." in client.get("/tickets").text
    for orders in (range(1, 2), range(2, 9)):
        for number in orders:
            without_ticket(app, 7001, 7002, order=f"NL2000{number}")
        with counted_queries(app) as statements:
            page = client.get("/tickets").text
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 10, counts
    assert re.findall(r'href="/orders/NL/(NL\d+)"', page) == [f"NL2000{number}" for number in range(1, 9)]
    done = client.get("/tickets?done=%3Cb%3E").text
    assert "&lt;b&gt; has its ticket" in done


@pytest.mark.only_on("sqlite")
def test_only_staff_choose_a_ticket_and_only_on_our_page(app):
    without_ticket(app, 7001)
    staff, painter = signed_in(app), signed_in(app, painter_link(app))
    before = contents(app)
    for path in ("/tickets", "/orders/NL/NL10500/ticket"):
        assert post(painter, path, 7001).headers["Location"] == "/"
        assert post(app.test_client(), path, 7001).status_code == 401
        assert post(staff, path, 7001, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert contents(app) == before
