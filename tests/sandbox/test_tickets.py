"""Tickets over HTTP: opening them for whomever, finding them again, the trash, and files for their messages."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.conftest import NOTE, Helpdesk

TRASHED = "2026-11-22T07:10:00.000000"


def opened(helpdesk: Helpdesk, **fields: Any) -> Any:
    body = {"via": "api", "subject": "NL10423", "messages": [{**NOTE, "body_text": "sold out"}], **fields}
    response = helpdesk.post("/tickets", body)
    assert response.status_code == 201, response.text
    return response.json()


def listed(helpdesk: Helpdesk, **query: Any) -> list[int]:
    return [ticket["id"] for ticket in helpdesk.get("/tickets", **query)["data"]]


def found(helpdesk: Helpdesk, search: str) -> set[int]:
    view = {"type": "ticket-list", "search": search, "filters": ""}
    return {item["id"] for item in helpdesk.put("/views/0/items", {"view": view}, limit=20).json()["data"]}


def test_a_ticket_is_opened_for_a_customer_known_by_id_or_address(helpdesk) -> None:
    ria = helpdesk.ticket()["customer"]
    for customer in ({"id": ria["id"]}, {"email": "RIA@customers.example"}):
        assert opened(helpdesk, customer=customer)["customer"]["id"] == ria["id"]


def test_an_unknown_address_makes_a_customer_and_an_unknown_id_none(helpdesk) -> None:
    new = opened(helpdesk, customer={"email": "new@customers.example", "name": "New"})["customer"]
    assert [each["id"] for each in helpdesk.get("/customers", email="new@customers.example")["data"]] == [new["id"]]
    messages = [{**NOTE, "body_text": "sold out"}]
    refused = helpdesk.post("/tickets", {"via": "api", "messages": messages, "customer": {"id": 4711}})
    assert (refused.status_code, set(refused.json()["error"]["data"])) == (400, {"customer"})


@pytest.mark.parametrize("fields", [{}, {"customer": None}])
def test_a_ticket_for_nobody_gets_a_customer_without_an_address(helpdesk, integrate, service, fields) -> None:
    integrate()
    ticket = opened(helpdesk, **fields)
    assert ticket["customer"]["email"] is None
    assert listed(helpdesk, customer_id=ticket["customer"]["id"]) == [ticket["id"]]
    helpdesk.idle()
    assert [body["trigger"] for body in service.bodies()] == ["ticket-created", "ticket-message-created"]


def test_a_new_ticket_keeps_its_marks_status_and_tags(helpdesk) -> None:
    helpdesk.post("/tags", {"name": "sd: open"})
    first = {**NOTE, "body_text": "sold out", "external_id": "sd-1"}
    made = opened(
        helpdesk, external_id="sd-1", status="closed", spam=True, tags=[{"name": "sd: open"}], messages=[first, first]
    )
    ticket = helpdesk.get(f"/tickets/{made['id']}")
    assert (ticket["external_id"], ticket["status"], ticket["spam"]) == ("sd-1", "closed", True)
    assert ticket["closed_datetime"]
    assert [tag["name"] for tag in ticket["tags"]] == ["sd: open"]
    assert [message["external_id"] for message in ticket["messages"]] == ["sd-1", "sd-1"]


def test_an_external_id_finds_every_ticket_that_has_it_and_no_other(helpdesk) -> None:
    ours = {opened(helpdesk, external_id="sd-1")["id"] for _ in range(2)}
    opened(helpdesk, external_id="sd-11")
    opened(helpdesk)
    assert set(listed(helpdesk, external_id="sd-1")) == ours
    assert listed(helpdesk, external_id="sd-2") == []


def test_the_list_has_the_trash_unless_told_otherwise(helpdesk) -> None:
    kept, trashed = opened(helpdesk, tags=[{"name": "vip"}]), opened(helpdesk, tags=[{"name": "vip"}])
    assert helpdesk.put(f"/tickets/{trashed['id']}", {"trashed_datetime": TRASHED}).status_code == 202
    after = helpdesk.get(f"/tickets/{trashed['id']}")
    assert (after["trashed_datetime"], [tag["name"] for tag in after["tags"]]) == (TRASHED, ["vip"])
    assert listed(helpdesk) == listed(helpdesk, trashed="true") == [trashed["id"], kept["id"]]
    assert listed(helpdesk, trashed="false") == [kept["id"]]
    assert helpdesk.call("GET", "/api/tickets", params={"trashed": "perhaps"}).status_code == 400
    helpdesk.put(f"/tickets/{trashed['id']}", {"trashed_datetime": None})
    assert len(listed(helpdesk, trashed="false")) == 2


def test_a_customers_tickets_come_in_the_order_they_changed(helpdesk) -> None:
    first, second = helpdesk.ticket(), helpdesk.ticket()
    helpdesk.ticket(email="other@customers.example")
    helpdesk.note(first["id"])
    query = {"customer_id": first["customer"]["id"], "order_by": "updated_datetime:desc", "trashed": "false"}
    assert listed(helpdesk, **query) == [first["id"], second["id"]]


def test_the_search_reads_subjects_messages_notes_and_customers(helpdesk) -> None:
    by_subject = opened(helpdesk, customer={"email": "zoe@customers.example"})["id"]
    by_body = helpdesk.ticket("Is #nl10423 on its way?")["id"]
    by_note = helpdesk.ticket(email="bob@customers.example")["id"]
    helpdesk.note(by_note, body_text="same as NL10423")
    assert found(helpdesk, "NL10423") == found(helpdesk, "#nl10423") == {by_subject, by_body, by_note}
    assert found(helpdesk, "Ria de Vries") == {by_body, by_note}
    assert found(helpdesk, "bob@customers.example") == {by_note}
    assert found(helpdesk, "NL1042") == {by_subject, by_body, by_note}
    assert found(helpdesk, "NL99999") == set()


def test_the_search_finds_tickets_of_every_status_but_not_the_trash(helpdesk) -> None:
    made = [helpdesk.ticket("NL10423", **fields) for fields in ({}, {"status": "closed"}, {"spam": True})]
    trashed = helpdesk.ticket("NL10423", trashed_datetime=TRASHED)
    assert [(each["status"], each["spam"]) for each in made] == [("open", False), ("closed", False), ("open", True)]
    assert found(helpdesk, "NL10423") == {each["id"] for each in made}
    assert trashed["trashed_datetime"] == TRASHED


@pytest.mark.parametrize("name", ["a picture #1 of 2?.jpg", "李伟.jpg", "up/../and down.jpg"])
def test_a_file_of_any_name_can_be_fetched(helpdesk, name) -> None:
    files = {"file": (name, b"\xff\xd8dog", "image/jpeg")}
    (file,) = helpdesk.call("POST", "/api/upload?type=attachment", files=files).json()
    assert requests.get(file["url"], timeout=5).content == b"\xff\xd8dog"
    attachment = {**{key: file[key] for key in ("url", "name", "content_type")}, "public": False}
    ticket = opened(helpdesk, messages=[{**NOTE, "body_text": "see", "attachments": [attachment]}])
    assert ticket["messages"][0]["attachments"] == [attachment]


def test_the_label_of_a_file_is_its_fields_name_when_that_looks_like_one(helpdesk) -> None:
    files = [
        ("package-damaged.png", ("x.png", b"one", "image/png")),
        ("file", ("y.png", b"three", "image/png")),
    ]
    kept = helpdesk.call("POST", "/api/upload", files=files).json()
    assert [(file["name"], file["size"]) for file in kept] == [("package-damaged.png", "3"), ("y.png", "5")]
