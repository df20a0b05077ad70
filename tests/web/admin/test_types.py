"""Problem types on the admin side: both lists, a type's form, order, archive; and that a change shows at once."""

from __future__ import annotations

import re

import pytest

from tests import factories
from tests.web.admin.worlds import admin, changes, send
from tests.web.visitors import FROM_OUR_PAGE, add_lines, painter_link, queries_for, signed_in
from widget.problem_types import Board, get, listed

NEW = "/admin/types/new/problem_sheet"
FORM = {"name_en": "Parcel lost", "name_zh": "包裹丢失", "reminds": "yes", "remind_after": "3"}
ADDRESS_INCOMPLETE, ADDRESS_WRONG, SOLD_OUT, SHIPPING, OTHER = 1, 2, 3, 4, 5


def names(app):
    with app.app_context():
        return [type_.name_en for type_ in listed()[Board.PROBLEM_SHEET] if type_.archived_at is None]


def version(app, type_id):
    with app.app_context():
        return get(type_id).version


def shown_in_gorgias(client):
    return factories.ask(client).get_json()["report_types"].split(";")


def test_a_new_type_can_be_chosen_at_once_in_gorgias_and_by_the_supplier(app, client, eva):
    painter = signed_in(app, painter_link(app, language="zh"))
    assert "Parcel lost" not in shown_in_gorgias(client)
    answer = send(eva, NEW, **FORM, needs_picture="yes", gorgias_tag="parcel-lost", text_en="Last scan: ")
    assert answer.status_code == 303
    page = eva.get(answer.headers["Location"]).text
    assert "“Parcel lost” is added." in page
    assert "after 3 working days" in page
    assert shown_in_gorgias(client)[-2:] == ["Parcel lost", "Other"]
    assert "包裹丢失" in painter.get("/supplier").text
    assert ("name_zh", "", "包裹丢失", "Eva") in changes(app, "problem_type", 13)
    assert ("needs_picture", "no", "yes", "Eva") in changes(app, "problem_type", 13)


def test_a_renamed_type_shows_at_once_and_the_history_says_by_whom(app, client, eva):
    form = {**FORM, "name_en": "Sold out", "name_zh": "缺货", "version": 1}
    assert send(eva, f"/admin/types/{SOLD_OUT}", **form).status_code == 303
    assert "Sold out" in shown_in_gorgias(client)
    assert changes(app, "problem_type", SOLD_OUT) == [
        ("name_en", "Item sold out", "Sold out", "Eva"),
        ("remind_after", "2", "3", "Eva"),
    ]
    assert version(app, SOLD_OUT) == 2


@pytest.mark.only_on("sqlite")
def test_a_switched_off_reminder_keeps_its_days(app, eva):
    send(eva, f"/admin/types/{SOLD_OUT}", name_en="Sold out", name_zh="缺货", remind_after=7, version=1)
    with app.app_context():
        assert (get(SOLD_OUT).reminds, get(SOLD_OUT).remind_after) == (False, 7)
    assert "off" in eva.get("/admin/types").text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name_en": " "}, "Write the name in English."),
        ({"name_zh": ""}, "Write the name in Chinese."),
        ({"name_en": "x" * 61}, "At most 60 characters, please."),
        ({"text_zh": "x" * 5001}, "At most 5,000 characters, please."),
        ({"remind_after": "0"}, "Write a number of days from 1 to 99."),
        ({"remind_after": "100"}, "Write a number of days from 1 to 99."),
        ({"remind_after": "two"}, "Write a number of days from 1 to 99."),
        ({"version": "9" * 30}, "Reload the page, then try again."),
    ],
)
@pytest.mark.only_on("sqlite")
def test_malformed_fields_are_named_and_nothing_typed_is_lost(app, eva, wrong, sentence):
    answer = send(eva, NEW, **{**FORM, "text_en": "Last scan: <b>", **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Last scan: &lt;b&gt;" in answer.text
    assert len(names(app)) == 5


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name_en": "Lost; or late"}, "A name cannot have a semicolon in it: Gorgias would read two types."),
        ({"name_en": "ADDRESS wrong"}, "There is already a type “ADDRESS wrong” on this board."),
        ({"name_zh": "地址错误"}, "There is already a type “地址错误” on this board."),
        ({"name_en": "其他"}, "There is already a type “其他” on this board."),
        ({"gorgias_tag": "lost!"}, "A tag has letters, digits, blanks, - and _, and at most 60 of them."),
        ({"gorgias_tag": "Waiting-for-CS"}, "The tag “Waiting-for-CS” already says something else."),
    ],
)
@pytest.mark.only_on("sqlite")
def test_what_the_rules_forbid_is_said_and_nothing_typed_is_lost(app, eva, wrong, sentence):
    answer = send(eva, NEW, **{**FORM, "text_en": "Last scan:", **wrong})
    assert answer.status_code == 409
    assert sentence in answer.text
    assert "Last scan:" in answer.text
    assert len(names(app)) == 5


@pytest.mark.only_on("sqlite")
def test_the_other_board_may_use_the_same_name(app, eva):
    assert send(eva, NEW, **{**FORM, "name_en": "Wrong crop"}).status_code == 303


@pytest.mark.only_on("sqlite")
def test_whoever_saves_late_reads_what_changed_and_may_save_again(app, eva):
    ben = admin(app, "ben@brushwood.example")
    path = f"/admin/types/{SOLD_OUT}"
    send(eva, path, **{**FORM, "name_en": "Gone", "version": 1})
    late = send(ben, path, **{**FORM, "name_en": "Not in stock", "name_zh": "缺货", "version": 1})
    assert late.status_code == 409
    assert re.search(r"Eva changed this on .*, after you opened it\.", late.text)
    assert re.search(r">Item sold out</td><td[^>]*>Gone</td>", late.text)
    assert 'value="Not in stock"' in late.text
    again = dict(re.findall(r'name="(version)" value="(\d+)"', late.text))
    assert send(ben, path, **{**FORM, "name_en": "Not in stock", **again}).status_code == 303
    assert "Not in stock" in names(app)


def test_types_move_by_steps_and_to_a_place_and_other_stays_last(app, client, eva):
    send(eva, f"/admin/types/{SOLD_OUT}/move", step="up")
    assert shown_in_gorgias(client) == [
        "Address incomplete", "Item sold out", "Address wrong", "Shipping problem", "Other",
    ]  # fmt: skip
    send(eva, f"/admin/types/{SOLD_OUT}/move", step="down")
    send(eva, f"/admin/types/{SOLD_OUT}/move", step="down")
    assert names(app)[-2:] == ["Item sold out", "Other"]
    send(eva, f"/admin/types/{SHIPPING}/move", before=ADDRESS_INCOMPLETE)
    assert names(app)[0] == "Shipping problem"
    send(eva, f"/admin/types/{SHIPPING}/move", before="")
    assert names(app)[-2:] == ["Shipping problem", "Other"]
    send(eva, f"/admin/types/{ADDRESS_INCOMPLETE}/move", step="up")  # It is the first already.
    assert names(app)[0] == "Address incomplete"
    assert ("position", "3", "2", "Eva") in changes(app, "problem_type", SOLD_OUT)
    refused = send(eva, f"/admin/types/{OTHER}/move", step="up")
    assert refused.status_code == 409
    assert "“Other” keeps its place." in refused.text


@pytest.mark.only_on("sqlite")
def test_a_script_gets_the_list_it_changed(app, eva):
    headers = {**FROM_OUR_PAGE, "HX-Request": "true"}
    answer = eva.post(f"/admin/types/{SOLD_OUT}/move", data={"step": "up"}, headers=headers)
    assert answer.status_code == 200
    assert answer.text.count("<section") == 1
    assert answer.text.index("Item sold out") < answer.text.index("Address wrong")


def test_archived_types_stay_on_old_lines_and_can_be_restored(app, client, eva):
    add_lines(app, 3)
    answer = send(eva, f"/admin/types/{ADDRESS_INCOMPLETE}/archive")
    page = eva.get(answer.headers["Location"]).text
    assert "“Address incomplete” is archived." in page
    assert "Undo" in page
    assert "1 open line still has it" in page
    assert "Address incomplete" not in shown_in_gorgias(client)
    assert "Address incomplete" in eva.get("/lines/P-1").text
    assert send(eva, f"/admin/types/{ADDRESS_INCOMPLETE}/archive").status_code == 303
    twin = send(eva, NEW, **{**FORM, "name_en": "Address incomplete"})
    assert "“Address incomplete” is among the archived types. Restore that one." in twin.text
    assert send(eva, f"/admin/types/{ADDRESS_INCOMPLETE}/restore").status_code == 303
    assert shown_in_gorgias(client)[0] == "Address incomplete"
    told = [change[:3] for change in changes(app, "problem_type", ADDRESS_INCOMPLETE)]
    assert told == [("archived", "no", "yes"), ("archived", "yes", "no")]


@pytest.mark.only_on("sqlite")
def test_other_cannot_be_archived(app, eva):
    answer = send(eva, f"/admin/types/{OTHER}/archive")
    assert answer.status_code == 409
    assert "“Other” cannot be archived" in answer.text
    assert names(app)[-1] == "Other"


def test_the_list_says_which_types_gorgias_does_not_show(app, client, eva):
    for number in range(6):
        send(eva, NEW, **{**FORM, "name_en": f"New {number}", "name_zh": f"新{number}"})
    assert "New 5" not in shown_in_gorgias(client)
    assert len(shown_in_gorgias(client)) == 10
    page = eva.get("/admin/types").text
    assert "“New 5” is not shown there" in page
    assert page.count("not in Gorgias") == 1
    assert "New 5" in signed_in(app, painter_link(app)).get("/supplier").text


@pytest.mark.only_on("sqlite")
def test_what_was_typed_is_shown_as_text(app, eva):
    send(eva, NEW, **{**FORM, "name_en": "<script>alert(1)</script>", "text_en": '=HYPERLINK("x")'})
    page = eva.get("/admin/types").text + eva.get("/admin/types/13").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "=HYPERLINK(&#34;x&#34;)" in page


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("path", ["/admin/types/99", "/admin/types/99999999999999", "/admin/types/new/refunds"])
def test_unknown_types_and_boards(eva, path):
    assert eva.get(path).status_code == 404
    assert send(eva, "/admin/types/99", **FORM).status_code == 404
    assert send(eva, "/admin/types/99/archive").status_code == 404


@pytest.mark.only_on("sqlite")
def test_however_many_types_the_store_is_asked_as_often(app, eva):
    few = queries_for(app, eva, "/admin/types")
    for number in range(5):
        send(eva, NEW, **{**FORM, "name_en": f"New {number}", "name_zh": f"新{number}"})
    assert queries_for(app, eva, "/admin/types") == few <= 6
