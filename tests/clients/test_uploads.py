"""Files on their way to the helpdesk: the form as it is sent, and what is known after each answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.clients.parcels import Depot, receiving
from tests.worker.wire import EMAIL, KEY, error
from widget.clients.gorgias import Gorgias
from widget.clients.http import Timeouts
from widget.errors import Outcome, ServiceError

KEPT = {"content_type": "image/jpeg", "name": "boris.jpg", "size": "5", "url": "https://files.example/k/boris.jpg"}
BIG = bytes(24_000_000)


@pytest.fixture
def depot() -> Iterator[Depot]:
    with receiving() as depot:
        depot.answer = [KEPT]
        yield depot


@pytest.fixture
def gorgias(depot: Depot) -> Gorgias:
    return Gorgias(depot.url, EMAIL, KEY, Timeouts(connect=0.2, read=1.5))


def test_a_file_is_sent_as_a_form_and_comes_back_as_an_attachment(depot, gorgias):
    attachment = gorgias.upload("boris.jpg", b"\xff\xd8\x00\r\n", "image/jpeg")
    [parcel] = depot.parcels
    assert parcel.path == "/api/upload?type=attachment"
    assert parcel.authorization.startswith("Basic ")
    assert parcel.files == [("file", "boris.jpg", "image/jpeg", b"\xff\xd8\x00\r\n")]
    assert attachment == {
        "url": "https://files.example/k/boris.jpg",
        "name": "boris.jpg",
        "content_type": "image/jpeg",
        "size": 5,
        "public": False,
    }


@pytest.mark.parametrize("name", ['a "b"; c.jpg', "李伟.jpg", "x\r\nContent-Type: text/html\r\n\r\n.jpg", "a\\b"])
def test_a_file_name_stays_one_name(depot, gorgias, name):
    depot.answer = [{"url": KEPT["url"]}]
    assert gorgias.upload(name, b"x", "image/jpeg")["name"] == name
    [(label, sent, content_type, content)] = depot.parcels[0].files
    assert (label, content_type, content) == ("file", "image/jpeg", b"x")
    assert sent
    assert "\r" not in sent


@pytest.mark.parametrize(
    ("answered", "name", "content_type", "size"),
    [
        ({"size": 784554}, "mine.png", "image/png", 784554),
        ({"size": "784554", "name": "theirs.png", "content_type": "image/jpeg"}, "theirs.png", "image/jpeg", 784554),
        ({"size": None, "name": None, "content_type": None}, "mine.png", "image/png", 3),
        ({"size": "0", "name": "", "content_type": 7}, "mine.png", "image/png", 3),
        ({"size": "3 KB", "name": "file"}, "mine.png", "image/png", 3),
    ],
)
def test_what_the_answer_does_not_say_is_taken_from_the_file(depot, gorgias, answered, name, content_type, size):
    depot.answer = [{"url": KEPT["url"], **answered}]
    attachment = gorgias.upload("mine.png", b"png", "image/png")
    assert (attachment["name"], attachment["content_type"], attachment["size"]) == (name, content_type, size)


@pytest.mark.parametrize(
    "answer", [[], {}, KEPT, [1], [{}], [{"url": None}], [{"url": "javascript:x"}], "<html>", '[{"url": "htt']
)
def test_an_answer_without_an_address_leaves_the_outcome_unknown(depot, gorgias, answer):
    depot.answer = answer
    with pytest.raises(ServiceError) as caught:
        gorgias.upload("boris.jpg", b"x", "image/jpeg")
    assert caught.value.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.NEVER),
        (401, Outcome.KEY_REFUSED),
        (404, Outcome.NEVER),
        (413, Outcome.NEVER),
        (429, Outcome.NOT_DONE),
        (500, Outcome.UNKNOWN),
        (0, Outcome.UNKNOWN),
    ],
)
def test_a_failure_says_what_is_known_without_our_key(depot, gorgias, status, outcome):
    depot.status, depot.answer, depot.headers = status, error(f"No: {KEY}"), {"Retry-after": "7"}
    with pytest.raises(ServiceError) as caught:
        gorgias.upload("boris.jpg", b"x", "image/jpeg")
    assert caught.value.outcome is outcome
    assert caught.value.retry_after == (7 if status == 429 else None)
    assert KEY not in caught.value.reason
    assert len(depot.parcels) == 1


def test_a_large_file_has_more_time_than_connecting_has(depot, gorgias):
    depot.reading.clear()
    threading.Timer(0.5, depot.reading.set).start()
    assert gorgias.upload("boris.jpg", BIG, "image/jpeg")["url"] == KEPT["url"]
    assert len(depot.parcels[0].files[0][3]) == len(BIG)


def test_a_file_nobody_takes_ends_with_the_call(depot, gorgias):
    depot.reading.clear()
    began = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        gorgias.upload("boris.jpg", BIG, "image/jpeg")
    assert caught.value.outcome is Outcome.UNKNOWN
    assert time.monotonic() - began < 4


def test_no_file_is_written_after_the_last_moment(depot):
    gorgias = Gorgias(depot.url, EMAIL, KEY, before_call=lambda: time.monotonic() - 1)
    with pytest.raises(ServiceError) as caught:
        gorgias.upload("boris.jpg", b"x", "image/jpeg")
    assert caught.value.outcome is Outcome.NOT_DONE
    assert not depot.parcels
