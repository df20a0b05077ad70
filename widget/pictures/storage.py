"""Where the files of pictures are kept: a folder or a bucket, behind one interface. Knows keys and bytes, no rows.

A file is written once under a random key and never changed. Whoever commits a row after `put` has returned has a row
with a file, whatever crashes in between; what was put without a row is found by `keys_older_than` and deleted.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from widget.errors import Outcome, ServiceError

# No part of a key is empty or begins with a dot: two spellings of one path would be two keys for one file.
KEY = re.compile(r"(?=.{9,121}\Z)[a-z0-9][a-z0-9_.-]*(/[a-z0-9_-][a-z0-9_.-]*)*", re.ASCII)


class Missing(Exception):
    """Nothing is kept under that key."""


class StorageTrouble(ServiceError):
    """The place for pictures failed: nothing is known to be kept or read. The reason holds no secret."""

    def __init__(self, why: str) -> None:
        super().__init__(Outcome.NOT_DONE, f"The place where pictures are kept failed: {why}.")


class Storage(Protocol):
    """Files under keys. A key that is none is a ValueError; whatever fails is a StorageTrouble, in bounded time."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep a file for good. Raises FileExistsError when the key is taken: nothing is ever overwritten."""

    def get(self, key: str) -> bytes:
        """The whole file. Raises Missing."""

    def delete(self, key: str) -> None:
        """Forget a file; one that is gone already is fine."""

    def keys_older_than(self, moment: datetime) -> Iterator[str]:
        """The keys of all files put before that moment (aware of its time zone), in no particular order."""


def open_storage(
    pictures_url: str,
    *,
    endpoint_url: str = "",
    access_key_id: str = "",
    secret_access_key: str = "",
    region: str = "us-east-1",
) -> Storage:
    """The storage at `file:/folder` or `s3://bucket/prefix`; touches neither disk nor network yet.

    `endpoint_url` is an S3 provider's address, empty for Amazon's own. Raises ValueError for any other address, and
    for plain http to another machine.
    """
    # Only what is used is loaded: the library behind a bucket is large.
    if re.match(r"file:/[^/]", pictures_url):
        from widget.pictures.disk import Disk

        return Disk(Path(pictures_url.removeprefix("file:")))
    parts = urlsplit(pictures_url)
    if parts.scheme == "s3" and parts.netloc:
        from widget.pictures.bucket import S3, Bucket

        bucket = Bucket(parts.netloc, parts.path.strip("/"), region, endpoint_url)
        return S3(bucket, access_key_id, secret_access_key)
    raise ValueError("pictures are kept in file:/folder or s3://bucket/prefix")


def is_key(text: str) -> bool:
    """Whether a file may be kept under that name."""
    return bool(KEY.fullmatch(text)) and ".." not in text


def check_key(key: str) -> None:
    """Raises ValueError for what is no key: keys are ours, so that is a bug."""
    if not is_key(key):
        raise ValueError("not a key of a picture")


def taken(key: str) -> FileExistsError:
    """What `put` raises for a key that is taken."""
    return FileExistsError(errno.EEXIST, "a picture is kept under that key already", key)
