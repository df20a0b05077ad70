"""The buttons: what they change, what they post, and everything they refuse without changing anything."""

from __future__ import annotations

import time
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.factories import ANNA, BEN, LI_AS_PERSON, OTHER_CUSTOMER, OTHER_TICKET, ask, press, queued
from widget import history, installation, people, problems
from widget.db import db
from widget.orders import OrderName
from widget.problem_types import Board
from widget.problems import Comment, Problem
from widget.tickets import Place
from widget.tokens import LIFETIME, ActionToken, ActionTokens

NO_PLACE = Place(None, factories.PUBLIC_URL)


@pytest.fixture
def shop(app: Flask) -> Any:
    return factories.shop(app)


@pytest.fixture
def card(app: Flask, client: FlaskClient, shop: Any) -> dict[str, Any]:
    """The card of a line the supplier reported, as the widget shows it."""
    with app.app_context():
        factories.line(shop[1].id)
        db.session.commit()
    return dict(ask(client).get_json()["problems"][0])


@pytest.fixture
def summary_token(client: FlaskClient, shop: Any) -> str:
    return str(ask(client).get_json()["new_token"])


def notes(app: Flask) -> list[dict[str, Any]]:
    """What agents' presses posted; the supplier's report was told when the ticket became known."""
    told = [row for row in queued(app) if row["kind"] == "gorgias.note"]
    return [row for row in told if row["payload"]["parts"]["by"] != LI_AS_PERSON.email]


def everything(app: Flask) -> list[Any]:
    """All that a refused press must leave alone."""
    with app.app_context():
        lines = [(p.id, p.version, p.address, p.informed_at) for p in db.session.scalars(select(Problem))]
        comments = list(db.session.scalars(select(Comment.text)))
        changes = len(history.of("problem", 1))
    return [lines, comments, changes, queued(app)]


# What they do


def test_report_a_problem_adds_a_line_and_tags_the_supplier(
    app: Flask, client: FlaskClient, summary_token: str
) -> None:
    response = press(
        client, "report-problem", summary_token, order_name="#nl10423", type="Item sold out", problem="No canvas"
    )
    assert response.status_code == 200
    assert response.get_json() == {"ok": True, "message": "P-1 reported to Dafen Art for order NL10423."}
    shown = ask(client).get_json()
    assert shown["summary"] == "1 open: waits for the supplier"
    assert shown["problems"][0]["type"] == "Item sold out"
    note = notes(app)[0]["payload"]
    assert note["ticket_id"] == factories.TICKET
    assert note["message"]["mention_ids"] == [21]
    assert note["message"]["sender"] == {"id": 11}
    assert note["message"]["channel"] == "internal-note"
    assert note["message"]["public"] is False
    assert note["message"]["from_agent"] is True
    text = note["message"]["body_text"]
    for part in ("@Li Wei", "NL10423", "P-1", "Anna Visser", "No canvas", "/lines/P-1", "Please"):
        assert part in text


def test_report_a_photo_issue_goes_to_the_other_board(app: Flask, client: FlaskClient, summary_token: str) -> None:
    typed = {"order_name": "NL10423", "type": "Wrong crop", "problem": "cut off"}
    assert press(client, "report-photo-issue", summary_token, **typed).status_code == 200
    answer = ask(client).get_json()
    assert answer["problems"] == []
    assert answer["photo_issues"][0]["type"] == "Wrong crop"


def test_report_for_an_order_the_ticket_never_named_links_it(client: FlaskClient, summary_token: str) -> None:
    typed = {"order_name": "NL10888", "type": "Other", "problem": "?"}
    assert press(client, "report-problem", summary_token, **typed).status_code == 200
    assert ask(client).get_json()["order_names"].split(", ") == ["NL10423", "NL10888"]


def test_customer_informed_is_ticked_once_and_told(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    assert press(client, "customer-informed", card["token"]).status_code == 200
    shown = ask(client).get_json()["problems"][0]
    assert shown["informed_customer"] is True
    assert shown["waiting_for"] == "customer service"
    assert "Anna Visser has informed the customer" in notes(app)[-1]["payload"]["message"]["body_text"]


def test_comment_hands_the_turn_to_the_supplier(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    assert press(client, "comment", card["token"], comment="Use <b>gold</b> & =1+1").status_code == 200
    shown = ask(client).get_json()["problems"][0]
    assert shown["comment_cs"] == "Use <b>gold</b> & =1+1"
    assert shown["waiting_for"] == "supplier"
    message = notes(app)[-1]["payload"]["message"]
    assert "Use &lt;b&gt;gold&lt;/b&gt; &amp; =1+1" in message["body_html"]
    assert "> Use <b>gold</b> & =1+1" in message["body_text"]


def test_save_address_keeps_it_and_hands_the_turn_over(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    assert press(client, "save-address", card["token"], address="Damrak 1\r\n1012 Amsterdam").status_code == 200
    shown = ask(client).get_json()["problems"][0]
    assert shown["address"] == "Damrak 1\n1012 Amsterdam"
    assert shown["waiting_for"] == "supplier"
    with app.app_context():
        change = history.of("problem", 1)[-1]
        assert (change.field, change.old, change.new) == ("address", "", "Damrak 1\n1012 Amsterdam")
        assert change.actor == "Anna Visser"
        assert change.version == 2


def test_link_order_brings_up_the_orders_lines_and_says_so(app: Flask, client: FlaskClient, shop: Any) -> None:
    with app.app_context():
        factories.line(shop[1].id, "NL10999")
        db.session.commit()
    token = ask(client, subject="Hello").get_json()["new_token"]
    response = press(client, "link-order", token, order_name="NL10999")
    assert response.get_json()["message"] == "Ticket linked to order NL10999."
    answer = ask(client, subject="Hello").get_json()
    assert answer["summary"] == "1 open: waits for us"
    note = notes(app)[-1]["payload"]["message"]
    assert "Anna Visser linked this ticket to order NL10999: 1 open." in note["body_text"]
    assert "mention_ids" not in note


def test_linking_by_hand_settles_which_store_a_number_belongs_to(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        desk = factories.helpdesk()
        dutch, german = factories.store(desk, "NL", r"\d{4}"), factories.store(desk, "DE", r"\d{4}")
        factories.supplier(dutch, german)
        db.session.commit()
    answer = ask(client, subject="#1001").get_json()
    unclear = press(client, "link-order", answer["new_token"], order_name="1001")
    assert unclear.status_code == 409
    assert "DE" in unclear.get_json()["error"]["msg"]
    assert press(client, "link-order", answer["new_token"], order_name="DE 1001").status_code == 200
    assert ask(client, subject="#1001").get_json()["order_names"] == "1001"


def test_tags_follow_the_turns(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    def tags() -> list[tuple[list[str], list[str]]]:
        rows = [row["payload"] for row in queued(app) if row["kind"] == "gorgias.tags"]
        return [(row["add"], row["remove"]) for row in rows]

    press(client, "customer-informed", card["token"])
    assert tags() == [(["supplier-problem", "waiting-for-cs"], [])]
    press(client, "comment", card["token"], comment="see above")
    assert tags()[1:] == [(["supplier-problem", "waiting-for-supplier"], ["waiting-for-cs"])]
    press(client, "comment", card["token"], comment="and hurry")
    assert len(tags()) == 2
    with app.app_context():
        problems.mark_handled(problems.get(1), by=LI_AS_PERSON, at=NO_PLACE, shown=99)
        db.session.commit()
    assert tags()[2:] == [([], ["supplier-problem", "waiting-for-supplier"])]


def test_actions_on_one_line_within_a_moment_join_into_one_note(
    app: Flask, client: FlaskClient, card: dict[str, Any]
) -> None:
    press(client, "save-address", card["token"], address="Damrak 1")
    press(client, "customer-informed", card["token"])
    press(client, "comment", card["token"], comment="one")
    press(client, "comment", card["token"], comment="two")
    texts = [note["payload"]["message"]["body_text"] for note in notes(app)]
    assert len(texts) == 2
    for part in ("> Damrak 1", "has informed the customer", "> one"):
        assert part in texts[0]
    assert "> two" in texts[1]
    assert len({note["external_id"] for note in notes(app)}) == 2


def test_mention_of_a_user_who_left_is_not_written(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    with app.app_context():
        people.copy_users(1, [ANNA, BEN])
        db.session.commit()
    press(client, "customer-informed", card["token"])
    message = notes(app)[-1]["payload"]["message"]
    assert "mention_ids" not in message
    assert "@" not in message["body_text"].splitlines()[0]


# The same press twice


@pytest.mark.parametrize(
    ("action", "typed"),
    [("customer-informed", {}), ("comment", {"comment": "hurry"}), ("save-address", {"address": "Damrak 1"})],
)
def test_same_press_twice_acts_once_and_is_answered_the_same(
    app: Flask, client: FlaskClient, card: dict[str, Any], action: str, typed: dict[str, str]
) -> None:
    first = press(client, action, card["token"], **typed)
    after = everything(app)
    second = press(client, action, card["token"], **typed)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.get_json() == second.get_json()
    assert everything(app) == after


def test_same_report_twice_makes_one_line(app: Flask, client: FlaskClient, summary_token: str) -> None:
    typed = {"order_name": "NL10423", "type": "Other", "problem": "broken frame"}
    answers = [press(client, "report-problem", summary_token, **typed).get_json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(ask(client).get_json()["problems"]) == 1


def test_same_comment_after_a_minute_is_a_new_one(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    with time_machine.travel("2026-11-23T10:00:59Z", tick=False) as clock:
        token = ask(client).get_json()["problems"][0]["token"]
        press(client, "comment", token, comment="hurry")
        clock.shift(2)
        press(client, "comment", token, comment="hurry")
        assert len(notes(app)) == 1
        clock.shift(60)
        press(client, "comment", token, comment="hurry")
    assert len(notes(app)) == 2


# What they refuse


def refused(app: Flask, response: Any, before: list[Any], status: int) -> str:
    assert response.status_code == status, response.get_data(as_text=True)
    assert everything(app) == before
    return str(response.get_json()["error"]["msg"])


def test_forged_edited_and_foreign_tokens_are_refused(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    token, before = card["token"], everything(app)
    helpdesk, customer, line, version, minted, signature = token.split(".")
    foreign = ActionTokens(("another key, just as long as ours",), "line").make(ActionToken(1, 501, 1, 1))
    with app.app_context():
        tokens = app.extensions["line_tokens"]
        other_helpdesk = tokens.make(ActionToken(2, factories.CUSTOMER, 1, 1))
        of_the_summary = app.extensions["summary_tokens"].make(ActionToken(1, factories.CUSTOMER, 1, 1))
    edited = [
        ".".join([helpdesk, customer, "2", version, minted, signature]),
        ".".join([helpdesk, customer, line, "9", minted, signature]),
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token + "x",
        token.upper(),
        "rubbish",
        "",
        "1.1.1.1.1",
        "None",
    ]
    for bad in [*edited, foreign, other_helpdesk, of_the_summary]:
        msg = refused(app, press(client, "customer-informed", bad), before, 403)
        assert "no longer valid" in msg


def test_every_respelling_of_a_token_is_refused(client: FlaskClient, card: dict[str, Any]) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = card["token"][-1]
    for letter in alphabet.replace(last, ""):
        assert press(client, "customer-informed", card["token"][:-1] + letter).status_code == 403


def test_expired_token_is_refused(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    before = everything(app)
    tokens = app.extensions["line_tokens"]
    old = tokens.make(ActionToken(1, factories.CUSTOMER, 1, 1), now=time.time() - LIFETIME - 120)
    refused(app, press(client, "customer-informed", old), before, 403)
    ahead = tokens.make(ActionToken(1, factories.CUSTOMER, 1, 1), now=time.time() + 30)
    assert press(client, "customer-informed", ahead).status_code == 200


def test_who_is_no_user_of_the_helpdesk_is_refused(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    with app.app_context():
        gone = {"gorgias_id": 13, "email": "gone@brushwood.example", "name": "Gone", "active": False}
        people.copy_users(1, [ANNA, BEN, gone])
        people.add_person("stranger@brushwood.example", name="S", roles={people.Role.APPROVER}, supplier=None)
        db.session.commit()
    before = everything(app)
    for email in ("", "None", "stranger@brushwood.example", "gone@brushwood.example"):
        refused(app, press(client, "customer-informed", card["token"], user_email=email), before, 403)


def test_email_is_compared_without_case(client: FlaskClient, card: dict[str, Any]) -> None:
    assert press(client, "customer-informed", card["token"], user_email=" ANNA@Brushwood.example ").status_code == 200


@pytest.mark.parametrize(
    ("action", "field"),
    [("comment", "comment"), ("save-address", "address")],
)
def test_missing_or_empty_text_is_refused_naming_the_field(
    app: Flask, client: FlaskClient, card: dict[str, Any], action: str, field: str
) -> None:
    before = everything(app)
    for typed in ({}, {field: ""}, {field: "   "}, {field: "\x00\x07"}):
        response = press(client, action, card["token"], **typed)
        refused(app, response, before, 422)
        assert field in response.get_json()["error"]["data"]


def test_report_without_anything_names_all_three_fields(app: Flask, client: FlaskClient, summary_token: str) -> None:
    before = everything(app)
    response = press(client, "report-problem", summary_token)
    refused(app, response, before, 422)
    assert set(response.get_json()["error"]["data"]) == {"order_name", "type", "problem"}


def test_unknown_type_names_what_can_be_chosen(app: Flask, client: FlaskClient, summary_token: str) -> None:
    before = everything(app)
    typed = {"order_name": "NL10423", "type": "Gone", "problem": "x"}
    assert "Address incomplete" in refused(app, press(client, "report-problem", summary_token, **typed), before, 422)


def test_what_is_no_order_number_is_refused(app: Flask, client: FlaskClient, summary_token: str) -> None:
    before = everything(app)
    assert "NL" in refused(app, press(client, "link-order", summary_token, order_name="hello"), before, 409)


def test_unknown_and_doubled_fields_are_refused(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    before = everything(app)
    extra = press(client, "customer-informed", card["token"], status="handled")
    refused(app, extra, before, 422)
    assert "status" in extra.get_json()["error"]["data"]
    doubled = press(client, "customer-informed", card["token"], user_email=["anna@brushwood.example", "x@y.z"])
    refused(app, doubled, before, 422)
    assert "user_email" in doubled.get_json()["error"]["data"]


@pytest.mark.parametrize("ticket", ["", "None", "12a", "-1", "9" * 30, "9001\n"])
def test_ticket_id_that_is_none_is_refused(app: Flask, client: FlaskClient, card: dict[str, Any], ticket: str) -> None:
    before = everything(app)
    response = press(client, "customer-informed", card["token"], ticket_id=ticket)
    refused(app, response, before, 422)
    assert "ticket_id" in response.get_json()["error"]["data"]


def test_ticket_of_another_customer_is_refused(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    ask(client, ticket_id=str(OTHER_TICKET), customer_id=str(OTHER_CUSTOMER), subject="Hi")
    before = everything(app)
    msg = refused(app, press(client, "customer-informed", card["token"], ticket_id=str(OTHER_TICKET)), before, 409)
    assert "another customer" in msg


def test_ticket_nobody_told_us_about_is_refused(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    before = everything(app)
    refused(app, press(client, "customer-informed", card["token"], ticket_id="123456"), before, 409)


def test_handled_line_is_refused_saying_who_and_when(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    with app.app_context():
        problems.mark_handled(problems.get(1), by=LI_AS_PERSON, at=NO_PLACE, shown=99)
        db.session.commit()
    before = everything(app)
    for action, typed in (("customer-informed", {}), ("comment", {"comment": "x"}), ("save-address", {"address": "x"})):
        msg = refused(app, press(client, action, card["token"], **typed), before, 409)
        assert "handled by Li Wei" in msg


def test_line_changed_meanwhile_is_refused_saying_who_what_and_when(
    app: Flask, client: FlaskClient, card: dict[str, Any]
) -> None:
    press(client, "save-address", card["token"], address="Damrak 1", user_email=BEN["email"])
    press(client, "customer-informed", card["token"], user_email=BEN["email"])
    before = everything(app)
    msg = refused(app, press(client, "save-address", card["token"], address="Damrak 2"), before, 409)
    assert "Ben Okafor saved the address" in msg
    assert "Damrak 1" in msg
    assert "UTC" in msg
    msg = refused(app, press(client, "customer-informed", card["token"]), before, 409)
    assert "Ben Okafor ticked Customer informed" in msg


def test_changes_of_other_fields_do_not_collide(client: FlaskClient, card: dict[str, Any]) -> None:
    press(client, "comment", card["token"], comment="Ben's", user_email=BEN["email"])
    assert press(client, "customer-informed", card["token"]).status_code == 200
    assert press(client, "save-address", card["token"], address="Damrak 1").status_code == 200


def test_photo_issues_have_no_address_to_save(app: Flask, client: FlaskClient, shop: Any) -> None:
    with app.app_context():
        factories.line(shop[1].id, board=Board.PHOTO_ISSUES)
        db.session.commit()
    token = ask(client).get_json()["photo_issues"][0]["token"]
    before = everything(app)
    refused(app, press(client, "save-address", token, address="x"), before, 409)


def test_same_open_problem_is_not_reported_twice_by_two_agents(
    app: Flask, client: FlaskClient, summary_token: str
) -> None:
    typed = {"order_name": "NL10423", "type": "Other", "problem": "broken frame"}
    press(client, "report-problem", summary_token, **typed)
    before = everything(app)
    msg = refused(app, press(client, "report-problem", summary_token, **typed, user_email=BEN["email"]), before, 409)
    assert "P-1" in msg


def test_order_without_any_supplier_is_refused_in_words(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        factories.store(factories.helpdesk())
        db.session.commit()
    token = ask(client).get_json()["new_token"]
    typed = {"order_name": "NL10423", "type": "Other", "problem": "x"}
    response = press(client, "report-problem", token, **typed)
    assert response.status_code == 409
    assert "No supplier works for Shop NL" in response.get_json()["error"]["msg"]
    with app.app_context():
        assert db.session.scalar(select(Problem.id)) is None
        assert OrderName(1, "NL10423")


def test_json_instead_of_a_form_is_415(client: FlaskClient, card: dict[str, Any]) -> None:
    response = client.post(installation.action_path(1, "customer-informed"), json={"token": card["token"]})
    assert response.status_code == 415


def test_unknown_actions_and_lines_are_404(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    assert press(client, "delete-everything", card["token"]).status_code == 404
    gone = app.extensions["line_tokens"].make(ActionToken(1, factories.CUSTOMER, 99, 1))
    response = press(client, "customer-informed", gone)
    assert response.status_code == 404
    assert "P-99" in response.get_json()["error"]["msg"]


def test_overlong_text_is_refused_naming_the_limit(app: Flask, client: FlaskClient, card: dict[str, Any]) -> None:
    before = everything(app)
    msg = refused(app, press(client, "comment", card["token"], comment="x" * 5001), before, 422)
    assert "5000" in msg
