"""Refund reasons on the admin side: the list, a reason's form, order, archive; and that a change shows at once."""

from __future__ import annotations

import re

import pytest

from tests import factories
from tests.refunds import claims
from tests.web.admin.worlds import admin, changes, send
from tests.web.visitors import FROM_OUR_PAGE, painter_link, queries_for, signed_in
from widget import refunds
from widget.db import db

LIST, NEW = "/admin/reasons", "/admin/reasons/new"
FORM = {"name_en": "Wrong size", "name_zh": "尺寸错误"}
RETURNED, DAMAGED, NEVER_SHIPPED, QUALITY, LOST, OTHER = range(1, 7)


def names(app):
    with app.app_context():
        return [reason.name_en for reason in refunds.choices()]


def shown_in_gorgias(client):
    return factories.ask(client).get_json()["refund_reasons"].split(";")


def offered_on_the_desk(eva):
    page = eva.get("/claims/new").text
    (listed,) = re.findall(r'<select[^>]* name="reason".*?</select>', page, re.DOTALL)
    return re.findall(r">([^<]+)</option>", listed)[1:]


def add_a_claim(app):
    """One about a lost parcel that its supplier sees."""
    with app.app_context():
        claims.approver()
        reference = claims.filed().reference
        db.session.commit()
        return reference


def test_a_new_reason_can_be_chosen_at_once_in_gorgias_and_on_the_desk(app, client, eva):
    assert "Wrong size" not in shown_in_gorgias(client)
    answer = send(eva, NEW, **FORM)
    assert answer.status_code == 303
    # A phone would scroll past what is said.
    assert "#" not in answer.headers["Location"]
    page = eva.get(answer.headers["Location"]).text
    assert "“Wrong size” is added." in page
    assert shown_in_gorgias(client)[-2:] == ["Wrong size", "Other"]
    assert offered_on_the_desk(eva)[-2:] == ["Wrong size", "Other"]
    assert changes(app, "claim_reason", 7) == [
        ("name_en", "", "Wrong size", "Eva"),
        ("name_zh", "", "尺寸错误", "Eva"),
    ]


def test_a_renamed_reason_shows_at_once_on_old_claims_and_the_history_says_by_whom(app, client, eva):
    reference = add_a_claim(app)
    answer = send(eva, f"{LIST}/{LOST}", name_en="Parcel lost", name_zh="丢失的包裹", version=1)
    assert "“Parcel lost” is saved." in eva.get(answer.headers["Location"]).text
    assert "Parcel lost" in shown_in_gorgias(client)
    assert "Parcel lost" in eva.get(f"/claims/{reference}").text
    assert "丢失的包裹" in signed_in(app, painter_link(app, language="zh")).get(f"/supplier/claims/{reference}").text
    assert changes(app, "claim_reason", LOST)[0] == ("name_en", "Lost parcel", "Parcel lost", "Eva")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name_en": " "}, "Write the name in English."),
        ({"name_zh": ""}, "Write the name in Chinese."),
        ({"name_en": "x" * 61}, "At most 60 characters, please."),
        ({"name_zh": "字" * 61}, "At most 60 characters, please."),
        ({"version": "9" * 30}, "Reload the page, then try again."),
    ],
)
@pytest.mark.parametrize("path", [NEW, f"{LIST}/{LOST}"])
@pytest.mark.only_on("sqlite")
def test_malformed_fields_are_named_and_nothing_typed_is_lost(app, eva, path, wrong, sentence):
    form = {"name_en": "<b>Typed", "name_zh": "打字"}
    answer = send(eva, path, **{**form, **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "打字" in answer.text or "&lt;b&gt;Typed" in answer.text
    assert len(names(app)) == 6
    assert "Lost parcel" in names(app)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name_en": "Size; or colour"}, "A name cannot have a semicolon in it: Gorgias would read two reasons."),
        ({"name_zh": "尺寸;颜色"}, "A name cannot have a semicolon in it: Gorgias would read two reasons."),
        ({"name_en": "never SHIPPED"}, "There is already a reason “never SHIPPED”."),
        ({"name_zh": "从未发货"}, "There is already a reason “从未发货”."),
        ({"name_en": "其他"}, "There is already a reason “其他”."),
        ({"name_en": "Damaged"}, "“Damaged” is among the archived reasons. Restore that one."),
    ],
)
@pytest.mark.parametrize("path", [NEW, f"{LIST}/{LOST}"])
@pytest.mark.only_on("sqlite")
def test_what_the_rules_forbid_is_said_and_nothing_typed_is_lost(app, eva, path, wrong, sentence):
    send(eva, f"{LIST}/{DAMAGED}/archive")
    typed = {**FORM, **wrong}
    answer = send(eva, path, **typed, version=1)
    assert answer.status_code == 409
    assert sentence in answer.text
    for name in typed.values():
        assert f'value="{name}"' in answer.text
    assert len(names(app)) == 5
    assert "Lost parcel" in names(app)


@pytest.mark.only_on("sqlite")
def test_whoever_saves_late_reads_what_changed_and_may_save_again(app, eva):
    ben = admin(app, "ben@brushwood.example")
    path = f"{LIST}/{LOST}"
    send(eva, path, name_en="Gone", name_zh="包裹丢失", version=1)
    late = send(ben, path, name_en="Parcel lost", name_zh="包裹丢失", version=1)
    assert late.status_code == 409
    assert re.search(r"Eva changed this on .*, after you opened it\.", late.text)
    assert re.search(r">Name in English</td><td[^>]*>Lost parcel</td><td[^>]*>Gone</td>", late.text)
    assert 'value="Parcel lost"' in late.text
    again = dict(re.findall(r'name="(version)" value="(\d+)"', late.text))
    assert send(ben, path, name_en="Parcel lost", name_zh="包裹丢失", **again).status_code == 303
    assert "Parcel lost" in names(app)


def test_reasons_move_by_steps_and_to_a_place_and_other_stays_last(app, client, eva):
    send(eva, f"{LIST}/{LOST}/move", step="up")
    assert shown_in_gorgias(client)[3:] == ["Lost parcel", "Unhappy with the quality", "Other"]
    send(eva, f"{LIST}/{NEVER_SHIPPED}/move", step="down")
    assert names(app)[2:4] == ["Lost parcel", "Never shipped"]
    send(eva, f"{LIST}/{LOST}/move", before=RETURNED)
    assert names(app)[0] == "Lost parcel"
    send(eva, f"{LIST}/{LOST}/move", step="up")  # It is the first already.
    assert names(app)[0] == "Lost parcel"
    send(eva, f"{LIST}/{LOST}/move", before="")
    assert names(app)[-2:] == ["Lost parcel", "Other"]
    assert ("position", "5", "4", "Eva") in changes(app, "claim_reason", LOST)
    refused = send(eva, f"{LIST}/{OTHER}/move", step="up")
    assert refused.status_code == 409
    assert "“Other” keeps its place." in refused.text


@pytest.mark.only_on("sqlite")
def test_a_script_gets_the_list_it_changed(eva):
    headers = {**FROM_OUR_PAGE, "HX-Request": "true"}
    answer = eva.post(f"{LIST}/{DAMAGED}/move", data={"step": "up"}, headers=headers)
    assert answer.status_code == 200
    assert answer.text.count("<section") == 1
    assert "<h1" not in answer.text
    assert answer.text.index("Damaged") < answer.text.index("Returned after")


def test_archived_reasons_stay_on_old_claims_and_can_be_restored(app, client, eva):
    reference = add_a_claim(app)
    assert "1 open claim has this reason and keeps it." in eva.get(f"{LIST}/{LOST}").text
    answer = send(eva, f"{LIST}/{LOST}/archive")
    page = eva.get(answer.headers["Location"]).text
    assert "“Lost parcel” is archived. Nobody can choose it any more; claims that have it keep it." in page
    assert "Undo" in page
    assert "1 archived reason" in page
    assert "1 open claim still has it" in page
    assert "This reason is archived" in eva.get(f"{LIST}/{LOST}").text
    assert "Lost parcel" not in shown_in_gorgias(client)
    assert "Lost parcel" not in offered_on_the_desk(eva)
    assert "Lost parcel" in eva.get(f"/claims/{reference}").text
    assert send(eva, f"{LIST}/{LOST}/archive").status_code == 303
    back = send(eva, f"{LIST}/{LOST}/restore")
    assert "“Lost parcel” can be chosen again." in eva.get(back.headers["Location"]).text
    assert shown_in_gorgias(client)[-2:] == ["Lost parcel", "Other"]
    told = [change[:3] for change in changes(app, "claim_reason", LOST)]
    assert told == [("archived", "no", "yes"), ("archived", "yes", "no")]


@pytest.mark.only_on("sqlite")
def test_other_cannot_be_archived(app, eva):
    answer = send(eva, f"{LIST}/{OTHER}/archive")
    assert answer.status_code == 409
    assert "“Other” cannot be archived: it is for all claims that fit no other reason." in answer.text
    page = eva.get(f"{LIST}/{OTHER}").text
    assert "This reason always stands last" in page
    assert "/archive" not in page
    assert names(app)[-1] == "Other"


@pytest.mark.only_on("sqlite")
def test_the_list_counts_the_claims_that_are_open(app, eva):
    add_a_claim(app)
    row = re.search(rf'<tr id="reason-{LOST}".*?</tr>', eva.get(LIST).text, re.DOTALL)
    assert row is not None
    assert 'data-label="Open claims">1<' in row[0]
    assert eva.get(LIST).text.count('data-label="Open claims">0<') == 5


def test_the_list_says_which_reasons_gorgias_does_not_show(app, client, eva):
    for number in range(5):
        send(eva, NEW, name_en=f"New {number}", name_zh=f"新{number}")
    page = eva.get(LIST).text
    assert "Gorgias shows ten reasons at most. “New 4” is not shown there; it can be chosen on the desk." in page
    assert page.count("not in Gorgias") == 1
    assert shown_in_gorgias(client)[-2:] == ["New 3", "Other"]
    assert len(shown_in_gorgias(client)) == 10
    assert "New 4" in offered_on_the_desk(eva)
    send(eva, NEW, name_en="New 5", name_zh="新5")
    assert "These are not shown there, but can be chosen on the desk: New 4, New 5." in eva.get(LIST).text


@pytest.mark.only_on("sqlite")
def test_what_was_typed_is_shown_as_text(eva):
    send(eva, NEW, name_en="<script>alert(1)</script>", name_zh='=HYPERLINK("x")')
    page = eva.get(LIST).text + eva.get(f"{LIST}/7").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "=HYPERLINK(&#34;x&#34;)" in page


@pytest.mark.only_on("sqlite")
def test_unknown_reasons(eva):
    assert eva.get(f"{LIST}/99").status_code == 404
    assert eva.get(f"{LIST}/99999999999999").status_code == 404
    assert send(eva, f"{LIST}/99", **FORM).status_code == 404
    for press in ("move", "archive", "restore"):
        assert send(eva, f"{LIST}/99/{press}").status_code == 404


@pytest.mark.only_on("sqlite")
def test_however_many_reasons_the_store_is_asked_as_often(app, eva):
    few = queries_for(app, eva, LIST)
    for number in range(8):
        send(eva, NEW, name_en=f"New {number}", name_zh=f"新{number}")
    assert queries_for(app, eva, LIST) == few <= 6


@pytest.mark.only_on("sqlite")
def test_the_way_to_the_page_is_beside_problem_types(eva):
    page = eva.get(LIST).text
    assert re.search(r'href="/admin/types">Problem types</a>\s*<a href="/admin/reasons" aria-current="page">', page)
