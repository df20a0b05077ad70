"""Reads one workbook: a program of its own, so that no file can hurt the service. Imports nothing of ours.

Run as `python -I reader.py` with the workbook on stdin. It takes limits upon itself, then reads the first sheet that is
shown and has anything in it. Two cells in opposite corners are enough for the library to ask for hundreds of gigabytes
and to abort; here that ends this program, not the service. The answer is one line of JSON on stdout: the rows, numbers
and booleans as such, dates in ISO's form, or the code of why the workbook is refused, with the values of the sentence
about it. An exit code above 0 is a fault of ours, never of the workbook.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEBIBYTE = 1024 * 1024

# Measured with the largest that is unpacked: 5 MB packed, 50 unpacked, a million cells need 175 MB. Twice that.
ADDRESSES = 384 * MEBIBYTE
CPU_SECONDS = 8
WALL_SECONDS = 12
MOST_OPEN_FILES = 32

MOST_UNPACKED = 50 * MEBIBYTE
MOST_ROWS, MOST_COLUMNS = 5_000, 100
MOST_SIGNS = 2_000_000

ARCHIVE = b"PK"
# What says that a password is needed; to the library such a file is just none of its own. Excel wraps an encrypted
# workbook into the container of its old format, where names have two bytes a sign; in that format itself a record of
# its own follows the first one; OpenDocument says in its manifest how to decrypt.
ENCRYPTED = re.compile("EncryptedPackage".encode("utf-16-le") + rb"|\x09\x08\x10\x00.{16}\x2f\x00", re.DOTALL)
MANIFEST, HOW_TO_DECRYPT = "META-INF/manifest.xml", b"encryption-data"


class Unfit(Exception):
    """This workbook is not read. The code says why, the details are the values of the sentence about it."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def main() -> None:
    """Limit ourselves, read, answer."""
    take_limits()
    try:
        answer = json.dumps({"rows": rows_of(sys.stdin.buffer.read())})
    except Unfit as unfit:
        answer = json.dumps({"refused": unfit.code, **unfit.details})
    except MemoryError:
        answer = json.dumps({"refused": "too_complicated"})
    sys.stdout.write(answer + "\n")


def take_limits() -> None:
    """Memory, time and files, for good: what runs in here later cannot lift them. Nothing is written to any file."""
    for kind, most in (
        (resource.RLIMIT_AS, ADDRESSES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, MOST_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    # Who started us may have died and kill us no more.
    signal.alarm(WALL_SECONDS)


def rows_of(raw: bytes) -> list[list[Any]]:
    """The rows of the first sheet that is shown and has some. Raises Unfit."""
    with faults_are_the_workbooks():
        check_archive(raw) if raw.startswith(ARCHIVE) else check_container(raw)
        for sheet in shown_sheets(raw):
            rows = filled_rows(sheet)
            if rows:
                return rows
    raise Unfit("empty")


@contextmanager
def faults_are_the_workbooks() -> Iterator[None]:
    """What fails in here, fails because of the file, panics of the library included: those are no `Exception`."""
    try:
        yield
    except (Unfit, MemoryError):
        raise
    except BaseException as error:
        raise Unfit("unreadable", because=type(error).__name__) from error


def check_archive(raw: bytes) -> None:
    """By what the archive says of itself, before anything is unpacked. If it lies, what is too long is not read."""
    with ZipFile(BytesIO(raw)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            raise Unfit("too_large_unpacked", limit=MOST_UNPACKED // MEBIBYTE)
        if MANIFEST in archive.namelist() and HOW_TO_DECRYPT in archive.read(MANIFEST):
            raise Unfit("protected")


def check_container(raw: bytes) -> None:
    """The formats before archives are not packed."""
    if ENCRYPTED.search(raw):
        raise Unfit("protected")


def shown_sheets(raw: bytes) -> Iterator[CalamineSheet]:
    """The sheets with cells that a person sees, in their order."""
    workbook = CalamineWorkbook.from_filelike(BytesIO(raw))
    for index, about in enumerate(workbook.sheets_metadata):
        if about.typ == SheetTypeEnum.WorkSheet and about.visible == SheetVisibleEnum.Visible:
            yield workbook.get_sheet_by_index(index)


def filled_rows(sheet: CalamineSheet) -> list[list[Any]]:
    """The rows that have something in them. Raises Unfit for more than are taken."""
    if sheet.width > MOST_COLUMNS:
        raise Unfit("too_many_columns", limit=MOST_COLUMNS)
    rows: list[list[Any]] = []
    signs = 0
    for cells in sheet.iter_rows():
        if not any(str(cell).strip() for cell in cells):
            continue
        rows.append([plain(cell) for cell in cells])
        signs += sum(len(str(cell)) for cell in cells)
        if len(rows) > MOST_ROWS:
            raise Unfit("too_many_rows", limit=MOST_ROWS)
        if signs > MOST_SIGNS:
            raise Unfit("too_complicated")
    return rows


def plain(cell: Any) -> Any:
    """A cell as JSON can tell it."""
    if isinstance(cell, str | bool | int | float):
        return cell
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


if __name__ == "__main__":
    main()
