"""The rows of a credit note: from a sheet, a file or a mail, each with its order number and its amount."""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

from werkzeug.datastructures import FileStorage

from widget import money
from widget.errors import Refused
from widget.refunds import Entry
from widget.web import language
from widget.web.claim_forms import Reading
from widget.web.language import gettext as _

MOST_ROWS, LARGEST_FILE = 2_000, 1024 * 1024
# The first line of a sheet says what its columns are.
HEADER = re.compile(r"order|bestell|订单|number|编号", re.IGNORECASE)


class Row(NamedTuple):
    """One row as it was pasted, what it says, or why it cannot be read."""

    text: str
    entry: Entry | None = None
    why_not: str = ""


def text_of(file: FileStorage | None, reading: Reading) -> str:
    """The text of a file as spreadsheets write it."""
    if file is None or not file.filename:
        return ""
    raw = file.stream.read(LARGEST_FILE + 1)
    file.close()
    if len(raw) > LARGEST_FILE:
        reading.wrong["rows"] = _("The file is larger than 1 MB. Send the rows that are new.")
        return ""
    if raw.startswith(b"PK"):
        reading.wrong["rows"] = _("This is a workbook. Save it as CSV, or copy its rows and paste them.")
        return ""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def rows(text: str, currency: str) -> list[Row]:
    """What each row says, a header left out; one more than are taken shows that there are too many."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if lines and HEADER.search(lines[0]) and not re.search(r"[0-9]", lines[0]):
        lines = lines[1:]
    return [_row(line, currency) for line in lines[: MOST_ROWS + 1]]


def _row(line: str, currency: str) -> Row:
    cells = [cell for cell in (cell.strip() for cell in _cells(line)) if cell]
    if len(cells) < 2:
        return Row(line, why_not=_("Two columns are needed: order number and amount."))
    try:
        return Row(line, Entry(cells[0][:60], money.read(cells[1], currency)))
    except Refused as error:
        return Row(line, why_not=language.in_words(error))


def _cells(line: str) -> list[str]:
    """Tabs come from a sheet, semicolons and commas from a file, blanks from a mail."""
    for separator in "\t;":
        if separator in line:
            return next(csv.reader(io.StringIO(line), delimiter=separator), [])
    if '"' in line or re.search(r",\s*[^\s0-9]|^[^,\s]+,[^,]+$", line):
        return next(csv.reader(io.StringIO(line), skipinitialspace=True), [])
    return line.split(None, 1)
