"""Asks the API whatever its description allows and much that it does not, and holds every answer against it.

What comes back has to be described: the status, the kind of content, the headers, every field. Nothing may be a 5xx,
and no answer may hold a word of another supplier's lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from widget.web.api import pace

ORDERS = ("NL10423", "#nl20001", "NL 20002", "NL55555", "10423", "")
TYPES = ("address_incomplete", "wrong_size", "other", "缺货", "Redesign wanted")
CONDITIONS = ('"1"', '"2"', "*", 'W/"1"', '"1", "2"', "nonsense", "current")
KEYS = ("k-1", "k-2", "a b")
PACE_FORGOTTEN_EVERY = 400


class Fuzzer:
    """One program with one token. `foreign` are words that it must never be told."""

    def __init__(self, app: Flask, secret: str, references: list[str], foreign: list[str]) -> None:
        config = schemathesis.Config()
        config.projects.default.generation.update(with_security_parameters=False)
        self.schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.references = references
        self.foreign = foreign
        self.statuses: Counter[int] = Counter()
        load_all_checks()

    def run(self, each: int, *, random: int | None) -> None:
        """Ask every operation so many things that fit its description, and as many that do not. `random`: a seed."""
        for operation in self._operations():
            for mode in GenerationMode:
                self._ask(operation, mode, each, random)

    def _operations(self) -> Iterator[APIOperation[Any, Any, Any, Any]]:
        for result in self.schema.get_all_operations():
            assert isinstance(result, Ok), result
            yield result.ok()

    def _ask(
        self, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, each: int, random: int | None
    ) -> None:
        @settings(
            max_examples=each,
            derandomize=random is None,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def ask(case: Any, data: st.DataObject) -> None:
            if mode.is_positive:
                self._make_sense(case, data)
            elif case.path_parameters and data.draw(st.booleans()):
                case.path_parameters["reference"] = self.references[0]
            self._send(case, is_negative=mode.is_negative and "reference" not in (case.path_parameters or {}))

        (ask if random is None else seed(random)(ask))()

    def _make_sense(self, case: Any, data: st.DataObject) -> None:
        """Names, types and conditions that exist, more often than chance would find them."""

        def perhaps(values: Any) -> Any:
            return data.draw(st.none() | st.sampled_from(values))

        if "reference" in (case.path_parameters or {}) and (reference := perhaps(self.references)):
            case.path_parameters["reference"] = reference
        if isinstance(case.body, dict) and "order_name" in case.body:
            case.body.update({k: v for k, v in {"order_name": perhaps(ORDERS), "type": perhaps(TYPES)}.items() if v})
        if case.method == "POST" and (key := perhaps(KEYS)):
            case.headers["Idempotency-Key"] = key
        if case.method == "PATCH" and (condition := perhaps(CONDITIONS)):
            case.headers["If-Match"] = self._current(case) if condition == "current" else condition

    def _current(self, case: Any) -> str:
        (line,) = (each for each in self._operations() if each.definition.raw.get("operationId") == "line_GET")
        read = line.Case(path_parameters=dict(case.path_parameters)).call(headers=self.headers)
        return str(read.headers.get("etag", ['"1"'])[0])

    def _send(self, case: Any, *, is_negative: bool) -> None:
        if sum(self.statuses.values()) % PACE_FORGOTTEN_EVERY == 0:
            pace.forget()
        answer = case.call(headers=self.headers)
        self.statuses[answer.status_code] += 1
        checks = [
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ]
        # What cannot be written in an address, like an empty list, is not in it, and then nothing is wrong.
        was_sent = all(name in unquote_plus(str(answer.request.url)) for name in case.query or {})
        if is_negative and was_sent and self.headers:
            checks.append(negative_data_rejection)
        assert answer.status_code < 500, f"{answer.status_code} to {case.as_curl_command()}"
        try:
            case.validate_response(answer, checks=checks)
        except FailureGroup as failures:
            raise AssertionError("\n".join(map(str, failures.exceptions))) from failures
        told = answer.content.decode()
        assert not [words for words in self.foreign if words in told], f"told too much by {case.as_curl_command()}"
