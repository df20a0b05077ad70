"""Each request as it is sent, and each answer as it is understood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.worker.wire import Fault, error
from widget.clients.gorgias import PAGES_AT_MOST, Gorgias
from widget.db import utcnow
from widget.errors import Outcome, ServiceError

NOTE = {"channel": "internal-note", "via": "api", "from_agent": True, "public": False, "body_text": "hello"}
TICKET = 9001


def long_ago() -> datetime:
    return utcnow() - timedelta(minutes=10)


def test_a_note_is_posted_with_our_mark(fake, gorgias):
    number = gorgias.post_note(TICKET, NOTE, "sd-1")
    [call] = fake.calls
    assert (call.method, call.path) == ("POST", f"/api/tickets/{TICKET}/messages")
    assert call.body == {**NOTE, "external_id": "sd-1"}
    assert number == fake.messages[0]["id"]


def test_an_id_may_be_written_as_a_string(fake, gorgias):
    fake.fail("POST", "messages", Fault(201, {"id": "77"}))
    assert gorgias.post_note(TICKET, NOTE, "sd-1") == 77


def test_what_was_written_in_a_ticket_is_read_with_who_wrote_it_where(fake, gorgias):
    gorgias.post_note(TICKET, {**NOTE, "sender": {"id": 31}}, "sd-1")
    gorgias.post_note(9002, NOTE, "sd-2")
    gorgias.post_note(TICKET, {"channel": "email", "via": "email", "from_agent": False, "body_text": None}, "")
    second, first = gorgias.read_messages(TICKET, long_ago())
    assert (first.id, first.ticket_id, first.sender_id, first.text) == (1001, TICKET, 31, "hello")
    assert (first.channel, first.via, first.from_agent, first.public) == ("internal-note", "api", True, False)
    assert first.external_id == "sd-1"
    assert first.at is not None
    # What is not said is believed to be the worse: public, from nobody, and empty.
    assert (second.sender_id, second.public, second.from_agent, second.text) == (0, True, False, "")


def test_messages_of_another_ticket_are_left_out_whatever_the_filter_did(fake, gorgias):
    items = [{"id": 1, "ticket_id": 9002}, {"id": 2}, {"id": 3, "ticket_id": TICKET}, {"id": "x", "ticket_id": TICKET}]
    fake.fail("GET", "messages", Fault(200, {"data": items, "meta": {}}))
    assert [message.id for message in gorgias.read_messages(TICKET, long_ago())] == [3]


def test_our_note_is_found_among_others_lowest_first(fake, gorgias):
    for mark in ("sd-1", "sd-2", None, "sd-1"):
        gorgias.post_note(TICKET, NOTE, mark)
    gorgias.post_note(9002, NOTE, "sd-1")
    assert gorgias.find_note(TICKET, "sd-1", long_ago()) == [1001, 1004]
    [call] = fake.calls_of("GET", "messages")
    assert call.query == {"ticket_id": str(TICKET), "order_by": "created_datetime:desc", "limit": "100"}


def test_pages_are_read_until_they_are_too_old(fake, gorgias):
    fake.page_size = 2
    for number in range(10):
        gorgias.post_note(TICKET, NOTE, f"sd-{number}")
        fake.messages[-1]["created_datetime"] = (utcnow() - timedelta(minutes=50 - 5 * number)).isoformat()
    assert gorgias.find_note(TICKET, "sd-4", utcnow() - timedelta(minutes=33)) == [1005]
    assert fake.count("GET", "messages") == 4


def test_times_without_an_offset_are_utc(fake, gorgias):
    gorgias.post_note(TICKET, NOTE, "sd-1")
    fake.messages[0]["created_datetime"] = datetime.now(UTC).replace(tzinfo=None).isoformat()
    assert gorgias.find_note(TICKET, "sd-1", long_ago()) == [1001]


def test_messages_of_another_ticket_are_never_ours(fake, gorgias):
    row = {"id": 5, "ticket_id": 9002, "external_id": "sd-1", "created_datetime": utcnow().isoformat()}
    fake.fail("GET", "messages", Fault(200, {"data": [row], "meta": {}}))
    assert gorgias.find_note(TICKET, "sd-1", long_ago()) == []


def test_a_page_of_long_mails_is_read(fake, gorgias):
    gorgias.post_note(TICKET, NOTE, "sd-1")
    for _ in range(30):
        gorgias.post_note(TICKET, {**NOTE, "body_html": "x" * 100_000}, "another")
    assert gorgias.find_note(TICKET, "sd-1", long_ago()) == [1001]


@pytest.mark.parametrize("page", ["no", [], {"data": None}, {"data": [1, "2"], "meta": {"next_cursor": "1"}}])
def test_a_list_that_is_none_is_no_answer(fake, gorgias, page):
    fake.fail("GET", "messages", *[Fault(200, page)] * (PAGES_AT_MOST + 1))
    with pytest.raises(ServiceError) as caught:
        gorgias.find_note(TICKET, "sd-1", long_ago())
    assert caught.value.outcome is Outcome.UNKNOWN


def test_a_message_is_deleted_once_or_was_gone_already(fake, gorgias):
    gorgias.post_note(TICKET, NOTE, "sd-1")
    gorgias.delete_message(TICKET, 1001)
    gorgias.delete_message(TICKET, 1001)
    assert not fake.messages
    fake.fail("DELETE", "messages", Fault(500))
    with pytest.raises(ServiceError):
        gorgias.delete_message(TICKET, 1001)


def test_tags_are_added_and_removed_by_name(fake, gorgias):
    gorgias.add_tags(TICKET, ["sd: open", "vip"])
    gorgias.remove_tags(TICKET, ["vip"])
    assert [(call.method, call.path, call.body) for call in fake.calls] == [
        ("POST", f"/api/tickets/{TICKET}/tags", {"names": ["sd: open", "vip"]}),
        ("DELETE", f"/api/tickets/{TICKET}/tags", {"names": ["vip"]}),
    ]
    gorgias.remove_tags(TICKET, ["not there"])
    assert fake.tags[TICKET] == {"sd: open"}


def test_removing_tags_may_fail_for_other_reasons(fake, gorgias):
    fake.fail("DELETE", "tags", Fault(500))
    with pytest.raises(ServiceError):
        gorgias.remove_tags(TICKET, ["vip"])


def test_all_users_are_listed_over_several_pages(fake, gorgias):
    fake.page_size = 2
    fake.users += [
        {"id": 8, "email": "Li@dafen.example", "name": None, "active": False},
        {"id": 9, "email": None, "name": "Bot", "deactivated_datetime": "2026-01-01T00:00:00"},
        {"id": "10", "email": "ann@acme.example", "name": "Ann"},
        {"id": None, "email": "nobody@acme.example"},
    ]
    assert gorgias.list_users()[1:] == [
        {"gorgias_id": 8, "email": "Li@dafen.example", "name": "", "active": False},
        {"gorgias_id": 9, "email": "", "name": "Bot", "active": False},
        {"gorgias_id": 10, "email": "ann@acme.example", "name": "Ann", "active": True},
    ]
    assert fake.count("GET", "users") == 3


def test_the_keys_user_is_number_zero(fake, gorgias):
    assert gorgias.me()["id"] == 7
    assert fake.calls[0].path == "/api/users/0"


OBJECTS = [
    (lambda g: g.get_ticket(1), "GET", "/api/tickets/1", None),
    (lambda g: g.get_integration(1), "GET", "/api/integrations/1", None),
    (lambda g: g.create_integration({"name": "n"}), "POST", "/api/integrations", {"name": "n"}),
    (lambda g: g.update_integration(1, {"name": "n"}), "PUT", "/api/integrations/1", {"name": "n"}),
    (lambda g: g.get_widget(1), "GET", "/api/widgets/1", None),
    (lambda g: g.create_widget({"order": 0}), "POST", "/api/widgets", {"order": 0}),
    (lambda g: g.update_widget(1, {"order": 0}), "PUT", "/api/widgets/1", {"order": 0}),
    (lambda g: g.create_tag("vip"), "POST", "/api/tags", {"name": "vip"}),
]


@pytest.mark.parametrize(("use", "method", "path", "body"), OBJECTS)
def test_objects_are_sent_and_come_back_as_they_are(fake, gorgias, use, method, path, body):
    fake.fail(method, path, Fault(200, {"id": 5, "name": "n"}), Fault(200, [1]))
    assert use(gorgias) == {"id": 5, "name": "n"}
    assert (fake.calls[0].path, fake.calls[0].body) == (path, body)
    with pytest.raises(ServiceError, match="with no object"):
        use(gorgias)


LISTS = [
    (Gorgias.list_integrations, "/api/integrations", {"type": "http", "limit": "100"}),
    (Gorgias.list_widgets, "/api/widgets", {"limit": "100"}),
    (Gorgias.list_tags, "/api/tags", {"limit": "100"}),
    (lambda g: g.list_tags("vi"), "/api/tags", {"limit": "100", "search": "vi"}),
]


@pytest.mark.parametrize(("use", "path", "query"), LISTS)
def test_lists_are_read_to_their_end(fake, gorgias, use, path, query):
    first, last = {"data": [{"id": 1}], "meta": {"next_cursor": "x"}}, {"data": [{"id": 2}], "meta": {}}
    fake.fail("GET", path, Fault(200, first), Fault(200, last))
    assert use(gorgias) == [{"id": 1}, {"id": 2}]
    assert [call.query for call in fake.calls] == [query, {**query, "cursor": "x"}]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (
            400,
            error("Failed to create it", channel=["Missing data for required field."], via=["No.", "Never."]),
            "Gorgias refused it (400): Failed to create it; channel: Missing data for required field; via: No., Never.",
        ),
        (404, error("Resource not found."), "Gorgias refused it (404): Resource not found."),
        (409, error("The resource already exists."), "Gorgias refused it (409): The resource already exists."),
        (422, "<html>", "Gorgias refused it (422): without saying why."),
        (
            400,
            {"error": {"msg": None, "data": {"a": {"b": [{"c": ["deep"]}]}}}},
            "Gorgias refused it (400): a: b: c: ",
        ),
        (400, {"error": "no"}, "Gorgias refused it (400): without saying why."),
        (401, error("Unauthorized"), "Gorgias does not accept our e-mail and API key (401). Make a new key"),
        (402, None, "Gorgias says that the account's subscription is not paid (402)."),
        (403, None, "Gorgias forbids this to the user of our API key (403)."),
        (302, None, "Gorgias lives at another address (302)."),
        (429, None, "Gorgias asked us to slow down (429); it goes on by itself."),
        (503, "busy", "Gorgias had trouble of its own (503)."),
    ],
)
def test_reasons_are_sentences_for_people(fake, gorgias, status, body, reason):
    fake.fail("POST", "messages", Fault(status, body))
    with pytest.raises(ServiceError) as caught:
        gorgias.post_note(TICKET, NOTE, "sd-1")
    assert caught.value.reason.startswith(reason)
