"""Tables to take away: what a spreadsheet makes of them."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask

from widget.web import csv_files
from widget.web.csv_files import csv_answer

app = Flask(__name__)


def read(header, rows):
    with app.test_request_context():
        answer = csv_answer("lines.csv", header, rows)
        content = answer.get_data()
    assert content.startswith(b"\xef\xbb\xbf")
    return answer, list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_rows_come_as_a_file_to_keep_that_excel_reads_as_utf8():
    answer, rows = read(["Order", "Problem"], [["NL10423", "缺照片"], [7, None]])
    assert rows == [["Order", "Problem"], ["NL10423", "缺照片"], ["7", ""]]
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lines.csv"'


@pytest.mark.parametrize("typed", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_never_becomes_a_formula(typed):
    _answer, rows = read([typed], [[typed]])
    told = "'" + typed if typed.isprintable() else f"'{typed[0]}'{typed[1:]}"
    assert rows == [[told], [told]]


@pytest.mark.parametrize("begin", [";", "; ", ';"', "\n", "\t"])
def test_nor_does_what_follows_where_others_cut(begin):
    _answer, rows = read(["a"], [[f"x{begin}=HYPERLINK(1){begin}-2+3"], ["ok ;-) thanks\n- one\n- two"]])
    assert rows[1:] == [[f"x{begin}'=HYPERLINK(1){begin}'-2+3"], ["ok ;-) thanks\n- one\n- two"]]


def test_numbers_stay_numbers():
    assert read(["a"], [[-3], [1.5]])[1] == [["a"], ["-3"], ["1.5"]]


def test_a_table_that_is_cut_says_so(monkeypatch):
    monkeypatch.setattr(csv_files, "MOST_ROWS", 3)
    assert len(read(["a"], [["x"]] * 3)[1]) == 4
    rows = read(["a"], (["x"] for _ in range(9)))[1]
    assert rows[1:] == [["x"], ["x"], ["x"], ["Cut after 3 rows. Choose a shorter time to see the rest."]]
