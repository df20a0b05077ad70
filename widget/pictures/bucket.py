"""Pictures in a bucket of Amazon S3, or of another provider that speaks its protocol."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, TypeVar
from urllib.parse import urlsplit

from widget.pictures.storage import Missing, StorageTrouble, check_key, is_key, taken

if TYPE_CHECKING:
    from obstore.store import S3Credential, S3Store

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Of a bucket that was given without a prefix: all that is swept below it must be ours.
DEFAULT_PREFIX = "pictures"
PAUSE_SECONDS = 0.2
# The library's errors quote the provider's whole answer; the first sign found in it says what happened.
NO_BUCKET = "NoSuchBucket"
SIGNS = (
    (r"AuthorizationHeaderMalformed|redirect", "the bucket is in another region"),
    (NO_BUCKET, "there is no such bucket"),
    (r"status code: 40[13]", "the bucket refuses the key"),
    (r"status code: (\d{3})", r"the bucket answered \1"),
    (r"InvalidCertificate", "the bucket's certificate is not accepted"),
    (r"TimedOut|timed out", "the bucket did not answer in time"),
    (r"kind: Connect", "the bucket could not be reached"),
    (r"", "the connection to the bucket broke"),
)

T = TypeVar("T")


class PassingTrouble(StorageTrouble):
    """One that may be over in a moment."""


@dataclass(frozen=True)
class Bucket:
    """One bucket: its name, the prefix in it that is ours alone, its region, and its provider if it is not Amazon."""

    name: str
    prefix: str
    region: str
    endpoint_url: str = ""

    def __post_init__(self) -> None:
        if self.is_plain_http and self.host not in LOOPBACK:
            raise ValueError("a bucket on another machine is reached by https only")

    @property
    def address(self) -> str:
        """Where the provider is reached."""
        return self.endpoint_url or f"https://s3.{self.region}.amazonaws.com"

    @property
    def host(self) -> str:
        """Of the address."""
        return urlsplit(self.address).hostname or ""

    @property
    def is_plain_http(self) -> bool:
        """Whether what is sent can be read on its way."""
        return urlsplit(self.address).scheme == "http"


@dataclass(frozen=True)
class Patience:
    """Seconds to connect, for one attempt, for an attempt worth a second one, and to look what became of the first.

    `quick`, the pause, `attempt` and `look` together stay below 20 s: a request that takes 30 s is killed. `rest`: for
    how long nobody else is made to wait after somebody waited in vain.
    """

    connect: float = 3.0
    attempt: float = 13.0
    quick: float = 3.0
    look: float = 3.5
    rest: float = 10.0


class S3:
    """Files in a bucket.

    The client is made at first use, in the process that uses it: it runs threads, and threads do not survive a fork.
    """

    _runs_in: ClassVar[int | None] = None

    def __init__(
        self, bucket: Bucket, access_key_id: str, secret_access_key: str, patience: Patience | None = None
    ) -> None:
        self._bucket = bucket
        self._keys = (access_key_id, secret_access_key)
        self._patience = patience or Patience()
        self._store: S3Store | None = None
        self._rests_until = 0.0

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Kept by the provider once it returns."""
        check_key(key)
        attempts = 0

        def send(store: S3Store) -> None:
            nonlocal attempts
            attempts += 1
            store.put(key, content, attributes={"Content-Type": content_type}, mode="create", use_multipart=False)

        try:
            self._call(send)
        except FileExistsError:
            # The first attempt may have arrived, and only its answer was lost.
            if attempts == 1 or not self._holds(key, content):
                raise taken(key) from None
        except Missing:
            raise StorageTrouble("the bucket takes no files under this address") from None

    def get(self, key: str) -> bytes:
        """The whole file. Raises Missing."""
        check_key(key)
        return self._call(lambda store: store.get(key).bytes().to_bytes())

    def delete(self, key: str) -> None:
        """A file that is gone already is fine."""
        check_key(key)
        try:
            self._call(lambda store: store.delete(key))
        except Missing:
            return

    def keys_older_than(self, moment: datetime) -> Iterator[str]:
        """The keys of older files, by the provider's clock. Every page of the list is a call of its own."""
        try:
            with bucket_troubles():
                for page in self._client().list(chunk_size=1000):
                    yield from (
                        each["path"] for each in page if each["last_modified"] < moment and is_key(each["path"])
                    )
        except Missing:
            raise StorageTrouble("the bucket has no list of its files") from None

    def _holds(self, key: str, content: bytes) -> bool:
        with bucket_troubles():
            return self._connect(self._patience.look).get(key).bytes().to_bytes() == content

    @property
    def _rests(self) -> bool:
        """One who deletes three files, or shows twenty, is not to wait for each of them in vain."""
        return time.monotonic() < self._rests_until

    def _call(self, action: Callable[[S3Store], T]) -> T:
        """One attempt, and another when the first failed quickly: both together end in time."""
        if self._rests:
            raise StorageTrouble("the bucket did not answer in time a moment ago")
        try:
            return self._attempt(action)
        except PassingTrouble:
            if self._rests:
                raise
        time.sleep(PAUSE_SECONDS)
        return self._attempt(action)

    def _attempt(self, action: Callable[[S3Store], T]) -> T:
        started = time.monotonic()
        try:
            with bucket_troubles():
                return action(self._client())
        except PassingTrouble:
            if time.monotonic() - started > self._patience.quick:
                self._rests_until = time.monotonic() + self._patience.rest
            raise

    def _client(self) -> S3Store:
        if S3._runs_in not in (None, os.getpid()):
            # Its threads stayed behind, and a call would wait for them for ever.
            raise StorageTrouble("it was in use before this process was forked")
        if self._store is None:
            S3._runs_in = os.getpid()
            self._store = self._connect(self._patience.attempt)
        return self._store

    def _connect(self, timeout: float) -> S3Store:
        """A client that hears on us alone: settings, credentials and proxies of the environment are not for it."""
        from obstore.store import S3Store

        return S3Store(
            self._bucket.name,
            prefix=self._bucket.prefix or DEFAULT_PREFIX,
            region=self._bucket.region,
            endpoint=self._bucket.address,
            aws_endpoint_url_s3=self._bucket.address,
            virtual_hosted_style_request=False,
            skip_signature=False,
            s3_express=False,
            conditional_put="etag",
            # Not every provider knows the call that deletes many.
            disable_bulk_delete=True,
            credential_provider=self._credentials,
            client_options={
                "allow_http": self._bucket.is_plain_http,
                "connect_timeout": timedelta(seconds=self._patience.connect),
                "timeout": timedelta(seconds=timeout),
                # Naming a proxy and who is not to go through it is how to switch off those of the environment.
                "proxy_url": self._bucket.address,
                "proxy_excludes": self._bucket.host,
            },
            # Retries are ours, see _call: only then is it known whether an earlier attempt may have arrived.
            retry_config={"max_retries": 0},
        )

    def _credentials(self) -> S3Credential:
        access_key_id, secret_access_key = self._keys
        return {
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
            "token": None,
            "expires_at": None,
        }


@contextmanager
def bucket_troubles() -> Iterator[None]:
    """The library's errors become Missing, FileExistsError and StorageTrouble."""
    from obstore import exceptions

    try:
        yield
    except FileNotFoundError as error:
        if NO_BUCKET in str(error):
            raise StorageTrouble(_in_words(error)) from error
        raise Missing("nothing is kept under that key") from error
    except exceptions.AlreadyExistsError as error:
        raise FileExistsError from error
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise StorageTrouble(_in_words(error)) from error
    except exceptions.GenericError as error:
        raise PassingTrouble(_in_words(error)) from error
    except exceptions.BaseError as error:
        raise StorageTrouble("the bucket cannot be used as it is set") from error


def _in_words(error: Exception) -> str:
    found = ((re.search(sign, str(error)), words) for sign, words in SIGNS)
    return next(match.expand(words) for match, words in found if match)
