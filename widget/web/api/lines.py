"""Lines: list them, report one, read one, and change what is yours to change."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from widget import orders, problems, tickets
from widget.db import db
from widget.errors import NotFound, Refused
from widget.problems import Problem
from widget.tickets import Place
from widget.web import visible
from widget.web.api import conditions, finding, reading, repeating, reporting
from widget.web.api.door import address_of, me, operation, reply
from widget.web.api.refusals import RequestRefused
from widget.web.api.schemas import FilterSchema, LineSchema, LinesSchema, ReportSchema, WorkSchema
from widget.web.places import public_url

LINE, LINES = LineSchema(), LinesSchema()
OF_STAFF, OF_SUPPLIERS = {"informed_customer", "address"}, {"handled", "address_seen"}


@operation("GET", "/lines", scope="lines:read", query=FilterSchema(), answer=LINES)
def lines_GET(query: dict[str, Any]) -> Response:
    """List lines

    Open ones unless `state` says otherwise, the one reported first at the top. Staff see all lines, a supplier's
    people those of their own supplier. To keep a copy up to date, ask with `state=all` and `changed_since` the moment
    you asked last, less a minute.
    """
    return finding.listed(LINES, *finding.page(query))


@operation(
    "POST", "/lines", scope="lines:write", body=ReportSchema(), answer=LINE, status=201, refusals=frozenset({409})
)
def lines_POST(body: dict[str, Any]) -> Response:
    """Report a line

    Customer service hears of it in the order's ticket. The same words of the same type are open only once per order.
    Pictures cannot be sent here: they are added on the line's page, where `open_url` leads.
    """
    return repeating.once(body, lambda: _report(body))


@operation("GET", "/lines/{reference}", scope="lines:read", answer=LINE, refusals=frozenset({304, 404}))
def line_GET(reference: str) -> Response:
    """Read a line

    Its ETag is needed to change it. With If-None-Match the answer is 304 while nothing has changed.
    """
    line = finding.get(reference)
    if conditions.is_known(line):
        return conditions.not_modified(line)
    return reply(LINE.dump(line), ETag=conditions.etag_of(line))


@operation(
    "PATCH",
    "/lines/{reference}",
    scope="lines:write",
    body=WorkSchema(),
    answer=LINE,
    refusals=frozenset({404, 409, 412, 428}),
)
def line_PATCH(reference: str, body: dict[str, Any]) -> Response:
    """Change a line

    Only what is sent is changed, all of it or nothing; what is so already stays. If-Match has to name the line as you
    read it. Customer service may change `informed_customer` and `address`, a supplier's people `handled` and
    `address_seen`. Each change is told in the order's ticket.
    """
    _refuse_foreign_fields(body)
    wanted = conditions.wanted_state()
    line, at = finding.take(reference)
    conditions.check(line, wanted)
    _change(line, at, body)
    answer = reply(LINE.dump(line), ETag=conditions.etag_of(line))
    db.session.commit()
    return answer


def _report(sent: dict[str, Any]) -> Response:
    entry = reporting.read(sent)
    order = orders.lock_known([entry.order])[entry.order]
    home = tickets.lock_home(order.id)
    try:
        line = problems.report(
            order,
            entry.type,
            entry.problem,
            by=me(),
            at=Place(home, public_url()),
            supplier=g.person.supplier or problems.supplier_for(order),
            comment=entry.comment,
        )
    except NotFound:
        raise
    except Refused as error:
        raise reporting.why_refused(error) from error
    db.session.flush()
    return reply(LINE.dump(line), 201, Location=address_of(f"/lines/{line.reference}"), ETag=conditions.etag_of(line))


def _refuse_foreign_fields(body: dict[str, Any]) -> None:
    """403 for a field of the other side; 422 for no field at all."""
    if not body:
        reading.refuse("body", {"": ["Name at least one field to change."]})
    foreign = sorted(body.keys() & (OF_SUPPLIERS if visible.is_staff(g.person) else OF_STAFF))
    if foreign:
        whose = "a supplier's people" if visible.is_staff(g.person) else "customer service"
        raise RequestRefused("not-yours", f"Only {whose} may change {' and '.join(foreign)}.")


def _change(line: Problem, at: Place, body: dict[str, Any]) -> None:
    """What is sent and is not so yet. A line is reopened before anything else is done to it, and handled last."""
    shown = line.version
    is_handled = line.handled_at is not None
    if is_handled and body.get("handled") is False:
        problems.reopen(line, by=me(), at=at)
    if "address" in body and body["address"] != line.address:
        problems.save_address(line, body["address"], by=me(), at=at, shown=shown)
    if "informed_customer" in body and line.informed_at is None:
        problems.mark_informed(line, by=me(), at=at, shown=shown)
    if "address_seen" in body and line.address_seen_at is None:
        problems.confirm_address(line, by=me(), at=at, shown=shown)
    if not is_handled and body.get("handled"):
        problems.mark_handled(line, by=me(), at=at, shown=shown)
