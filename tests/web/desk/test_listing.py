"""What the desk lists: which lines, in which order, how many, for whom, and what an address says."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.web.visitors import (
    OTHER_WORKSHOP,
    WORKSHOP,
    add_comment,
    add_lines,
    counted_queries,
    link_of,
    painter_link,
    signed_in,
)
from widget import people, problems, stores
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.people import Actor, Side
from widget.tickets import Place

ANNA = Actor(name="Anna Visser", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example")
LI = Actor(name="Li Wei", side=Side.SUPPLIER, email="li@dafen.example")
NOWHERE = Place(None, factories.PUBLIC_URL)
US = Side.CUSTOMER_SERVICE


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a Dutch and a German shop and two workshops."""
    with app.app_context():
        german = factories.store(stores.get_helpdesk("main"), "DE", r"DE\d{5}")
        people.add_supplier(OTHER_WORKSHOP, of=[german], mention="", locale="zh", timezone="Asia/Shanghai")
        db.session.commit()
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Anna of customer service."""
    return signed_in(app)


def listed(client: FlaskClient, query: str = "") -> list[int]:
    """The numbers of the lines on a page, from top to bottom."""
    answer = client.get(f"/desk{query}")
    assert answer.status_code == 200
    return [int(number) for number in re.findall(r'<tr class="line[^>]*id="P-(\d+)"', answer.text)]


def german(app: Flask, *numbers: str, words: str = "number missing") -> list[int]:
    with app.app_context():
        store = stores.get_store("DE")
        made = [factories.line(store.id, number, words).id for number in numbers]
        db.session.commit()
        return made


def change(app: Flask, line: int, **values: object) -> None:
    with app.app_context():
        found = problems.get(line)
        for name, value in values.items():
            setattr(found, name, value)
        db.session.commit()


def handle(app: Flask, *lines: int) -> None:
    with app.app_context():
        for line in lines:
            problems.mark_handled(problems.get(line), by=LI, at=NOWHERE, shown=1)
        db.session.commit()


def test_our_turn_comes_first_and_what_waits_longest(app, client):
    theirs, ours = add_lines(app, 2), add_lines(app, 2, OTHER_WORKSHOP, US)
    assert listed(client) == [*ours, *theirs]
    assert listed(client, "?turn=customer_service") == ours
    assert listed(client, "?turn=supplier") == theirs


def test_the_three_sheets_say_how_much_is_open(app, client):
    lines = add_lines(app, 6)
    handle(app, lines[0])
    page = client.get("/desk").text
    counts = dict(re.findall(r'id="open-(\w+)">(\d+)<', page))
    assert counts == {"problem_sheet": "3", "photo_issues": "2", "refunds": "0"}
    assert listed(client, "?board=photo_issues") == [lines[2], lines[5]]
    refunds = client.get("/desk?board=refunds").text
    assert "Nothing is claimed." in refunds
    assert "<table" not in refunds


def test_handled_lines_have_a_view_of_their_own_the_newest_first(app, client):
    lines = add_lines(app, 2)
    handle(app, lines[1], lines[0])
    assert listed(client) == []
    assert listed(client, "?view=handled") == [lines[0], lines[1]]


def test_late_is_what_waits_longer_than_it_may(app, client):
    lines = add_lines(app, 2, WORKSHOP, US)
    change(app, lines[1], due_at=utcnow() - timedelta(minutes=1))
    change(app, lines[0], due_at=utcnow() + timedelta(minutes=1))
    assert listed(client, "?late=yes") == [lines[1]]
    assert client.get("/desk").text.count("Waits too long") == 1


def test_filters_leave_out_what_does_not_fit(app, client):
    dutch = add_lines(app, 2)
    (other,) = german(app, "DE10001")
    change(app, dutch[0], informed_at=utcnow())
    with app.app_context():
        number, code = problems.get(other).supplier_id, problems.get(dutch[1]).type.code
    assert listed(client, "?stores=DE") == [other]
    assert set(listed(client, "?stores=all")) == {*dutch, other}
    assert listed(client, f"?supplier={number}") == [other]
    assert listed(client, "?informed=yes") == [dutch[0]]
    assert dutch[0] not in listed(client, "?informed=no")
    assert listed(client, f"?type={code}") == [dutch[1]]
    assert listed(client, "?stores=FR") == []
    assert "Clear search and filters" in client.get("/desk?stores=FR").text


def test_my_stores_are_those_i_look_after(app, client):
    dutch, theirs = add_lines(app, 1), german(app, "DE10001")
    assert set(listed(client, "?stores=mine")) == {*dutch, *theirs}
    with app.app_context():
        people.look_after(people.get_person("anna@brushwood.example"), [stores.get_store("DE").id])
        db.session.commit()
    assert listed(client) == theirs
    assert listed(client, "?stores=all") == [*theirs, *dutch]
    assert dict(re.findall(r'id="open-(\w+)">(\d+)<', client.get("/desk").text))["problem_sheet"] == "1"
    assert "stores=mine" in client.get("/desk").text
    ben = signed_in(app, link_of(app, "ben@brushwood.example"))
    assert set(listed(ben)) == {*dutch, *theirs}


def test_a_search_looks_everywhere_people_read(app, client):
    line = add_lines(app, 1)[0]
    (other,) = german(app, "DE10001", words="sold out")
    change(app, line, problem="the house number is missing")
    add_comment(app, line, "please hurry")
    for asked in ("NL20000", "nl20000", "%23NL20000", "dafen", "missing", f"P-{line}", "hurry+20000"):
        assert listed(client, f"?q={asked}") == [line], asked
    assert set(listed(client, "?q=address")) == {line, other}


def test_an_address_search_in_chinese_finds_types_too(app, client):
    line = add_lines(app, 1)[0]
    with app.app_context():
        name = problems.get(line).type.name_zh
    assert listed(client, f"?q={name}") == [line]
    assert listed(client, "?q=%25") == []
    assert "No line fits." in client.get("/desk?q=%25").text


@pytest.mark.parametrize("query", ["", "?sort=newest", "?sort=number", "?view=handled"])
def test_pages_follow_each_other_without_gap_or_repetition(app, client, query):
    lines = add_lines(app, 160)
    sheet = [line for place, line in enumerate(lines) if place % 3 != 2]
    if "handled" in query:
        handle(app, *sheet)
    first = listed(client, query)
    assert len(first) == 50
    found, address = list(first), f"/desk{query}"
    while after := re.search(r'hx-get="(/desk\?[^"]+after=[^"]+)"', client.get(address).text):
        address = after[1].replace("&amp;", "&")
        found += listed(client, address.removeprefix("/desk"))
    assert sorted(found) == sheet
    assert len(set(found)) == len(found)
    newest_first = "newest" in query or "handled" in query
    assert found == sorted(sheet, reverse=newest_first)


def test_a_script_gets_only_the_further_rows(app, client):
    add_lines(app, 2)
    answer = client.get("/desk", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith("<tr")
    assert "<html" not in answer.text


def test_what_makes_no_sense_is_left_out(app, client):
    line = add_lines(app, 1)[0]
    pages = ("after=x", "after=9", "after=0-1", "after=x-1", "after=1-99999999999999999-1")
    filters = ("stores=%00", "supplier=0", "supplier=99999999999", "type='", "informed=maybe", "late=1", "q=%00")
    for query in (*pages, *filters, "board=x", "view=x", "turn=me", "sort=x"):
        assert listed(client, f"?{query}") == [line], query
    for query in ("after=1-9999999999999999-999999999999999999", "sort=number&after=999", "q=" + "x+" * 300):
        assert listed(client, f"?{query}") in ([], [line]), query


def test_what_people_typed_is_shown_as_text(app, client):
    line = add_lines(app, 1)[0]
    change(app, line, problem="<script>alert(1)</script>", address="<b>Dorp</b>")
    page = client.get("/desk?q=<script>").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>Dorp</b>" not in page


def test_the_store_is_told_where_two_have_the_same_number(app, client):
    with app.app_context():
        for code in ("NL", "DE"):
            factories.line(stores.get_store(code).id, "X10001")
        db.session.commit()
    assert re.findall(r'<span class="code">(\w+)</span>', client.get("/desk").text) == ["NL", "DE"]
    add_lines(app, 1)
    assert client.get("/desk?q=NL20000").text.count('class="code"') == 0


def test_who_hears_of_it_is_said_beside_each_line(app, client):
    with app.app_context():
        ticket = factories.ticket(1, 9001, 501, OrderName(1, "NL10423"))
        factories.line(1, "NL10423", "with a ticket", by=ANNA, ticket=ticket)
        factories.line(1, "NL10424", "searched for")
        factories.line(1, "NL10425", "without", by=ANNA)
        db.session.commit()
    page = client.get("/desk").text
    for words in (
        "A note tags Dafen Art.",
        "No ticket yet: the note follows once it is found.",
        "No ticket yet, so no note.",
    ):
        assert words in page


def test_nobody_but_staff_comes_in(app):
    assert app.test_client().get("/desk").status_code == 401
    assert signed_in(app, painter_link(app)).get("/desk").headers["Location"] == "/"


def test_an_empty_desk_says_how_lines_get_there(client):
    assert "A line appears here when a supplier reports something" in client.get("/desk").text
    assert "Nothing waits too long." in client.get("/desk?late=yes").text
    assert "Nothing has been handled yet." in client.get("/desk?view=handled").text


def test_a_page_takes_as_many_queries_for_sixty_lines_as_for_three(app, client):
    add_lines(app, 3)
    client.get("/desk")
    with counted_queries(app) as few:
        client.get("/desk")
    for line in add_lines(app, 60, OTHER_WORKSHOP):
        add_comment(app, line, "please hurry") if line % 10 == 0 else None
    with counted_queries(app) as many:
        client.get("/desk")
    assert len(many) == len(few)
    assert len(many) <= 18


def test_news_are_counted_for_the_view(app, client):
    lines = add_lines(app, 3)
    (other,) = german(app, "DE10001")
    address = re.search(r'hx-get="(/desk/news[^"]+)"', client.get("/desk").text)
    assert address
    news = address[1].replace("&amp;", "&")
    assert client.get(news).status_code == 204
    with app.app_context():
        for line, by in (
            (lines[0], LI),
            (lines[0], LI),
            (lines[1], Actor("Anna", US, ANNA.email)),
            (lines[2], LI),
            (other, LI),
        ):
            problems.comment(problems.get(line), "the small one", by=by, at=NOWHERE)
        db.session.commit()
    assert "2 lines changed" in client.get(news).text
    assert "1 line changed" in client.get(f"{news}&board=photo_issues".replace("stores=all", "stores=NL")).text
    assert "1 line changed" in client.get(news.replace("stores=all", "stores=DE")).text
    for nonsense in ("", "x", "-1", "9" * 30):
        assert client.get("/desk/news", query_string={"since": nonsense}).status_code == 204
