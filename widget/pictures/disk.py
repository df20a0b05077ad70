"""Pictures in a folder of this machine."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from widget.pictures.storage import Missing, StorageTrouble, check_key, is_key, taken

UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.part")
UNFINISHED_AFTER_SECONDS = 3_600


class Disk:
    """Files in a folder of this machine, below folders named after the first two characters of their keys."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Durable once it returns: neither a crash nor a power cut takes the file away, or leaves half of one."""
        path = self._path(key)
        with _disk_troubles():
            self._make_folder(path.parent)
            unfinished = path.with_name(f".{secrets.token_hex(8)}.part")
            try:
                _write(unfinished, content)
                is_new = _link(unfinished, path)
            finally:
                unfinished.unlink(missing_ok=True)
            _sync(path.parent)
            _sync(self._root)
        if not is_new:
            raise taken(key)

    def get(self, key: str) -> bytes:
        """The whole file. Raises Missing."""
        path = self._path(key)
        with _disk_troubles():
            try:
                return path.read_bytes()
            except FileNotFoundError:
                raise Missing(key) from None

    def delete(self, key: str) -> None:
        """Gone for good once it returns; a file that is gone already is fine."""
        path = self._path(key)
        with _disk_troubles():
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync(path.parent)

    def keys_older_than(self, moment: datetime) -> Iterator[str]:
        """The keys of older files. Deletes on its way what a crash left of unfinished ones."""
        with _disk_troubles():
            for entry in self._entries():
                try:
                    written_at = entry.stat().st_mtime
                except FileNotFoundError:
                    continue
                if UNFINISHED.fullmatch(entry.name):
                    _sweep(entry, written_at)
                elif written_at < moment.timestamp() and self._is_ours(entry):
                    yield _key_of(entry)

    def _path(self, key: str) -> Path:
        check_key(key)
        name = key.replace("/", "~")
        return self._root / name[:2] / name

    def _is_ours(self, path: Path) -> bool:
        """Somebody else's file is none of ours to name, and so to sweep."""
        return is_key(_key_of(path)) and self._path(_key_of(path)) == path and path.is_file()

    def _make_folder(self, folder: Path) -> None:
        if not self._root.is_dir():
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self._root.parent)
        folder.mkdir(mode=0o700, exist_ok=True)

    def _entries(self) -> Iterator[Path]:
        if self._root.is_dir():
            for folder in sorted(self._root.iterdir()):
                if len(folder.name) == 2 and folder.is_dir():
                    yield from sorted(folder.iterdir())


def _key_of(path: Path) -> str:
    return path.name.replace("~", "/")


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _link(unfinished: Path, path: Path) -> bool:
    """Give the file its name; a rename would replace what is there. Whether the name was free."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        return False
    return True


def _sync(folder: Path) -> None:
    """A name survives a power cut only once its folder is on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(unfinished: Path, written_at: float) -> None:
    """Whoever writes it may be at it still, whatever moment the caller asked for."""
    if written_at < time.time() - UNFINISHED_AFTER_SECONDS:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _disk_troubles() -> Iterator[None]:
    """The system's words without the path, which is nobody's business outside."""
    try:
        yield
    except OSError as error:
        raise StorageTrouble((error.strerror or type(error).__name__).lower()) from error
