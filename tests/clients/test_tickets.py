"""Finding, reading, opening and trashing tickets: each request as it is sent, each answer as it is understood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.worker.wire import KEY, Fault, error
from widget.clients.gorgias import LONGEST_TEXT, FoundTicket, Gorgias
from widget.errors import Outcome, ServiceError

MESSAGE = {"channel": "email", "via": "email", "from_agent": False, "body_text": "Where is NL10423?"}
NOTE = {"channel": "internal-note", "via": "api", "from_agent": True, "public": False, "body_text": "NL10999"}
ITEM: dict[str, Any] = {
    "id": 9001,
    "customer": {"id": 701, "email": "ria@customers.example"},
    "subject": "My painting",
    "status": "open",
    "spam": False,
    "trashed_datetime": None,
    "updated_datetime": "2026-11-22T07:10:00.123456",
    "channel": "email",
}
TICKET = FoundTicket(9001, 701, "My painting", True, datetime(2026, 11, 22, 7, 10, 0, 123456, UTC), "email")
NEW = {"via": "api", "channel": "api", "subject": "NL10423", "customer": {"id": 701}, "messages": [NOTE, MESSAGE]}


def page(*items: Any, **meta: Any) -> Fault:
    return Fault(200, {"data": list(items), "meta": meta})


def search(gorgias: Gorgias) -> list[FoundTicket]:
    return gorgias.search_tickets("NL10423")


def list_them(gorgias: Gorgias) -> list[FoundTicket]:
    return gorgias.tickets_of_customer(701)


BOTH_LISTS = pytest.mark.parametrize(("use", "method"), [(search, "PUT"), (list_them, "GET")])


def test_the_search_is_that_of_the_helpdesk(fake, gorgias):
    fake.fail("PUT", "views", page(ITEM, next_cursor="x"))
    assert gorgias.search_tickets("#NL10423", limit=5) == [TICKET]
    [call] = fake.calls
    assert (call.method, call.path, call.query) == ("PUT", "/api/views/0/items", {"limit": "5"})
    assert call.body == {"view": {"type": "ticket-list", "search": "#NL10423", "filters": ""}}


def test_the_search_may_answer_with_a_bare_list(fake, gorgias):
    fake.fail("PUT", "views", Fault(202, [ITEM]))
    assert search(gorgias) == [TICKET]


def test_a_customers_tickets_are_one_page_of_the_list_newest_first(fake, gorgias):
    fake.fail("GET", "tickets", page(ITEM, next_cursor="x"))
    assert gorgias.tickets_of_customer(701, limit=7) == [TICKET]
    [call] = fake.calls
    assert call.path == "/api/tickets"
    assert call.query == {
        "customer_id": "701",
        "order_by": "updated_datetime:desc",
        "trashed": "false",
        "limit": "7",
    }


def test_tickets_of_other_customers_are_never_believed(fake, gorgias):
    others: list[Any] = [{"id": 702}, {"id": None}, None, 701, {}]
    fake.fail("GET", "tickets", page(ITEM, *({**ITEM, "customer": other} for other in others)))
    assert list_them(gorgias) == [TICKET]


@BOTH_LISTS
def test_numbers_may_come_as_strings_and_what_has_none_is_left_out(fake, gorgias, use, method):
    useless = ({**ITEM, "id": wrong} for wrong in (None, "", "x", 0, -1, True, 1.5, [9001]))
    fake.fail(method, "/api/", page({**ITEM, "id": "9001", "customer": {"id": "701"}}, *useless, None, "9001", {}))
    assert use(gorgias) == [TICKET]


@pytest.mark.parametrize(
    ("changed", "is_open"),
    [
        ({}, True),
        ({"status": "closed"}, False),
        ({"status": None}, False),
        ({"spam": True}, False),
        ({"trashed_datetime": "2026-11-22T07:10:00"}, False),
    ],
)
def test_open_is_what_is_neither_closed_nor_spam_nor_trash(fake, gorgias, changed, is_open):
    fake.fail("PUT", "views", page({**ITEM, **changed}))
    assert [ticket.is_open for ticket in search(gorgias)] == [is_open]


def test_a_ticket_may_say_nothing_but_its_id(fake, gorgias):
    fake.fail("PUT", "views", page({"id": 9001}, {**dict.fromkeys(ITEM), "id": 9002}))
    assert search(gorgias) == [FoundTicket(number, 0, "", False, None, "") for number in (9001, 9002)]


@BOTH_LISTS
@pytest.mark.parametrize("body", ["<html>", {}, {"data": None}, {"data": {}}, '{"data": [', "", 7])
def test_a_list_that_is_none_is_no_answer(fake, gorgias, use, method, body):
    fake.fail(method, "/api/", Fault(200, body))
    with pytest.raises(ServiceError) as caught:
        use(gorgias)
    assert caught.value.outcome is Outcome.UNKNOWN


def read(fake: Any, gorgias: Gorgias, **changed: Any) -> Any:
    fake.fail("GET", "tickets/9001", Fault(200, {**ITEM, **changed}))
    return gorgias.read_ticket(9001)


def test_a_ticket_is_read_with_what_people_wrote(fake, gorgias):
    ticket = read(fake, gorgias, messages=[MESSAGE, NOTE, {**MESSAGE, "from_agent": True, "body_text": "Dear Ria"}])
    assert [(call.method, call.path, call.query) for call in fake.calls] == [("GET", "/api/tickets/9001", {})]
    assert ticket.texts == ("My painting", "Where is NL10423?", "Dear Ria")
    assert (ticket.id, ticket.customer_id, ticket.is_open, ticket.channel) == (9001, 701, True, "email")
    assert ticket.updated_at == TICKET.updated_at


def test_what_people_wrote_does_not_show_where_a_ticket_is_printed(fake, gorgias):
    assert "Where is" not in repr(read(fake, gorgias, messages=[MESSAGE]))


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        ({"body_text": "a", "stripped_text": "b", "body_html": "c"}, "a"),
        ({"body_text": " \n", "stripped_text": "b", "body_html": "c"}, "b"),
        ({"body_text": None, "stripped_text": None, "body_html": "<p>x &amp; y</p>"}, "x & y"),
        ({"body_html": "<td>NL10423</td><td>5</td>"}, "NL10423  5"),
        ({"body_html": '<a href="https://shop.example/?a=1">NL<wbr>'}, "NL"),
        ({"body_text": 7, "body_html": "NL10423"}, "NL10423"),
        ({"body_text": "x" * 60_000}, "x" * LONGEST_TEXT),
        ({"body_html": "<" * 400_000}, "<" * LONGEST_TEXT),
    ],
)
def test_the_text_of_a_message_is_the_best_there_is(fake, gorgias, bodies, text):
    ticket = read(fake, gorgias, subject=None, messages=[{"channel": "email", **bodies}])
    assert [said.strip() for said in ticket.texts] == [text]


@pytest.mark.parametrize(
    "messages",
    [None, {}, "x", [], [None, "x", 7], [{}], [NOTE], [{**NOTE, "channel": None, "via": "internal-note"}]],
)
def test_a_ticket_without_messages_still_has_a_subject(fake, gorgias, messages):
    assert read(fake, gorgias, messages=messages).texts == ("My painting",)


def test_a_merged_ticket_may_answer_as_the_one_it_is_now(fake, gorgias):
    assert read(fake, gorgias, id="9002").id == 9002


@pytest.mark.parametrize("body", [{}, {**ITEM, "id": None}, [ITEM], "<html>", ""])
def test_a_ticket_without_an_id_is_no_answer(fake, gorgias, body):
    fake.fail("GET", "tickets/9001", Fault(200, body))
    with pytest.raises(ServiceError) as caught:
        gorgias.read_ticket(9001)
    assert caught.value.outcome is Outcome.UNKNOWN


def test_a_ticket_is_opened_with_our_mark_on_it_and_on_its_first_message(fake, gorgias):
    fake.fail("POST", "/api/tickets", Fault(201, {**ITEM, "id": "9003"}))
    assert gorgias.open_ticket(NEW, "sd-1") == 9003
    [call] = fake.calls
    assert (call.method, call.path, call.query) == ("POST", "/api/tickets", {})
    assert call.body == {
        **NEW,
        "external_id": "sd-1",
        "messages": [{**NOTE, "external_id": "sd-1"}, MESSAGE],
    }
    assert "external_id" not in NOTE


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": "x"}, [ITEM], "<html>", '{"id": ', ""])
def test_a_ticket_that_opened_without_an_id_may_be_there_or_not(fake, gorgias, body):
    fake.fail("POST", "/api/tickets", Fault(201, body))
    with pytest.raises(ServiceError) as caught:
        gorgias.open_ticket(NEW, "sd-1")
    assert caught.value.outcome is Outcome.UNKNOWN


def test_our_tickets_are_found_lowest_first_over_all_pages(fake, gorgias):
    ours = {**ITEM, "external_id": "sd-1"}
    first = page({**ours, "id": 9005}, {**ours, "id": "9004"}, next_cursor="x")
    strangers: list[Any] = [{**ours, "external_id": other} for other in (None, "sd-11", "SD-1", 1, "")]
    trashed = {**ours, "id": 9001, "trashed_datetime": "2026-11-22T07:10:00"}
    fake.fail("GET", "tickets", first, page(*strangers, trashed, {**ours, "id": None}, {**ours, "id": 9003}))
    assert gorgias.find_tickets("sd-1") == [9003, 9004, 9005]
    query = {"external_id": "sd-1", "trashed": "false", "limit": "100"}
    assert [(call.path, call.query) for call in fake.calls] == [
        ("/api/tickets", query),
        ("/api/tickets", {**query, "cursor": "x"}),
    ]


def test_a_ticket_is_trashed_by_nothing_but_a_date(fake, gorgias):
    fake.fail("PUT", "tickets/9001", Fault(202, ITEM), Fault(202, None))
    gorgias.trash_ticket(9001)
    gorgias.trash_ticket(9001)
    [call, _] = fake.calls
    assert (call.path, set(call.body)) == ("/api/tickets/9001", {"trashed_datetime"})
    moment = datetime.fromisoformat(call.body["trashed_datetime"])
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60


def test_a_ticket_that_is_gone_needs_no_trashing(fake, gorgias):
    fake.fail("PUT", "tickets/9001", Fault(404, error("Resource not found.")))
    gorgias.trash_ticket(9001)
    assert fake.count("PUT", "tickets") == 1


CALLS: dict[str, tuple[str, Callable[[Gorgias], Any]]] = {
    "search": ("PUT", search),
    "list": ("GET", list_them),
    "read": ("GET", lambda gorgias: gorgias.read_ticket(9001)),
    "open": ("POST", lambda gorgias: gorgias.open_ticket(NEW, "sd-1")),
    "find": ("GET", lambda gorgias: gorgias.find_tickets("sd-1")),
    "trash": ("PUT", lambda gorgias: gorgias.trash_ticket(9001)),
}
FAULTS = [
    (Fault(400, error("Bad.", messages=["Missing data for required field."])), Outcome.NEVER),
    (Fault(401, error(f"Unauthorized: {KEY}")), Outcome.KEY_REFUSED),
    (Fault(404, error("Resource not found.")), Outcome.NEVER),
    (Fault(429, headers={"Retry-after": "12"}), Outcome.NOT_DONE),
    (Fault(500, error("Internal server error.")), Outcome.UNKNOWN),
    (Fault("drop"), Outcome.UNKNOWN),
    (Fault("hang"), Outcome.UNKNOWN),
]
FAILURES = [
    (call, fault, outcome) for call in CALLS for fault, outcome in FAULTS if (call, fault.answer) != ("trash", 404)
]


@pytest.mark.parametrize(("call", "fault", "outcome"), FAILURES)
def test_a_failure_says_what_is_known(fake, gorgias, call, fault, outcome):
    method, use = CALLS[call]
    fake.fail(method, "/api/", fault)
    with pytest.raises(ServiceError) as caught:
        use(gorgias)
    assert caught.value.outcome is outcome
    assert caught.value.retry_after == (12 if fault.answer == 429 else None)
    assert KEY not in caught.value.reason
    assert len(fake.calls) == 1
