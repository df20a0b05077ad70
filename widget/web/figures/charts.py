"""Where bars stand, in hundredths of the picture they are drawn in: words beside them keep their size on a phone.

Plain geometry for the templates' SVG. Knows numbers, not lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# What an axis may end with, times a power of ten.
ROUND = (1, 2, 4, 5, 10)


class Bar(NamedTuple):
    """One bar: whose it is, where it stands, and what it says when it is pointed at."""

    series: str
    x: float
    y: float
    width: float
    height: float
    told: str = ""


class Row(NamedTuple):
    """Lying bars with a name before and words behind them."""

    label: str
    bars: list[Bar]
    told: str


@dataclass(frozen=True)
class Columns:
    """Upright bars, the marks of their axis from the top down, and names at the left edge of what they name."""

    bars: list[Bar]
    marks: list[str]
    labels: list[str]


def end_of_axis(most: float) -> float:
    """The round number an axis ends with: at least `most`, and never 0."""
    scale = 1.0
    while scale * ROUND[-1] < most:
        scale *= 10
    return next(scale * step for step in ROUND if scale * step >= most)


def columns(groups: Sequence[tuple[str, Mapping[str, int]]], *, named: int = 1) -> Columns:
    """Side by side in each group: (label, what each series counts). Every `named`-th group has its label below."""
    end = end_of_axis(max((value for _, values in groups for value in values.values()), default=0))
    room = 100 / max(1, len(groups))
    bars = []
    for place, (_, values) in enumerate(groups):
        thick = room * 0.8 / max(1, len(values))
        for number, (series, value) in enumerate(values.items()):
            x, tall = place * room + room * 0.1 + number * thick, 100 * value / end
            bars.append(Bar(series, x, 100 - tall, thick * 0.9, tall, str(value)))
    marks = [f"{end:g}", f"{end / 2:g}", "0"] if end > 1 else ["1", "0"]
    return Columns(bars, marks, [label for label, _ in groups[::named]])


def stacked(groups: Sequence[tuple[str, Mapping[str, int]]]) -> list[Row]:
    """Lying bars, one behind the other in each group: parts of a whole."""
    end = end_of_axis(max((sum(values.values()) for _, values in groups), default=0))
    made = []
    for label, values in groups:
        bars, x = [], 0.0
        for series, value in values.items():
            bars.append(Bar(series, x, 0, 100 * value / end, 100, str(value)))
            x += 100 * value / end
        made.append(Row(label, bars, str(sum(values.values()))))
    return made


def ranges(groups: Sequence[tuple[str, str, float, float, str]]) -> list[Row]:
    """Lying bars up to a first value, thin up to a second: (label, series, first, second, words)."""
    end = end_of_axis(max((second for _, _, _, second, _ in groups), default=0))
    return [
        Row(
            label,
            [Bar(f"{series} slow", 0, 35, 100 * second / end, 30), Bar(series, 0, 0, 100 * first / end, 100)],
            words,
        )
        for label, series, first, second, words in groups
    ]
