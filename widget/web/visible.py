"""What of the lines and claims a person may see: decided here for all pages, in the query itself.

Staff see all lines; whoever is not staff sees those of the own supplier, and nothing without one.
"""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import joinedload, selectinload

from widget.db import db
from widget.errors import NotFound
from widget.orders import Order
from widget.people import Person, Role
from widget.problems import Problem
from widget.refunds import Claim

STAFF = {Role.AGENT, Role.APPROVER, Role.ADMIN}


def is_staff(person: Person) -> bool:
    """Whether the person sees all suppliers' lines and what happened to them."""
    return person.supplier_id is None and bool(person.roles & STAFF)


def get_line(person: Person, reference: str) -> Problem:
    """The line people call `P-31`, with all a page shows of it.

    Raises NotFound, with the same words, for one that does not exist and for another supplier's.
    """
    match = re.fullmatch(r"P-([1-9][0-9]{0,17})", reference, re.ASCII)
    query = (
        select(Problem)
        .where(Problem.id == (int(match[1]) if match else 0), may_see(person))
        .options(joinedload(Problem.type), joinedload(Problem.supplier), selectinload(Problem.comments))
    )
    line = db.session.scalar(query)
    if line is None:
        raise NotFound("There is no such line.")
    return line


def may_see(person: Person) -> ColumnElement[bool]:
    """Which lines the person sees, for queries of other pages."""
    if is_staff(person):
        return true()
    return Problem.supplier_id == (person.supplier_id or 0)


def get_claim(person: Person, reference: str) -> Claim:
    """The claim people call `R-7`, with all a page shows of it. Raises NotFound as get_line() does."""
    match = re.fullmatch(r"R-([1-9][0-9]{0,17})", reference, re.ASCII)
    query = (
        select(Claim)
        .where(Claim.id == (int(match[1]) if match else 0), may_see_claim(person))
        .options(
            joinedload(Claim.reason),
            joinedload(Claim.supplier),
            joinedload(Claim.order).joinedload(Order.store),
            joinedload(Claim.confirmation),
            selectinload(Claim.comments),
            selectinload(Claim.credits),
        )
    )
    claim = db.session.scalar(query)
    if claim is None:
        raise NotFound("There is no such claim.")
    return claim


def may_see_claim(person: Person) -> ColumnElement[bool]:
    """Which claims the person sees: staff all, a supplier's people their own, and those only once they were filed."""
    if is_staff(person):
        return true()
    return and_(Claim.supplier_id == (person.supplier_id or 0), Claim.filed_at.is_not(None))
