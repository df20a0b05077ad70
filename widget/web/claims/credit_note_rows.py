"""The rows of a credit note: from a sheet, a file or a mail, each with its order number and its amount.

Whatever they come from becomes text that can be looked at and put right in the form, so it is read from there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from werkzeug.datastructures import FileStorage

from widget import money, sheets
from widget.errors import Refused
from widget.refunds import Entry
from widget.sheets import Cell
from widget.web import language
from widget.web.language import gettext as _
from widget.web.typed import clean

MOST_ROWS, LARGEST_TEXT = 2_000, 1024 * 1024
# Of a text that is sent back with the form; a form takes no more.
LARGEST_SHOWN = 400_000
# The first line of a sheet says what its columns are.
HEADER = re.compile(r"order|bestell|订单|number|编号", re.IGNORECASE)
# What sheets begin with stands above the header: a title, an address, a day.
LOWEST_HEADER = 30
# What is longer is no row, and more than the reader of separated values takes.
LONGEST_ROW = 20_000
# The words for a column, the surest first, and what the other columns are called that have them, too.
ORDER = (re.compile(r"order|bestell|订单", re.IGNORECASE), re.compile(r"number|nummer|编号", re.IGNORECASE))
NO_ORDER = re.compile(r"amount|金额|betrag|bedrag|total|date|datum|日期", re.IGNORECASE)
AMOUNT = (re.compile(r"amount|金额|betrag|bedrag", re.IGNORECASE), re.compile(r"total|totaal|合计", re.IGNORECASE))
NO_AMOUNT = re.compile(r"order|bestell|订单", re.IGNORECASE)
# A number that could have thousands if it had been typed.
THREE_DECIMALS = re.compile(r"-?[0-9]{1,3}\.[0-9]{3}")


class Row(NamedTuple):
    """One row as it was pasted, what it says, or why it cannot be read."""

    text: str
    entry: Entry | None = None
    why_not: str = ""


class Columns(NamedTuple):
    """Where a header says that order number and amount are."""

    order: int
    amount: int


def text_of(file: FileStorage | None) -> str:
    """The rows in a file, a workbook or a text, as if they were pasted. Raises Refused."""
    if file is None or not file.filename:
        return ""
    raw = file.stream.read(sheets.LARGEST_BYTES + 1)
    file.close()
    text = _pasted(sheets.read(raw)) if sheets.is_workbook(raw) else _decoded(raw)
    if len(text.encode()) > LARGEST_SHOWN:
        raise Refused("There is more in the file than fits here. Leave only order number and amount in it.")
    return text


def rows(text: str, currency: str) -> list[Row]:
    """What each row says, a header left out; one more than are taken shows that there are too many."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    columns, lines = _below_header(lines)
    return [_row(line, columns, currency) for line in lines[: MOST_ROWS + 1]]


def _decoded(raw: bytes) -> str:
    """A text as spreadsheets write it."""
    if len(raw) > LARGEST_TEXT:
        raise Refused("The file is larger than 1 MB. Send the rows that are new.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _pasted(found: Sequence[Sequence[Cell]]) -> str:
    """Rows of a workbook as they are when copied from it; a row of one cell has its tab, too."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    for row in found:
        filled = [at for at, cell in enumerate(row) if cell.text]
        writer.writerow([_told(cell) for cell in [*row, Cell("")][: max(filled[-1] + 1, 2)]])
    return text.getvalue()


def _told(cell: Cell) -> str:
    """The point of a number is one: 1.234 gets a digit more, so that nobody takes it for a thousand."""
    return f"{cell.text}0" if cell.is_number and THREE_DECIMALS.fullmatch(cell.text) else cell.text


def _below_header(lines: list[str]) -> tuple[Columns | None, list[str]]:
    """Which columns are named, and the rows. What stands above the names stays if it could be a row."""
    for at, line in enumerate(lines[:LOWEST_HEADER]):
        columns = _named(line)
        if columns:
            return columns, [above for above in lines[:at] if all(_picked(above, columns))] + lines[at + 1 :]
    is_header = lines and HEADER.search(lines[0]) and not re.search(r"[0-9]", lines[0])
    return None, lines[1:] if is_header else lines


def _named(line: str) -> Columns | None:
    cells = [] if re.search(r"[0-9]", line) else _cells(line)
    order, amount = _first(cells, ORDER, NO_ORDER), _first(cells, AMOUNT, NO_AMOUNT)
    return None if order is None or amount is None else Columns(order, amount)


def _first(cells: Sequence[str], words: Sequence[re.Pattern[str]], other: re.Pattern[str]) -> int | None:
    """The column with the surest words for it."""
    mine = [(at, cell) for at, cell in enumerate(cells) if not other.search(cell)]
    return next((at for word in words for at, cell in mine if word.search(cell)), None)


def _row(line: str, columns: Columns | None, currency: str) -> Row:
    order, amount = _picked(line, columns)
    if not order or not amount:
        return Row(line, why_not=_("Two columns are needed: order number and amount."))
    try:
        return Row(line, Entry(order[:60], money.read(amount, currency)))
    except Refused as error:
        return Row(line, why_not=language.in_words(error))


def _picked(line: str, columns: Columns | None) -> tuple[str, str]:
    """Order number and amount: from the columns that are named, else from the first two that are filled."""
    cells = [clean(cell) for cell in _cells(line)]
    if columns is None:
        first, second, *_others = [*filter(None, cells), "", ""]
        return first, second
    padded = [*cells, *[""] * (max(columns) + 1)]
    return padded[columns.order], padded[columns.amount]


def _cells(line: str) -> list[str]:
    """Tabs come from a sheet, semicolons and commas from a file, blanks from a mail."""
    if len(line) > LONGEST_ROW:
        return []
    for separator in "\t;":
        if separator in line:
            return next(csv.reader(io.StringIO(line), delimiter=separator), [])
    if '"' in line or re.search(r",\s*[^\s0-9]|^[^,\s]+,[^,]+$", line):
        return next(csv.reader(io.StringIO(line), skipinitialspace=True), [])
    return line.split(None, 1)
