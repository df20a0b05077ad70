"""How lines and claims are searched: word by word, in what people read on them."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from widget import orders
from widget.orders import Order
from widget.people import Supplier
from widget.problem_types import ProblemType
from widget.problems import Comment, Problem
from widget.refunds import Claim, ClaimReason, Credit

MOST_WORDS = 8
# What people call a line. Eighteen digits fit into every store's numbers.
REFERENCE = re.compile(r"P-([1-9][0-9]{0,17})", re.ASCII | re.IGNORECASE)
CLAIM = re.compile(r"R-([1-9][0-9]{0,17})", re.ASCII | re.IGNORECASE)


def says_all(text: str, *further: InstrumentedAttribute[str]) -> list[ColumnElement[bool]]:
    """One condition per word of a search; `further` columns are looked at as well. Order and type are joined.

    For few lines out of many: each is looked at by itself.
    """
    return [_says(word, further) for word in text.split()[:MOST_WORDS]]


def among_many(text: str) -> list[ColumnElement[bool]]:
    """The same, with suppliers' names, for many lines: what belongs to them is searched once and not line by line."""
    return [_is_among(word) for word in text.split()[:MOST_WORDS]]


def claims_say_all(text: str) -> list[ColumnElement[bool]]:
    """One condition per word of a search for claims. Order and reason are looked up by themselves."""
    return [_claim_says(word) for word in text.split()[:MOST_WORDS]]


def _claim_says(word: str) -> ColumnElement[bool]:
    plain = orders.plain(word)
    reasons = select(ClaimReason.id).where(
        ClaimReason.name_en.icontains(word, autoescape=True) | ClaimReason.name_zh.icontains(word, autoescape=True)
    )
    named = Order.name.icontains(plain.lstrip("#") or plain, autoescape=True)
    places = [
        Claim.issue.icontains(word, autoescape=True),
        Claim.reason_id.in_(reasons),
        Claim.order_id.in_(select(Order.id).where(named)),
        Claim.id.in_(select(Credit.claim_id).where(Credit.invoice.icontains(word, autoescape=True))),
    ]
    if match := CLAIM.fullmatch(plain):
        places.append(Claim.id == int(match[1]))
    return or_(*places)


def _is_among(word: str) -> ColumnElement[bool]:
    def says(column: InstrumentedAttribute[str], said: str = word) -> ColumnElement[bool]:
        return column.icontains(said, autoescape=True)

    plain = orders.plain(word)
    places = [
        says(Problem.problem),
        Problem.type_id.in_(select(ProblemType.id).where(says(ProblemType.name_en) | says(ProblemType.name_zh))),
        Problem.supplier_id.in_(select(Supplier.id).where(says(Supplier.name))),
        Problem.order_id.in_(select(Order.id).where(says(Order.name, plain.lstrip("#") or plain))),
        Problem.id.in_(select(Comment.problem_id).where(says(Comment.text))),
    ]
    if match := REFERENCE.fullmatch(plain):
        places.append(Problem.id == int(match[1]))
    return or_(*places)


def _says(word: str, further: tuple[InstrumentedAttribute[str], ...]) -> ColumnElement[bool]:
    plain = orders.plain(word)
    texts = (Problem.problem, ProblemType.name_en, ProblemType.name_zh, *further)
    comments = exists().where(Comment.problem_id == Problem.id, Comment.text.icontains(word, autoescape=True))
    places = [text.icontains(word, autoescape=True) for text in texts]
    places += [Order.name.icontains(plain.lstrip("#") or plain, autoescape=True), comments]
    if match := REFERENCE.fullmatch(plain):
        places.append(Problem.id == int(match[1]))
    return or_(*places)
