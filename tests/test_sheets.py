"""Workbooks as plain rows, and files that are none or that mean harm."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import workbooks
from tests.workbooks import DAY, MOMENT, Raw, number
from widget import sheets
from widget.errors import Refused

FAR_CORNERS = (
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
)  # fmt: skip
HOW_TO_DECRYPT = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
CONTAINER = workbooks.xls()[:8]


def texts(raw: bytes) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheets.read(raw)]


def refused(raw: bytes) -> str:
    with pytest.raises(Refused) as refusal:
        sheets.read(raw)
    return refusal.value.sentence


def with_a_password(raw: bytes) -> bytes:
    """The old format with the record that says so: the one of the author's name, moved to where it would be."""
    begin = raw.index(b"\x09\x08\x10\x00") + 20
    at = raw.index(b"\x5c\x00\x70\x00", begin)
    return raw[:begin] + b"\x2f" + raw[at + 1 : at + 116] + raw[begin:at] + raw[at + 116 :]


def that_lies(raw: bytes, said: int) -> bytes:
    """The same archive, whose long entries are said to be short, in both places where it says so."""
    lying, parts = bytearray(raw), zipfile.ZipFile(io.BytesIO(raw)).infolist()
    for part in parts:
        if part.file_size > said:
            listed = raw.index(part.filename.encode(), raw.index(b"PK\x01\x02")) - 46
            struct.pack_into("<I", lying, part.header_offset + 22, said)
            struct.pack_into("<I", lying, listed + 24, said)
    return bytes(lying)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (39.0, "39"),
        (39.5, "39.5"),
        (-3.25, "-3.25"),
        (12.345, "12.345"),
        (number("37.050000000000004"), "37.05"),
        (number("0.30000000000000004"), "0.3"),
        (number("1E21"), "1000000000000000000000"),
        (number("1E-7"), "0.0000001"),
        (number("-0"), "0"),
        (10377, "10377"),
        (number(46327, DAY), "2026-11-01"),
        (number(46327.75, MOMENT), "2026-11-01T18:00:00"),
        (True, "TRUE"),
        (False, "FALSE"),
        (" 1.234,56 ", "1.234,56"),
        ("two\nlines\tand “quotes” ", "two lines and “quotes”"),
        ("=1+1", "=1+1"),
        ("订单号", "订单号"),
        (Raw('<c r="{}"><f>B1*2</f><v>79</v></c>'), "79"),
        (Raw('<c r="{}" t="e"><v>#REF!</v></c>'), ""),
        (None, ""),
    ],
)
def test_a_cell_is_told_as_it_is_meant(cell: Any, told: str) -> None:
    assert texts(workbooks.xlsx([["x", cell, "y"]])) == [["x", told, "y"]]


def test_only_numbers_say_that_they_are() -> None:
    cells = sheets.read(workbooks.xlsx([[39.5, "39.5", True, number(46327, DAY), None, 7]]))[0]
    assert [cell.is_number for cell in cells] == [True, False, False, False, False, True]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.decimals(0, 10**9, places=2, allow_nan=False), min_size=1, max_size=80))
def test_amounts_keep_their_decimals(amounts: list[Decimal]) -> None:
    rows = texts(workbooks.xlsx([[float(amount)] for amount in amounts]))
    assert [Decimal(row[0]) for row in rows] == amounts
    assert not any("E" in row[0] or (row[0].endswith("0") and "." in row[0]) for row in rows)


def test_the_first_sheet_that_is_shown_and_has_rows_is_read() -> None:
    raw = workbooks.xlsx([["secret"]], [], [[None], ["  "]], [["a"], [None], ["b", 1]], [["later"]], hidden=[1])
    assert texts(raw) == [["a", ""], ["b", "1"]]


def test_other_formats_are_read_too() -> None:
    assert texts(workbooks.xls()) == workbooks.ORDER_ROWS
    cells = (
        '<table:table-cell office:value-type="string"><text:p>NL10377</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="39.5"><text:p>39,50</text:p></table:table-cell>'
    )
    assert texts(workbooks.ods(f"<table:table-row>{cells}</table:table-row>")) == [["NL10377", "39.5"]]


def test_a_workbook_is_known_by_its_first_bytes() -> None:
    assert all(map(sheets.is_workbook, (workbooks.xlsx([[1]]), workbooks.xls(), workbooks.ods())))
    assert not any(map(sheets.is_workbook, (b"", b"NL10377;39.00", "\ufeffOrder".encode(), b"PK10377;39.00")))


@pytest.mark.parametrize(
    "raw",
    [
        with_a_password(workbooks.xls()),
        CONTAINER + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500),
        workbooks.ods(manifest=HOW_TO_DECRYPT),
    ],
    ids=["xls", "xlsx", "ods"],
)
def test_a_password_is_said_to_be_in_the_way(raw: bytes) -> None:
    assert "protected by a password" in refused(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04",
        CONTAINER + bytes(2000),
        workbooks.archive({"word/document.xml": "<w:document/>"}),
        workbooks.xlsx([["a", 1]])[:-30],
        workbooks.xlsx_of(['<row><c r="A1"><v>1</c></row>']),
    ],
    ids=["empty", "beginning", "container", "letter", "cut", "broken"],
)
def test_what_is_no_workbook_is_refused(raw: bytes) -> None:
    assert "cannot be read as a workbook" in refused(raw)


def test_a_workbook_without_a_row_is_refused() -> None:
    assert "nothing in the workbook" in refused(workbooks.xlsx([], [[None, " "]]))


def test_a_sheet_that_asks_for_other_files_is_refused() -> None:
    outside = '<!DOCTYPE worksheet [<!ENTITY outside SYSTEM "file:///etc/hostname">]>'
    cell = Raw('<c r="{}" t="inlineStr"><is><t>&outside;</t></is></c>')
    assert "cannot be read" in refused(workbooks.xlsx_of([workbooks.sheet_of([["x", cell]])], before=outside))


def test_too_many_rows_columns_or_signs_are_refused() -> None:
    assert len(texts(workbooks.xlsx([[number] for number in range(5000)]))) == 5000
    assert "more than 5000 rows" in refused(workbooks.xlsx([[number] for number in range(5001)]))
    assert len(texts(workbooks.xlsx([range(100)]))[0]) == 100
    assert "more than 100 columns" in refused(workbooks.xlsx([range(101)]))
    assert "too large or damaged" in refused(workbooks.xlsx([["x" * 2_000_001]]))


def test_a_file_that_is_too_large_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_options: pytest.fail("looked at"))
    assert "larger than 5 MB" in refused(b"PK" + bytes(sheets.LARGEST_BYTES))


def test_a_bomb_is_refused_by_what_it_says_of_itself_and_when_it_lies() -> None:
    bomb = workbooks.xlsx([["x" * (51 * 1024 * 1024)]])
    assert len(bomb) < 100_000
    assert "Unpacked, the workbook is larger than 50 MB." in refused(bomb)
    assert "cannot be read as a workbook" in refused(that_lies(bomb, 2000))


def test_cells_in_far_corners_end_the_reader_and_nothing_else() -> None:
    assert "too large or damaged" in refused(workbooks.xlsx_of([FAR_CORNERS]))


def test_a_reader_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(sheets, "READER", slow)
    monkeypatch.setattr(sheets, "READ_SECONDS", 0.2)
    assert "too large or damaged" in refused(b"PK")


def test_a_fault_of_ours_is_not_put_on_the_workbook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise ImportError('no such library')\n")
    monkeypatch.setattr(sheets, "READER", broken)
    with pytest.raises(RuntimeError, match="no such library"):
        sheets.read(b"PK")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    sound = data.draw(st.sampled_from([workbooks.xlsx([["Order", "Amount"], ["NL10377", 39.5]]), workbooks.xls()]))
    damaged = bytearray(sound)
    places = st.integers(0, len(sound) - 1)
    for at, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        damaged[at] = byte
    try:
        assert sheets.read(bytes(damaged[: data.draw(places)] if data.draw(st.booleans()) else damaged))
    except Refused as refusal:
        assert refusal.sentence  # noqa: PT017
