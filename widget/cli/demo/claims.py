"""Refund claims: wanted, confirmed in writing, filed, answered, paid back, and the supplier's credit notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from flask import current_app

from widget import orders, people, pictures, problems, refunds, stores
from widget.cli.demo.steps import Step, actor, place
from widget.db import utcnow
from widget.orders import Order, OrderName
from widget.pictures import Picture
from widget.refunds import Claim, Entry, Given, Head, Wanted


@dataclass
class Described:
    """A claim as a file describes it, with what was changed since, and its number once it is there."""

    said: dict[str, Any]
    claim_id: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing is told of it in a ticket any more."""
        return bool(self.said.get("is_over"))


def steps_of(said: dict[str, Any], folder: Path, now: datetime) -> Iterator[Step]:
    """The claim is written down, and what followed: each step so many days after that."""
    claim = Described(said)
    begun = now - timedelta(days=said["days_ago"])
    files = [folder / name for name in said.get("pictures", [])]
    yield Step(begun, partial(_start, claim), files, said["by"])
    for step in said.get("steps", []):
        yield Step(begun + timedelta(days=step["days"]), partial(_do, claim, step))


def entering(said: dict[str, Any], now: datetime) -> Step:
    """Somebody enters a credit note of the supplier's."""
    return Step(now - timedelta(days=said["days_ago"]), partial(_enter, said))


def _start(described: Described, drafts: list[Picture]) -> None:
    said = described.said
    store = stores.get_store(said["store"])
    order = orders.known(OrderName(store.id, said["order"]))
    supplier = problems.supplier_for(order)
    by, at = actor(said["by"], store, supplier), place(order.id, is_over=described.is_over)
    claim = refunds.start(order, _wanted(said, order), by=by, at=at, supplier=supplier)
    pictures.attach_to_claim(drafts, claim)
    if not said.get("is_draft"):
        refunds.request(claim, by=by, at=at)
    described.claim_id = claim.id


def _do(described: Described, step: dict[str, Any], _pictures: list[Picture]) -> None:
    claim = refunds.get(described.claim_id)
    described.said.update(step.get("to", {}))
    ACTS[step["do"]](claim, {**described.said, **step}, _how(claim, step["by"], is_over=described.is_over))


def _how(claim: Claim, email: str, *, is_over: bool) -> dict[str, Any]:
    by = actor(email, claim.order.store, claim.supplier)
    return {"by": by, "at": place(claim.order_id, is_over=is_over)}


def _confirm(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    how = {**how, "by": people.get_person(said["by"]), "shown": claim.version}
    refunds.confirm(claim, said["words"], **how, days=current_app.extensions["config"].confirmation_days)


def _change(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    # Days count back from when the claim was begun, and stay what they were.
    wanted = _wanted(said, claim.order)
    wanted = wanted._replace(day=claim.day, reshipment_offered_on=claim.reshipment_offered_on)
    refunds.change(claim, wanted, **how, shown=claim.version)


def _file(claim: Claim, _said: dict[str, Any], how: dict[str, Any]) -> None:
    refunds.file(claim, **how, shown=claim.version)


def _accept(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    refunds.accept(claim, **how, shown=claim.version, words=said.get("words", ""))


def _accept_partly(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    refunds.accept_partly(claim, Decimal(said["amount"]), said["words"], **how, shown=claim.version)


def _decline(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    refunds.decline(claim, said["words"], **how, shown=claim.version)


def _comment(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    refunds.comment(claim, said["words"], **how)


def _credit(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    refunds.credit(claim, Given(Decimal(said["amount"]), said["invoice"], _day(claim.order, 0)), **how)


def _close(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    refunds.close(claim, said.get("words", ""), **how, shown=claim.version)


def _withdraw(claim: Claim, said: dict[str, Any], how: dict[str, Any]) -> None:
    refunds.withdraw(claim, said["words"], **how, shown=claim.version)


ACTS: dict[str, Callable[[Claim, dict[str, Any], dict[str, Any]], None]] = {
    "confirm": _confirm,
    "change": _change,
    "file": _file,
    "accept": _accept,
    "accept_partly": _accept_partly,
    "decline": _decline,
    "comment": _comment,
    "credit": _credit,
    "close": _close,
    "withdraw": _withdraw,
}


def _enter(said: dict[str, Any], _pictures: list[Picture]) -> None:
    supplier = people.get_supplier(said["supplier"])
    head = Head(supplier, said["invoice"], said["currency"], utcnow().date())
    found = refunds.match(head, [Entry(order, Decimal(amount)) for order, amount in said["lines"]])
    chosen = [(match.entry, match.claim.id if match.claim else None) for match in found]
    claims = [match.claim for match in found if match.claim]
    places = {claim.id: place(claim.order_id, is_over=True) for claim in claims}
    store = stores.get_store(said["store"])
    refunds.enter(head, chosen, by=actor(said["by"], store, supplier), places=places)


def _wanted(said: dict[str, Any], order: Order) -> Wanted:
    amount, happened, offered = said.get("amount"), said.get("happened"), said.get("offered")
    return Wanted(
        reason=refunds.get_reason(said["reason"]),
        issue=said["issue"],
        day=_day(order, happened) if happened is not None else None,
        amount=Decimal(amount) if amount else None,
        reshipment_offered_on=_day(order, offered) if offered is not None else None,
        customer_asked=said.get("asked", True),
        note=said.get("note", ""),
    )


def _day(order: Order, days_before: float) -> date:
    return refunds.today_in(order.store) - timedelta(days=days_before)
