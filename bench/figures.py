"""Figures and their targets, and the one line each is printed as."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAME_WIDTH = 58
VALUE_WIDTH = 12


@dataclass(frozen=True)
class Target:
    """What a figure has to reach: `must`, and the better `goal`. `at_most` says in which direction."""

    must: float
    goal: float | None = None
    at_most: bool = False
    more_than: bool = False

    def is_met_by(self, value: float) -> bool:
        """Whether the floor (or ceiling) is kept."""
        if self.at_most:
            return value <= self.must
        return value > self.must if self.more_than else value >= self.must

    def words(self, unit: str) -> str:
        """For example `≥ 0.45 (goal 0.60)`."""
        sign = "≤" if self.at_most else ">" if self.more_than else "≥"
        goal = "" if self.goal is None else f" (goal {_number(self.goal)}{unit})"
        return f"{sign} {_number(self.must)}{unit}{goal}"


@dataclass(frozen=True)
class Figure:
    """One measured value. Without a target it is only told. `remark` says what else was seen."""

    name: str
    value: float
    unit: str = ""
    target: Target | None = None
    remark: str = ""

    @property
    def is_met(self) -> bool:
        """True as well where nothing was asked."""
        return self.target is None or self.target.is_met_by(self.value)

    def line(self) -> str:
        """The figure as it is printed."""
        value = f"{_number(self.value)}{self.unit}"
        text = f"{self.name:<{NAME_WIDTH}}{value:>{VALUE_WIDTH}}"
        if self.target is not None:
            text += f"   target {self.target.words(self.unit):<26}{'met' if self.is_met else 'MISSED'}"
        return f"{text}   [{self.remark}]" if self.remark else text


def show(figures: Iterable[Figure]) -> list[Figure]:
    """Print them, one line each, and hand them on."""
    shown = []
    for figure in figures:
        print(figure.line(), flush=True)
        shown.append(figure)
    return shown


def paired(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median over rounds of ours against theirs in the same round: what disturbs a round disturbs both."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def spread(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The lowest and the highest ratio of the rounds, to see how calm it was."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return f"rounds {min(ratios):.2f} to {max(ratios):.2f}"


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
