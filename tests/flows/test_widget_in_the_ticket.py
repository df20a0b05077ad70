"""The main job, end to end: a customer writes, an agent presses, the note tags the supplier, the widget follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.live import LI, Live
from tests.processes import wait_until


def test_reporting_commenting_and_informing_go_all_the_way(live: Live) -> None:
    worker = live.start_worker()
    ticket = live.write("Question about NL10423")
    assert "Nothing open for NL10423" in live.shown(ticket)

    pressed = live.press(ticket, "Report a problem", **{"Problem type": "Item sold out", "Problem": "No canvas left"})
    assert pressed["status"] == "success", pressed
    notes = wait_until(lambda: live.notes(ticket))
    assert "@Li Wei" in notes[0]["body_text"]
    assert "No canvas left" in notes[0]["body_text"]
    assert notes[0]["sender"]["email"] == "anna@brushwood.example"
    assert live.api("users?email=" + LI)["data"][0]["id"] in notes[0]["mention_ids"]
    wait_until(lambda: live.tags(ticket) == {"supplier-problem", "waiting-for-supplier"})

    live.settled()
    assert "1 open: waits for the supplier" in live.shown(ticket)
    assert live.press(ticket, "Customer informed", "P-1")["status"] == "success"
    live.press(ticket, "Comment to supplier", "P-1", **{"Comment for the supplier": "He waits"})
    assert live.press(ticket, "Save address", "P-1", **{"Delivery address": "Damrak 1"})["status"] == "success"
    wait_until(lambda: "Damrak 1" in live.notes(ticket)[-1]["body_text"])
    live.settled()
    for words in ("He waits", "Damrak 1"):
        assert words in live.shown(ticket)
    assert worker.stop() == 0


def test_a_refund_is_requested_beside_the_ticket_and_shows_where_it_stands(live: Live) -> None:
    ticket = live.write("Where is NL10377?")
    (button,) = (each for each in next(live.cards(ticket))["buttons"] if each["label"] == "Request refund")
    asked = {each["label"]: each for each in button["parameters"]}
    assert asked["Order number"]["value"] == "NL10377"
    assert asked["The customer asked for a refund himself"]["value"] == "No"
    assert "Lost parcel" in asked["Reason"]["options"]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    typed = {
        "Reason": "Lost parcel",
        "Issue": "lost near Venlo",
        "Day of the issue": yesterday,
        "Amount": "39,00 €",
        "Reshipment offered on": yesterday,
    }
    too_early = live.press(ticket, "Request refund", **typed)
    assert too_early["status"] == "error"
    assert "asked for the refund himself" in too_early["msg"]
    assert live.notes(ticket) == []

    typed["The customer asked for a refund himself"] = "Yes"
    assert live.press(ticket, "Request refund", **typed)["status"] == "success"
    assert live.deliver()["parked"] == 0
    (note,) = live.notes(ticket)
    assert note["public"] is False
    assert note["mention_ids"] == []
    assert "Confirm R-1 39.00 EUR" in note["body_text"]
    live.settled()
    shown = live.shown(ticket)
    for words in ("1 refund claim: waiting for confirmation.", "NL10377 · Refund: 39.00 EUR", "lost near Venlo"):
        assert words in shown
    (card,) = (each for each in live.cards(ticket) if "Refund: " in each["title"])
    assert card["buttons"] == []
    assert card["links"] == [{"label": "Open", "url": f"{live.url}/claims/R-1"}]


def test_our_own_notes_and_tags_call_the_integration_without_any_further_work(live: Live) -> None:
    ticket = live.write("NL10423")
    live.press(ticket, "Report a problem", **{"Problem type": "Other", "Problem": "x"})
    assert live.deliver() == {"sent": 2, "waiting": 0, "parked": 0}
    live.settled()
    log = live.control(f"integrations/{live.integration_id}/log", "GET")
    assert len(log["data"]) >= 4
    assert {call["status_code"] for call in log["data"]} == {200}
    assert live.deliver() == {"sent": 0, "waiting": 0, "parked": 0}
    assert len(live.notes(ticket)) == 1


@pytest.mark.only_on("sqlite")
def test_template_shows_its_buttons_where_gorgias_shows_buttons(live: Live) -> None:
    ticket = live.write("NL10423")
    live.press(ticket, "Report a problem", **{"Problem type": "Other", "Problem": "x"})
    live.press(ticket, "Report a photo issue", **{"Problem type": "Wrong crop", "Problem": "y"})
    live.deliver()
    live.settled()
    summary, problem, photo = live.cards(ticket)
    labels = [[button["label"] for button in card["buttons"]] for card in (summary, problem, photo)]
    assert labels == [
        ["Report a problem", "Report a photo issue", "Request refund", "Link order"],
        ["Customer informed", "Comment to supplier", "Save address"],
        ["Customer informed", "Comment to supplier"],
    ]
    assert [link["label"] for link in problem["links"]] == ["Open"]
    assert problem["links"][0]["url"] == f"{live.url}/lines/P-1"
    typed = {parameter["label"]: parameter for parameter in summary["buttons"][0]["parameters"]}
    assert typed["Problem type"]["options"] == [
        "Address incomplete",
        "Address wrong",
        "Item sold out",
        "Shipping problem",
        "Other",
    ]
    assert typed["Order number"]["value"] == "NL10423"
    assert summary["buttons"][0]["opens_dialog"] is True
    assert problem["buttons"][0]["opens_dialog"] is False
    assert "P-1" in live.shown(ticket)


@pytest.mark.only_on("sqlite")
def test_installing_twice_makes_no_second_copy_and_the_check_says_all_is_well(live: Live) -> None:
    assert live.flask("helpdesk", "install", "main") == live.installed
    assert len(live.api("integrations?type=http")["data"]) == 1
    assert len(live.api("widgets")["data"]) == 1
    checked = live.flask("helpdesk", "check", "main")
    assert [item["check"] for item in checked["items"]] == ["key", "integration", "widget", "supplier", "address"]
    assert checked["ok"] is True
    live.api(f"widgets/{live.installed['widgets'][0]}", "DELETE")
    assert "No widget in Gorgias" in live.refusal("helpdesk", "check", "main")
    again = live.flask("helpdesk", "install", "main")
    assert again["integrations"] == live.installed["integrations"]
    assert len(live.api("widgets")["data"]) == 1


@pytest.mark.only_on("sqlite")
def test_an_integration_that_was_switched_off_comes_back_with_install(live: Live) -> None:
    live.api(
        f"integrations/{live.integration_id}",
        "PUT",
        name="Supplier Desk",
        deactivated_datetime="2026-11-01T00:00:00",
        http={"url": live.url + "/gorgias/1/widget"},
    )
    assert "switched the integration off" in live.refusal("helpdesk", "check", "main")
    live.flask("helpdesk", "install", "main")
    assert live.flask("helpdesk", "check", "main")["ok"] is True


@pytest.mark.only_on("sqlite")
def test_a_public_url_nobody_reaches_is_told_in_one_line(live: Live) -> None:
    live.service.stop()
    assert "does not answer" in live.refusal("helpdesk", "check", "main")


@pytest.mark.only_on("sqlite")
def test_refusals_reach_the_agent_in_words(live: Live) -> None:
    ticket = live.write("NL10423")
    pressed = live.press(ticket, "Link order", **{"Order number": "hello"})
    assert pressed["status"] == "error"
    assert "is not an order number of NL" in pressed["msg"]
    stranger = live.control("users", email="new@brushwood.example", name="New")
    assert stranger["id"]
    pressed = live.press(ticket, "Link order", user="new@brushwood.example", **{"Order number": "NL10999"})
    assert "not a user of this helpdesk" in pressed["msg"]
