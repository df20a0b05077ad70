"""Tables to take away: CSV files that spreadsheets open as they are meant, and that never run what somebody typed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from flask import Response, stream_with_context

from widget.web.language import gettext as _

MOST_ROWS = 50_000
# Excel takes a file for UTF-8, and so shows Chinese, only when it begins with this.
BYTE_ORDER_MARK = "\ufeff"
# A cell that begins with one of these is a formula to a spreadsheet, or becomes one after a cut at a tab.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# So does what follows where a spreadsheet cuts in another place than we do: in half of Europe at semicolons, and then
# quotes keep no line together. Smileys and lists are no formulas.
FURTHER_FORMULA = re.compile(r"""([;\t\r\n][ "']*)(?=[=+@]|-[^\s)(])""")
ROWS_AT_ONCE = 200


def csv_answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The rows as a file to keep, written as they come; at most MOST_ROWS, and a last row that says so if it is cut.

    `rows` may be a generator that reads the store. None is an empty cell; a number stays a number.
    """
    answer = Response(stream_with_context(_written(header, rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def harmless(value: object) -> object:
    """The value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = "" if value is None else str(value)
    text = FURTHER_FORMULA.sub(r"\1'", text)
    return f"'{text}" if text.startswith(BEGINS_A_FORMULA) else text


def _written(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    source = iter(rows)
    yield BYTE_ORDER_MARK + _lines([header])
    left = MOST_ROWS
    while left and (some := list(islice(source, min(ROWS_AT_ONCE, left)))):
        left -= len(some)
        yield _lines(some)
    if not left and next(source, None) is not None:
        cut = _("Cut after %(count)s rows. Choose a shorter time to see the rest.", count=MOST_ROWS)
        yield _lines([[cut]])


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()
