"""The REST API over HTTP: keys, limits, paging, errors, and each resource's own rules."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.desk import Options
from sandbox.server import running
from tests.sandbox.conftest import NOTE, Helpdesk


def error_of(response: requests.Response) -> Any:
    return response.json()["error"]


def test_without_the_right_key_nothing_is_told(helpdesk) -> None:
    for auth in (("", ""), ("desk@brushwood.example", "wrong"), ("nobody@brushwood.example", "demo-key")):
        response = helpdesk.call("GET", "/api/account", auth=auth)
        assert response.status_code == 401
        assert set(response.json()) == {"error"}


def test_user_zero_is_the_one_who_asks(helpdesk) -> None:
    assert helpdesk.get("/users/0")["email"] == "desk@brushwood.example"


def test_users_are_found_by_email_and_by_text(helpdesk) -> None:
    helpdesk.control("POST", "/users", {"email": "liwei@dafen.example", "name": "Li Wei", "role": "lite-agent"})
    assert [user["name"] for user in helpdesk.get("/users", email="LiWei@dafen.example")["data"]] == ["Li Wei"]
    assert [user["name"] for user in helpdesk.get("/users/", search="li w")["data"]] == ["Li Wei"]
    assert helpdesk.get("/users", email="nobody@dafen.example")["data"] == []


def test_every_answer_says_how_full_the_bucket_is_and_the_last_drop_is_refused() -> None:
    with running(Options(calls=3, seconds=600)) as at:
        helpdesk = Helpdesk(at)
        limits = [helpdesk.call("GET", "/api/account").headers["X-Gorgias-Account-Api-Call-Limit"] for _ in range(3)]
        refused = helpdesk.call("GET", "/api/account")
        helpdesk.session.close()
    assert limits == ["1/3", "2/3", "3/3"]
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1


def test_lists_are_read_page_by_page_without_gaps(helpdesk) -> None:
    ticket = helpdesk.ticket()
    for number in range(6):
        helpdesk.note(ticket["id"], body_text=str(number))
    seen, cursor = [], None
    while True:
        page = helpdesk.get(
            "/messages", ticket_id=ticket["id"], order_by="created_datetime:desc", limit=3, cursor=cursor
        )
        seen += [message["id"] for message in page["data"]]
        cursor = page["meta"]["next_cursor"]
        if not cursor:
            break
    assert len(seen) == 7
    assert seen == sorted(seen, reverse=True)


def test_a_note_added_between_two_pages_does_not_shift_the_second(helpdesk) -> None:
    ticket = helpdesk.ticket()
    for _ in range(3):
        helpdesk.note(ticket["id"])
    first = helpdesk.get("/messages", ticket_id=ticket["id"], limit=2)
    helpdesk.note(ticket["id"])
    second = helpdesk.get("/messages", ticket_id=ticket["id"], limit=2, cursor=first["meta"]["next_cursor"])
    ids = [message["id"] for message in [*first["data"], *second["data"]]]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("name", "value"), [("limit", 101), ("limit", "many"), ("order_by", "subject"), ("cursor", "?")]
)
def test_a_senseless_page_is_refused_naming_the_parameter(helpdesk, name, value) -> None:
    response = helpdesk.call("GET", "/api/messages", params={name: value})
    assert response.status_code == 400
    assert name in error_of(response)["data"]


def test_tickets_have_no_filter_for_text_status_tag_or_date(helpdesk) -> None:
    response = helpdesk.call("GET", "/api/tickets", params={"status": "open"})
    assert response.status_code == 400
    assert "status" in error_of(response)["data"]


def test_a_ticket_comes_with_messages_customer_and_tags(helpdesk) -> None:
    made = helpdesk.ticket("About NL10423")
    ticket = helpdesk.get(f"/tickets/{made['id']}/")
    assert ticket["messages"][0]["body_text"] == "About NL10423"
    assert ticket["customer"]["email"] == "ria@customers.example"
    assert ticket["tags"] == []
    assert "messages" not in helpdesk.get("/tickets", customer_id=ticket["customer"]["id"])["data"][0]


def test_a_ticket_can_be_opened_with_a_note_alone(helpdesk) -> None:
    body = {
        "via": "api",
        "customer": {"email": "new@customers.example"},
        "tags": [{"name": "desk"}],
        "external_id": "x-1",
    }
    response = helpdesk.post("/tickets", {**body, "messages": [{**NOTE, "body_text": "reported"}]})
    assert response.status_code == 201
    assert [ticket["id"] for ticket in helpdesk.get("/tickets", external_id="x-1")["data"]] == [response.json()["id"]]


def test_a_ticket_without_messages_is_refused_naming_both_fields(helpdesk) -> None:
    response = helpdesk.post("/tickets", {"subject": "empty"})
    assert response.status_code == 400
    assert set(error_of(response)["data"]) == {"via", "messages"}


def test_an_update_changes_only_what_it_names(helpdesk) -> None:
    ticket = helpdesk.ticket()
    assert helpdesk.put(f"/tickets/{ticket['id']}", {"status": "closed"}).status_code == 202
    after = helpdesk.get(f"/tickets/{ticket['id']}")
    assert (after["status"], after["subject"]) == ("closed", "Hello")


@pytest.mark.parametrize("way", ["deleted", "merged"])
def test_a_ticket_that_is_gone_is_not_found_for_notes_or_tags(helpdesk, way) -> None:
    ticket, other = helpdesk.ticket(), helpdesk.ticket()
    if way == "deleted":
        assert helpdesk.delete(f"/tickets/{ticket['id']}").status_code == 204
    else:
        helpdesk.control("POST", f"/tickets/{ticket['id']}/merge", {"into": other["id"]})
        assert len(helpdesk.get(f"/tickets/{other['id']}")["messages"]) == 2
    responses = [
        helpdesk.call("GET", f"/api/tickets/{ticket['id']}"),
        helpdesk.note(ticket["id"]),
        helpdesk.post(f"/tickets/{ticket['id']}/tags", {"names": ["vip"]}),
    ]
    assert [response.status_code for response in responses] == [404, 404, 404]
    assert error_of(responses[0])["msg"] == "Resource not found."


def test_note_keeps_what_was_sent(helpdesk) -> None:
    supplier = helpdesk.control("POST", "/users", {"email": "liwei@dafen.example", "name": "Li Wei"})
    ticket = helpdesk.ticket()
    attachment = {"url": "https://files.example/a.jpg", "name": "a.jpg", "content_type": "image/jpeg"}
    response = helpdesk.note(
        ticket["id"],
        external_id="cb-1",
        mention_ids=[supplier["id"]],
        attachments=[attachment],
        sender={"id": supplier["id"]},
    )
    assert response.status_code == 201
    (message,) = helpdesk.get("/messages", ticket_id=ticket["id"], limit=1)["data"]
    assert message["id"] == response.json()["id"]
    assert message["external_id"] == "cb-1"
    assert message["mention_ids"] == [supplier["id"]]
    assert message["attachments"] == [attachment]
    assert message["sender"]["email"] == "liwei@dafen.example"
    assert message["public"] is False


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"channel": None}, "channel"),
        ({"from_agent": None}, "from_agent"),
        ({"via": None}, "via"),
        ({"via": "carrier-pigeon"}, "via"),
        ({"from_agent": False}, "from_agent"),
        ({"mention_ids": [999]}, "mention_ids"),
        ({"mention_ids": "11"}, "mention_ids"),
        ({"channel": "email", "mention_ids": [11]}, "mention_ids"),
        ({"sender": {"id": 999}}, "sender"),
        ({"sender": {"email": "ria@customers.example"}}, "sender"),
        ({"attachments": [{"url": "https://x.example/a"}]}, "attachments"),
        ({"external_id": "x" * 256}, "external_id"),
    ],
)
def test_a_malformed_note_is_refused_naming_the_field(helpdesk, fields, named) -> None:
    ticket = helpdesk.ticket()
    response = helpdesk.note(ticket["id"], **fields)
    assert response.status_code == 400
    assert set(error_of(response)["data"]) == {named}
    assert len(helpdesk.get(f"/tickets/{ticket['id']}")["messages"]) == 1


def test_nobody_can_mention_a_user_who_left(helpdesk) -> None:
    user = helpdesk.control("POST", "/users", {"email": "liwei@dafen.example", "name": "Li Wei"})
    helpdesk.control("PATCH", f"/users/{user['id']}", {"active": False})
    assert helpdesk.note(helpdesk.ticket()["id"], mention_ids=[user["id"]]).status_code == 400


def test_a_note_can_be_changed_and_deleted(helpdesk) -> None:
    ticket = helpdesk.ticket()
    path = f"/tickets/{ticket['id']}/messages/{helpdesk.note(ticket['id']).json()['id']}"
    assert helpdesk.put(path, {"body_text": "better"}).status_code == 400
    assert helpdesk.put(path, {**NOTE, "body_text": "better"}).status_code == 202
    assert helpdesk.get(path)["body_text"] == "better"
    deleted = helpdesk.delete(path)
    assert (deleted.status_code, deleted.text) == (200, "")
    assert helpdesk.call("GET", "/api" + path).status_code == 404


def test_tags_are_added_replaced_and_removed_with_empty_answers(helpdesk) -> None:
    path = f"/tickets/{helpdesk.ticket()['id']}/tags"
    answers = [
        helpdesk.post(path, {"names": ["vip", "Address"]}),
        helpdesk.put(path, {"names": ["address", "Address"]}),
        helpdesk.delete(path, {"names": ["Address"]}),
    ]
    assert [(answer.status_code, answer.text) for answer in answers] == [(201, ""), (202, ""), (204, "")]
    assert [tag["name"] for tag in helpdesk.get(path)["data"]] == ["address"]
    assert {tag["name"] for tag in helpdesk.get("/tags", search="addr")["data"]} == {"Address", "address"}
    assert helpdesk.post(path, {}).status_code == 400
    assert helpdesk.put(path, {}).status_code == 202
    assert helpdesk.get(path)["data"] == []


def test_a_second_tag_of_the_same_name_is_a_conflict(helpdesk) -> None:
    assert helpdesk.post("/tags", {"name": "vip"}).status_code == 201
    assert helpdesk.post("/tags", {"name": "vip"}).status_code == 409
    assert helpdesk.post("/tags", {"name": "VIP"}).status_code == 201


def test_an_uploaded_file_is_listed_and_served(helpdesk) -> None:
    response = helpdesk.call(
        "POST", "/api/upload?type=attachment", files={"file": ("boris.jpg", b"\xff\xd8dog", "image/jpeg")}
    )
    assert response.status_code == 201
    (file,) = response.json()
    assert (file["name"], file["size"], file["content_type"]) == ("boris.jpg", "5", "image/jpeg")
    assert requests.get(file["url"], timeout=5).content == b"\xff\xd8dog"
    assert helpdesk.call("POST", "/api/upload").status_code == 400


def test_tickets_are_searched_by_every_word(helpdesk) -> None:
    ticket = helpdesk.ticket("Is NL10423 on its way?")
    helpdesk.ticket("Something else", email="other@customers.example")

    def found(search: str, filters: str = "") -> list[int]:
        view = {"type": "ticket-list", "search": search, "filters": filters}
        return [item["id"] for item in helpdesk.put("/views/0/items", {"view": view}, limit=10).json()["data"]]

    assert found("nl10423") == [ticket["id"]]
    assert found("way NL10423 ria") == [ticket["id"]]
    assert found("nl10423", "eq(ticket.status, 'closed')") == []
    assert helpdesk.put("/views/0/items", {"view": {"type": "ticket-list", "filters": "drop()"}}).status_code == 400


def test_customers_are_found_changed_and_merged(helpdesk) -> None:
    first, second = helpdesk.ticket(), helpdesk.ticket(email="other@customers.example")
    ria, other = first["customer"]["id"], second["customer"]["id"]
    assert [each["id"] for each in helpdesk.get("/customers", email="ria@customers.example")["data"]] == [ria]
    assert helpdesk.put(f"/customers/{ria}", {"external_id": "s-1"}).status_code == 202
    assert [each["id"] for each in helpdesk.get("/customers", external_id="s-1")["data"]] == [ria]
    assert helpdesk.put("/customers/merge", {}, source_id=other, target_id=ria).status_code == 200
    assert helpdesk.get(f"/tickets/{second['id']}")["customer"]["id"] == ria
    assert helpdesk.call("GET", f"/api/customers/{other}").status_code == 404


def test_older_customer_data_is_silently_ignored(helpdesk) -> None:
    path = f"/customers/{helpdesk.ticket()['customer']['id']}"
    helpdesk.put(path + "/data", {"data": {"a": 2}, "version": "2026-02-01T00:00:00Z"})
    assert helpdesk.put(path + "/data", {"data": {"a": 1}, "version": "2026-01-01T00:00:00Z"}).status_code == 202
    assert helpdesk.get(path)["data"] == {"a": 2}


def test_an_integration_needs_a_url_even_for_a_partial_update(integrate, helpdesk) -> None:
    path = f"/integrations/{integrate(hmac_secret='quiet')['id']}"
    assert "hmac_secret" not in helpdesk.get(path)["http"]
    assert error_of(helpdesk.put(path, {"http": {"url": "http://127.0.0.1:9/"}}))["data"] == {
        "name": ["Missing data for required field."]
    }
    assert "url" in error_of(helpdesk.put(path, {"name": "Desk", "http": {"method": "GET"}}))["data"]["http"]
    assert helpdesk.put(path, {"name": "Desk 2", "http": {"url": "http://127.0.0.1:9/"}}).status_code == 202
    after = helpdesk.get(path)
    assert (after["name"], after["http"]["url"], after["http"]["method"]) == ("Desk 2", "http://127.0.0.1:9/", "POST")
    assert [each["id"] for each in helpdesk.get("/integrations", type="http")["data"]] == [after["id"]]


def test_a_widget_is_replaced_as_a_whole_and_must_be_a_wrapper(integrate, helpdesk) -> None:
    widget = {
        "type": "http",
        "integration_id": integrate()["id"],
        "template": {"type": "wrapper", "widgets": []},
        "order": 3,
    }
    made = helpdesk.post("/widgets", widget).json()
    assert helpdesk.put(f"/widgets/{made['id']}", {"type": "http", "template": {"type": "wrapper"}}).status_code == 202
    assert helpdesk.get(f"/widgets/{made['id']}")["order"] == 0
    assert "template" in error_of(helpdesk.post("/widgets", {**widget, "template": {"type": "card"}}))["data"]
    assert helpdesk.delete(f"/widgets/{made['id']}").status_code == 204


def test_events_of_an_object_type_need_its_id(helpdesk) -> None:
    ticket = helpdesk.ticket()
    assert helpdesk.call("GET", "/api/events", params={"object_type": "Ticket"}).status_code == 400
    found = helpdesk.get("/events", object_type="Ticket", object_id=ticket["id"], types="ticket-created")["data"]
    assert [event["type"] for event in found] == ["ticket-created"]


def test_people_and_tags_are_searched_but_not_tickets(helpdesk) -> None:
    helpdesk.ticket()
    found = helpdesk.post("/search", {"type": "customer", "query": "ria"}).json()["data"]
    assert [each["email"] for each in found] == ["ria@customers.example"]
    assert helpdesk.post("/search", {"type": "ticket", "query": "ria"}).status_code == 400


def test_an_unknown_address_answers_in_the_form_of_the_api(helpdesk) -> None:
    response = helpdesk.call("GET", "/api/nowhere")
    assert response.status_code == 404
    assert "msg" in error_of(response)


def test_one_connection_serves_many_calls(helpdesk) -> None:
    kept = [helpdesk.call("GET", "/api/account", headers={"Connection": "keep-alive"}) for _ in range(3)]
    assert all("close" not in answer.headers.get("Connection", "") for answer in kept)
