"""The description as a page to read: nothing but what /api/v1/openapi.json says, with an example per operation."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

from flask import render_template

from widget.web.api.description import description
from widget.web.api.door import bp
from widget.web.api.refusals import KINDS
from widget.web.places import public_url

TOKEN = "$TOKEN"  # noqa: S105 - what readers put theirs in
OF_THE_PROBLEM = "ProblemSchema"


class Field(NamedTuple):
    """One row of a table: a parameter, or a field of what is sent or answered."""

    name: str
    kind: str
    is_required: bool
    words: str


class Described(NamedTuple):
    """One operation as the page tells of it."""

    name: str
    method: str
    path: str
    summary: str
    words: str
    asked: list[Field]
    sent: list[Field]
    answered: list[Field]
    is_list: bool
    statuses: list[tuple[str, str]]
    curl: str
    answer: str


@bp.get("/docs")
def docs_GET() -> str:
    """The page, for everybody."""
    return render_template("api/docs.html", operations=told(public_url()), kinds=KINDS, url=public_url())


@lru_cache(maxsize=4)
def told(url: str) -> list[Described]:
    """All operations, in the order of the description."""
    whole = description(url)
    found = []
    for path, item in whole["paths"].items():
        for method, each in item.items():
            if method != "parameters":
                found.append(_told(whole, path, method, each, item.get("parameters", [])))
    return found


def _told(whole: dict[str, Any], path: str, method: str, each: dict[str, Any], places: list[Any]) -> Described:
    sent = _schema(whole, each.get("requestBody", {}))
    status, success = next(iter(each["responses"].items()))
    answered = _schema(whole, success)
    items = answered.get("properties", {}).get("items", {}).get("items")
    one = _resolved(whole, items) if items else answered
    asked = [_parameter(parameter) for parameter in [*places, *each["parameters"]]]
    return Described(
        name=each["operationId"],
        method=method.upper(),
        path=path,
        summary=each["summary"],
        words=each["description"],
        asked=asked,
        sent=_fields(sent),
        answered=_fields(one),
        is_list=bool(items),
        statuses=[(status, answer["description"]) for status, answer in sorted(each["responses"].items())],
        curl=_curl(whole["servers"][0]["url"] + _for_example(path, places), method, sent, asked),
        answer=_answer(status, success, answered, one),
    )


def _schema(whole: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    return _resolved(whole, of.get("content", {}).get("application/json", {}).get("schema", {}))


def _resolved(whole: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = whole["components"]["schemas"][name] if name else schema
    return found


def _parameter(told: dict[str, Any]) -> Field:
    words = told.get("description") or told["schema"].get("description", "")
    return Field(f"{told['name']}", f"{told['in']}, {_kind(told['schema'])}", told.get("required", False), words)


def _fields(schema: dict[str, Any]) -> list[Field]:
    required = schema.get("required", [])
    return [
        Field(name, _kind(each), name in required, each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    """What can be in it, in a few words."""
    if choices := schema.get("enum"):
        return " | ".join(choice if isinstance(choice, str) else json.dumps(choice) for choice in choices)
    kind = schema.get("type", "object")
    kinds: list[str] = kind if isinstance(kind, list) else [kind]
    called = " or ".join(str(schema.get("format", each)) if each == "string" else each for each in kinds)
    most = schema.get("maxLength") or schema.get("maximum")
    return f"{called}, at most {most}" if most else called


def _example(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: each["example"] for name, each in schema.get("properties", {}).items() if "example" in each}


def _for_example(path: str, places: list[Any]) -> str:
    for place in places:
        path = path.replace(f"{{{place['name']}}}", place["schema"]["example"])
    return path


def _curl(address: str, method: str, sent: dict[str, Any], asked: list[Field]) -> str:
    lines = [f"curl {'-X ' + method.upper() + ' ' if method == 'patch' else ''}{address}"]
    lines.append(f'-H "Authorization: Bearer {TOKEN}"')
    names = {field.name for field in asked}
    if "Idempotency-Key" in names:
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if "If-Match" in names:
        lines.append("""-H 'If-Match: "1"'""")
    if sent:
        body = _example(sent) or {"handled": True}
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(body, ensure_ascii=False, indent=4)}'"]
    return " \\\n  ".join(lines)


def _answer(status: str, success: dict[str, Any], answered: dict[str, Any], one: dict[str, Any]) -> str:
    """An answer as it looks, with the fields whose values are worth showing."""
    example: Any = _example(one)
    if one is not answered:
        example = {"items": [example], **_example(answered)}
    return f"{status} {success['description']}\n\n{json.dumps(example, ensure_ascii=False, indent=2)}"
