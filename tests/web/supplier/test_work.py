"""Working on a line: each act works, refuses, is no one else's, acts once, and leads back to where it was done."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.web.uploads import PHOTO, kept, rows, upload
from tests.web.visitors import (
    FROM_OUR_PAGE,
    OTHER_WORKSHOP,
    WORKSHOP,
    add_lines,
    contents,
    link_of,
    painter_link,
    signed_in,
)
from widget import history, problems
from widget.db import db
from widget.orders import OrderName
from widget.people import Actor, Role, Side
from widget.problem_types import Board
from widget.tickets import Place

ANNA = Actor(name="Anna Visser", side=Side.CUSTOMER_SERVICE, email="anna@brushwood.example")
NOWHERE = Place(None, factories.PUBLIC_URL)
LI = "li@dafen.example"
BY_SCRIPT = {**FROM_OUR_PAGE, "HX-Request": "true"}
ACTS = ["comment", "handled", "undo", "reopen", "address-seen"]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Li of the workshop."""
    return signed_in(app, painter_link(app))


@pytest.fixture
def line(app: Flask) -> int:
    """A line that waits for the workshop, reported in a ticket."""
    with app.app_context():
        ticket = factories.ticket(1, factories.TICKET, factories.CUSTOMER, OrderName(1, "NL10423"))
        line_id = factories.line(1, "NL10423", "which size?", by=ANNA, ticket=ticket).id
        db.session.commit()
        return line_id


def press(client: FlaskClient, line: object, act: str, *, by_script: bool = False, **typed: Any) -> TestResponse:
    data = {"version": "1", **typed}
    headers = BY_SCRIPT if by_script else FROM_OUR_PAGE
    return client.post(f"/supplier/lines/P-{line}/{act}", data=data, headers=headers)


def colleague(app: Flask) -> FlaskClient:
    """Mei of the same workshop."""
    return signed_in(app, link_of(app, "mei@dafen.example", Role.SUPPLIER, WORKSHOP))


def as_it_is(app: Flask, line: int) -> dict[str, Any]:
    """What a line says now."""
    with app.app_context():
        now = problems.get(line)
        comments = [(comment.author, comment.text) for comment in now.comments]
        return {
            "open": now.handled_at is None, "by": now.handled_by, "comments": comments, "turn": now.waiting_for,
            "version": now.version, "seen": now.address_seen_at is not None, "pictures": now.picture_count,
        }  # fmt: skip


def notes(app: Flask) -> list[str]:
    """The notes that wait to be posted."""
    return [
        message["payload"]["message"]["body_text"] for message in factories.queued(app)
        if message["kind"] == "gorgias.note"
    ]  # fmt: skip


def with_address(app: Flask, line: int, *addresses: str) -> None:
    with app.app_context():
        for address in addresses:
            found = problems.get(line)
            problems.save_address(found, address, by=ANNA, at=NOWHERE, shown=found.version)
        db.session.commit()


def in_cs(app: Flask, line: int, words: str) -> None:
    """Customer service writes on the line."""
    with app.app_context():
        problems.comment(problems.get(line), words, by=ANNA, at=NOWHERE)
        db.session.commit()


# What all of them have in common


@pytest.mark.parametrize("act", ACTS)
def test_nobody_else_acts_on_a_line(app, client, line, act):
    other = add_lines(app, 1, OTHER_WORKSHOP)[0]
    staff, stranger = signed_in(app), app.test_client()
    before = contents(app)
    answers = {press(client, end, act, comment="x").data for end in (other, 99999, "0", "x")}
    assert len(answers) == 1
    assert press(client, other, act, comment="x").status_code == 404
    assert press(client, other, act, by_script=True, comment="x").status_code == 404
    assert press(stranger, line, act, comment="x").status_code == 401
    assert press(staff, line, act, comment="x").headers["Location"] == "/"
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post(f"/supplier/lines/P-{line}/{act}", data={"comment": "x"}, headers=foreign)
    assert answer.status_code == 403
    assert client.get(f"/supplier/lines/P-{line}/{act}").status_code == 405
    assert contents(app) == before


@pytest.mark.parametrize("act", ["comment", "handled"])
def test_only_the_form_of_our_page_acts_for_an_old_browser(app, client, line, act):
    address = f"/supplier/lines/P-{line}/{act}"
    before = contents(app)
    assert client.post(address, data={"comment": "x"}).status_code == 403
    assert contents(app) == before
    form_key = re.findall(r'name="form_key" value="([^"]+)"', client.get("/supplier").text)[0]
    assert client.post(address, data={"comment": "x", "version": "1", "form_key": form_key}).status_code == 303


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("", "/supplier?"),
        ("board=photo_issues&q=a+b", "/supplier?board=photo_issues&q=a+b&"),
        ("line=P-1&view=handled", "/supplier/lines/P-1?view=handled&"),
        ("after=0-1763795400123456-31", "/supplier?after=0-1763795400123456-31&"),
        ("https://elsewhere.example/", "/supplier?"),
        ("//elsewhere.example", "/supplier?"),
        ("line=//elsewhere.example", "/supplier?"),
        ("board=https://elsewhere.example&x=\r\n", "/supplier?"),
    ],
)
def test_each_act_leads_back_to_the_view_it_was_done_in(client, line, back, leads_to):
    answer = press(client, line, "comment", comment="the large one", back=back)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{leads_to}done=P-{line}&did=comment"
    assert "sent to customer service" in client.get(answer.headers["Location"]).text


def test_fields_that_are_nobodys_business_change_nothing(app, client, line):
    more: dict[str, Any] = {
        "handled_by": "Anna",
        "supplier_id": "2",
        "waiting_for": "supplier",
        "informed_at": "2026-01-01",
        "id": "2",
    }
    assert press(client, line, "comment", comment="the large one", **more).status_code == 303
    assert as_it_is(app, line)["turn"] == "customer_service"
    with app.app_context():
        assert [change.field for change in history.of("problem", line)] == ["reported", "comment"]


# Comment


def test_a_comment_goes_to_customer_service(app, client, line):
    assert press(client, line, "comment", comment="  the\x00 large one\r\nplease ").status_code == 303
    now = as_it_is(app, line)
    assert now["comments"] == [("Li", "the large one\nplease")]
    assert now["turn"] == "customer_service"
    assert "the large one" in notes(app)[-1]


@pytest.mark.parametrize("comment", ["", "  \n", "\x00", " \u200b\ufeff", "x" * 5_001])
def test_a_comment_that_cannot_be_sent_comes_back_with_the_reason(app, client, line, comment):
    before = contents(app)
    for by_script in (False, True):
        answer = press(client, line, "comment", comment=comment, by_script=by_script)
        assert answer.status_code == 422
        assert "Write a comment or choose a picture." in answer.text or "At most 5,000 characters" in answer.text
        assert ("x" * 5_001 in answer.text) == (len(comment) > 5_000)
        assert ("<html" in answer.text) != by_script
    assert contents(app) == before


def test_five_thousand_characters_are_fine(app, client, line):
    assert press(client, line, "comment", comment="图" * 5_000).status_code == 303


def test_the_same_comment_twice_is_one(app, client, line):
    for _ in range(2):
        assert press(client, line, "comment", comment="the large one").status_code == 303
    assert len(as_it_is(app, line)["comments"]) == 1
    assert press(client, line, "comment", comment="or the small one").status_code == 303
    assert press(colleague(app), line, "comment", comment="the large one").status_code == 303
    assert len(as_it_is(app, line)["comments"]) == 3


def test_a_script_gets_the_line_as_it_is_now(app, client, line):
    answer = press(client, line, "comment", comment="the <large> one", by_script=True)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<tr")
    assert "the &lt;large&gt; one" in answer.text
    assert "the <large> one" not in answer.text
    assert f"P-{line}: sent to customer service." in answer.text
    assert not re.findall(r"<textarea[^>]*>\s*the", answer.text)


def test_pictures_go_along_with_a_comment(app, client, line):
    photo = (BytesIO(PHOTO), "a.jpg")
    assert press(client, line, "comment", comment="see", picture=photo).status_code == 303
    assert as_it_is(app, line)["pictures"] == 1
    assert [picture.problem_id for picture in rows(app)] == [line]
    assert "gorgias.upload" in [message["kind"] for message in factories.queued(app)]


def test_pictures_need_no_words(app, client, line):
    upload(client)
    keys = [picture.key for picture in rows(app)]
    for _ in range(2):
        assert press(client, line, "comment", comment="", pictures=keys).status_code == 303
    now = as_it_is(app, line)
    assert (now["pictures"], now["comments"], now["turn"]) == (1, [], "customer_service")
    with app.app_context():
        assert [change.field for change in history.of("problem", line)] == ["reported", "pictures"]


def test_the_same_files_twice_are_sent_once(app, client, line):
    for _ in range(2):
        assert press(client, line, "comment", comment="", picture=(BytesIO(PHOTO), "a.jpg")).status_code == 303
    assert as_it_is(app, line)["pictures"] == 1


def test_a_file_that_is_no_picture_loses_neither_words_nor_pictures(app, client, line):
    files = [(BytesIO(PHOTO), "a.jpg"), (BytesIO(b"no picture"), "b.jpg")]
    for by_script in (False, True):
        answer = press(client, line, "comment", comment="see both", picture=files, by_script=by_script)
        assert 400 < answer.status_code < 500
        assert "b.jpg" in answer.text
        assert "see both</textarea>" in answer.text
        assert 'name="pictures"' in answer.text
        files = [(BytesIO(b"no picture"), "b.jpg"), (BytesIO(PHOTO), "a.jpg")]
    assert as_it_is(app, line)["comments"] == []


def test_pictures_of_others_are_not_sent(app, client, line):
    colleague(app)
    theirs = kept(app, "mei@dafen.example").key
    assert press(client, line, "comment", comment="see", pictures=[theirs, "x"]).status_code == 303
    assert as_it_is(app, line)["pictures"] == 0


# Handled, undo, reopen


def test_a_handled_line_goes_away_and_undo_brings_it_back(app, client, line):
    answer = press(client, line, "handled")
    page = client.get(answer.headers["Location"]).text
    assert f"P-{line} handled." in page
    assert f'id="P-{line}"' not in page
    assert as_it_is(app, line)["by"] == "Li"
    undo = re.search(rf'action="(/supplier/lines/P-{line}/undo)"', page)
    assert undo
    answer = client.post(undo[1], data={"version": "2"}, headers=FROM_OUR_PAGE)
    page = client.get(answer.headers["Location"]).text
    assert f"P-{line} is open again." in page
    assert f'id="P-{line}"' in page
    assert as_it_is(app, line)["turn"] == "supplier"
    assert len(notes(app)) == 1


def test_a_script_gets_an_empty_place_a_way_back_and_the_count(app, client, line):
    answer = press(client, line, "handled", by_script=True)
    assert f'<tr id="P-{line}" data-gone hidden></tr>' in answer.text
    assert f'hx-post="/supplier/lines/P-{line}/undo"' in answer.text
    assert re.search(r'id="open-problem_sheet" hx-swap-oob="true">0<', answer.text)
    version = re.findall(r'name="version" value="(\d+)"', answer.text)[0]
    back = press(client, line, "undo", by_script=True, version=version)
    assert back.text.lstrip().startswith('<tr class="line')
    assert "handled." not in back.text


def test_what_is_typed_is_sent_before_a_line_is_handled(app, client, line):
    assert press(client, line, "handled", comment="painted, shipped today").status_code == 303
    now = as_it_is(app, line)
    assert now["comments"] == [("Li", "painted, shipped today")]
    assert not now["open"]
    assert "painted, shipped today" in " ".join(notes(app))


def test_handled_twice_is_handled_once(app, client, line):
    for _ in range(2):
        assert press(client, line, "handled").status_code == 303
    with app.app_context():
        assert [change.field for change in history.of("problem", line)] == ["reported", "handled"]
    again = press(client, line, "undo", version="2")
    assert again.status_code == 303
    assert press(client, line, "handled", version="3").status_code == 303
    assert not as_it_is(app, line)["open"]


@pytest.mark.parametrize("by_script", [False, True])
def test_what_a_colleague_handled_is_refused_and_nothing_typed_is_lost(app, client, line, by_script):
    assert press(colleague(app), line, "handled").status_code == 303
    for act in ("comment", "handled"):
        answer = press(client, line, act, comment="wait, the small one", by_script=by_script)
        assert answer.status_code == 409
        assert f"P-{line} was handled by Mei on" in answer.text
        assert "wait, the small one</textarea>" in answer.text
        assert "Reopen and send" in answer.text
    assert as_it_is(app, line)["comments"] == []
    assert press(client, line, "comment", comment="wait, the small one", reopen="yes").status_code == 303
    now = as_it_is(app, line)
    assert now["open"]
    assert now["comments"] == [("Li", "wait, the small one")]


@pytest.mark.parametrize("by_script", [False, True])
def test_nobody_is_done_with_what_he_has_not_read(app, client, line, by_script):
    in_cs(app, line, "stop, another size")
    answer = press(client, line, "handled", version="1", comment="done", by_script=by_script)
    assert answer.status_code == 409
    assert "Read it first" in answer.text
    assert answer.text.count("stop, another size") >= 2
    assert "done</textarea>" in answer.text
    assert as_it_is(app, line)["open"]
    version = re.findall(r'name="version" value="(\d+)"', answer.text)[0]
    assert press(client, line, "handled", version=version).status_code == 303


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "1.5", "０"])
def test_a_version_that_is_none_never_passes_for_read(app, client, line, version):
    in_cs(app, line, "stop")
    assert press(client, line, "handled", version=version).status_code in {409, 422}
    assert as_it_is(app, line)["open"]


def test_undo_is_for_whoever_handled_it(app, client, line):
    assert press(client, line, "undo").status_code == 409
    press(colleague(app), line, "handled")
    answer = press(client, line, "undo", version="2")
    assert answer.status_code == 409
    assert "Reopen it instead" in answer.text
    assert not as_it_is(app, line)["open"]


def test_a_handled_line_is_reopened(app, client, line):
    assert press(client, line, "reopen").status_code == 409
    press(client, line, "handled")
    for _ in range(2):
        assert press(client, line, "reopen", version="2", back="view=handled").status_code == 303
    now = as_it_is(app, line)
    assert now["open"]
    assert now["turn"] == "customer_service"
    with app.app_context():
        assert [change.field for change in history.of("problem", line)] == ["reported", "handled", "handled"]


def test_a_script_reopens_from_the_handled_view_and_from_the_lines_page(client, line):
    press(client, line, "handled")
    answer = press(client, line, "reopen", version="2", by_script=True, back="view=handled")
    assert "data-gone" in answer.text
    assert f"P-{line} is open again." in answer.text
    press(client, line, "handled", version="3")
    answer = press(client, line, "reopen", version="4", by_script=True, back=f"line=P-{line}&view=handled")
    assert "data-gone" not in answer.text
    assert "Handled by supplier" in answer.text


# A new address


def test_a_new_address_is_confirmed_once_it_was_read(app, client, line):
    with_address(app, line, "Dorp 1", "Dorp 12")
    version = str(as_it_is(app, line)["version"])
    page = client.get("/supplier").text
    assert "I have seen the new address" in page
    for _ in range(2):
        assert press(client, line, "address-seen", version=version).status_code == 303
    assert as_it_is(app, line)["seen"]
    page = client.get("/supplier").text
    assert "I have seen the new address" not in page
    assert press(client, line, "address-seen", version="99").status_code == 409


def test_an_address_that_changed_meanwhile_has_to_be_read(app, client, line):
    with_address(app, line, "Dorp 1")
    version = str(as_it_is(app, line)["version"])
    with_address(app, line, "Dorp 12")
    answer = press(client, line, "address-seen", version=version, by_script=True)
    assert answer.status_code == 409
    assert "Read the new one" in answer.text
    assert "<del>1</del><ins>12</ins>" in answer.text
    assert not as_it_is(app, line)["seen"]


def test_confirming_keeps_what_is_being_typed(app, client, line):
    with_address(app, line, "Dorp 1")
    upload(client)
    keys = [picture.key for picture in rows(app)]
    answer = press(client, line, "address-seen", version="9", comment="and the", pictures=keys, by_script=True)
    assert answer.status_code == 200
    assert "and the</textarea>" in answer.text
    assert keys[0] in answer.text
    assert as_it_is(app, line)["comments"] == []


def test_photo_issues_have_no_address(app, client):
    with app.app_context():
        line = factories.line(1, "NL10423", "too dark", board=Board.PHOTO_ISSUES).id
        db.session.commit()
    assert press(client, line, "address-seen").status_code == 409


def test_refusals_speak_the_readers_language(app, line):
    client = signed_in(app, painter_link(app, language="zh"))
    answer = press(client, line, "comment", comment="")
    assert "Write a comment" not in answer.text
