"""The one seam to the network: what is known after each way a call can end."""

from __future__ import annotations

import socket
import time
from email.utils import format_datetime

import pytest
import time_machine

from tests.processes import free_port
from tests.worker.wire import EMAIL, KEY, Fault, error
from widget.clients.gorgias import Gorgias
from widget.clients.http import Timeouts, answers, outcome_of, retry_after
from widget.db import utcnow
from widget.errors import Outcome, ServiceError

NOTE = {"channel": "internal-note", "body_text": "hello"}
IMPATIENT = Timeouts(connect=0.2, read=0.3)


def failure(gorgias: Gorgias) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        gorgias.post_note(9001, NOTE, "sd-1")
    return caught.value


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (301, Outcome.KEY_REFUSED),
        (308, Outcome.KEY_REFUSED),
        (400, Outcome.NEVER),
        (401, Outcome.KEY_REFUSED),
        (402, Outcome.KEY_REFUSED),
        (403, Outcome.KEY_REFUSED),
        (404, Outcome.NEVER),
        (405, Outcome.NEVER),
        (408, Outcome.UNKNOWN),
        (409, Outcome.NEVER),
        (413, Outcome.NEVER),
        (422, Outcome.NEVER),
        (429, Outcome.NOT_DONE),
        (500, Outcome.UNKNOWN),
        (502, Outcome.UNKNOWN),
        (503, Outcome.UNKNOWN),
        (504, Outcome.UNKNOWN),
    ],
)
def test_every_status_says_something_about_the_effect(fake, gorgias, status, outcome):
    fake.fail("POST", "messages", Fault(status, error("It went wrong.")))
    failed = failure(gorgias)
    assert (failed.outcome, failed.status) == (outcome, status)
    assert outcome_of(status) is outcome


def test_a_refused_connection_certainly_did_nothing():
    failed = failure(Gorgias(f"http://127.0.0.1:{free_port()}", EMAIL, KEY, IMPATIENT))
    assert failed.outcome is Outcome.NOT_DONE
    assert failed.reason == "Gorgias could not be reached (connection refused)."


def test_an_unknown_name_certainly_did_nothing(monkeypatch):
    def nowhere(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    failed = failure(Gorgias("http://acme.gorgias.example", EMAIL, KEY, IMPATIENT))
    assert failed.outcome is Outcome.NOT_DONE
    assert failed.reason == "Gorgias could not be reached (its name is not found)."


def test_a_tls_failure_certainly_did_nothing(fake):
    failed = failure(Gorgias(fake.url.replace("http:", "https:"), EMAIL, KEY, IMPATIENT))
    assert failed.outcome is Outcome.NOT_DONE
    assert "TLS" in failed.reason
    assert not fake.calls


@pytest.mark.parametrize("answer", ["drop", "hang", "drip", "huge"])
def test_no_whole_answer_leaves_the_outcome_unknown(fake, gorgias, answer):
    fake.fail("POST", "messages", Fault(answer))
    began = time.monotonic()
    assert failure(gorgias).outcome is Outcome.UNKNOWN
    assert time.monotonic() - began < 3
    assert fake.count("POST", "messages") == 1


def test_a_slow_answer_is_told_from_a_broken_one(fake, gorgias):
    fake.fail("POST", "messages", Fault("drip"), Fault("drop"))
    assert failure(gorgias).reason == "Gorgias did not answer within 0.3 seconds."
    assert failure(gorgias).reason == "The connection to Gorgias broke before the answer was complete."


@pytest.mark.parametrize("body", ["<html>maintenance</html>", '{"id": ', "[" * 100_000, "[1]", '{"id": null}', ""])
def test_a_2xx_that_is_not_what_was_promised_leaves_the_outcome_unknown(fake, gorgias, body):
    fake.fail("POST", "messages", Fault(200, body, content_type="text/html"))
    failed = failure(gorgias)
    assert failed.outcome is Outcome.UNKNOWN
    assert failed.reason.startswith("Gorgias answered, but ")


def test_nothing_is_followed_or_repeated_by_itself(fake, gorgias):
    fake.fail("POST", "messages", Fault(307, headers={"Location": f"{fake.url}/api/tickets/1/messages"}))
    assert "another address (307)" in failure(gorgias).reason
    fake.fail("POST", "messages", Fault(503, headers={"Retry-After": "1"}))
    failure(gorgias)
    assert len(fake.calls) == 2
    assert not fake.messages


def test_the_key_is_sent_but_never_quoted(fake, gorgias):
    fake.fail("POST", "messages", Fault(400, error(f"Bad key {KEY}\r\nX: y")))
    failed = failure(gorgias)
    assert fake.calls[0].authorization.startswith("Basic ")
    assert KEY not in failed.reason
    assert "Bad key … X: y" in failed.reason


def test_connections_are_kept_and_given_up_after_lying_idle(fake, gorgias):
    def connections() -> int:
        return len({call.peer for call in fake.calls})

    gorgias.post_note(9001, NOTE, "sd-1")
    gorgias.post_note(9001, NOTE, "sd-2")
    assert connections() == 1
    with time_machine.travel(0, tick=False):
        gorgias._caller._line._last_used -= 6
        gorgias.post_note(9001, NOTE, "sd-3")
    assert connections() == 2


def test_a_call_may_be_held_back(fake):
    def gate() -> float:
        raise KeyboardInterrupt

    gorgias = Gorgias(fake.url, EMAIL, KEY, before_call=gate)
    with pytest.raises(KeyboardInterrupt):
        gorgias.me()
    assert not fake.calls


def test_nothing_is_written_after_the_last_moment(fake):
    gorgias = Gorgias(fake.url, EMAIL, KEY, before_call=lambda: time.monotonic() - 1)
    failed = failure(gorgias)
    assert failed.outcome is Outcome.NOT_DONE
    assert not fake.calls


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0.2", 1),
        ("86400", 3600),
        ("99999999999999999999", None),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        (None, None),
        ("Wed, 99 Foo 2026", None),
    ],
)
def test_how_long_to_wait_is_taken_from_seconds_within_reason(value, seconds):
    assert retry_after(value) == seconds


def test_how_long_to_wait_is_taken_from_a_date_by_the_vendors_own_clock():
    assert retry_after("Wed, 21 Oct 2026 07:28:30 GMT", "Wed, 21 Oct 2026 07:28:00 GMT") == 30
    assert retry_after("Wed, 21 Oct 2026 09:28:30 GMT", "Wed, 21 Oct 2026 07:28:00 GMT") == 3600
    assert retry_after("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:30 GMT") is None
    with time_machine.travel("2026-10-21T07:28:00Z", tick=False):
        assert retry_after(format_datetime(utcnow(), usegmt=True)) is None
        assert retry_after("Wed, 21 Oct 2026 07:28:10 GMT") == 10


def test_the_wait_comes_with_the_failure(fake, gorgias):
    fake.fail("POST", "messages", Fault(429, headers={"Retry-after": "12"}), Fault(429))
    assert failure(gorgias).retry_after == 12
    assert failure(gorgias).retry_after is None


def test_an_address_answers_or_not(fake):
    assert answers(f"{fake.url}/api/users/0")
    assert not answers(f"{fake.url}/nothing")
    assert not answers(f"http://127.0.0.1:{free_port()}")
