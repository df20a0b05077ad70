"""Templates as the helpdesk's servers render them: Python's way, like Jinja, each leaf to a string.

Used for what an integration sends (url, headers, form) and for what a button still has in braces. Booleans come out as
`True` and `False`, nothing and missing as empty, ids as digits. A value that itself holds braces is never rendered
again.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment


class Whole(dict[str, Any]):
    """An object that prints as JSON: `{{context}}`."""

    def __str__(self) -> str:
        return json.dumps(self)


class _Environment(SandboxedEnvironment):
    """Paths read keys only: `ticket.items` is a key named items, not a method of dict."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        if isinstance(obj, list) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument))


_environment = _Environment(
    undefined=ChainableUndefined, finalize=lambda value: "" if value is None else value, keep_trailing_newline=True
)


class CannotRender(Exception):
    """The template is not one."""


def render(template: Any, context: Mapping[str, Any]) -> str:
    """One leaf as a string; raises CannotRender."""
    text = "" if template is None else str(template)
    if "{" not in text:
        return text
    try:
        return str(_compiled(text).render(context))
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise CannotRender(f"{type(error).__name__}: {error}") from error


def render_leaves(value: Any, context: Mapping[str, Any]) -> Any:
    """An object or list with every leaf rendered; the shape stays."""
    if isinstance(value, dict):
        return {key: render_leaves(item, context) for key, item in value.items()}
    if isinstance(value, list):
        return [render_leaves(item, context) for item in value]
    return render(value, context)


@lru_cache(maxsize=500)
def _compiled(text: str) -> Template:
    return _environment.from_string(text)
