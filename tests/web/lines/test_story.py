"""The page of one line: its whole story in one order, who sees it, and the way on to the next line."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import pytest

from tests import factories
from tests.web.lines.agents import ANNA, BEN, meanwhile, reported, story, without_ticket
from tests.web.uploads import kept
from tests.web.visitors import (
    OTHER_WORKSHOP,
    add_comment,
    add_lines,
    contents,
    counted_queries,
    link_of,
    painter_link,
    signed_in,
)
from widget import history, people, problems, stores
from widget.db import db, utcnow
from widget.outbox import get_message, list_messages
from widget.outbox.tables import State
from widget.people import Actor, Person, PersonRole, Role, Side
from widget.tickets import Place


def position(page: str, *words: str) -> list[int]:
    return [page.index(each) for each in words]


# The story


def test_a_line_tells_everything_that_happened_in_one_order(app):
    line = reported(app, words="house <b>number</b> missing")
    meanwhile(app, line, "mark_informed", by=ANNA, shown=1)
    meanwhile(app, line, "comment", "please\nhurry <script>", by=factories.LI_AS_PERSON)
    meanwhile(app, line, "save_address", "Dorp 1", by=ANNA, shown=3)
    meanwhile(app, line, "confirm_address", by=factories.LI_AS_PERSON, shown=4)
    meanwhile(app, line, "save_address", "Dorp 12", shown=4)
    client = signed_in(app)
    kept(app, "anna@brushwood.example", line)
    meanwhile(app, line, "mark_handled", by=factories.LI_AS_PERSON, shown=6)
    page = client.get(f"/lines/P-{line}").text
    told = [event for event in story(page) if not event.startswith("Note")]
    assert [event.replace(" just now", "") for event in told] == [
        "Li Wei reported this house <b>number</b> missing",
        "Anna ticked Informed customer",
        "Li Wei , Dafen Art, wrote please hurry <script>",
        "Anna saved the address Dorp 1",
        "Li Wei has seen the new address",
        "Ben changed the address Dorp 1 12",
        "Anna added pictures",
        "Li Wei marked this as handled",
    ]
    assert "<del>1</del><ins>12</ins>" in page
    assert "please\nhurry &lt;script&gt;" in page
    assert f"Picture 1 of P-{line}" in page
    for fact in ("NL10423", "Shop NL", "Dafen Art", "Address incomplete", "Handled"):
        assert fact in page


def test_what_was_taken_back_and_reminders_are_told(app):
    line = reported(app)
    meanwhile(app, line, "comment", "who?", by=ANNA)
    meanwhile(app, line, "remind_supplier")
    with app.app_context():
        for field, old, new in (("informed", "yes", ""), ("comment", "who?", ""), ("size", "10", "20")):
            history.record("problem", line, field, old, new, by=("Ben", BEN.email), version=9)
        history.record("problem", line, "reminded", "", "yes", by=("Supplier Desk", ""), version=9)
        db.session.commit()
    told = " ".join(story(signed_in(app).get(f"/lines/P-{line}").text))
    for words in (
        "Ben reminded the supplier",
        "Supplier Desk reminded customer service that this waits too long",
        "Ben took back Informed customer",
        "Ben took back a comment just now who?",
        "Ben changed size: 10 → 20",
    ):
        assert words in told


def test_pictures_hang_on_what_they_were_sent_with(app):
    line = reported(app)
    link_of(app, "li@dafen.example", Role.SUPPLIER, "Dafen Art")
    kept(app, "li@dafen.example", line)
    meanwhile(app, line, "comment", "look", by=Actor("Li", Side.SUPPLIER, "li@dafen.example"))
    told = story(signed_in(app).get(f"/lines/P-{line}").text)
    assert not any("added pictures" in event for event in told)
    page = signed_in(app).get(f"/lines/P-{line}").text
    said, shown, note = position(page, ">look<", f"Picture 1 of P-{line}", "writes:\n&gt; look")
    assert said < shown < note


@pytest.mark.parametrize("state", State)
@pytest.mark.only_on("sqlite")
def test_every_note_tells_its_state_and_where_it_is(app, state):
    line = reported(app)
    with app.app_context():
        for row in list_messages():
            message = get_message(row["id"])
            message.state, message.reason = state, "the key was refused"
        db.session.commit()
    page = signed_in(app).get(f"/lines/P-{line}").text
    assert "Note in ticket 9001" in page
    # Beside the note, and where the order is named.
    assert page.count('href="http://127.0.0.1:1/app/ticket/9001" rel="noreferrer"') == 2
    assert "The supplier (Li Wei) reported" in page
    assert ("the key was refused" in page) == (state not in (State.SENT, State.SENDING))


def test_a_note_that_waits_for_its_ticket_says_so_and_other_lines_notes_are_elsewhere(app):
    line, other = without_ticket(app, 7001), reported(app, "NL10500", "another thing")
    client = signed_in(app)
    page = client.get(f"/lines/P-{line}").text
    assert "another thing" not in page
    assert "which size?" not in client.get(f"/lines/P-{other}").text
    page = client.get(f"/lines/P-{without_ticket(app, order='NL10501')}").text
    assert "still being looked for" in page
    assert "Waits for its ticket" in page


@pytest.mark.only_on("sqlite")
def test_of_a_long_story_the_middle_is_folded_away_and_nothing_is_lost(app):
    line = add_lines(app, 1)[0]
    for number in range(60):
        add_comment(app, line, f"words {number:02}")
    page = signed_in(app).get(f"/lines/P-{line}").text
    assert "Show 45 more of what happened" in page
    assert len(story(page)) == 61
    first, last_folded, first_shown = position(page, "words 00", "words 44", "words 45")
    assert page.index("<details") < first < last_folded < page.index("</details>") < first_shown


def test_a_line_takes_the_same_queries_for_3_and_for_60_events(app):
    client, counts = signed_in(app), []
    line = reported(app)
    for more in (3, 57):
        for number in range(more):
            add_comment(app, line, f"comment {number}")
        kept(app, "anna@brushwood.example", line)
        with counted_queries(app) as statements:
            client.get(f"/lines/P-{line}")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20, counts


@pytest.mark.only_on("sqlite")
def test_a_late_line_is_marked(app):
    line = reported(app)
    client = signed_in(app)
    assert "Waits too long" not in client.get(f"/lines/P-{line}").text
    with app.app_context():
        problems.get(line).due_at = utcnow()
        db.session.commit()
    assert "Waits too long" in client.get(f"/lines/P-{line}").text


# Who sees it


@pytest.mark.parametrize("path", ["/lines/P-1", "/lines/P-999", "/orders", "/orders/NL/NL20000", "/tickets"])
@pytest.mark.only_on("sqlite")
def test_whoever_is_not_signed_in_is_told_how_to(app, client, path):
    add_lines(app, 1)
    answer = client.get(path)
    assert answer.status_code == 401
    assert "Open your personal link" in answer.text
    assert "NL20000" not in answer.text


def test_a_suppliers_people_are_led_to_their_own_page_of_their_own_lines(app):
    line = add_lines(app, 1)[0]
    client, stranger = signed_in(app, painter_link(app)), signed_in(app, painter_link(app, OTHER_WORKSHOP))
    answer = client.get(f"/lines/P-{line}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/supplier/lines/P-{line}")
    unknown = [stranger.get(f"/lines/{name}") for name in (f"P-{line}", "P-999", "P-0", "p-1x", "nonsense")]
    assert {(answer.status_code, answer.text) for answer in unknown} == {(404, unknown[0].text)}
    for path in ("/orders", "/orders/NL/NL20000", "/orders/NL/NL99999", "/tickets"):
        assert (client.get(path).status_code, client.get(path).headers["Location"]) == (303, "/")


def test_whoever_lost_his_role_or_was_revoked_sees_nothing(app):
    line = add_lines(app, 1)[0]
    client = signed_in(app)
    with app.app_context():
        db.session.query(PersonRole).delete()
        db.session.commit()
    assert "NL20000" not in client.get(f"/lines/P-{line}").text
    with app.app_context():
        db.session.query(Person).update({"revoked_at": utcnow()})
        db.session.commit()
    assert client.get(f"/lines/P-{line}").status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.only_on("sqlite")
def test_looking_changes_nothing(app, method):
    line = without_ticket(app, 7001)
    client = signed_in(app)
    before = contents(app)
    for path in (f"/lines/P-{line}", "/lines/P-999", "/orders?q=NL10500", "/orders/NL/NL10500", "/tickets"):
        client.open(path, method=method)
    assert contents(app) == before


# On to the next


def ways(page: str) -> tuple[str, str, str]:
    """Where Back, Previous and Next lead to."""
    marks = (r'href="([^"]*)" data-up', r'rel="prev" href="([^"]*)"', r'rel="next" href="([^"]*)"')
    back, before, behind = (html.unescape(found[1]) if (found := re.search(mark, page)) else "" for mark in marks)
    return back, before, behind


def test_the_way_leads_through_open_lines_of_the_board_in_the_desks_order(app):
    theirs, ours = add_lines(app, 3)[:2], add_lines(app, 2, waiting_for=Side.CUSTOMER_SERVICE)
    inorder = [f"/lines/P-{line}" for line in [*ours, *theirs]]
    client = signed_in(app)
    for place, path in enumerate(inorder):
        before, behind = inorder[place - 1] if place else "", inorder[place + 1] if place < 3 else ""
        assert ways(client.get(path).text) == ("/desk", before, behind)


def test_the_way_keeps_where_one_came_from_and_its_store(app):
    first, second = add_lines(app, 2)
    with app.app_context():
        shop = factories.store(stores.get_helpdesk("main"), "DE", r"\d{4}")
        factories.supplier(shop, name=OTHER_WORKSHOP)
        other = factories.line(shop.id, "1001").id
        db.session.commit()
    client = signed_in(app)
    query = {"stores": "NL", "q": "a&b <c>"}
    came_from = urlencode({"from": urlencode(query)})
    page = client.get(f"/lines/P-{first}?{came_from}").text
    assert ways(page) == (f"/desk?{urlencode(query)}", "", f"/lines/P-{second}?{came_from}")
    assert f"P-{other}" not in page
    assert f"P-{other}" in client.get(f"/lines/P-{first}?from=stores%3Dall").text
    # "My stores" are all of them until somebody says which.
    for own, sees in ((set(), True), ({1}, False)):
        with app.app_context():
            people.look_after(people.get_person(ANNA.email), own)
            db.session.commit()
        assert (f"P-{other}" in client.get(f"/lines/P-{first}?from=stores%3Dmine").text) == sees
    for nonsense in ("javascript:alert(1)", "//evil", "%00", "stores%3D%2500", "x" * 5_000):
        assert ways(client.get(f"/lines/P-{first}?from={nonsense}").text)[0].startswith("/desk")


def test_handled_lines_follow_each_other_the_newest_first(app):
    first, second = add_lines(app, 2)
    for line in (first, second):
        with app.app_context():
            problems.mark_handled(problems.get(line), by=factories.LI_AS_PERSON, at=Place(None, ""), shown=1)
            db.session.commit()
    client = signed_in(app)
    assert ways(client.get(f"/lines/P-{second}").text)[1:] == ("", f"/lines/P-{first}")
    assert ways(client.get(f"/lines/P-{first}").text)[1:] == (f"/lines/P-{second}", "")
