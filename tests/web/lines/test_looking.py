"""Who else has a line open, and what changed meanwhile."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.web.lines.agents import BEN, ben_link, fields_of, meanwhile, reported
from tests.web.visitors import FROM_OUR_PAGE, contents, counted_queries, signed_in
from widget import problems
from widget.db import db


def look(client: FlaskClient, line: int, version: object = 1) -> str:
    """What the page asks every twenty seconds."""
    form = {"version": str(version), "from": "q=x"}
    answer = client.post(f"/lines/P-{line}/looking", data=form, headers=FROM_OUR_PAGE)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_two_who_have_a_line_open_hear_of_each_other(app):
    line, anna, ben = reported(app), signed_in(app), signed_in(app, ben_link(app))
    assert look(anna, line) == ""
    assert "Anna has this line open." in look(ben, line)
    assert "Ben has this line open." in look(anna, line)
    # Without scripts the page tells it, too, and opening it writes nothing.
    assert "Ben has this line open." in anna.get(f"/lines/P-{line}").text
    other = reported(app, "NL10424")
    assert look(anna, other) == ""


def test_a_line_that_moved_on_says_who_did_what_and_offers_to_reload(app):
    line, anna, ben = reported(app), signed_in(app), signed_in(app, ben_link(app))
    meanwhile(app, line, "comment", "It is house 7", by=BEN)
    words = look(anna, line)
    assert "Ben answered this" in words
    assert f'formaction="/lines/P-{line}/reload"' in words
    assert "answered" not in look(ben, line)
    meanwhile(app, line, "save_address", "Dorp 1", by=BEN, shown=2)
    assert "Ben changed this" in look(anna, line)
    assert look(anna, line, 3) == look(anna, line, "x") == look(anna, line, "9" * 30)
    assert "this" not in look(anna, line, 3).replace("this line open", "")


def test_reloading_brings_the_news_and_keeps_what_is_typed(app):
    line, anna = reported(app), signed_in(app)
    shown = fields_of(anna.get(f"/lines/P-{line}").text)
    meanwhile(app, line, "save_address", "Dorp 12", by=BEN, shown=1)
    before = contents(app)
    form = {**shown, "address": "Dorp 9", "comment": "so far", "informed": "yes"}
    answer = anna.post(f"/lines/P-{line}/reload", data=form, headers=FROM_OUR_PAGE)
    assert answer.status_code == 200
    fields = fields_of(answer.text)
    assert (fields["address"], fields["address_was"], fields["comment"]) == ("Dorp 9", "Dorp 12", "so far")
    assert (fields["informed"], fields["version"]) == ("yes", "2")
    assert contents(app) == before


def test_looking_touches_nothing_but_who_looks_and_takes_few_queries(app):
    line, anna = reported(app), signed_in(app)
    before = contents(app)
    with counted_queries(app) as statements:
        look(anna, line)
    after = contents(app)
    assert {table for table in after if after[table] != before[table]} == {"looking"}
    assert len(statements) <= 12
    with app.app_context():
        assert problems.get(line).version == 1
        db.session.rollback()
