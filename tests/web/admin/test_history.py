"""History on the admin side: found by who, what and when; taken away as a table that runs nothing."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests import factories
from tests.web.visitors import counted_queries, link_of, signed_in
from widget import history
from widget.db import db
from widget.people import Role
from widget.web import csv_files
from widget.web.admin import history as page_of_history

LIST, TABLE = "/admin/history", "/admin/history.csv"
ANNA, BEN = ("Anna Visser", "anna@brushwood.example"), ("Ben Okafor", "ben@brushwood.example")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def happened(app, *changes, at=NOON):
    """Changes, a minute apart: (subject, id, field, old, new, by)."""
    with app.app_context():
        for number, (subject, thing, field, old, new, by) in enumerate(changes):
            with time_machine.travel(at + timedelta(minutes=number), tick=False):
                history.record(subject, thing, field, old, new, by=by)
                db.session.flush()
        db.session.commit()


def news(client, **query):
    """The new values of what the page lists, in its order."""
    page = html.unescape(client.get(LIST, query_string=query).text)
    return re.findall(r'data-label="After"><span class="typed">([^<]*)</span>', page)


def table(client, **query):
    return list(csv.reader(io.StringIO(client.get(TABLE, query_string=query).data.decode("utf-8-sig"))))


def test_changes_are_found_by_who_what_which_and_when(app, eva):
    with app.app_context():
        line = factories.line(1, "NL10423")
        number = line.id
        db.session.commit()
    happened(
        app,
        ("problem", number, "address", "", "one", ANNA),
        ("problem", number + 90, "address", "", "two", BEN),
        ("person", 1, "name", "Eve", "three", BEN),
        ("store", 1, "name", "", "four", ANNA),
    )
    happened(app, ("problem", number, "comment", "", "five", ANNA), at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    since = {"since": "2026-03-01", "until": "2026-03-31"}
    assert news(eva, **since) == ["five", "four", "three", "two", "one"]
    for query, found in {
        ("who", "anna@brushwood.example"): ["five", "four", "one"],
        ("who", "OKAFOR"): ["three", "two"],
        ("who", "%"): [],
        ("kind", "person"): ["three"],
        ("kind", "nonsense"): [],
        ("field", "address"): ["two", "one"],
        ("which", f"p-{number}"): ["five", "one"],
        ("which", "#nl10423"): ["five", "one"],
        ("which", "eva@brushwood.example"): ["three"],
        ("which", "eva"): ["three"],
        ("which", "NL"): ["four"],
        ("which", "nobody@x"): [],
        ("which", "'; DROP TABLE"): [],
        # In Amsterdam it was the 11th already.
        ("until", "2026-03-10"): ["four", "three", "two", "one"],
        ("since", "2026-03-11"): ["five"],
        ("since", "soon"): ["five", "four", "three", "two", "one"],
    }.items():
        assert news(eva, **{**since, **dict([query])}) == found, query
        assert [row[-1] for row in table(eva, **{**since, **dict([query])})][1:] == found
    assert news(eva, who="anna", kind="problem", field="address", **since) == ["one"]
    page = eva.get(LIST, query_string={"which": "nothing"}).text
    assert "Nothing was changed that fits all of this." in page
    # A line and a helpdesk have one each.
    assert page.count(">Address</option>") == 1


def test_the_list_goes_on_page_by_page_with_as_many_queries(app, eva):
    def queries():
        with counted_queries(app) as statements:
            assert eva.get(LIST).status_code == 200
        return len(statements)

    happened(app, ("problem", 1, "address", "", "first", ANNA))
    few = queries()
    happened(app, *(("problem", 1, "address", "", f"n{number}", ANNA) for number in range(60)))
    assert queries() == few
    first = news(eva, kind="problem")
    assert first == [f"n{number}" for number in range(59, 9, -1)]
    older = re.search(r"before=(\d+)", eva.get(LIST, query_string={"kind": "problem"}).text)
    assert older is not None
    assert news(eva, kind="problem", before=older[1]) == [*(f"n{number}" for number in range(9, -1, -1)), "first"]


@pytest.mark.only_on("sqlite")
def test_what_somebody_typed_runs_nowhere(app, eva):
    typed = '=HYPERLINK("http://127.0.0.1")<script>alert(1)</script>'
    happened(
        app, ("problem", 1, "address", "@SUM(A1)", typed, ("=cmd", "-x")), ("what_is", 7, "new", "", "y" * 300, BEN)
    )
    assert "<script>alert" not in eva.get(LIST).text
    assert "what is" in eva.get(LIST).text
    (row,) = table(eva, kind="problem")[1:]
    assert row[0] == "2026-03-10 12:00:00"
    assert row[1:5] == ["'=cmd", "'-x", "Line", "P-1"]
    assert row[6:] == ["'@SUM(A1)", "'" + typed]


@pytest.mark.only_on("sqlite")
def test_the_table_is_read_some_at_a_time_and_says_when_it_is_cut(app, eva, monkeypatch):
    happened(app, *(("problem", 1, "address", "", str(number), ANNA) for number in range(7)))
    for module in (csv_files, page_of_history):
        monkeypatch.setattr(module, "MOST_ROWS", 5)
    monkeypatch.setattr(page_of_history, "READ_AT_ONCE", 2)
    answer = eva.get(TABLE, query_string={"kind": "problem"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="history-')
    rows = table(eva, kind="problem")
    assert rows[0] == ["When (UTC)", "Who", "E-mail", "Kind", "Which", "What", "Before", "After"]
    assert [row[-1] for row in rows[1:6]] == ["6", "5", "4", "3", "2"]
    assert rows[6][0].startswith("Cut after 5 rows")


@pytest.mark.only_on("sqlite")
def test_an_empty_history_says_what_will_be_here(app, client):
    page = signed_in(app, link_of(app, "eva@brushwood.example", Role.ADMIN)).get(LIST)
    assert page.status_code == 200
    assert "Nothing was changed yet." in page.text
