"""The open lines and the story of one: who sees what, in which order, and what nobody sees."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.web.uploads import kept
from tests.web.visitors import (
    FROM_OUR_PAGE,
    OTHER_WORKSHOP,
    add_comment,
    add_lines,
    contents,
    counted_queries,
    link_of,
    painter_link,
    signed_in,
    world,
)
from widget import problems, stores, tickets
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.outbox import get_message, list_messages
from widget.outbox.tables import State
from widget.people import Actor, Person, PersonRole, Role, Side
from widget.tickets import Candidate, Place
from widget.web.pages import ago, moment

ANNA = Actor(name="Anna Visser", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example")


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


def references(page: str) -> list[str]:
    """The lines a page lists, in its order."""
    return re.findall(r'href="/lines/(P-\d+)"', page)


def reported_in_gorgias(app: Flask) -> int:
    """A line with a ticket, an address, a comment and notes, as the widget makes it."""
    with app.app_context():
        ticket = factories.ticket(1, factories.TICKET, factories.CUSTOMER, OrderName(1, "NL10423"))
        line = factories.line(1, "NL10423", "house <b>number</b> missing", by=ANNA, ticket=ticket)
        at = Place(ticket, factories.PUBLIC_URL)
        problems.save_address(line, "Dorpsstraat 1\n1234 AB Utrecht", by=ANNA, at=at, shown=1)
        problems.mark_informed(line, by=ANNA, at=at, shown=2)
        line_id = line.id
        db.session.commit()
        return line_id


# The open lines


@pytest.mark.parametrize("path", ["/", "/lines/P-1", "/lines/P-999", "/lines/nonsense"])
def test_whoever_is_not_signed_in_is_told_how_to(app, client, path):
    add_lines(app, 1)
    answer = client.get(path)
    assert answer.status_code == (200 if path == "/" else 401)
    assert "Open your personal link" in answer.text
    assert "NL20000" not in answer.text


def test_nothing_open_says_how_lines_get_here(app):
    page = signed_in(app).get("/").text
    assert "Nothing is open." in page
    assert "Report a problem" in page
    assert "<table" not in page


def test_own_turn_comes_first_then_what_waits_longest(app):
    theirs, ours = add_lines(app, 3), add_lines(app, 2, waiting_for=Side.CUSTOMER_SERVICE)
    assert references(signed_in(app).get("/").text) == [f"P-{line}" for line in [*ours, *theirs]]


def test_the_count_says_how_many_wait_for_whoever_looks(app):
    add_lines(app, 3)
    add_lines(app, 2, waiting_for=Side.CUSTOMER_SERVICE)
    page = " ".join(signed_in(app).get("/").text.split())
    assert "5 open, 2 waiting for you." in page


def test_at_most_two_hundred_are_shown_and_all_are_counted(app):
    add_lines(app, 203)
    page = signed_in(app).get("/").text
    assert len(references(page)) == 200
    assert "203 open" in page
    assert "the 200 most urgent" in page


def test_an_order_number_of_two_stores_has_the_store_before_it(app):
    with app.app_context():
        shops = [factories.store(stores.get_helpdesk("main"), code, r"\d{4}") for code in ("DE", "FR")]
        factories.supplier(*shops, name=OTHER_WORKSHOP)
        for shop, name in ((shops[0], "1001"), (shops[1], "1001"), (shops[1], "1002")):
            factories.line(shop.id, name)
        db.session.commit()
    assert re.findall(r'<span class="code">(..)</span>', signed_in(app).get("/").text) == ["DE", "FR"]


def test_handled_lines_are_gone(app):
    line, other = add_lines(app, 2)
    with app.app_context():
        problems.mark_handled(problems.get(line), by=factories.LI_AS_PERSON, at=Place(None, ""), shown=1)
        db.session.commit()
    assert references(signed_in(app).get("/").text) == [f"P-{other}"]
    assert "Handled" in signed_in(app).get(f"/lines/P-{line}").text


def test_whoever_has_no_role_sees_nothing(app):
    line = add_lines(app, 1)[0]
    client = signed_in(app)
    with app.app_context():
        db.session.query(PersonRole).delete()
        db.session.commit()
    assert "Nothing is open." in client.get("/").text
    assert client.get(f"/lines/P-{line}").status_code == 404


def test_the_page_takes_the_same_queries_for_5_and_for_200_lines(app):
    client = signed_in(app)
    counts = []
    for more in (5, 195):
        add_lines(app, more)
        with counted_queries(app) as statements:
            client.get("/")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4


def test_the_time_is_relative_with_the_exact_one_in_both_zones(app):
    add_lines(app, 1)
    page = signed_in(app).get("/").text
    assert "3 hours ago</time>" in page
    assert re.search(r'title="\d{4}-\d\d-\d\d \d\d:\d\d Amsterdam · \d{4}-\d\d-\d\d \d\d:\d\d Shanghai"', page)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3_599, "59 min ago"),
        (3_600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago"),
        (40 * 86_400, "40 days ago"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(seconds, words):
    now = utcnow()
    assert ago(now - timedelta(seconds=seconds), now) == words


def test_one_zone_is_told_once():
    assert moment(utcnow(), "Europe/Amsterdam", "Europe/Amsterdam").count("Amsterdam") == 1


# One line


def test_a_line_tells_its_story(app):
    line = reported_in_gorgias(app)
    add_comment(app, line, "please\nhurry <script>")
    page = signed_in(app).get(f"/lines/P-{line}").text
    for words in (
        "NL10423",
        "Address incomplete",
        "house &lt;b&gt;number&lt;/b&gt; missing",
        "Dorpsstraat 1\n1234 AB Utrecht",
        "please\nhurry &lt;script&gt;",
    ):
        assert words in page
    assert re.search(r"Informed customer</dt><dd>\s*Yes", page)


def test_staff_see_who_changed_what_and_the_notes_with_their_state(app):
    line = reported_in_gorgias(app)
    page = signed_in(app).get(f"/lines/P-{line}").text
    assert "History" in page
    assert "Anna Visser" in page
    assert "Waiting to be sent" in page
    assert "Ticket 9001" in page
    assert "saved the delivery address" in page


@pytest.mark.parametrize("state", list(State))
def test_every_state_of_a_note_has_its_word(app, state):
    line = reported_in_gorgias(app)
    with app.app_context():
        for row in list_messages():
            message = get_message(row["id"])
            message.state, message.reason = state, "the key was refused"
        db.session.commit()
    page = signed_in(app).get(f"/lines/P-{line}").text
    assert f'class="state note-{state.value}"' in page
    assert ("the key was refused" in page) == (state == State.PARKED)


def test_notes_of_another_line_of_the_order_are_not_shown(app):
    line = reported_in_gorgias(app)
    with app.app_context():
        ticket = tickets.lock(1, factories.TICKET)
        other = factories.line(1, "NL10423", "another thing", by=ANNA, ticket=ticket)
        other_id = other.id
        db.session.commit()
    client = signed_in(app)
    assert "another thing" not in client.get(f"/lines/P-{line}").text
    assert "delivery address" not in client.get(f"/lines/P-{other_id}").text


def test_one_line_takes_the_same_queries_however_long_its_thread(app):
    line = reported_in_gorgias(app)
    client = signed_in(app)
    counts = []
    for more in (1, 40):
        for number in range(more):
            add_comment(app, line, f"comment {number}")
        with counted_queries(app) as statements:
            client.get(f"/lines/P-{line}")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 13


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(app, method):
    line = reported_in_gorgias(app)
    client = signed_in(app)
    before = contents(app)
    for path in ("/", f"/lines/P-{line}", "/lines/P-999", "/nothing"):
        client.open(path, method=method)
    assert contents(app) == before


def test_a_suppliers_people_are_led_to_their_own_page(app):
    line = add_lines(app, 1)[0]
    client = signed_in(app, painter_link(app))
    for path, leads_to in (("/", "/supplier"), (f"/lines/P-{line}", f"/supplier/lines/P-{line}")):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"] == leads_to
        assert "NL20000" not in answer.text


def test_a_line_shows_its_pictures(app):
    line = add_lines(app, 1)[0]
    client = signed_in(app)
    assert "Pictures" not in client.get(f"/lines/P-{line}").text
    kept(app, "anna@brushwood.example", line)
    assert f"Picture 1 of P-{line}" in client.get(f"/lines/P-{line}").text


# Which ticket


def choose(client: FlaskClient, line: int, ticket: object = 7002, **options: Any) -> TestResponse:
    return client.post(
        f"/lines/P-{line}/ticket", **{"data": {"ticket_id": str(ticket)}, "headers": FROM_OUR_PAGE, **options}
    )


def reported_without_a_ticket(app: Flask, *offered: int) -> int:
    """A line whose order has no ticket yet: it is looked for, or these were found."""
    with app.app_context():
        line = factories.line(1, "NL10423", "which size?")
        found = [
            Candidate(number, factories.CUSTOMER, f"About <b>{number}</b>", "email", utcnow()) for number in offered
        ]
        if found:
            tickets.offer(line.order, found)
        line_id = line.id
        db.session.commit()
        return line_id


def test_a_page_says_that_the_ticket_is_still_looked_for(app):
    line = reported_without_a_ticket(app)
    page = signed_in(app).get(f"/lines/P-{line}").text
    assert "still being looked for" in page
    assert "Which ticket" not in page


def test_of_several_tickets_one_is_chosen_and_gets_what_waited(app):
    line = reported_without_a_ticket(app, 7001, 7002)
    client = signed_in(app)
    page = client.get(f"/lines/P-{line}").text
    assert "Which ticket is this order&#39;s?" in page or "Which ticket is this order's?" in page
    assert "About &lt;b&gt;7001&lt;/b&gt;" in page
    answer = choose(client, line)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/lines/P-{line}"
    page = client.get(f"/lines/P-{line}").text
    assert "Which ticket" not in page
    assert "Ticket 7002" in page
    assert "which size?" in page.split("Notes in Gorgias", 1)[1]
    with app.app_context():
        assert [ticket.gorgias_id for ticket in tickets.about(problems.get(line).order_id)] == [7002]


@pytest.mark.parametrize("ticket", ["7003", "", "x", "9" * 30, "-1", "７００１"])
def test_a_ticket_that_was_not_offered_is_refused(app, ticket):
    line = reported_without_a_ticket(app, 7001, 7002)
    client = signed_in(app)
    before = contents(app)
    answer = choose(client, line, ticket)
    assert answer.status_code == 409
    assert "no longer to choose" in answer.text
    assert contents(app) == before


def test_a_ticket_is_chosen_once(app):
    line = reported_without_a_ticket(app, 7001, 7002)
    client = signed_in(app)
    assert choose(client, line, 7001).status_code == 303
    before = contents(app)
    assert choose(client, line, 7002).status_code == 409
    assert contents(app) == before


def test_only_staff_choose_a_ticket_and_only_on_our_page(app):
    line = reported_without_a_ticket(app, 7001)
    staff, painter = signed_in(app), signed_in(app, painter_link(app))
    before = contents(app)
    assert choose(painter, line, 7001).status_code == 404
    assert choose(app.test_client(), line, 7001).status_code == 401
    assert choose(staff, line, 7001, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert choose(staff, 999, 7001).status_code == 404
    assert contents(app) == before


# All pages


def test_every_page_protects_itself(app):
    line = add_lines(app, 1)[0]
    client, stranger = signed_in(app), app.test_client()
    answers = [client.get(path) for path in ("/", f"/lines/P-{line}", "/lines/P-999", "/nothing", "/l/unknown")]
    answers += [stranger.get("/"), stranger.get(link_of(app, "new@brushwood.example")), client.post("/")]
    for answer in answers:
        assert answer.mimetype == "text/html"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        for part in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers


def test_pages_hold_no_script_and_no_style_of_their_own(app):
    line = reported_in_gorgias(app)
    client = signed_in(app)
    for path in ("/", f"/lines/P-{line}", "/nothing"):
        page = client.get(path).text
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=", page)


def test_files_of_pages_are_kept_because_their_address_changes_with_them(app, client):
    page = client.get("/").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) == 3
    for file in files:
        with client.get(file) as answer:
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert re.search(r"\?v=[0-9a-f]{12}$", file)


def test_errors_are_told_in_plain_words(app):
    def broken() -> str:
        raise ZeroDivisionError("a secret detail")

    app.add_url_rule("/broken", "broken", broken)
    client = signed_in(app)
    for path, method, status, words in (
        ("/nothing", "GET", 404, "There is nothing here"),
        ("/static/nothing.css", "GET", 404, "There is nothing here"),
        ("/", "POST", 405, "This address does not work that way"),
        ("/broken", "GET", 500, "Something went wrong on our side"),
    ):
        answer = client.open(path, method=method, headers=FROM_OUR_PAGE)
        assert answer.status_code == status
        assert words in answer.text
        assert "ZeroDivision" not in answer.text
        assert "detail" not in answer.text
    assert client.post("/").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_the_sidebar_keeps_its_own_form_of_errors(app, client):
    answer = client.post("/gorgias/1/actions/comment", data={"token": "forged"})
    assert answer.status_code == 403
    assert answer.is_json
    assert "Content-Security-Policy" not in answer.headers


def test_whoever_was_revoked_is_asked_for_a_link_again(app):
    line = add_lines(app, 1)[0]
    client = signed_in(app)
    with app.app_context():
        db.session.query(Person).update({"revoked_at": utcnow()})
        db.session.commit()
    answer = client.get(f"/lines/P-{line}")
    assert answer.status_code == 401
    assert "NL20000" not in answer.text


def test_roles_of_staff_all_see_every_line(app):
    add_lines(app, 1)
    for role in (Role.APPROVER, Role.ADMIN):
        client = signed_in(app, link_of(app, f"{role}@brushwood.example", role))
        assert len(references(client.get("/").text)) == 1
