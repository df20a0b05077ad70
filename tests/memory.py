"""What the apps of a test process have in common although each is new: compiled templates, statements and routes.

An app compiles each of them once, before its first use, and answers with them ever after. Every test has an app of its
own, and without this half of its time would go into compiling.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.engine.default import DefaultDialect
from werkzeug.routing import Rule

from widget.db import db

_statements: dict[Any, Any] = {}


class Templates(BytecodeCache):
    """Templates as bytecode. A template that was changed is another one: its checksum is looked at."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_templates = Templates()


def remember(app: Flask) -> None:
    """Let the app use what others compiled, and others what it compiles."""
    app.jinja_env.bytecode_cache = _templates
    with app.app_context():
        for engine in (*db.engines.values(), app.extensions["store_reader"]):
            engine.update_execution_options(compiled_cache=_statements)


def compare_dialects_by_kind() -> None:
    """A statement is compiled once per dialect: have all stores of one kind share theirs, not one each."""

    def is_alike(self: DefaultDialect, other: object) -> bool:
        return type(self) is type(other)

    def kind(self: DefaultDialect) -> int:
        return hash(type(self))

    DefaultDialect.__eq__ = is_alike  # type: ignore[method-assign,assignment]
    DefaultDialect.__hash__ = kind  # type: ignore[method-assign,assignment]


def compile_routes_once() -> None:
    """What builds a route's addresses is code made for it, the same in each app."""
    compile_one, made = Rule._compile_builder, dict[Any, Any]()

    def compile_once(self: Rule, append_unknown: bool = True) -> Any:
        if self.defaults:
            return compile_one(self, append_unknown)
        route = (self.rule, tuple(self._trace), append_unknown)
        if route not in made:
            made[route] = compile_one(self, append_unknown)
        return made[route]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]
