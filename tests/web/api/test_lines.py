"""Lines over the API: read, report, change; what the other side may, and what another supplier never sees."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests import factories
from tests.web.api.programs import OTHER_WORKSHOP, line_of
from tests.web.visitors import add_lines, contents, counted_queries
from widget import stores
from widget.db import db

REPORT = {"order_name": "#NL10423", "type": "address_incomplete", "problem": "house number missing"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def references(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [line["reference"] for line in answer.json["items"]]


def test_a_supplier_reports_and_customer_service_is_told(app, workshop):
    answer = workshop.post("/lines", {**REPORT, "comment": "please hurry"})
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert answer.headers["Location"] == f"{factories.PUBLIC_URL}/api/v1/lines/{made['reference']}"
    assert answer.headers["ETag"] == '"1"'
    assert made == {
        **made,
        "board": "problem_sheet", "order_name": "NL10423", "store": "NL", "supplier": "Dafen Art",
        "type": "address_incomplete", "type_name": "Address incomplete", "problem": "house number missing",
        "waiting_for": "customer_service", "informed_customer": False, "informed_at": None, "address": "",
        "address_seen": False, "comment_cs": "", "comment_supplier": "please hurry", "pictures": 0,
        "reported_by": "Li", "handled": False, "handled_by": "", "handled_at": None, "version": 1,
        "open_url": f"{factories.PUBLIC_URL}/lines/{made['reference']}",
    }  # fmt: skip
    assert MOMENT.fullmatch(made["reported_at"])
    assert workshop.get(f"/lines/{made['reference']}").json == made
    assert [message["kind"] for message in factories.queued(app)] == ["gorgias.find_ticket"]


def test_types_are_chosen_by_code_or_name_and_by_board_where_both_have_them(workshop):
    by_name = workshop.post("/lines", {**REPORT, "type": "Too dark or blurred"})
    assert (by_name.json["board"], by_name.json["type"]) == ("photo_issues", "dark_or_blurred")
    assert workshop.post("/lines", {**REPORT, "type": "缺货"}).json["type"] == "sold_out"
    unclear = workshop.post("/lines", {**REPORT, "type": "other"})
    assert unclear.status_code == 422
    assert [error["name"] for error in unclear.json["errors"]] == ["board"]
    clear = workshop.post("/lines", {**REPORT, "type": "other", "board": "photo_issues"})
    assert clear.json["board"] == "photo_issues"


def test_a_report_that_is_not_right_names_every_field(app, workshop):
    before = contents(app)
    answer = workshop.post("/lines", {"order_name": "10423", "type": "nonsense", "problem": "x"})
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    errors = {error["name"]: error["detail"] for error in answer.json["errors"]}
    assert errors.keys() == {"order_name", "type"}
    assert "sold_out" in errors["type"]
    missing = workshop.post("/lines", {"problem": "\u200b", "board": "both", "colour": "red"}).json["errors"]
    assert {error["name"] for error in missing} == {"order_name", "type", "problem", "board", "colour"}
    assert {error["in"] for error in missing} == {"body"}
    assert contents(app).keys() == before.keys()
    assert contents(app)["problems"] == before["problems"]


def test_the_store_is_needed_only_where_two_count_alike(app, workshop):
    with app.app_context():
        desk = stores.get_helpdesk("main")
        twins = [factories.store(desk, code, r"\d{4}") for code in ("DE", "FR")]
        factories.supplier(*twins)
        db.session.commit()
    report = {**REPORT, "order_name": "1001"}
    assert [error["name"] for error in workshop.post("/lines", report).json["errors"]] == ["order_name"]
    assert workshop.post("/lines", {**report, "store": "fr"}).json["store"] == "FR"
    foreign = workshop.post("/lines", {**report, "store": "XX"})
    assert [error["name"] for error in foreign.json["errors"]] == ["store"]


def test_the_same_is_open_only_once_and_no_foreign_number_is_told(workshop, stranger, line):
    again = workshop.post("/lines", REPORT)
    assert again.status_code == 409
    assert line in again.json["detail"]
    foreign = stranger.post("/lines", REPORT)
    assert foreign.status_code == 409
    assert "P-" not in foreign.text


def test_staff_report_to_whoever_paints_the_order(staff, workshop):
    made = staff.post("/lines", REPORT).json
    assert (made["supplier"], made["waiting_for"], made["reported_by"]) == ("Dafen Art", "supplier", "Anna")
    assert workshop.get(f"/lines/{made['reference']}").status_code == 200


def test_lists_come_in_pages_that_the_link_leads_through(app, staff):
    ids = add_lines(app, 5)
    first = staff.get("/lines?limit=2")
    assert references(first) == [f"P-{number}" for number in ids[:2]]
    seen, answer = references(first), first
    while answer.json["next_cursor"]:
        link = re.fullmatch(rf'<{re.escape(factories.PUBLIC_URL)}/api/v1(.*)>; rel="next"', answer.headers["Link"])
        assert link is not None
        assert f"cursor={answer.json['next_cursor']}" in link[1]
        answer = staff.get(link[1])
        seen += references(answer)
    assert "Link" not in answer.headers
    assert seen == [f"P-{number}" for number in ids]


def test_filters(app, staff, workshop):
    add_lines(app, 6)
    whole = {line["reference"]: line for line in staff.get("/lines").json["items"]}
    one = next(iter(whole.values()))
    workshop.patch(f"/lines/{one['reference']}", {"handled": True})
    assert references(staff.get("/lines?state=handled")) == [one["reference"]]
    assert one["reference"] not in references(staff.get("/lines"))
    assert len(references(staff.get("/lines?state=all"))) == 6
    for asked, name, value in (
        ("board=photo_issues", "board", "photo_issues"),
        ("turn=supplier", "waiting_for", "supplier"),
        ("order=%23nl20002", "order_name", "NL20002"),
        ("type=address_wrong", "type", "address_wrong"),
        ("store=nl", "store", "NL"),
    ):
        expected = [reference for reference, line in whole.items() if line[name] == value]
        assert references(staff.get(f"/lines?state=all&{asked}")) == expected, asked
        assert expected
    assert references(staff.get("/lines?turn=customer_service")) == []
    assert references(staff.get("/lines?order=NL99999")) == references(staff.get("/lines?store=DE")) == []
    changed = staff.get(f"/lines/{one['reference']}").json["changed_at"]
    assert references(staff.get(f"/lines?state=all&changed_since={changed}")) == [one["reference"]]


@pytest.mark.only_on("sqlite")
def test_what_makes_no_sense_in_an_address_is_refused_by_name(staff):
    for asked in (
        *("limit=0", "limit=201", "limit=x", "limit=%EF%BC%91", "limit=1&limit=2", "cursor=0", "cursor=P-1"),
        *("board=both", "state=closed", "turn=us", "colour=red", "changed_since=yesterday", "changed_since=2026-11-23"),
        *("changed_since=2026-13-01T00:00:00Z", "changed_since=0001-01-01T00:00:00%2B14:00"),
    ):
        answer = staff.get(f"/lines?{asked}")
        assert answer.status_code == 422, asked
        assert [(error["in"], error["name"]) for error in answer.json["errors"]] == [("query", asked.partition("=")[0])]


def test_another_suppliers_lines_are_nowhere(app, workshop, stranger, line):
    ids = add_lines(app, 3)
    for asked in ("state=all", f"state=all&cursor={ids[0] - 1}", "state=all&order=NL20000", "state=all&store=NL"):
        assert references(stranger.get(f"/lines?{asked}")) == [], asked
    unknown = stranger.get("/lines/P-999999")
    assert unknown.status_code == 404
    before = contents(app)
    for method, path, body in (
        ("GET", f"/lines/{line}", None),
        ("PATCH", f"/lines/{line}", {"handled": True}),
        ("GET", f"/lines/{line}/comments", None),
        ("POST", f"/lines/{line}/comments", {"text": "hello"}),
    ):
        answer = stranger.ask(method, path, body, If_Match='"1"', Idempotency_Key=f"{method}1")
        assert (answer.status_code, answer.data) == (404, unknown.data), path
        nowhere = stranger.ask(method, path.replace(line, "P-999999"), body, If_Match='"1"', Idempotency_Key="2")
        assert (nowhere.data, nowhere.headers) == (answer.data, answer.headers)
    assert {**contents(app), "api_tokens": 0} == {**before, "api_tokens": 0}
    own = line_of(app, OTHER_WORKSHOP, order="NL55555")
    assert references(stranger.get("/lines")) == [own]


@pytest.mark.only_on("sqlite")
def test_what_is_no_reference_is_not_found(staff, line):
    for reference in ("P-0", "p-1", "P-01", "P-1x", "1", "P-99999999999999999999", "P-%D9%A1", "P-1%0A"):
        assert staff.get(f"/lines/{reference}").status_code == 404, reference


def test_both_sides_change_what_is_theirs_and_nothing_else(app, staff, workshop, line):
    at = f"/lines/{line}"
    answer = staff.patch(at, {"informed_customer": True, "address": "Hoofdstraat 12a"})
    assert answer.status_code == 200, answer.text
    assert (answer.json["informed_customer"], answer.json["address"]) == (True, "Hoofdstraat 12a")
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"' == '"3"'
    answer = workshop.patch(at, {"address_seen": True, "handled": True})
    assert (answer.json["address_seen"], answer.json["handled"], answer.json["handled_by"]) == (True, True, "Li")
    assert answer.json == workshop.get(at).json
    answer = workshop.patch(at, {"handled": False})
    assert (answer.json["handled"], answer.json["handled_by"], answer.json["handled_at"]) == (False, "", None)
    before = contents(app)
    for program, body, field in (
        (staff, {"handled": True}, "handled"),
        (staff, {"address": "x", "address_seen": True}, "address_seen"),
        (workshop, {"informed_customer": True}, "informed_customer"),
        (workshop, {"address": "x", "handled": True}, "address"),
    ):
        refused = program.patch(at, body)
        assert refused.status_code == 403, body
        assert field in refused.json["detail"]
    assert contents(app)["problems"] == before["problems"]


def test_what_is_so_already_stays_as_it_is(app, staff, workshop, line):
    at = f"/lines/{line}"
    staff.patch(at, {"informed_customer": True, "address": "Hoofdstraat 12a"})
    before = contents(app)
    again = staff.patch(at, {"informed_customer": True, "address": "Hoofdstraat 12a"})
    assert (again.status_code, again.json["version"]) == (200, 3)
    assert workshop.patch(at, {"handled": False}).json["version"] == 3
    assert {**contents(app), "api_tokens": 0} == {**before, "api_tokens": 0}


def test_the_rules_of_the_pages_hold_here_too(app, staff, workshop, line):
    at = f"/lines/{line}"
    assert workshop.patch(at, {"address_seen": True}).status_code == 409
    assert workshop.patch(at, {"handled": True}).status_code == 200
    before = contents(app)
    for body in ({"informed_customer": True}, {"address": "x"}):
        refused = staff.patch(at, body)
        assert refused.status_code == 409
        assert "was handled by Li" in refused.json["detail"]
    assert staff.post(f"{at}/comments", {"text": "hello"}).status_code == 409
    photo = staff.post("/lines", {**REPORT, "type": "wrong_size"}).json["reference"]
    assert "have an address" in staff.patch(f"/lines/{photo}", {"address": "x"}).json["detail"]
    assert contents(app)["comments"] == before["comments"]


@pytest.mark.only_on("sqlite")
def test_changes_that_are_none_are_refused_by_name(staff, line):
    for body, name in (
        ({}, ""),
        ([], ""),
        ({"informed_customer": False}, "informed_customer"),
        ({"informed_customer": 1}, "informed_customer"),
        ({"address_seen": "true"}, "address_seen"),
        ({"handled": None}, "handled"),
        ({"address": ""}, "address"),
        ({"address": "x" * 5001}, "address"),
        ({"address": ["x"]}, "address"),
        ({"version": 3}, "version"),
        ({"reference": "P-2"}, "reference"),
    ):
        answer = staff.patch(f"/lines/{line}", body)
        assert answer.status_code == 422, body
        assert [error["name"] for error in answer.json["errors"]] == [name]


def test_comments_are_added_and_listed(app, staff, workshop, line):
    at = f"/lines/{line}/comments"
    made = workshop.post(at, {"text": "Is it 12 or\r\n12a?"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"{factories.PUBLIC_URL}/api/v1{at}"
    assert made.json == {**made.json, "side": "supplier", "author": "Li", "text": "Is it 12 or\n12a?"}
    staff.post(at, {"text": "12a"})
    assert [each["text"] for each in staff.get(at).json["items"]] == ["Is it 12 or\n12a?", "12a"]
    first = workshop.get(f"{at}?limit=1")
    rest = workshop.get(f"{at}?cursor={first.json['next_cursor']}")
    assert [each["text"] for each in rest.json["items"]] == ["12a"]
    now = workshop.get(f"/lines/{line}").json
    assert (now["comment_cs"], now["comment_supplier"], now["waiting_for"]) == ("12a", "Is it 12 or\n12a?", "supplier")


def test_staff_read_what_happened(staff, workshop, line):
    staff.patch(f"/lines/{line}", {"address": "Hoofdstraat 12a"})
    items = staff.get(f"/lines/{line}/history").json["items"]
    assert [(each["field"], each["new"], each["by"], each["version"]) for each in items] == [
        ("reported", "house number missing", "Anna", 1),
        ("address", "Hoofdstraat 12a", "Anna", 2),
    ]
    assert "@" not in str(items)
    assert workshop.get(f"/lines/{line}/history").status_code == 403


def test_types(workshop):
    types = workshop.get("/types").json["items"]
    assert types[0] == {
        "code": "address_incomplete", "board": "problem_sheet", "name": "Address incomplete", "name_zh": "地址不完整",
        "needs_picture": False,
    }  # fmt: skip
    assert {each["board"] for each in workshop.get("/types?board=photo_issues").json["items"]} == {"photo_issues"}


@pytest.mark.only_on("sqlite")
def test_a_page_takes_the_same_queries_however_long_it_is(app, staff):
    counts = []
    for more in (1, 30):
        add_lines(app, more)
        staff.get("/lines")
        with counted_queries(app) as statements:
            assert staff.get("/lines").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 5, counts
