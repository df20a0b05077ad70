"""The stand-in bucket: it keeps to S3's protocol, and goes wrong only when told to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import obstore
import pytest
import requests
from obstore.store import S3Store

from sandbox.objects import Options
from sandbox.objects.server import running
from tests.processes import wait_until

KEYS = Options()


class Bucket:
    """The stand-in, a client that signs, and the control addresses."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def store(self, **others: Any) -> S3Store:
        given: dict[str, Any] = {
            "bucket": KEYS.bucket,
            "access_key_id": KEYS.access_key_id,
            "secret_access_key": KEYS.secret_access_key,
            "region": KEYS.region,
            "disable_bulk_delete": True,
            **others,
        }
        return S3Store(
            **given,
            endpoint=self.url,
            client_options={
                "allow_http": True,
                "timeout": timedelta(seconds=5),
                "proxy_url": self.url,
                "proxy_excludes": "127.0.0.1",
            },
            retry_config={"max_retries": 0},
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=5)
        return answer.json() if answer.content else None

    def fault(self, kind: str, **fields: Any) -> None:
        answer = self.control("POST", "/faults", {"faults": [{"kind": kind, **fields}]})
        assert "faults" in answer, answer

    def kept(self) -> list[str]:
        return [each["key"] for each in self.control("GET", "/objects")["objects"]]


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """A bucket whose lists have three keys a page."""
    with running(Options(page=3)) as at:
        made = Bucket(at.url)
        yield made
        made.session.close()


@pytest.fixture
def store(bucket: Bucket) -> S3Store:
    """A client with the right keys."""
    return bucket.store()


def test_an_object_is_kept_read_looked_at_and_deleted(bucket, store) -> None:
    content = bytes(range(256)) * 1000
    store.put("ab/cd.jpg", content, attributes={"Content-Type": "image/jpeg"}, use_multipart=False)
    assert store.get("ab/cd.jpg").bytes().to_bytes() == content
    looked_at = store.head("ab/cd.jpg")
    assert looked_at["size"] == len(content)
    assert looked_at["e_tag"] == store.get("ab/cd.jpg").meta["e_tag"]
    assert bucket.control("GET", "/objects")["objects"][0]["content_type"] == "image/jpeg"
    store.delete("ab/cd.jpg")
    assert bucket.kept() == []


def test_only_a_new_object_is_put_when_that_is_asked_for(store) -> None:
    store.put("a", b"first", mode="create")
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        store.put("a", b"second", mode="create")
    assert store.get("a").bytes().to_bytes() == b"first"
    store.put("a", b"third")
    assert store.get("a").bytes().to_bytes() == b"third"


def test_what_is_not_there_is_not_found_but_may_be_deleted(store) -> None:
    for look in (store.get, store.head):
        with pytest.raises(FileNotFoundError):
            look("nothing")
    store.delete("nothing")


def test_what_the_stand_in_does_not_know_it_says(bucket) -> None:
    with pytest.raises(obstore.exceptions.GenericError, match="NotImplemented"):
        bucket.store(disable_bulk_delete=False).delete("many")
    with pytest.raises(obstore.exceptions.GenericError, match="NotImplemented"):
        bucket.store().put("in-parts", b"x" * 100, use_multipart=True, chunk_size=10)


def test_a_list_goes_on_over_its_pages_and_keeps_to_its_prefix(bucket, store) -> None:
    for number in range(7):
        store.put(f"in/key-{number}", b"x" * number)
    store.put("int/other", b"")
    found = [each for page in store.list("in") for each in page]
    assert [(each["path"], each["size"]) for each in found] == [(f"in/key-{number}", number) for number in range(7)]
    lists = [call for call in bucket.control("GET", "/calls")["calls"] if call["method"] == "GET"]
    assert len(lists) == 3


def test_an_object_may_be_made_older(bucket, store) -> None:
    store.put("a", b"")
    before = store.head("a")["last_modified"]
    bucket.control("POST", "/age", {"key": "a", "seconds": 3600})
    (page,) = store.list()
    assert timedelta(minutes=59) < before - page[0]["last_modified"] < timedelta(minutes=61)
    assert "error" in bucket.control("POST", "/age", {"key": "b", "seconds": 1})


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"access_key_id": "another"}, "InvalidAccessKeyId"),
        ({"secret_access_key": "another"}, "SignatureDoesNotMatch"),
        ({"session_token": "of-somebody"}, "InvalidToken"),
        ({"skip_signature": True}, "AccessDenied"),
        ({"region": "eu-west-1"}, "AuthorizationHeaderMalformed"),
        ({"bucket": "another"}, "NoSuchBucket"),
    ],
)
def test_who_has_not_the_right_keys_is_told_so_in_xml(bucket, wrong, code) -> None:
    store = bucket.store(**wrong)
    for call in (lambda: store.put("a", b"", use_multipart=False), lambda: store.get("a"), lambda: list(store.list())):
        with pytest.raises(Exception, match=f"<Code>{code}</Code>"):
            call()
    assert bucket.kept() == []


@pytest.mark.parametrize(
    "key", ["plain", "with space", "a+b", "ü/é", "100%", "a=b&c", "~tilde", "deep/er/still", "x*y"]
)
def test_a_signature_fits_whatever_the_key(store, key) -> None:
    store.put(key, b"content")
    assert store.get(key).bytes().to_bytes() == b"content"
    (page,) = store.list()
    assert page[0]["path"] == key


def test_what_was_not_signed_is_refused(bucket) -> None:
    answer = bucket.session.put(f"{bucket.url}/{KEYS.bucket}/a", data=b"x", timeout=5)
    error = ET.fromstring(answer.text)
    assert (answer.status_code, error.findtext("Code")) == (403, "AccessDenied")
    assert answer.headers["Content-Type"] == "application/xml"


@pytest.mark.parametrize(
    ("kind", "is_kept", "says"),
    [
        ("error_before", False, "500"),
        ("error_after", True, "500"),
        ("key_refused", False, "403"),
        ("reset", False, "error sending request"),
        ("lost", True, "error sending request"),
    ],
)
def test_a_fault_decides_what_is_seen_and_not_what_is_kept(bucket, store, kind, is_kept, says) -> None:
    bucket.fault(kind, method="PUT", times=1)
    with pytest.raises(Exception, match=says):
        store.put("a", b"", use_multipart=False)
    assert bool(bucket.kept()) == is_kept
    store.put("b", b"", use_multipart=False)
    faults = [call["fault"] for call in bucket.control("GET", "/calls")["calls"] if call["method"] == "PUT"]
    assert faults == [kind, None]


def test_a_slow_answer_comes_late_and_is_right(bucket, store) -> None:
    bucket.fault("slow", seconds=0.3)
    started = time.monotonic()
    store.put("a", b"")
    assert time.monotonic() - started >= 0.3
    assert bucket.kept() == ["a"]


def test_a_cut_answer_is_half_of_what_it_promised(bucket, store) -> None:
    store.put("a", b"x" * 100_000)
    bucket.fault("cut", method="GET")
    with pytest.raises(obstore.exceptions.GenericError):
        store.get("a").bytes()


def test_a_fault_that_makes_no_sense_is_refused(bucket) -> None:
    for fault in (
        {"kind": "gremlin"},
        {"kind": "slow", "seconds": -1},
        {"kind": "lost", "method": "POST"},
        {"times": 1},
    ):
        assert "error" in bucket.control("POST", "/faults", {"faults": [fault]})
    assert "error" in bucket.control("POST", "/faults", ["slow"])
    assert bucket.control("GET", "/faults")["faults"] == []


def test_reset_forgets_everything(bucket, store) -> None:
    store.put("a", b"")
    bucket.fault("slow", seconds=9)
    bucket.control("POST", "/reset")
    assert bucket.kept() == []
    assert bucket.control("GET", "/calls")["last"] == 0
    store.put("a", b"", mode="create")


def test_the_process_says_where_it_listens_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-m", "sandbox.objects", "--port", "0", "--bucket", "mine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().rsplit(" ", 1)[-1].strip()
        Bucket(url).store(bucket="mine").put("a", b"")
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: process.poll() is not None)
    assert process.returncode == 0
