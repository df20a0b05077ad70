"""The approvers' list: everything that waits for a written confirmation, with all that is needed to decide."""

from __future__ import annotations

import re
from typing import Any

from flask import g, render_template, request
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from widget import people, pictures, refunds
from widget.db import db
from widget.orders import Order
from widget.people import Role
from widget.refunds import Claim, State
from widget.web import keyset
from widget.web.claims.door import bp

PER_PAGE = 50
# Where a page begins: since when the claim waits, in microseconds, and its number.
CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,18})", re.ASCII)
OLDEST_FIRST = (Claim.state_since.expression, Claim.id.expression)


@bp.get("/approvals")
def approvals_GET() -> str:
    """Those an approver may decide, oldest first, and apart from them what he wanted himself."""
    is_approver = Role.APPROVER in g.person.roles
    is_own = refunds.is_wanted_by(g.person.email)
    after = _read_cursor(request.args.get("after", ""))
    found = _waiting(~is_own, after) if is_approver else []
    claims = found[:PER_PAGE]
    done = request.args.get("done", "")
    return render_template(
        "claims/approvals.html",
        is_approver=is_approver,
        approvers=people.approvers(),
        claims=claims,
        count=refunds.count_waiting(g.person.email) if is_approver else 0,
        after=_write_cursor(claims[-1]) if len(found) > PER_PAGE else "",
        is_further=after is not None,
        own=_waiting(is_own, None)[:PER_PAGE] if is_approver else [],
        evidence=pictures.of_claims([claim.id for claim in claims]),
        others=_others(claims),
        unheard_of=refunds.unheard_of([claim.order_id for claim in claims]),
        done=done if done.startswith("R-") else "",
        did=request.args.get("did", ""),
    )


def _waiting(condition: ColumnElement[bool], after: tuple[Any, ...] | None) -> list[Claim]:
    """One more than a page of those that wait for a confirmation."""
    query = (
        select(Claim)
        .join(Claim.order)
        .join(Order.store)
        .where(Claim.state == State.REQUESTED.value, condition)
        .options(
            contains_eager(Claim.order).contains_eager(Order.store),
            joinedload(Claim.reason),
            joinedload(Claim.supplier),
            joinedload(Claim.ticket),
            selectinload(Claim.confirmations),
        )
    )
    if after is not None:
        query = query.where(keyset.is_beyond(OLDEST_FIRST, after))
    return list(db.session.scalars(query.order_by(*OLDEST_FIRST).limit(PER_PAGE + 1)))


def _read_cursor(text: str) -> tuple[Any, ...] | None:
    match = CURSOR.fullmatch(text)
    return (keyset.as_moment(match[1]), int(match[2])) if match else None


def _write_cursor(claim: Claim) -> str:
    return f"{keyset.as_number(claim.state_since)}-{claim.id}"


def _others(claims: list[Claim]) -> dict[int, list[Claim]]:
    """What else was claimed for the same orders, by the order's id. One query for all."""
    found: dict[int, list[Claim]] = {}
    query = select(Claim).where(
        Claim.order_id.in_({claim.order_id for claim in claims}), Claim.state != State.WITHDRAWN.value
    )
    for claim in db.session.scalars(query.order_by(Claim.id.desc())):
        found.setdefault(claim.order_id, []).append(claim)
    return found
