"""People on the admin side: the list, inviting, changing, revoking, and that an admin always remains."""

from __future__ import annotations

import re
from threading import Barrier, Thread

import pytest

from tests.web.admin.worlds import admin, changes, find, send
from tests.web.visitors import link_of, painter_link, press_continue, queries_for, signed_in
from widget import people
from widget.credentials import api_tokens
from widget.db import db
from widget.people import Person, Role

STAFF, SUPPLIER = "/admin/people/new/customer_service", "/admin/people/new/supplier"
MAYA = {"name": "Maya", "email": "maya@brushwood.example", "roles": ["agent", "approver"]}
LI = {"name": "Li Wei", "email": "wei@dafen.example", "supplier": 1}
EVA = 1


def person(app, email):
    with app.app_context():
        found: Person = people.get_person(email)
        return found


def link_in(page):
    return find(r'id="link" value="http://[^/]+(/l/[^"]+)"', page.text)


def edit(eva, app, email, **changed):
    known = person(app, email)
    form = {"name": known.name, "roles": [role.value for role in known.roles], "version": known.version, **changed}
    return send(eva, f"/admin/people/{known.id}", **form)


def test_somebody_invited_gets_a_link_that_is_shown_once(app, eva, caplog):
    answer = send(eva, STAFF, **MAYA)
    assert answer.status_code == 200
    link = link_in(answer)
    assert "It works once, within 24 hours." in answer.text
    assert f"Hello Maya,\n\nthis is your personal link to Supplier Desk: http://127.0.0.1:8000{link}" in answer.text
    assert press_continue(app.test_client(), link).status_code == 303
    assert press_continue(app.test_client(), link).status_code == 404
    maya = person(app, MAYA["email"])
    assert maya.roles == {Role.AGENT, Role.APPROVER}
    pages = eva.get("/admin/people").text + eva.get(f"/admin/people/{maya.id}").text
    assert link not in pages
    assert link not in caplog.text
    assert changes(app, "person", maya.id) == [
        ("email", "", "maya@brushwood.example", "Eva"),
        ("name", "", "Maya", "Eva"),
        ("roles", "", "agent, approver", "Eva"),
    ]


@pytest.mark.only_on("sqlite")
def test_a_suppliers_person_gets_a_lasting_link_and_words_in_the_own_language(app, eva):
    answer = send(eva, SUPPLIER, **LI, locale="zh")
    link = link_in(answer)
    assert "It works until you make a new one or revoke it." in answer.text
    for _twice in range(2):
        assert press_continue(app.test_client(), link).status_code == 303
    li = person(app, LI["email"])
    assert (li.roles, li.supplier_id, li.language) == ({Role.SUPPLIER}, 1, "zh")
    assert "a link" in eva.get("/admin/people").text


@pytest.mark.parametrize(
    ("path", "form", "sentence"),
    [
        (STAFF, {**MAYA, "name": " "}, "Write the name."),
        (STAFF, {**MAYA, "name": "x" * 81}, "At most 80 characters, please."),
        (STAFF, {**MAYA, "email": "maya"}, "Write an e-mail address, e.g. anna@example.com."),
        (STAFF, {**MAYA, "roles": []}, "Choose at least one role."),
        (STAFF, {**MAYA, "roles": ["emperor"]}, "Choose at least one role."),
        (STAFF, {**MAYA, "locale": "xx"}, "Choose a language."),
        (SUPPLIER, {**LI, "supplier": ""}, "Choose the supplier."),
    ],
)
@pytest.mark.only_on("sqlite")
def test_malformed_fields_are_named_and_nothing_typed_is_lost(app, eva, path, form, sentence):
    answer = send(eva, path, **form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert form["email"] in answer.text
    assert eva.get("/admin/people").text.count("maya") == 0


@pytest.mark.parametrize(
    ("path", "form", "sentence"),
    [
        (STAFF, {**MAYA, "email": "EVA@brushwood.example"}, "eva@brushwood.example is Eva already."),
        (STAFF, {**MAYA, "roles": ["agent", "supplier"]}, "Choose at least one role."),
        (SUPPLIER, {**LI, "supplier": 77}, "Choose the supplier."),
    ],
)
@pytest.mark.only_on("sqlite")
def test_what_the_rules_forbid_is_said(eva, path, form, sentence):
    answer = send(eva, path, **form)
    assert answer.status_code == 409
    assert sentence in answer.text
    assert f'value="{form["name"]}"' in answer.text


def test_a_suppliers_person_never_becomes_staff(app, eva):
    painter_link(app)
    li = person(app, "li@dafen.example")
    both = send(eva, f"/admin/people/{li.id}", name="Li", supplier=1, locale="en", roles=["admin"], version=1)
    assert both.status_code == 303  # What nobody asked for is left alone.
    assert person(app, li.email).roles == {Role.SUPPLIER}
    moved = send(eva, f"/admin/people/{li.id}", name="Li Wei", supplier=2, locale="en", version=1)
    assert moved.status_code == 303
    assert ("supplier", "Dafen Art", "Xiamen Studio", "Eva") in changes(app, "person", li.id)
    assert signed_in(app, painter_link(app, "Dafen Art")).get("/admin/people").headers["Location"] == "/"


def test_roles_change_with_the_next_request_and_are_in_the_history(app, eva):
    anna = signed_in(app, link_of(app))
    assert anna.get("/admin/people").status_code == 403
    assert edit(eva, app, "anna@brushwood.example", roles=["agent", "admin"], locale="zh").status_code == 303
    assert anna.get("/admin/people").status_code == 200
    told = changes(app, "person", person(app, "anna@brushwood.example").id)
    assert ("roles", "agent", "admin, agent", "Eva") in told
    assert ("locale", "en", "zh", "Eva") in told


def test_the_history_says_who_made_whom_an_approver_and_who_took_that_back(app, eva):
    link_of(app)
    ben = admin(app, "ben@brushwood.example")
    edit(eva, app, "anna@brushwood.example", roles=["agent", "approver"])
    edit(ben, app, "anna@brushwood.example", roles=["agent"])
    page = eva.get("/admin/history?kind=person&field=roles&which=anna@brushwood.example").text
    cells = re.findall(r'<td class="(?:by|old|new)"[^>]*>(.*?)</td>', page, re.DOTALL)
    assert [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells] == [
        *("Ben", "agent, approver", "agent"),
        *("Eva", "agent", "agent, approver"),
    ]


@pytest.mark.only_on("sqlite")
def test_whoever_saves_late_reads_what_changed(app, eva):
    ben = admin(app, "ben@brushwood.example")
    link_of(app)
    anna = person(app, "anna@brushwood.example")
    edit(eva, app, anna.email, name="Anna Visser")
    late = send(ben, f"/admin/people/{anna.id}", name="Anne", roles=["agent"], version=anna.version)
    assert late.status_code == 409
    assert re.search(r">Anna</td><td[^>]*>Anna Visser</td>", late.text)
    assert 'value="Anne"' in late.text


def test_whoever_is_revoked_is_out_at_once_and_comes_back_with_a_new_link(app, eva):
    path = painter_link(app)
    li = signed_in(app, path)
    known = person(app, "li@dafen.example")
    answer = send(eva, f"/admin/people/{known.id}/revoke")
    page = eva.get(answer.headers["Location"]).text
    assert "Li cannot sign in any more" in page
    assert "may not sign in" in page
    assert li.get("/supplier").status_code == 401
    assert press_continue(app.test_client(), path).status_code == 404
    refused = send(eva, f"/admin/people/{known.id}/link")
    assert refused.status_code == 409
    assert "Bring Li back first." in refused.text
    back = send(eva, f"/admin/people/{known.id}/restore")
    twice = send(eva, f"/admin/people/{known.id}/restore")
    assert twice.status_code == 409
    assert "Li may sign in already." in twice.text
    assert press_continue(app.test_client(), path).status_code == 404
    assert press_continue(app.test_client(), link_in(back)).status_code == 303
    told = [change[:3] for change in changes(app, "person", known.id)]
    assert told == [("revoked", "no", "yes"), ("revoked", "yes", "no")]


@pytest.mark.only_on("sqlite")
def test_a_new_link_ends_the_old_one_and_all_sessions(app, eva):
    path = painter_link(app)
    li = signed_in(app, path)
    answer = send(eva, f"/admin/people/{person(app, 'li@dafen.example').id}/link")
    assert li.get("/supplier").status_code == 401
    assert press_continue(app.test_client(), path).status_code == 404
    assert press_continue(app.test_client(), link_in(answer)).status_code == 303


@pytest.mark.only_on("sqlite")
def test_a_session_can_be_ended(app, eva):
    anna = signed_in(app, link_of(app))
    page = f"/admin/people/{person(app, 'anna@brushwood.example').id}"
    path = find(rf'action="({page}/sessions/\d+/end)"', eva.get(page).text)
    assert "The session of Anna is ended." in eva.get(send(eva, path).headers["Location"]).text
    assert anna.get("/account").status_code == 401
    foreign = path.replace(page, f"/admin/people/{EVA}")
    assert send(eva, foreign).status_code == 404


def test_a_persons_tokens_are_shown_and_revoked(app, eva):
    painter_link(app)
    li = person(app, "li@dafen.example")
    page = f"/admin/people/{li.id}"
    assert "None at the moment." in eva.get(page).text
    with app.app_context():
        token, secret = api_tokens.make(li, "stock program", ["types:read"], 30, by=li.as_actor())
        db.session.commit()
        number = token.id
    proof = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/types", headers=proof).status_code == 200
    shown = eva.get(page).text
    assert secret not in shown
    assert shown.index("stock program") < shown.index("Read problem types")
    assert send(eva, f"/admin/people/{EVA}/tokens/{number}/revoke").status_code == 404
    path = find(rf'action="({page}/tokens/\d+/revoke)"', shown)
    after = eva.get(send(eva, path).headers["Location"]).text
    assert "The token of Li no longer works." in after
    assert "stock program" not in after
    assert app.test_client().get("/api/v1/types", headers=proof).status_code == 401
    assert changes(app, "api_token", number)[-1] == ("revoked", "stock program", "", "Eva")


def test_the_last_admin_stays(app, eva):
    own = f"/admin/people/{EVA}"
    demoted = edit(eva, app, "eva@brushwood.example", roles=["agent"])
    assert demoted.status_code == 409
    assert "Eva is the last admin. Make somebody else an admin first." in demoted.text
    revoked = send(eva, f"{own}/revoke")
    assert revoked.status_code == 409
    assert "You cannot shut yourself out. Another admin can." in revoked.text
    relinked = send(eva, f"{own}/link")
    assert relinked.status_code == 409
    assert "A new link would sign you out here." in relinked.text
    assert eva.get("/admin/people").status_code == 200
    admin(app, "ben@brushwood.example")
    assert edit(eva, app, "eva@brushwood.example", roles=["agent"]).status_code == 303
    assert eva.get("/admin/people").status_code == 403


def test_of_two_admins_who_demote_each_other_at_once_one_remains(app, eva):
    ben = admin(app, "ben@brushwood.example")
    start, answers = Barrier(2, timeout=10), {}

    def demote(client, email):
        start.wait()
        answers[email] = edit(client, app, email, roles=["agent"]).status_code

    threads = [
        Thread(target=demote, args=(eva, "ben@brushwood.example")),
        Thread(target=demote, args=(ben, "eva@brushwood.example")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The later one is refused by the rule, or is no admin any more when his turn comes.
    assert sorted(answers.values()) in ([303, 403], [303, 409])
    roles = [person(app, email).roles for email in answers]
    assert [Role.ADMIN in each for each in roles].count(True) == 1


def test_absences_are_noted_with_their_cover(app, eva):
    link_of(app)
    anna = person(app, "anna@brushwood.example")
    page = f"/admin/people/{anna.id}"
    days = {"first_day": "2099-02-01", "last_day": "2099-02-03"}
    answer = send(eva, f"{page}/absences", **days, cover=EVA)
    shown = eva.get(answer.headers["Location"]).text
    assert "The absence of Anna is noted." in shown
    assert "1–3 Feb 2099" in shown
    assert send(eva, f"{page}/absences", first_day="soon", last_day="").text.count("Choose a day.") >= 2
    twice = send(eva, f"{page}/absences", **days)
    assert twice.status_code == 409
    assert 'value="2099-02-01"' in twice.text
    remove = find(rf'action="({page}/absences/\d+/remove)"', shown)
    assert "The absence of Anna is removed." in eva.get(send(eva, remove).headers["Location"]).text
    assert send(eva, remove).status_code == 404


@pytest.mark.only_on("sqlite")
def test_names_are_shown_as_text(app, eva):
    answer = send(eva, STAFF, **{**MAYA, "name": "<script>alert(1)</script>"})
    page = answer.text + eva.get("/admin/people").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.only_on("sqlite")
def test_unknown_people(eva):
    for path in ("/admin/people/99", "/admin/people/99/link", "/admin/people/99/revoke", "/admin/people/99/absences"):
        form = {**MAYA, "first_day": "2099-02-01", "last_day": "2099-02-01"}
        assert send(eva, path, **form).status_code == 404
    assert eva.get("/admin/people/99").status_code == 404
    assert eva.get("/admin/people/new/customer").status_code == 404


@pytest.mark.only_on("sqlite")
def test_however_many_people_the_store_is_asked_as_often(app, eva):
    painter_link(app)
    few = queries_for(app, eva, "/admin/people")
    for number in range(5):
        link_of(app, f"agent{number}@brushwood.example")
        painter_link(app, "Xiamen Studio")
    assert queries_for(app, eva, "/admin/people") == few <= 12
