"""Refund claims: list them and read one. Nothing changes one here: what leads to filing happens on the desk."""

from __future__ import annotations

from typing import Any

from flask import Response, g
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from widget.db import db
from widget.orders import Order
from widget.people import Person
from widget.refunds import OPEN, OVER, Claim
from widget.web import visible
from widget.web.api import conditions, finding
from widget.web.api.claim_schemas import ClaimFilterSchema, ClaimSchema, ClaimsSchema
from widget.web.api.door import operation, reply

CLAIM, CLAIMS = ClaimSchema(), ClaimsSchema()
STATES = {"open": OPEN, "over": OVER}


@operation("GET", "/claims", scope="claims:read", query=ClaimFilterSchema(), answer=CLAIMS)
def claims_GET(query: dict[str, Any]) -> Response:
    """List refund claims

    Open ones unless `state` says otherwise, the oldest first. Staff see all claims, a supplier's people those that were
    filed with their own supplier. Nothing requests, confirms or files a claim here: an approver confirms it in writing.
    To keep a copy up to date, ask with `state=all` and `changed_since` the moment you asked last, less a minute.
    """
    # As with lines: an order has a handful of claims, and is found by its own index.
    key = Claim.id + 0 if "order" in query else Claim.id
    wanted = finding.after(_filtered(_seen_by(g.person), query).order_by(key), Claim.id, query)
    return finding.listed(CLAIMS, *finding.cut(db.session.scalars(wanted).all(), query["limit"]))


@operation("GET", "/claims/{reference}", scope="claims:read", answer=CLAIM, refusals=frozenset({304, 404}))
def claim_GET(reference: str) -> Response:
    """Read a refund claim

    With If-None-Match the answer is 304 while nothing has changed.
    """
    claim = visible.get_claim(g.person, reference)
    if conditions.is_known(claim):
        return conditions.not_modified(claim)
    return reply(CLAIM.dump(claim), ETag=conditions.etag_of(claim))


def _seen_by(person: Person) -> Select[Claim]:
    return (
        select(Claim)
        .join(Claim.order)
        .join(Order.store)
        .join(Claim.reason)
        .join(Claim.supplier)
        .outerjoin(Claim.confirmation)
        .where(visible.may_see_claim(person))
        .options(
            contains_eager(Claim.order).contains_eager(Order.store),
            contains_eager(Claim.reason),
            contains_eager(Claim.supplier),
            contains_eager(Claim.confirmation),
        )
    )


def _filtered(query: Select[Claim], wanted: dict[str, Any]) -> Select[Claim]:
    if wanted["state"] != "all":
        states = STATES.get(wanted["state"], {wanted["state"]})
        query = query.where(Claim.state.in_(sorted(states)))
    if "order" in wanted:
        query = query.where(Claim.order_id.in_(finding.orders_called(wanted["order"])))
    if "changed_since" in wanted:
        query = query.where(Claim.changed_at >= wanted["changed_since"])
    return query
