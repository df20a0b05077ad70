"""The description of the API as OpenAPI 3.1, made of the operations and their schemas: what is served is described."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, request

from widget.web.api import claim_schemas, repeating
from widget.web.api.door import OPERATIONS, VERSION, Operation, bp, reply
from widget.web.api.refusals import MEDIA_TYPE
from widget.web.api.schemas import REFERENCE, ProblemSchema
from widget.web.places import public_url

WORDS = """Report lines, read what the other side wrote, and change what is yours to change: for the supplier's own
software and the shop's scripts. Everything here is also on the pages, with the same rules."""
# What every operation may answer beside its own.
EVERYWHERE = {400, 401, 403, 429, 503}
WITH_BODY = {413, 415}
CHECKED = {422}
HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": "Says Bearer."},
    429: {"Retry-After": "Seconds to wait."},
    503: {"Retry-After": "Seconds to wait."},
    412: {"ETag": "Of the line as it is now."},
    304: {"ETag": "As it is now."},
}
# What stands in paths, by how they begin.
PLACES = {
    head: {
        "name": "reference",
        "in": "path",
        "required": True,
        "description": f"What people call the {what}.",
        "schema": {"type": "string", "pattern": pattern, "example": example},
    }
    for head, what, pattern, example in (
        ("/lines/{reference}", "line", REFERENCE, "P-31"),
        ("/claims/{reference}", "claim", claim_schemas.REFERENCE, "R-7"),
    )
}
KEY = {
    "name": repeating.HEADER,
    "in": "header",
    "description": "A new one for each new request, the same when it is sent again: it is then done once, and answered "
    "as the first time. Kept for 24 hours.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the line as it was read.",
    "schema": {"type": "string", "minLength": 1},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag as it was read last: 304 while that is still so.",
    "schema": {"type": "string"},
}


@bp.get(f"{VERSION}/openapi.json")
def description_GET() -> Response:
    """The description, for everybody."""
    response = reply(description(public_url()))
    response.add_etag()
    response.make_conditional(request)
    return response


@lru_cache(maxsize=4)
def description(url: str) -> dict[str, Any]:
    """The whole of it, for a service that is reached there."""
    spec = APISpec(
        title="Supplier Desk",
        version="1",
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin()],
        info={"description": " ".join(WORDS.split())},
        servers=[{"url": f"{url}{bp.url_prefix}{VERSION}"}],
        security=[{"token": []}],
    )
    spec.components.security_scheme(
        "token", {"type": "http", "scheme": "bearer", "description": "A token of yours, which begins with sd_."}
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS.values():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    for path, methods in paths.items():
        spec.path(
            path=path, operations=methods, parameters=[place for head, place in PLACES.items() if path.startswith(head)]
        )
    made: dict[str, Any] = spec.to_dict()
    # What no field of it can say.
    made["components"]["schemas"]["Work"]["minProperties"] = 1
    return made


def refusals_of(operation: Operation) -> list[int]:
    """Which statuses an operation may refuse with."""
    more = (CHECKED if operation.query or operation.body else set()) | (WITH_BODY if operation.body else set())
    return sorted(EVERYWHERE | more | operation.refusals)


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"{operation.words} Needs the scope `{operation.scope}`.".strip(),
        "parameters": _parameters(operation),
        "responses": {str(operation.status): _answer(operation), **_refusals(operation)},
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": operation.body}}}
    return described


def _parameters(operation: Operation) -> list[Any]:
    found: list[Any] = [{"in": "query", "schema": operation.query}] if operation.query else []
    return found + _headers_sent(operation)


def _headers_sent(operation: Operation) -> list[Any]:
    if operation.method == "POST":
        return [KEY]
    if operation.method == "PATCH":
        return [IF_MATCH]
    return [IF_NONE_MATCH] if 304 in operation.refusals else []


def _answer(operation: Operation) -> dict[str, Any]:
    content = {"application/json": {"schema": operation.answer}}
    headers: dict[str, str] = {}
    if 304 in operation.refusals or operation.method == "PATCH":
        headers["ETag"] = "As it is now."
    if operation.status == HTTPStatus.CREATED:
        headers["Location"] = "Where it is."
        headers[repeating.REPLAYED] = "true when this was answered before."
    if operation.query is not None and "limit" in operation.query.fields:
        headers["Link"] = "The next page, if there is one."
    return {"description": _phrase(operation.status), "content": content, "headers": _headers(headers)}


def _refusals(operation: Operation) -> dict[str, Any]:
    return {str(status): _refusal(status) for status in refusals_of(operation)}


def _refusal(status: int) -> dict[str, Any]:
    told: dict[str, Any] = {"description": _phrase(status), "headers": _headers(HEADERS.get(status, {}))}
    if status >= HTTPStatus.BAD_REQUEST:
        told["content"] = {MEDIA_TYPE: {"schema": ProblemSchema}}
    return told


def _headers(told: dict[str, str]) -> dict[str, Any]:
    return {name: {"description": words, "schema": {"type": "string"}} for name, words in told.items()}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase
