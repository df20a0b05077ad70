"""A ticket with a picture from its opening to the trash, against the stand-in helpdesk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sandbox.desk import Options
from sandbox.server import running
from tests.sandbox.conftest import KEY, NOTE, Helpdesk
from widget.clients.gorgias import Gorgias
from widget.errors import Outcome, ServiceError


@pytest.fixture
def helpdesk() -> Iterator[Helpdesk]:
    with running(Options(calls=0)) as at:
        made = Helpdesk(at)
        yield made
        made.session.close()


def test_a_ticket_with_a_picture_is_opened_found_read_and_trashed(helpdesk):
    gorgias = Gorgias(helpdesk.url, *KEY)
    picture = gorgias.upload("李伟 #1.jpg", b"\xff\xd8dog", "image/jpeg")
    assert (picture["name"], picture["size"], picture["public"]) == ("李伟 #1.jpg", 5, False)
    assert requests.get(picture["url"], timeout=5).content == b"\xff\xd8dog"

    message = {**NOTE, "body_text": "sold out", "attachments": [picture]}
    customer = {"email": "ria@customers.example"}
    new = {"via": "api", "channel": "api", "subject": "NL10423", "customer": customer, "messages": [message]}
    tickets = [gorgias.open_ticket(new, "sd-1") for _ in range(2)]
    gorgias.open_ticket(new, "sd-11")
    assert gorgias.find_tickets("sd-1") == tickets

    ticket = gorgias.read_ticket(tickets[0])
    assert (ticket.subject, ticket.texts, ticket.is_open, ticket.channel) == ("NL10423", ("NL10423",), True, "api")
    assert len(gorgias.search_tickets("NL10423")) == len(gorgias.tickets_of_customer(ticket.customer_id)) == 3
    assert ticket.updated_at
    assert len(gorgias.find_note(tickets[0], "sd-1", ticket.updated_at)) == 1

    gorgias.trash_ticket(tickets[1])
    gorgias.trash_ticket(404404)
    assert gorgias.find_tickets("sd-1") == tickets[:1]
    assert len(gorgias.tickets_of_customer(ticket.customer_id)) == 2
    assert not gorgias.read_ticket(tickets[1]).is_open


@pytest.mark.parametrize(("kind", "opened"), [("lost", 1), ("error_after", 1), ("error_before", 0), ("html", 0)])
def test_whatever_happened_to_the_answer_a_look_tells(helpdesk, kind, opened):
    gorgias = Gorgias(helpdesk.url, *KEY)
    helpdesk.faults({"kind": kind, "scope": "tickets", "times": 1})
    with pytest.raises(ServiceError) as caught:
        gorgias.open_ticket({"via": "api", "messages": [{**NOTE, "body_text": "sold out"}]}, "sd-1")
    assert caught.value.outcome is Outcome.UNKNOWN
    assert len(gorgias.find_tickets("sd-1")) == opened
