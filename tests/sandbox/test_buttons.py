"""A widget over an answer, and its buttons pressed: what the agent sees, what the service receives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.conftest import Helpdesk, Service

FORM = "application/x-www-form-urlencoded"


def parameter(
    key: str, value: str, label: str = "", kind: str = "text", editable: bool = False, mandatory: bool = False
):
    return {"key": key, "value": value, "label": label, "type": kind, "editable": editable, "mandatory": mandatory}


def form_button(label: str, url: str, *parameters: Any) -> dict[str, Any]:
    body = {"contentType": FORM, "application/json": {}, FORM: list(parameters)}
    return {"label": label, "action": {"method": "POST", "url": url, "headers": [], "params": [], "body": body}}


def template(url: str) -> dict[str, Any]:
    report = form_button(
        "Report",
        url + "/report",
        parameter("type", "{{types}}", "Type", "dropdown", True, True),
        parameter("text", "", "What happened", editable=True, mandatory=True),
        parameter("ticket", "{{ticket.id}}"),
        parameter("by", "{{current_user.email}}"),
    )
    informed = form_button(
        "Informed", url + "/informed", parameter("token", "{{token}}"), parameter("id", "{{ticket.id}}")
    )
    card = {"title": "{{reference}}", "widgets": [{"type": "text", "path": "problem", "title": "Problem"}]}
    return {
        "type": "wrapper",
        "widgets": [
            {
                "type": "card",
                "path": "",
                "title": "Desk",
                "meta": {"custom": {"buttons": [report]}},
                "widgets": [{"type": "text", "path": "summary", "title": "Now"}],
            },
            {
                "type": "list",
                "path": "problems",
                "widgets": [{"type": "card", "path": "", "meta": {"custom": {"buttons": [informed]}}, **card}],
            },
        ],
    }


@pytest.fixture
def shown(helpdesk: Helpdesk, service: Service, integrate: Callable[..., Any]) -> Any:
    """A ticket whose sidebar shows two problems."""
    helpdesk.control("POST", "/users", {"email": "anna@brushwood.example", "name": "Anna Visser"})
    service.answer = {
        "summary": "2 open",
        "types": "Address;Photo;",
        "problems": [
            {"reference": "P-1", "problem": "no house number", "token": "one"},
            {"reference": "P-2", "problem": "too dark", "token": "two"},
        ],
    }
    integration = integrate()
    widget = {"type": "http", "integration_id": integration["id"], "template": template(service.url)}
    assert helpdesk.post("/widgets", widget).status_code == 201
    ticket = helpdesk.ticket()
    helpdesk.idle()
    service.received.clear()
    return ticket


def press(helpdesk: Helpdesk, ticket: Any, label: str, **fields: Any) -> Any:
    return helpdesk.control(
        "POST", f"/tickets/{ticket['id']}/press", {"user_email": "anna@brushwood.example", "label": label, **fields}
    )


def test_the_sidebar_shows_summary_and_cards_of_the_last_answer(helpdesk, shown) -> None:
    (widget,) = helpdesk.control("GET", f"/tickets/{shown['id']}/widget?user=anna@brushwood.example")["widgets"]
    summary, problems = widget["blocks"]
    assert summary["children"][0]["text"] == "2 open"
    assert [card["title"] for card in problems["cards"]] == ["P-1", "P-2"]


def test_a_pressed_button_sends_what_the_dialog_held(helpdesk, service, shown) -> None:
    outcome = press(helpdesk, shown, "Report", values={"Type": "Photo", "text": "too small & blurred"})
    assert outcome == {
        "status": "success",
        "http_status": 200,
        "msg": "Action successfully executed",
        "body": service.answer,
    }
    (sent,) = service.received
    assert sent["path"] == "/report"
    assert sent["body"] == f"type=Photo&text=too+small+%26+blurred&ticket={shown['id']}&by=anna%40brushwood.example"


def test_a_button_of_a_list_is_found_by_a_text_on_its_card(helpdesk, service, shown) -> None:
    press(helpdesk, shown, "Informed", reference="P-2")
    assert service.received[0]["body"] == f"token=two&id={shown['id']}"


def test_a_refusal_is_told_in_the_words_of_the_service(helpdesk, service, shown) -> None:
    service.status, service.answer = 409, {"error": {"msg": "Already handled"}}
    outcome = press(helpdesk, shown, "Informed", reference="P-1")
    assert (outcome["status"], outcome["http_status"], outcome["msg"]) == ("error", 409, "Already handled")


def test_a_refusal_without_words_is_told_by_its_status(helpdesk, service, shown) -> None:
    service.status, service.answer = 503, "no"
    assert press(helpdesk, shown, "Informed", reference="P-1")["msg"] == "HTTP 503"


def test_an_empty_mandatory_field_sends_nothing(helpdesk, service, shown) -> None:
    outcome = press(helpdesk, shown, "Report", values={"text": " "})
    assert "What happened" in outcome["error"]["msg"]
    assert service.received == []


def test_every_press_is_noted_in_the_events_of_the_ticket(helpdesk, service, shown) -> None:
    press(helpdesk, shown, "Informed", reference="P-1")
    (event,) = helpdesk.get("/events", object_type="Ticket", object_id=shown["id"], types="action-executed")["data"]
    assert event["data"]["action_label"] == "Informed"
    assert event["data"]["status"] == "success"
    assert event["data"]["payload"]["form"]["token"] == "one"


def test_a_typed_text_with_braces_arrives_or_is_rendered_but_never_breaks(helpdesk, service, shown) -> None:
    outcome = press(helpdesk, shown, "Report", values={"text": "50% {% off {{"})
    assert outcome["status"] == "success"
    assert "50%25+%7B%25+off+%7B%7B" in service.received[0]["body"]
