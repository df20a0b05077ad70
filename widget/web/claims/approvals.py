"""The approvers' list: everything that waits for a written confirmation, with all that is needed to decide."""

from __future__ import annotations

from flask import g, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from widget import history, people, pictures, refunds
from widget.db import db
from widget.orders import Order
from widget.people import Role
from widget.refunds import Claim, State
from widget.web.claims.door import bp

MOST_SHOWN = 50


@bp.get("/approvals")
def approvals_GET() -> str:
    """Those an approver may decide, oldest first, and apart from them what he wanted himself."""
    is_approver = Role.APPROVER in g.person.roles
    waiting = _waiting() if is_approver else []
    own = _wanted_by_reader(waiting)
    done = request.args.get("done", "")
    return render_template(
        "claims/approvals.html",
        is_approver=is_approver,
        approvers=people.approvers(),
        claims=[claim for claim in waiting if claim.id not in own],
        own=[claim for claim in waiting if claim.id in own],
        evidence=pictures.of_claims([claim.id for claim in waiting]),
        others=_others(waiting),
        unheard_of=refunds.unheard_of([claim.order_id for claim in waiting]),
        done=done if done.startswith("R-") else "",
        did=request.args.get("did", ""),
        most=MOST_SHOWN,
    )


def _waiting() -> list[Claim]:
    query = (
        select(Claim)
        .join(Claim.order)
        .join(Order.store)
        .where(Claim.state == State.REQUESTED.value)
        .options(
            contains_eager(Claim.order).contains_eager(Order.store),
            joinedload(Claim.reason),
            joinedload(Claim.supplier),
            joinedload(Claim.ticket),
            selectinload(Claim.confirmations),
        )
        .order_by(Claim.state_since, Claim.id)
        .limit(MOST_SHOWN)
    )
    return list(db.session.scalars(query))


def _wanted_by_reader(claims: list[Claim]) -> set[int]:
    """Those the reader asked for or changed, and so cannot confirm. One query for all."""
    mine = history.touched_by("claim", [claim.id for claim in claims], g.person.email, refunds.WANTING)
    return {claim.id for claim in claims if claim.requested_by_email == g.person.email.lower()} | mine


def _others(claims: list[Claim]) -> dict[int, list[Claim]]:
    """What else was claimed for the same orders, by the order's id. One query for all."""
    found: dict[int, list[Claim]] = {}
    query = select(Claim).where(
        Claim.order_id.in_({claim.order_id for claim in claims}), Claim.state != State.WITHDRAWN.value
    )
    for claim in db.session.scalars(query.order_by(Claim.id.desc())):
        found.setdefault(claim.order_id, []).append(claim)
    return found
