"""Ticket events call the integrations: what is sent, in which order, what is kept, and when one is switched off."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.conftest import wait_for


def test_every_leaf_arrives_as_a_string(helpdesk, service, integrate) -> None:
    integrate(
        headers={"X-Secret": "s3cret", "X-Ticket": "{{ticket.id}}"},
        form={
            "id": "{{ticket.id}}",
            "spam": "{{ticket.spam}}",
            "from_agent": "{{message.from_agent}}",
            "missing": "{{ticket.nothing.at.all}}",
            "none": "{{ticket.external_id}}",
            "sender": "{{message.sender | tojson}}",
            "nested": {"name": ["{{ticket.customer.name}}"]},
        },
        triggers={"ticket-message-created": True},
    )
    ticket = helpdesk.ticket()
    helpdesk.idle()
    (call,) = service.received
    body = json.loads(call["body"])
    assert json.loads(body.pop("sender"))["email"] == "ria@customers.example"
    assert body == {
        "id": str(ticket["id"]),
        "spam": "False",
        "from_agent": "False",
        "missing": "",
        "none": "",
        "nested": {"name": ["Ria de Vries"]},
    }
    assert (call["headers"]["X-Secret"], call["headers"]["X-Ticket"]) == ("s3cret", str(ticket["id"]))


def test_what_customers_write_is_never_rendered_again(helpdesk, service, integrate) -> None:
    integrate(triggers={"ticket_message_created": True})
    text = 'Braces {{ticket.id}} {% raw %} and "quotes"\nstay'
    helpdesk.ticket(text)
    helpdesk.idle()
    assert [body["message"] for body in service.bodies()] == [text]


def test_a_ticket_event_has_no_message(helpdesk, service, integrate) -> None:
    integrate(triggers={"ticket-created": True})
    helpdesk.ticket("hello")
    helpdesk.idle()
    assert [(body["trigger"], body["message"]) for body in service.bodies()] == [("ticket-created", "")]


def test_notes_tags_and_updates_fire_too_so_loops_are_seen(helpdesk, service, integrate) -> None:
    integrate()
    ticket = helpdesk.ticket()
    helpdesk.note(ticket["id"], body_text="our own note")
    helpdesk.post(f"/tickets/{ticket['id']}/tags", {"names": ["vip"]})
    helpdesk.post(f"/tickets/{ticket['id']}/tags", {"names": ["vip"]})
    helpdesk.put(f"/tickets/{ticket['id']}", {"status": "closed"})
    helpdesk.idle()
    assert [body["trigger"] for body in service.bodies()] == [
        "ticket-created",
        "ticket-message-created",
        "ticket-message-created",
        "ticket-updated",
        "ticket-updated",
    ]
    assert service.bodies()[2]["message"] == "our own note"


def test_events_of_one_customer_keep_their_order(helpdesk, service, integrate) -> None:
    integrate(triggers={"ticket-message-created": True})
    ticket = helpdesk.ticket("0")
    for number in range(1, 20):
        helpdesk.note(ticket["id"], body_text=str(number))
    helpdesk.idle()
    assert [body["message"] for body in service.bodies()] == [str(number) for number in range(20)]


def test_get_sends_the_form_as_parameters(helpdesk, service, integrate) -> None:
    integrate(method="GET", form={"id": "{{ticket.id}}"}, triggers={"ticket-created": True})
    ticket = helpdesk.ticket()
    helpdesk.idle()
    assert service.received[0]["query"] == {"id": str(ticket["id"])}


def test_a_string_form_can_send_the_whole_context(helpdesk, service, integrate) -> None:
    integrate(form="{{context}}", triggers={"ticket-message-created": True})
    helpdesk.ticket('says "hi"')
    helpdesk.idle()
    assert service.bodies()[0]["message"]["body_text"] == 'says "hi"'


def test_the_answer_is_kept_at_the_customer_and_a_failure_keeps_the_old_one(helpdesk, service, integrate) -> None:
    integration = integrate()
    ticket = helpdesk.ticket()
    helpdesk.idle()

    def kept() -> Any:
        return helpdesk.get(f"/tickets/{ticket['id']}")["customer"]["integrations"][str(integration["id"])]

    assert kept() == {"summary": "Nothing open", "__integration_type__": "http"}
    for service.status, service.answer in ((500, {"no": 1}), (200, [1, 2]), (200, "not json")):
        helpdesk.note(ticket["id"])
        helpdesk.idle()
        assert kept()["summary"] == "Nothing open"


def test_every_call_is_logged_with_what_was_sent_and_answered(helpdesk, service, integrate) -> None:
    integration = integrate(triggers={"ticket-created": True})
    ticket = helpdesk.ticket()
    helpdesk.idle()
    (entry,) = helpdesk.log(integration["id"])
    assert entry["status_code"] == 200
    assert json.loads(entry["request"]["body"])["ticket_id"] == str(ticket["id"])
    assert json.loads(entry["response"]["body"]) == service.answer


def test_a_template_that_cannot_be_rendered_is_logged_without_a_request(helpdesk, service, integrate) -> None:
    integration = integrate(form={"x": "{{ nonsense("}, triggers={"ticket-created": True})
    helpdesk.ticket()
    helpdesk.idle()
    (entry,) = helpdesk.log(integration["id"])
    assert "request" not in entry
    assert "status_code" not in entry
    assert "error" in entry["response"]
    assert service.received == []


def test_no_answer_is_logged_without_a_status(helpdesk, integrate) -> None:
    integration = integrate(url="http://127.0.0.1:9/closed", triggers={"ticket-created": True})
    helpdesk.ticket()
    helpdesk.idle()
    (entry,) = helpdesk.log(integration["id"])
    assert "status_code" not in entry
    assert "error" in entry["response"]


def test_a_hundred_failures_in_a_row_switch_it_off_and_an_update_on_again(helpdesk, service, integrate) -> None:
    integration = integrate(triggers={"ticket-message-created": True})
    path = f"/integrations/{integration['id']}"
    service.status = 500
    ticket = helpdesk.ticket()
    for _ in range(98):
        helpdesk.note(ticket["id"])
    helpdesk.idle()
    assert helpdesk.get(path)["deactivated_datetime"] is None
    helpdesk.note(ticket["id"])
    wait_for(lambda: helpdesk.get(path)["deactivated_datetime"])
    helpdesk.note(ticket["id"])
    helpdesk.idle()
    assert len(service.received) == 100
    kinds = [
        event["type"]
        for event in helpdesk.get("/events", object_type="Integration", object_id=integration["id"])["data"]
    ]
    assert kinds == ["integration-deactivated"]
    service.status = 200
    assert helpdesk.put(path, {"name": "Desk", "deactivated_datetime": None}).status_code == 202
    helpdesk.note(ticket["id"])
    helpdesk.idle()
    assert len(service.received) == 101


def test_one_success_clears_the_count_of_failures(helpdesk, service, integrate) -> None:
    integration = integrate(triggers={"ticket-message-created": True})
    ticket = helpdesk.ticket()
    helpdesk.idle()
    log = f"/integrations/{integration['id']}/log"
    for service.status, failures in ((500, 1), (404, 2), (200, 0)):
        helpdesk.note(ticket["id"])
        helpdesk.idle()
        assert helpdesk.control("GET", log)["failures_in_a_row"] == failures


def test_an_integration_can_be_fired_by_hand(helpdesk, service, integrate) -> None:
    integration = integrate(triggers={})
    ticket = helpdesk.ticket("by hand")
    fired = helpdesk.control(
        "POST",
        f"/integrations/{integration['id']}/fire",
        {"ticket_id": ticket["id"], "trigger": "ticket-message-created"},
    )
    assert fired["status_code"] == 200
    assert service.bodies()[0] == {
        "ticket_id": str(ticket["id"]),
        "message": "by hand",
        "trigger": "ticket-message-created",
    }
