"""Workbooks of Excel and its like as plain rows of text. Knows cells, not tables.

A workbook is read by a program of its own, `reader.py` beside this module, with an empty environment and limits on its
memory and time: what is wrong with a file can end that program, not the service.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from widget.errors import Refused

__all__ = ["LARGEST_BYTES", "Cell", "is_workbook", "read"]

log = logging.getLogger(__name__)

MEBIBYTE = 1024 * 1024
LARGEST_BYTES = 5 * MEBIBYTE

READER = Path(__file__).with_name("reader.py")
READ_SECONDS = 15.0

# Archives, which all newer formats are, empty ones, too, and the container of the old ones.
FIRST_BYTES = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


class Cell(NamedTuple):
    """What a cell says, and whether it is a number there: then its point is a point, whatever a reader may think."""

    text: str
    is_number: bool = False


def is_workbook(raw: bytes) -> bool:
    """Whether a file, by its first bytes, is no text but may be a workbook."""
    return raw.startswith(FIRST_BYTES)


def read(raw: bytes) -> list[list[Cell]]:
    """The rows of the first sheet that is shown and has any; rows without anything are left out.

    Numbers are told with all digits they are meant to have, dates in ISO's form, booleans as TRUE and FALSE; of a
    formula what it came to. Blanks of all kinds are one blank each. Raises Refused.
    """
    if len(raw) > LARGEST_BYTES:
        raise _refusal({"refused": "too_many_bytes", "limit": LARGEST_BYTES // MEBIBYTE})
    answer = _answer(raw)
    if "refused" in answer:
        log.info("workbook refused", extra={"code": answer["refused"], "because": answer.get("because")})
        raise _refusal(answer)
    return [[_cell(value) for value in row] for row in answer["rows"]]


def _answer(raw: bytes) -> dict[str, Any]:
    """What the program says about the workbook. Raises RuntimeError when the program itself failed."""
    command = [sys.executable, "-I", str(READER)]
    try:
        ended = subprocess.run(  # noqa: S603  no shell, and nothing in it that a person chose
            command, input=raw, capture_output=True, timeout=READ_SECONDS, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        return {"refused": "too_complicated", "because": "time"}
    if ended.returncode < 0:
        return {"refused": "too_complicated", "because": f"signal {-ended.returncode}"}
    if ended.returncode > 0:
        complaint = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise RuntimeError(f"The reader of workbooks failed: {complaint[:200]}")
    return dict(json.loads(ended.stdout))


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return Cell(str(value).upper())
    if isinstance(value, int | float):
        return Cell(_number(value), is_number=True)
    return Cell(" ".join(value.split()))


def _number(value: float) -> str:
    """As a spreadsheet shows it: fifteen digits are meant, what comes behind them is the machine's."""
    told = f"{Decimal(f'{value:.15g}') + 0:f}"
    return told.rstrip("0").rstrip(".") if "." in told else told


def _refusal(answer: dict[str, Any]) -> Refused:
    """The words for a code of the program, or of ours, with the values that came with it."""
    values = {name: value for name, value in answer.items() if name not in {"refused", "because"}}
    return WORDS[answer["refused"]](**values)


# Each is a call of its own with its whole sentence in it: so the catalogues find it.
WORDS: dict[str, Callable[..., Refused]] = {
    "too_many_bytes": lambda **values: Refused(
        "The workbook is larger than {limit} MB. Take the pictures out, or copy its rows and paste them.", **values
    ),
    "too_large_unpacked": lambda **values: Refused(
        "Unpacked, the workbook is larger than {limit} MB. Copy its rows and paste them.", **values
    ),
    "too_many_rows": lambda **values: Refused(
        "The sheet has more than {limit} rows. Copy the rows that are new and paste them.", **values
    ),
    "too_many_columns": lambda **values: Refused(
        "The sheet has more than {limit} columns. Copy the columns that are needed and paste them.", **values
    ),
    "too_complicated": lambda: Refused("The workbook is too large or damaged. Copy its rows and paste them."),
    "protected": lambda: Refused(
        "The workbook is protected by a password. Save it without one, or copy its rows and paste them."
    ),
    "unreadable": lambda: Refused(
        "This file cannot be read as a workbook. Save it as .xlsx or CSV, or copy its rows and paste them."
    ),
    "empty": lambda: Refused("There is nothing in the workbook. Choose the one with the rows."),
}
