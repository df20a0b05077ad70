"""What a problem type asks of whoever reports it, as admins set it: a picture, and the words it suggests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from widget.pictures import Picture
from widget.problem_types import ProblemType
from widget.web import language
from widget.web.language import gettext as _


class Choice(NamedTuple):
    """A type that can be chosen, in the reader's language."""

    code: str
    name: str
    needs_picture: bool = False
    text: str = ""


NOTHING_CHOSEN = Choice("", "")


def choice_of(type_: ProblemType) -> Choice:
    """A type as it is offered."""
    text = type_.text_zh if language.current() == "zh" else type_.text_en
    return Choice(type_.code, type_name(type_), type_.needs_picture, text)


def type_name(type_: ProblemType) -> str:
    """What a type is called in the reader's language."""
    return type_.name_zh if language.current() == "zh" else type_.name_en


def why_incomplete(code: str, types: Sequence[ProblemType], drafts: Sequence[Picture]) -> str:
    """What is missing with the type of that code, in words; empty when nothing is."""
    type_ = next((type_ for type_ in types if type_.code == code), None)
    if type_ is None or not type_.needs_picture or drafts:
        return ""
    return _("“%(type)s” needs a picture. Add one.", type=type_name(type_))


def why_not_in_rows(type_: ProblemType) -> str:
    """Why a line of that type cannot be reported as one of many rows; empty when it can."""
    if not type_.needs_picture:
        return ""
    return _("“%(type)s” needs a picture. Report this one with the form New problem.", type=type_name(type_))
