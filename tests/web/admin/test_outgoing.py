"""Outgoing messages on the admin side: found, told in words, sent again, given up."""

from __future__ import annotations

import html
import re

import pytest

from tests import factories
from tests.web.visitors import FROM_OUR_PAGE, counted_queries
from widget import history, outbox
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.outbox import Message, State, accounts

LIST = "/admin/outgoing"
REFUSED = "Gorgias refused it (400): No."


def add(app, state=State.PARKED, *, kind="gorgias.note", text="hello", ticket=9001, line="P-1", payload=None):
    """A message in that state; its id."""
    with app.app_context():
        made = outbox.enqueue(
            kind,
            lane=f"gorgias:1:{ticket}",
            account="gorgias:1",
            payload=payload or {"ticket_id": ticket, "message": {"body_text": text}, "parts": {"line": line}},
            external_id=outbox.new_external_id(),
        )
        made.state, made.attempts = state, 1
        made.reason = REFUSED if state == State.PARKED else ""
        made.done_at = utcnow() if state == State.SENT else None
        db.session.commit()
        return made.id


def get(client, **query):
    return html.unescape(client.get(LIST, query_string=query).text)


def press(client, path, **form):
    return client.post(f"{LIST}/{path}", data=form, headers=FROM_OUR_PAGE)


def listed(page):
    return [int(number) for number in re.findall(r'<li id="m-(\d+)"', page)]


def state(app, number):
    with app.app_context():
        message = outbox.get_message(number)
        return message.state, message.reason


def test_each_state_has_its_list_newest_first(app, eva):
    ids = {state: [add(app, state) for _ in range(2)] for state in State}
    assert listed(get(eva)) == ids[State.PARKED][::-1]
    assert listed(get(eva, state="waiting")) == [*ids[State.SENDING][::-1], *ids[State.QUEUED][::-1]]
    assert listed(get(eva, state="checked")) == ids[State.UNKNOWN][::-1]
    assert listed(get(eva, state="sent")) == ids[State.SENT][::-1]
    assert listed(get(eva, state="given_up")) == ids[State.GIVEN_UP][::-1]
    assert listed(get(eva, state="nonsense", before="x")) == ids[State.PARKED][::-1]
    page = get(eva)
    for words in (REFUSED, "Ticket 9001", ">P-1</a>", "1 attempt", "hello", 'Waiting <span class="count">4</span>'):
        assert words in page


@pytest.mark.only_on("sqlite")
def test_every_kind_is_told_in_words_and_nothing_typed_is_executed(app, eva):
    add(app, text="<script>alert(1)</script> =HYPERLINK(1)\n" + "long text " * 60)
    for kind, payload in {
        "gorgias.tags": {"ticket_id": 1, "add": ["waiting-for-cs"], "remove": ["photo-issue"]},
        "gorgias.upload": {"picture": {"name": "李伟 #1.jpg"}, "for": "sd-1"},
        "gorgias.find_ticket": {"order_id": 1, "order_name": "NL10423", "customer_ids": []},
        "gorgias.ticket": {"order_id": 1, "ticket": {"subject": "NL1: Sold out"}, "message": {"body_text": "Hi"}},
        "slack.post": {"text": "x"},
    }.items():
        add(app, kind=kind, ticket="order-1", payload=payload)
    raw = eva.get(LIST).text
    assert "<script>alert" not in raw
    assert '<details class="text"><summary>&lt;script&gt;' in raw
    page = html.unescape(raw)
    for words in (
        *("<b>Note</b>", "<b>Tags</b>", "+ waiting-for-cs\n− photo-issue", "<b>Picture</b>", "李伟 #1.jpg"),
        *("<b>Search for the order's ticket</b>", "NL10423", "<b>New ticket</b>", "NL1: Sold out\n\nHi"),
        "slack.post",
    ):
        assert words in page


def test_messages_are_found_by_order_line_and_ticket(app, eva):
    with app.app_context():
        factories.ticket(1, 9001, 501, OrderName(1, "NL10423"))
        line = factories.line(1, "NL10423").reference
        db.session.query(Message).delete()
        db.session.commit()
    first, second = add(app, line=line), add(app, line="P-999")
    elsewhere = add(app, ticket=9002, line="")
    assert listed(get(eva, q="nl10423")) == [second, first]
    assert listed(get(eva, q=line)) == [first]
    assert listed(get(eva, q="9002")) == [elsewhere]
    assert "Nothing here about “NL99999”" in get(eva, q="NL99999")


def test_a_parked_message_is_sent_again(app, eva):
    number = add(app)
    done = press(eva, f"{number}/retry", state="parked", q="9001")
    assert done.headers["Location"] == f"{LIST}?state=parked&q=9001&saved=retry"
    assert "goes out with the worker's next round" in html.unescape(eva.get(done.headers["Location"]).text)
    assert state(app, number) == (State.QUEUED, "")
    again = press(eva, f"{number}/retry")
    assert again.status_code == 409
    assert "there is nothing to send again" in again.text
    assert press(eva, "777/retry").status_code == 404


def test_giving_up_asks_why_and_says_who(app, eva):
    number, other = add(app), add(app)
    nothing = press(eva, f"{number}/give-up", reason="   ")
    assert nothing.status_code == 422
    assert "Say why it is not to be sent." in nothing.text
    long = press(eva, f"{number}/give-up", reason="x" * 501)
    assert long.status_code == 422
    assert f'value="{"x" * 501}"' in long.text
    assert state(app, number)[0] == State.PARKED
    assert press(eva, f"{number}/give-up", reason="told by <b>phone</b>").status_code == 303
    assert press(eva, f"{number}/give-up", reason="again").status_code == 409
    assert press(eva, "777/give-up", reason="x").status_code == 404
    assert listed(get(eva)) == [other]
    page = get(eva, state="given_up")
    assert "Given up by Eva: told by <b>phone</b>" in page
    assert "<b>phone" not in eva.get(LIST, query_string={"state": "given_up"}).text
    with app.app_context():
        (change,) = history.of("message", number)
        assert (change.field, change.old, change.new) == ("given_up", REFUSED, "told by <b>phone</b>")
    assert press(eva, f"{number}/retry", state="given_up").status_code == 303
    assert state(app, number)[0] == State.QUEUED


def test_all_parked_of_a_helpdesk_go_out_again(app, eva):
    parked = [add(app, ticket=9001 + number % 2) for number in range(3)]
    assert "Retry all of main" in get(eva)
    done = press(eva, "retry", helpdesk=1)
    assert "3 messages go out again." in html.unescape(eva.get(done.headers["Location"]).text)
    assert {state(app, number)[0] for number in parked} == {State.QUEUED}
    assert "There is nothing that was not sent" in get(eva)
    assert press(eva, "retry", helpdesk=77).status_code == 404
    assert press(eva, "retry", helpdesk="all").status_code == 422


@pytest.mark.only_on("sqlite")
def test_what_its_account_holds_up_says_why_in_words(app, eva):
    add(app, State.QUEUED)
    with app.app_context():
        reason = "Gorgias does not accept our e-mail and API key (401). Store it with: flask helpdesk add."
        accounts.open_breaker(accounts.lock("gorgias:1"), reason, utcnow(), 60)
        db.session.commit()
    page = get(eva, state="waiting")
    assert "Gorgias does not accept our e-mail address and API key." in page
    assert "flask" not in page


@pytest.mark.only_on("sqlite")
def test_the_list_goes_on_page_by_page_with_as_many_queries(app, eva):
    def queries():
        with counted_queries(app) as statements:
            page = get(eva)
        return len(statements), page

    add(app)
    few, _page = queries()
    ids = [add(app, ticket=9001 + number) for number in range(60)]
    many, page = queries()
    assert many == few
    first = listed(page)
    assert first == ids[:-51:-1]
    assert listed(get(eva, before=first[-1])) == [*ids[9::-1], 1]
    assert f"before={first[-1]}" in page
