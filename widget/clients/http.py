"""The one seam to the network: what every vendor's client calls through, and what is known after a call.

One request per call: no library retries, no redirects, no proxies or .netrc from the environment, because
each of them may repeat or redirect a note behind our back. A call has a total deadline (a slow drip
ends too) and a cap on what is read. The one question that matters when it fails is whether a byte of the
request may have left; the connection itself keeps note of that.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from widget.errors import Outcome, ServiceError

BODY_BYTES = 1_000_000
CHUNK_BYTES = 65_536
RETRY_AFTER_FLOOR_SECONDS = 1.0
RETRY_AFTER_CAP_SECONDS = 3_600.0
# A connection that lay idle longer may just be closing on their side, and a request lost in that moment
# has an unknown outcome.
IDLE_SECONDS = 5.0
KEY_STATUSES = {401, 402, 403}
UNKNOWN_STATUSES = {408, 425}

_under_way = threading.local()


@dataclass(frozen=True)
class Timeouts:
    """Seconds to connect, and seconds for everything after that together."""

    connect: float = 3.0
    read: float = 20.0


PATIENT_ENOUGH = Timeouts(3.0, 5.0)


@dataclass(frozen=True)
class Part:
    """One file of a form: the name it goes by, its bytes and their type."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Answer:
    """What a vendor said with a 2xx. `data` is the parsed JSON, None for an empty body."""

    status: int
    data: Any


class TooLate(OSError):
    """The moment to write the request had passed before the connection stood."""


class _Watch:
    """One call under way: what its connection has to know and to tell."""

    def __init__(self, write_by: float | None, write_seconds: float) -> None:
        self.write_by = write_by
        self.write_seconds = write_seconds
        self.written = False
        self.expired = False
        self._socket: Any = None

    def about_to_write(self, connection: HTTPConnection) -> None:
        """Raises TooLate."""
        if self.write_by is not None and time.monotonic() > self.write_by:
            raise TooLate("the connection took too long to be of use")
        # It still has the patience for connecting, and the whole of a file would have to be written within that.
        connection.timeout = self.write_seconds
        self._socket = connection.sock
        self.written = True

    def expire(self) -> None:
        """Called by the clock: whoever is reading gets an end of file."""
        self.expired = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Not the method of a TLS socket: that one tears the session down under the reader's feet.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _WatchedHTTPConnection(HTTPConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        _under_way.watch.about_to_write(self)
        super().request(*args, **kwargs)


class _WatchedHTTPSConnection(HTTPSConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        _under_way.watch.about_to_write(self)
        super().request(*args, **kwargs)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class Line:
    """Connections kept open to one vendor's account. Not shared between threads."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(max_retries=0))
        self._last_used = 0.0

    def session(self) -> requests.Session:
        """The session, without connections that lay idle for long."""
        if time.monotonic() - self._last_used > IDLE_SECONDS:
            self._session.close()
        self._last_used = time.monotonic()
        return self._session

    def close(self) -> None:
        self._session.close()


class Caller:
    """Makes the calls of one client.

    `before_call` runs before each request, may raise to hold it back, and may return the moment
    (time.monotonic) after which nothing must be written any more. `explain` makes a vendor's error body
    into words.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        *,
        auth: tuple[str, str],
        timeouts: Timeouts,
        explain: Callable[[int, Any], str],
        line: Line | None = None,
        before_call: Callable[[], float | None] | None = None,
    ) -> None:
        self.vendor = vendor
        self._base_url = base_url.rstrip("/")
        self._auth = auth
        self._timeouts = timeouts
        self._explain = explain
        self._line = line or Line()
        self._before_call = before_call

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        files: Mapping[str, Part] | None = None,
        at_most: int = BODY_BYTES,
    ) -> Answer:
        """One request, one answer. Raises ServiceError for everything but a 2xx that is empty or JSON.

        `body` is sent as JSON; `files`, by field name, as a form (multipart/form-data). Not both.
        """
        write_by = self._before_call() if self._before_call else None
        watch = _under_way.watch = _Watch(write_by, self._timeouts.read)
        alarm = threading.Timer(self._timeouts.connect + self._timeouts.read, watch.expire)
        alarm.daemon = True
        alarm.start()
        try:
            status, headers, content = self._exchange(
                method, path, at_most, params=query, json=body, files=_form(files)
            )
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            raise self._failure(error, watch) from error
        finally:
            alarm.cancel()
        if watch.expired:
            raise self._failure(TimeoutError(), watch)
        return self._judge(status, headers, content)

    def unreadable(self, what: str) -> ServiceError:
        """A 2xx that is not what the documentation promises: it may have been done or not."""
        return ServiceError(Outcome.UNKNOWN, f"{self.vendor} answered, but {what}.")

    def _exchange(
        self, method: str, path: str, at_most: int, **sent: Any
    ) -> tuple[int, Mapping[str, str], bytes | None]:
        with self._line.session().request(
            method,
            self._base_url + path,
            **sent,
            auth=self._auth,
            headers={"Accept": "application/json", "User-Agent": "supplier-desk"},
            timeout=(self._timeouts.connect, self._timeouts.read),
            allow_redirects=False,
            stream=True,
        ) as response:
            return response.status_code, response.headers, _read(response, at_most)

    def _failure(self, error: Exception, watch: _Watch) -> ServiceError:
        if not watch.written:
            return ServiceError(Outcome.NOT_DONE, f"{self.vendor} could not be reached ({_why_unreached(error)}).")
        if watch.expired or isinstance(error, (requests.Timeout, TimeoutError)):
            return ServiceError(
                Outcome.UNKNOWN, f"{self.vendor} did not answer within {self._timeouts.read:g} seconds."
            )
        return ServiceError(Outcome.UNKNOWN, f"The connection to {self.vendor} broke before the answer was complete.")

    def _judge(self, status: int, headers: Mapping[str, str], content: bytes | None) -> Answer:
        data = None if content is None else _parsed(content)
        if 200 <= status < 300:
            if content is None:
                raise self.unreadable("the answer was longer than we read")
            if data is _BROKEN:
                raise self.unreadable("the answer was no JSON")
            return Answer(status, data)
        known = data if data is not _BROKEN else None
        reason = self._masked(self._explain(status, known))
        wait = retry_after(headers.get("Retry-After"), headers.get("Date")) if status == 429 else None
        raise ServiceError(outcome_of(status), reason, status=status, retry_after=wait)

    def _masked(self, text: str) -> str:
        """One line without our key in it, whatever the vendor quoted back."""
        text = text.replace(self._auth[1], "…") if self._auth[1] else text
        return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()[:500]


def answers(url: str, timeouts: Timeouts = PATIENT_ENOUGH) -> bool:
    """Whether a GET of that address is answered with a 2xx, for self-tests."""
    _under_way.watch = _Watch(None, timeouts.read)
    try:
        with (
            Line()
            .session()
            .get(url, timeout=(timeouts.connect, timeouts.read), allow_redirects=False, stream=True) as response
        ):
            return 200 <= response.status_code < 300
    except (requests.RequestException, HTTPError, HTTPException, OSError):
        return False


def outcome_of(status: int) -> Outcome:
    """What a status that is not 2xx says about the effect of the call."""
    if status == 429:
        return Outcome.NOT_DONE
    # A redirect is a wrong address of the whole account, like a wrong key: nothing to park a message for.
    if status in KEY_STATUSES or 300 <= status < 400:
        return Outcome.KEY_REFUSED
    if 400 <= status < 500 and status not in UNKNOWN_STATUSES:
        return Outcome.NEVER
    return Outcome.UNKNOWN


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """Seconds a vendor asks us to wait: seconds or an HTTP date, between 1 s and 1 h; None for rubbish and zero.

    A date is measured against the answer's own Date, so that their clock need not agree with ours.
    """
    if value is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value.strip(), re.ASCII):
        seconds = float(value)
    else:
        until, sent = _http_date(value), _http_date(date)
        if until is None:
            return None
        seconds = (until - (sent or datetime.now(UTC))).total_seconds()
    return min(max(seconds, RETRY_AFTER_FLOOR_SECONDS), RETRY_AFTER_CAP_SECONDS) if seconds > 0 else None


_BROKEN = object()


def _http_date(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _form(files: Mapping[str, Part] | None) -> dict[str, tuple[str, bytes, str]] | None:
    if files is None:
        return None
    return {field: (part.name, part.content, part.content_type) for field, part in files.items()}


def _read(response: requests.Response, at_most: int) -> bytes | None:
    """The whole body, None when it is longer than we read."""
    content = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        content += chunk
        if len(content) > at_most:
            return None
    return bytes(content)


def _parsed(content: bytes) -> Any:
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return _BROKEN


def _why_unreached(error: Exception) -> str:
    text = f"{type(error).__name__} {error}"
    if isinstance(error, requests.exceptions.SSLError) or "SSL" in text:
        return "its certificate or TLS is not accepted"
    if "NameResolution" in text or "getaddrinfo" in text:
        return "its name is not found"
    if isinstance(error, requests.ConnectTimeout) or "timed out" in text or isinstance(error, TooLate):
        return "no connection in time"
    if "refused" in text:
        return "connection refused"
    return "no connection"
