"""Forms of the pages for staff: what was typed, what of it was refused, and what it means once it is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from widget.web.language import gettext as _


@dataclass
class Form:
    """What templates/forms.html shows: values and errors by the field's name; errors are sentences for the reader."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def read(schema: Schema, sent: MultiDict[str, str]) -> tuple[Form, dict[str, Any] | None]:
    """What was sent, and what it means: None where something is wrong, which the form then says beside each field.

    Lists are what the schema calls a list; everything typed stays in the form as it was typed.
    """
    lists = {name for name, each in schema.fields.items() if isinstance(each, fields.List)}
    typed = {name: sent.getlist(name) if name in lists else sent.get(name, "") for name in {*sent, *lists}}
    try:
        return Form(typed), dict(schema.load(typed))
    except ValidationError as error:
        return Form(typed, _sentences(error)), None


def _sentences(error: ValidationError) -> dict[str, str]:
    found: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return {name: " ".join(_(words) for words in _flat(messages)) for name, messages in found.items()}


def _flat(messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [words for each in messages.values() for words in _flat(each)]
    return [str(words) for words in messages] if isinstance(messages, list) else [str(messages)]
