"""Refund claims over real processes: from the button beside the ticket to the credit, and never without a written word.

At no point is a message of the ticket public that we wrote, or sent to the customer.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.live import ANNA, BEN, LI, Live
from tests.processes import wait_until
from tests.workshop import Visitor, Workshop

NATALIE, KATJA = "natalie@brushwood.example", "katja@brushwood.example"
LINE = "Confirm R-1 39.00 EUR"
ORDER = "NL10377"


class Desk:
    """An agent, two approvers and a ticket about the order, in one running installation."""

    def __init__(self, live: Live) -> None:
        self.live = live
        for email, name in ((NATALIE, "Natalie Roth"), (KATJA, "Katja Brandt")):
            live.control("users", email=email, name=name, role="admin")
        # Copies the helpdesk's users.
        live.flask("helpdesk", "install", "main")
        self.ticket = live.write(f"Where is {ORDER}?")
        self.anna = self._signed_in(ANNA, "Anna Visser", "agent")
        self.natalie = self._signed_in(NATALIE, "Natalie Roth", "approver")
        self.katja = self._signed_in(KATJA, "Katja Brandt", "approver")

    def _signed_in(self, email: str, name: str, role: str) -> Visitor:
        return Visitor(self.live.url, self.live.flask("person", "add", email, "--name", name, "--role", role)["link"])

    def request(self, *, user: str = ANNA, **changed: str) -> None:
        """Press Request refund."""
        yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
        typed = {
            "Reason": "Lost parcel",
            "Issue": "lost near Venlo",
            "Day of the issue": yesterday,
            "Amount": "39,00 €",
            "Reshipment offered on": yesterday,
            "The customer asked for a refund himself": "Yes",
        }
        pressed = self.live.press(self.ticket, "Request refund", user=user, **{**typed, **changed})
        assert pressed["status"] == "success", pressed

    def page(self, reference: str = "R-1") -> str:
        """What an agent reads on the claim's page."""
        return told(self.anna.page(f"/claims/{reference}"))

    def act(self, who: Visitor, name: str, reference: str = "R-1", **fields: str) -> str:
        """Press a button on the claim's page, and what the page says then."""
        version = version_on(who.page(f"/claims/{reference}"))
        answer = who.post(f"/claims/{reference}/{name}", {"version": version, **fields})
        assert answer.status_code == 200, answer.text
        return told(answer.text)

    def write(self, email: str, text: str, role: str = "note") -> None:
        """Somebody writes in the helpdesk's own editor."""
        form = {"agent": email, "role": role, "body_text": text}
        url = f"{self.live.sandbox.url}/app/ticket/{self.ticket}/messages"
        assert requests.post(url, data=form, timeout=10).status_code == 201

    def look(self, reference: str = "R-1") -> str:
        """Point at the ticket; the claim's page once the worker has read it."""
        self.act(self.anna, "point", reference)
        return wait_until(lambda: self._read(reference))

    def _read(self, reference: str) -> str:
        page = self.page(reference)
        return "" if "The ticket is being read, as" in page else page

    def texts(self) -> list[str]:
        """Our own notes in the ticket, oldest first."""
        return [note["body_text"] for note in self.live.notes(self.ticket) if note["via"] == "api"]


@pytest.fixture
def desk(live: Live) -> Desk:
    return Desk(live)


def told(page: str) -> str:
    """A page's words without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def version_on(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return found[1]


def refunds_shown(live: Live, ticket: int) -> str:
    live.settled()
    return "\n".join(
        f"{card['title']} {field['text']}"
        for card in live.cards(ticket)
        if "Refund: " in card["title"]
        for field in card["children"]
    )


def answer(workshop: Workshop, name: str, **fields: str) -> None:
    """The supplier presses a button of the claim on his page."""
    version = version_on(workshop.page("/supplier/claims/R-1"))
    sent = workshop.post(f"/supplier/claims/R-1/{name}", {"version": version, **fields})
    assert sent.status_code == 200, sent.text


def waiting(live: Live) -> list[dict[str, Any]]:
    return [item for item in live.flask("outbox", "list")["items"] if item["state"] != "sent"]


def nothing_reached_the_customer(live: Live, ticket: int) -> None:
    """Of the ticket's messages only the customer's own is public; ours have no receiver."""
    own, *ours = live.api(f"tickets/{ticket}")["messages"]
    assert own["from_agent"] is False
    assert {(each["channel"], each["public"], each["receiver"]) for each in ours} == {("internal-note", False, None)}


def test_a_claim_goes_all_the_way_from_the_ticket_to_the_credit(live: Live, desk: Desk) -> None:
    workshop, ticket = Workshop(live), desk.ticket
    live.start_worker()
    desk.request()
    wait_until(lambda: len(desk.texts()) == 1)
    assert "waiting for confirmation" in refunds_shown(live, ticket)
    assert "R-1" not in workshop.page("/supplier?board=refunds")

    assert "lost near Venlo" in desk.natalie.page("/claims/approvals")
    assert "R-1 is confirmed and filed." in desk.act(
        desk.natalie, "confirm", words="I have seen the tracking.", then="file", back="approvals"
    )
    wait_until(lambda: "filed the claim with Dafen Art" in desk.texts()[-1])
    assert "filed, waiting for the supplier" in refunds_shown(live, ticket)

    answer(workshop, "accept-partly", amount="20", words="我们只付一半")
    desk.act(desk.anna, "insist", words="It was lost on your side of the border.")
    answer(workshop, "accept")
    answer(workshop, "credit", amount="39", invoice="DA-1", day=datetime.now(UTC).date().isoformat())
    assert "closed" in desk.act(desk.anna, "close")

    wait_until(lambda: "closed the claim" in desk.texts()[-1])
    wait_until(lambda: not waiting(live))
    steps = (
        "Anna Visser asks for money back",
        "Natalie Roth confirmed the claim in writing:",
        "filed the claim with Dafen Art",
        "accepts 20.00 EUR of 39.00 EUR",
        "asks the supplier again",
        "accepts 39.00 EUR.",
        "credited on invoice DA-1, nothing open any more",
        "Anna Visser closed the claim.",
    )
    together = "\n".join(desk.texts())
    places = [together.index(step) for step in steps]
    assert places == sorted(places)
    assert [together.count(step) for step in steps] == [1] * len(steps)
    li = live.api("users?email=" + LI)["data"][0]["id"]
    tagged = [li in note["mention_ids"] for note in live.notes(ticket)]
    first_to_tag = next(number for number, text in enumerate(desk.texts()) if steps[2] in text)
    assert tagged.index(True) == first_to_tag
    assert refunds_shown(live, ticket) == ""
    nothing_reached_the_customer(live, ticket)


def test_only_an_approvers_own_note_about_the_claim_as_it_is_confirms_it(live: Live, desk: Desk) -> None:
    live.start_worker()
    desk.request()
    wait_until(lambda: len(desk.texts()) == 1)

    # Neither ours, which quotes the line, nor the customer's, nor one that came through the API in her name.
    desk.write(ANNA, LINE, role="customer")
    natalie = live.api("users?email=" + NATALIE)["data"][0]["id"]
    live.api(
        f"tickets/{desk.ticket}/messages", "POST",
        channel="internal-note", via="api", from_agent=True, public=False, sender={"id": natalie}, body_text=LINE,
    )  # fmt: skip
    assert f"Ticket {desk.ticket} has no internal note with the line “{LINE}”." in desk.look()

    for email, text, why in (
        (BEN, LINE, "not written by anybody we know as an approver"),
        (ANNA, LINE, "Only an approver may do this."),
        (NATALIE, "Confirm R-1 93.00 EUR", "confirms “93.00 EUR”, and the claim is about 39.00 EUR."),
        (NATALIE, "Confirm R-1 39.00", "confirms “39.00”, and the claim is about 39.00 EUR."),
    ):
        desk.write(email, text)
        assert why in desk.look()
        assert "waiting for confirmation" in desk.page()

    # What she wrote was about the claim as it was.
    desk.write(NATALIE, LINE)
    changed = {
        "reason": "lost", "issue": "lost near Eindhoven", "amount": "39", "customer_asked": "yes",
        "day": "2026-01-02", "reshipment_offered_on": "2026-01-03",
    }  # fmt: skip
    desk.act(desk.anna, "change", **changed)
    assert "The note was written before the claim was requested as it is now" in desk.look()
    assert "waiting for confirmation" in desk.page()

    desk.write(NATALIE, f"Fine, Eindhoven then.\n{LINE}")
    confirmed = desk.look()
    assert "confirmed, not filed yet" in confirmed
    assert "Fine, Eindhoven then." in confirmed
    assert f"Ticket {desk.ticket}" in confirmed.partition("Written confirmation")[2].partition("What happened")[0]
    told = "Natalie Roth confirmed the claim in writing here, as Anna Visser pointed out:"
    wait_until(lambda: told in desk.texts()[-1])

    # She asked for the next one herself; the other approver has to confirm it.
    desk.request(user=NATALIE, Issue="lost again")
    own = "Confirm R-2 39.00 EUR"
    desk.write(NATALIE, own)
    assert "Natalie Roth asked for this claim or changed it, so somebody else has to confirm it." in desk.look("R-2")
    desk.write(KATJA, own)
    assert "confirmed, not filed yet" in desk.look("R-2")


def test_a_worker_that_is_killed_confirms_and_tells_once(live: Live, desk: Desk) -> None:
    desk.request()
    desk.write(KATJA, LINE)
    desk.act(desk.anna, "point")
    live.control("faults", faults=[{"kind": "slow", "scope": "all", "seconds": 1.5}])
    before = live.control("calls", "GET")["last"]
    worker = live.start_worker()

    def both_are_under_way() -> bool:
        calls = live.control(f"calls?since={before}", "GET")["calls"]
        return {"GET", "POST"} <= {call["method"] for call in calls if "/messages" in call["path"]}

    wait_until(both_are_under_way)
    worker.kill()
    live.control("faults", faults=[])
    live.start_worker()
    wait_until(lambda: "confirmed, not filed yet" in desk.page())
    desk.act(desk.natalie, "file")
    wait_until(lambda: not waiting(live))
    together = "\n".join(desk.texts())
    for words in (
        "asks for money back",
        "Katja Brandt confirmed the claim in writing here, as Anna",
        "filed the claim with",
    ):
        assert together.count(words) == 1
    nothing_reached_the_customer(live, desk.ticket)


@pytest.mark.only_on("sqlite")
def test_an_outage_keeps_the_look_waiting_and_it_succeeds_later(live: Live, desk: Desk) -> None:
    desk.request()
    live.deliver()
    desk.write(NATALIE, LINE)
    live.control("faults", faults=[{"kind": "error_before", "scope": "all"}])
    desk.act(desk.anna, "point")
    live.start_worker()
    (look,) = wait_until(lambda: [item for item in waiting(live) if item["reason"]])
    assert look["kind"] == "gorgias.read_notes"
    assert "The ticket is being read, as Anna Visser asked" in desk.page()
    refused = desk.anna.post("/claims/R-1/point", {"version": version_on(desk.anna.page("/claims/R-1"))})
    assert refused.status_code == 409
    live.control("faults", faults=[])
    wait_until(lambda: "confirmed, not filed yet" in desk.page())
