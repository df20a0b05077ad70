"""The blueprint, who may enter, and how a view becomes an operation that is checked and described.

Programs prove themselves by a token in the header Authorization and by nothing else: cookies are not looked at, so no
page of another site can act through somebody's browser.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, g, request
from marshmallow import Schema
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import joinedload

from widget.credentials import api_tokens
from widget.credentials.api_tokens import Shown
from widget.db import db, open_reading
from widget.people import Actor, Person
from widget.web.api import pace, reading
from widget.web.api.refusals import RequestRefused
from widget.web.places import public_url

log = logging.getLogger(__name__)
bp = Blueprint("api", __name__, url_prefix="/api")

VERSION = "/v1"
LARGEST_BODY = 64 * 1024
REALM = 'Bearer realm="Supplier Desk"'

View = Callable[..., Response]


@dataclass(frozen=True)
class Operation:
    """What one address does with one method: how it is asked, what it answers, and what it may refuse.

    `path` is below the version's address, as OpenAPI writes it. `refusals` are statuses beside those that every
    operation may answer with.
    """

    name: str
    method: str
    path: str
    scope: str
    summary: str
    words: str
    answer: Schema
    status: int = 200
    query: Schema | None = None
    body: Schema | None = None
    refusals: frozenset[int] = field(default_factory=frozenset)


OPERATIONS: dict[str, Operation] = {}


def operation(method: str, path: str, *, scope: str, answer: Schema, **more: Any) -> Callable[[View], View]:
    """Make a view an operation: what its schemas refuse never reaches it, and its docstring is its description.

    The view is called with the parts of its path, and with `query` and `body` where it has schemas for them.
    """

    def register(view: View) -> View:
        summary, _, words = (view.__doc__ or "").strip().partition("\n")
        made = Operation(view.__name__, method, path, scope, summary, " ".join(words.split()), answer, **more)
        OPERATIONS[f"{bp.name}.{view.__name__}"] = made
        rule = VERSION + path.replace("{", "<").replace("}", ">")
        bp.add_url_rule(rule, endpoint=view.__name__, view_func=_served(made, view), methods=[method])
        return view

    return register


def _served(described: Operation, view: View) -> View:
    @wraps(view)
    def serve(**given: Any) -> Response:
        if described.query is not None:
            given["query"] = reading.query(described.query)
        if described.body is not None:
            given["body"] = reading.body(described.body)
        return view(**given)

    return serve


@bp.before_request
def guard() -> Response | None:
    """Only programs with a token of somebody who is not revoked, within the token's scopes; the description is open."""
    request.max_content_length = LARGEST_BODY
    if request.method == "OPTIONS":
        return _what_is_allowed()
    described = OPERATIONS.get(request.endpoint or "")
    if described is None:
        return None
    token = _shown_token()
    _refuse_haste(token)
    if described.scope not in token.scopes:
        raise RequestRefused(
            "scope-missing",
            f"This needs a token with the scope {described.scope}.",
            headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{described.scope}"'},
        )
    g.token = token
    g.person = db.session.get_one(Person, token.person_id, options=[joinedload(Person.supplier)])
    return None


@bp.after_request
def keep_answers_private(response: Response) -> Response:
    """What is somebody's is kept by nobody on the way."""
    if request.endpoint in OPERATIONS:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def reply(data: Any, status: int = 200, **headers: str) -> Response:
    """JSON. Names of `headers` have underscores for hyphens."""
    response = Response(orjson.dumps(data), status=status, mimetype="application/json")
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def me() -> Actor:
    """The person whose program it is, as the one who does something."""
    actor: Actor = g.person.as_actor()
    return actor


def address_of(path: str) -> str:
    """The full address of something below the version's address."""
    return f"{public_url()}{bp.url_prefix}{VERSION}{path}"


def _shown_token() -> Shown:
    shown = request.authorization
    secret = shown.token if shown is not None and shown.type == "bearer" else None
    if not secret:
        raise RequestRefused(
            "no-token", "Send a token: Authorization: Bearer sd_…", headers={"WWW-Authenticate": REALM}
        )
    with open_reading() as connection:
        token = api_tokens.find(connection, secret)
    if token is None:
        log.warning("token refused", extra={"path": request.path})
        raise RequestRefused(
            "no-token",
            "This token does not work: it is unknown, was revoked, or has expired.",
            headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
        )
    if not token.is_use_noted:
        _note_use(token)
    return token


def _note_use(token: Shown) -> None:
    """In a transaction of its own, once a minute; a busy store does without it."""
    try:
        with db.engine.begin() as connection:
            api_tokens.note_use(connection, token.id)
    except DBAPIError:
        log.warning("use of a token not noted")


def _refuse_haste(token: Shown) -> None:
    seconds = pace.wait_for(token.id)
    if seconds:
        raise RequestRefused(
            "too-fast",
            f"At most {pace.AT_MOST} requests a minute with one token.",
            headers={"Retry-After": str(seconds)},
        )


def _what_is_allowed() -> Response:
    response: Response = current_app.make_default_options_response()
    response.status_code = 204
    del response.headers["Content-Type"]
    return response
