"""The lists of the supplier's page: who sees what, in which order, found how, and in how many queries."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask

from tests import factories
from tests.web.uploads import kept
from tests.web.visitors import (
    FROM_OUR_PAGE,
    OTHER_WORKSHOP,
    WORKSHOP,
    add_comment,
    add_lines,
    contents,
    counted_queries,
    link_of,
    painter_link,
    signed_in,
)
from widget import people, problems, stores
from widget.db import db, utcnow
from widget.people import Actor, Side
from widget.problem_types import Board
from widget.problems import Problem
from widget.tickets import Place
from widget.web.differences import Piece, changes
from widget.web.supplier.listing import lasting
from widget.web.supplier.wanted import Wanted

ANNA = Actor(name="Anna Visser", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example")
NOWHERE = Place(None, factories.PUBLIC_URL)


def references(page: str) -> list[str]:
    """The lines a page lists, in its order."""
    return re.findall(r'<tr class="line[^"]*" id="(P-\d+)"', page)


def all_on_one_board(app: Flask) -> None:
    with app.app_context():
        db.session.query(Problem).update({"board": Board.PROBLEM_SHEET.value})
        db.session.commit()


def handle(app: Flask, *lines: int) -> None:
    """Mark as handled, one minute after the other, the last one just now."""
    with app.app_context():
        for place, line_id in enumerate(lines):
            line = problems.get(line_id)
            line.handled_at, line.handled_by = utcnow() - timedelta(minutes=len(lines) - place), "Li"
        db.session.commit()


def in_one_line(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


# Who sees what


@pytest.mark.parametrize("path", ["/supplier", "/supplier/", "/supplier/lines/P-1", "/supplier/news"])
def test_only_a_suppliers_people_come_in(app, path):
    add_lines(app, 1)
    stranger = app.test_client().get(path)
    assert stranger.status_code == 401
    assert "NL20000" not in stranger.text
    staff = signed_in(app).get(path)
    assert staff.status_code == 303
    assert staff.headers["Location"] == "/"


def test_own_lines_only(app):
    own, others = add_lines(app, 3), add_lines(app, 3, OTHER_WORKSHOP)
    client = signed_in(app, painter_link(app))
    pages = [client.get(f"/supplier?board={board}").text for board in Board]
    assert sorted(references(pages[0]) + references(pages[1])) == [f"P-{line}" for line in own]
    for page in (*pages, client.get("/supplier?q=NL20000&view=handled").text):
        assert OTHER_WORKSHOP not in page
        assert not {f"P-{line}" for line in others} & set(references(page))


@pytest.mark.parametrize("door", ["/supplier/lines", "/lines"])
def test_another_suppliers_line_looks_like_one_that_does_not_exist(app, door):
    own, other = add_lines(app, 1)[0], add_lines(app, 1, OTHER_WORKSHOP)[0]
    client = signed_in(app, painter_link(app))
    assert client.get(f"/supplier/lines/P-{own}").status_code == 200
    ends = [f"P-{other}", "P-99999", "P-999999999999999999", "P-9999999999999999999", "P-0", f"P-0{own}", str(own)]
    ends += [f"P-{own}x", f"P-{own}%0A", "P-１"]
    seen, counts = set(), set()
    for end in ends:
        with counted_queries(app) as statements:
            answer = client.get(f"{door}/{end}")
        seen.add((answer.status_code, answer.data, str(sorted(answer.headers))))
        counts.add(len(statements))
    assert len(seen) == len(counts) == 1
    assert next(iter(seen))[0] == 404


def test_neither_history_nor_notes_nor_mail_addresses_are_shown(app):
    with app.app_context():
        ticket = factories.ticket(1, factories.TICKET, factories.CUSTOMER)
        line = factories.line(1, "NL10423", "house <b>number</b> missing", by=ANNA, ticket=ticket)
        problems.save_address(line, "Dorpsstraat 1\n1234 AB Utrecht", by=ANNA, at=Place(ticket, "http://x"), shown=1)
        line_id = line.id
        db.session.commit()
    client = signed_in(app, painter_link(app))
    for path in ("/supplier", f"/supplier/lines/P-{line_id}"):
        page = client.get(path).text.split("<main", 1)[1]
        assert "house &lt;b&gt;number&lt;/b&gt; missing" in page
        assert "Dorpsstraat 1\n1234 AB Utrecht" in page
        for words in ("History", "Notes in Gorgias", "9001", "anna@brushwood.example", "@"):
            assert words not in page


def test_a_change_of_supplier_counts_with_the_next_request(app):
    add_lines(app, 1, OTHER_WORKSHOP)
    client = signed_in(app, painter_link(app))
    assert not references(client.get("/supplier").text)
    with app.app_context():
        people.get_person("li@dafen.example").supplier_id = people.get_supplier(OTHER_WORKSHOP).id
        db.session.commit()
    assert references(client.get("/supplier").text)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(app, method):
    line = add_lines(app, 1)[0]
    client = signed_in(app, painter_link(app))
    before = contents(app)
    for path in ("/supplier", "/supplier?view=handled&q=x", f"/supplier/lines/P-{line}", "/supplier/news?since=0"):
        client.open(path, method=method)
    assert contents(app) == before


# Tabs and views


def test_tabs_count_what_is_open(app):
    lines = add_lines(app, 7)
    handle(app, lines[0])
    page = in_one_line(signed_in(app, painter_link(app)).get("/supplier").text)
    assert "Problem sheet 4 open Photo issues 2 open Refunds 0 open" in page


def test_own_turn_comes_first_then_what_waits_longest(app):
    theirs, ours = add_lines(app, 2), add_lines(app, 2, waiting_for=Side.CUSTOMER_SERVICE)
    page = signed_in(app, painter_link(app)).get("/supplier").text
    assert references(page) == [f"P-{line}" for line in [*theirs, *ours]]


def test_handled_lines_are_in_a_view_of_their_own_newest_first(app):
    lines = add_lines(app, 5)
    all_on_one_board(app)
    handle(app, lines[3], lines[1])
    client = signed_in(app, painter_link(app))
    assert references(client.get("/supplier").text) == [f"P-{lines[place]}" for place in (0, 2, 4)]
    handled = client.get("/supplier?view=handled").text
    assert references(handled) == [f"P-{lines[1]}", f"P-{lines[3]}"]
    assert handled.count(">Reopen</button>") == 2


def test_every_empty_view_says_how_lines_get_there(app):
    client = signed_in(app, painter_link(app))
    for query, words in (
        ("", "report it here with New problem"),
        ("?board=photo_issues", "report it here with New problem"),
        ("?view=handled", "You can reopen each of them"),
        ("?q=nothing", "Clear search and filters"),
        ("?board=refunds", "the claim is listed here. You can accept it"),
    ):
        page = client.get(f"/supplier{query}").text
        assert page.count(words) == 1
        assert not references(page)


@pytest.mark.parametrize(
    "query",
    [
        "board=nonsense",
        "view=all",
        "turn=me",
        "after=x",
        "after=0-9999999999999999-1",
        "after=9999999999999999-1",
        "view=handled&after=0-1-1",
        "after=1-1",
        "type=%00",
        "q=%00",
        "q=%ED%A0%80",
        "q=" + "x" * 3000,
        "q=" + quote("%_\\/"),
        "board=refunds&after=0-1-1&q=x",
        "done=P-1&did=handled",
        "done=P-99999999999999999999",
        "reported=x&added=P-0",
        "line=P-1",
        "board=photo_issues&board=refunds",
    ],
)
def test_what_makes_no_sense_is_left_out(app, query):
    add_lines(app, 1)
    assert signed_in(app, painter_link(app)).get(f"/supplier?{query}").status_code == 200


# Searching


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("NL20001", [1]),
        ("nl20001", [1]),
        ("#NL20001", [1]),
        ("ＮＬ２０００１", [1]),
        ("number 1", [1]),
        ("P-{}", [0]),
        ("p-{}", [0]),
        ("Fremd", [3]),
        ("地址", [0, 1, 4]),
        ("address", [0, 1, 4]),
        ("size NL20003", [3]),
        ("size NL20003 nonsense", []),
        ("100%", [4]),
        ("%", [4]),
        ("_", [4]),
        ("\\", [4]),
        ("/", [4]),
        ("#", [4]),
    ],
)
def test_words_are_found_wherever_people_read_them(app, words, found):
    lines = add_lines(app, 5)
    with app.app_context():
        on_the_other_board = problems.get(lines[2])
        on_the_other_board.board = Board.PROBLEM_SHEET.value
        on_the_other_board.type_id = problems.get(lines[3]).type_id
        problems.get(lines[4]).problem = "only 100%_sure \\ either/or #1"
        db.session.commit()
    add_comment(app, lines[3], "ein fremdes Wort")
    page = signed_in(app, painter_link(app)).get(f"/supplier?q={quote(words.format(lines[0]))}").text
    assert references(page) == [f"P-{lines[place]}" for place in found]
    assert f"{len(found)} found." in in_one_line(page)


def test_lines_are_filtered_by_type_and_turn(app):
    add_lines(app, 4)
    waiting = add_lines(app, 1, waiting_for=Side.CUSTOMER_SERVICE)
    client = signed_in(app, painter_link(app))
    assert references(client.get("/supplier?turn=customer_service").text) == [f"P-{waiting[0]}"]
    page = client.get("/supplier").text
    code = re.findall(r'<option value="(\w+)">Address incomplete', page)[0]
    assert 0 < len(references(client.get(f"/supplier?type={code}").text)) < len(references(page))
    assert not references(client.get("/supplier?type=other_board").text)


def test_all_state_of_a_view_is_in_its_address():
    said = {"board": "photo_issues", "view": "handled", "q": "a b", "type": "too_small", "after": "5-1"}
    wanted = Wanted.read(said)
    assert Wanted.read_back(wanted.query) == wanted
    assert Wanted.read_back("https://elsewhere.example/?board=%%%&q") == Wanted()


# Many


def test_fifty_lines_at_a_time_and_a_plain_link_to_the_rest(app):
    add_lines(app, 127)
    all_on_one_board(app)
    client = signed_in(app, painter_link(app))
    seen, address, said = [], "/supplier", []
    while address:
        page = client.get(address).text
        seen.append(references(page))
        said += re.findall(r">(Show \d+ more)</a>", page)
        link = re.search(r'<a href="([^"]+)" hx-get="[^"]+" hx-target="#more"', page)
        address = link[1].replace("&amp;", "&") if link else ""
    assert [len(page) for page in seen] == [50, 50, 27]
    assert said == ["Show 50 more", "Show 27 more"]
    assert len({line for page in seen for line in page}) == 127


@pytest.mark.parametrize("view", ["open", "handled"])
def test_pages_go_on_where_lines_have_the_same_moment(app, view):
    lines = add_lines(app, 52)
    lines += add_lines(app, 52, waiting_for=Side.CUSTOMER_SERVICE)
    all_on_one_board(app)
    with app.app_context():
        moment = utcnow()
        db.session.query(Problem).update({"waiting_since": moment, "handled_at": moment if view == "handled" else None})
        db.session.commit()
    client = signed_in(app, painter_link(app))
    seen: list[str] = []
    address = f"/supplier?view={view}"
    while address:
        page = client.get(address, headers={"HX-Request": "true"}).text
        assert "<html" not in page
        seen += references(page)
        link = re.search(r'hx-get="([^"]+)" hx-target="#more"', page)
        address = link[1].replace("&amp;", "&") if link else ""
    assert seen == [f"P-{line}" for line in (lines if view == "open" else reversed(lines))]


def test_a_page_takes_the_same_queries_however_much_there_is(app):
    client = signed_in(app, painter_link(app))
    counts = []
    for more in (1, 149):
        lines = add_lines(app, more)
        for line in lines[-3:]:
            add_comment(app, line, "a word")
            kept(app, "li@dafen.example", line)
        for query in ("", "?q=which", "?view=handled"):
            with counted_queries(app) as statements:
                client.get(f"/supplier{query}")
            counts.append(len(statements))
    assert max(counts) <= 8
    assert counts[0] == counts[3]


def test_only_the_end_of_a_thread_is_read(app):
    line = add_lines(app, 1)[0]
    for number in range(7):
        add_comment(app, line, f"word {number}")
    client = signed_in(app, painter_link(app))
    page = client.get("/supplier").text
    assert re.findall(r"word \d", page) == ["word 4", "word 5", "word 6"]
    assert "Show all 7" in page
    whole = client.get(f"/supplier/lines/P-{line}").text
    assert re.findall(r"word \d", whole) == [f"word {number}" for number in range(7)]
    assert "Show all" not in whole


# One line


def test_a_line_tells_all_there_is_in_both_times(app):
    client, line = signed_in(app, painter_link(app)), add_lines(app, 1)[0]
    kept(app, "li@dafen.example", line)
    page = client.get("/supplier").text
    text = in_one_line(page)
    for words in (
        "NL20000",
        "Address incomplete",
        "which of the two sizes",
        "Informed customer No",
        "Your turn 3 hours",
    ):
        assert words in text
    assert re.search(r"your (\d\d \w+ )?\d\d:\d\d, CS (\d\d \w+ )?\d\d:\d\d", text)
    assert f"Picture 1 of P-{line}" in page
    for control in ('<label for="comment-1">Comment supplier</label>', 'aria-label="Handled by supplier"'):
        assert control in page
    assert '<label for="picture-1">Picture</label>' in page


def test_a_line_speaks_the_readers_language(app):
    add_lines(app, 1)
    page = signed_in(app, painter_link(app, language="zh")).get("/supplier").text
    for words in ("地址不完整", "问题表", "等你处理", "供应商已处理"):
        assert words in page
    assert "Address incomplete" not in page


def test_an_order_number_of_two_stores_has_the_store_before_it(app):
    with app.app_context():
        shops = [factories.store(stores.get_helpdesk("main"), code, r"\d{4}") for code in ("DE", "FR")]
        factories.supplier(*shops, name=WORKSHOP)
        for shop, name in ((shops[0], "1001"), (shops[1], "1001"), (shops[1], "1002")):
            factories.line(shop.id, name)
        db.session.commit()
    client = signed_in(app, painter_link(app))
    assert re.findall(r'<span class="code">(..)</span>', client.get("/supplier").text) == ["DE", "FR"]
    assert re.findall(r'<span class="code">(..)</span>', client.get("/supplier?q=DE").text) == []
    assert re.findall(r'<span class="code">(..)</span>', client.get("/supplier/lines/P-2").text) == ["FR"]


@pytest.mark.parametrize(
    ("before", "now", "pieces"),
    [
        ("", "", []),
        ("", "Dorpsstraat 1", [("same", "Dorpsstraat 1")]),
        ("Dorpsstraat 1", "Dorpsstraat 1", [("same", "Dorpsstraat 1")]),
        (
            "Dorpsstraat 1\nUtrecht",
            "Dorpsstraat 12\nUtrecht",
            [("same", "Dorpsstraat "), ("gone", "1"), ("new", "12"), ("same", "\nUtrecht")],
        ),
        ("a b", "a b c", [("same", "a b"), ("new", " c")]),
        ("a b c", "c", [("gone", "a b "), ("same", "c")]),
    ],
)
def test_what_changed_in_an_address_is_told_word_by_word(before, now, pieces):
    assert changes(before, now) == [Piece(*piece) for piece in pieces]


def test_a_changed_address_is_shown_with_what_it_was(app):
    with app.app_context():
        line = factories.line(1)
        for place, address in enumerate(("Dorp 1 <i>", "Dorp 12 <i>")):
            problems.save_address(line, address, by=ANNA, at=NOWHERE, shown=place + 1)
        db.session.commit()
    page = signed_in(app, painter_link(app)).get("/supplier").text
    assert "Dorp <del>1</del><ins>12</ins> &lt;i&gt;" in page
    assert "I have seen the new address" in page


def test_a_line_leads_to_the_one_before_and_behind_in_its_view(app):
    lines = add_lines(app, 6)
    all_on_one_board(app)
    handle(app, lines[5], lines[4])
    client = signed_in(app, painter_link(app))

    def around(line: int, query: str = "") -> list[tuple[str, str]]:
        page = client.get(f"/supplier/lines/P-{line}{query}").text
        return re.findall(r'rel="(\w+)" href="/supplier/lines/P-(\d+)', page)

    assert around(lines[0]) == [("next", str(lines[1]))]
    assert around(lines[1]) == [("prev", str(lines[0])), ("next", str(lines[2]))]
    assert around(lines[3]) == [("prev", str(lines[2]))]
    assert around(lines[4], "?view=handled") == [("next", str(lines[5]))]
    assert around(lines[0], "?view=handled") == []
    assert around(lines[0], "?q=NL20003") == [("next", str(lines[3]))]


def test_what_was_reported_is_said_on_the_page(app):
    own, other = add_lines(app, 1)[0], add_lines(app, 1, OTHER_WORKSHOP)[0]
    client = signed_in(app, painter_link(app))
    link = f'<a href="/supplier/lines/P-{own}">P-{own}</a>'
    assert f"{link} reported to customer service." in client.get(f"/supplier?reported=P-{own}").text
    assert f"Added to P-{own}" in client.get(f"/supplier?added=P-{own}").text
    assert "reported to" not in client.get(f"/supplier?reported=P-{other}").text
    assert "handled." not in client.get(f"/supplier?done=P-{own}&did=handled").text


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ({"seconds": -5}, "1 min"),
        ({"seconds": 20}, "1 min"),
        ({"minutes": 59}, "59 min"),
        ({"hours": 1, "minutes": 59}, "1 hour"),
        ({"hours": 23}, "23 hours"),
        ({"days": 1}, "1 day"),
        ({"days": 40}, "40 days"),
    ],
)
def test_how_long_something_lasts_is_told_in_one_unit(since, words):
    assert lasting(utcnow() - timedelta(**since)) == words


# The page itself


def test_pages_hold_no_script_and_no_style_of_their_own(app):
    line = add_lines(app, 1)[0]
    client = signed_in(app, painter_link(app))
    for path in ("/supplier", "/supplier?board=refunds", f"/supplier/lines/P-{line}"):
        answer = client.get(path)
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", answer.text)
        assert answer.headers["Cache-Control"] == "no-store"
        for address in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text):
            assert address.startswith(("/", "#")), address


def test_pages_of_staff_stay_theirs(app):
    line = add_lines(app, 1)[0]
    staff = signed_in(app, link_of(app, "ben@brushwood.example"))
    assert staff.get(f"/lines/P-{line}").status_code == 200
    assert staff.post(f"/supplier/lines/P-{line}/handled", headers=FROM_OUR_PAGE).headers["Location"] == "/"
