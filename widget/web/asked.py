"""What an address asks for. All state of a view is in it, so that it can be sent as a link, or kept."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import ClassVar, Self
from urllib.parse import parse_qsl, urlencode

from widget.people import Side
from widget.problem_types import Board
from widget.web.typed import clean

LONGEST = 200
REFUNDS = "refunds"
# What both sides ask of their sheet.
OF_A_SHEET = {"board": (*Board, REFUNDS), "view": ("open", "handled"), "turn": ("", *Side)}


@dataclass(frozen=True)
class Asked:
    """What an address asks for: its fields are texts, each with a usual value that is not said.

    `CHOICES` are what some of them may be, the first of which they are otherwise; `SHAPES` what others may look like.
    """

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    SHAPES: ClassVar[Mapping[str, re.Pattern[str]]] = {}

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Self:
        """From an address's query or a form's hidden field. What makes no sense is left out."""
        read = {each.name: clean(values.get(each.name, "")[:LONGEST]) for each in fields(cls)}
        for name, choices in cls.CHOICES.items():
            read[name] = str(read[name] if read[name] in choices else choices[0])
        for name, shape in cls.SHAPES.items():
            read[name] = read[name] if shape.fullmatch(read[name]) else ""
        return cls(**read)

    def said(self) -> dict[str, str]:
        """What is not as usual."""
        usual = asdict(type(self)())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}


@dataclass(frozen=True)
class AskedOfSheet(Asked, ABC):
    """A view of a sheet, which its forms lead back to."""

    @classmethod
    def read_back(cls, text: str) -> Self:
        """From the query that a form or a saved view carries."""
        return cls.read(dict(parse_qsl(text[: 4 * LONGEST])))

    @cached_property
    def query(self) -> str:
        """As a form carries it."""
        return urlencode(self.said())

    def url(self, **changed: str) -> str:
        """The address of this view, or of a changed one, which begins at its first page."""
        wanted = replace(self, **{"after": "", **changed}) if changed else self
        return wanted.url_with({})

    @abstractmethod
    def url_with(self, told: Mapping[str, str]) -> str:
        """The address of this view, saying what was just done there as well."""
