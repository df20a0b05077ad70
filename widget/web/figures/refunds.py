"""Refund claims by month: what was claimed, accepted, credited, and is open, per supplier and currency."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple, Self
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from widget import money, refunds
from widget.db import db, utcnow
from widget.orders import Order
from widget.people import Supplier
from widget.refunds import Claim, Credit, State
from widget.stores import Store
from widget.web import csv_files
from widget.web.asked import Asked
from widget.web.figures import charts
from widget.web.figures.door import bp
from widget.web.language import gettext as _

MONTHS = ("6", "12", "24")
USUAL_MONTHS = "12"
CLAIMED, ACCEPTED, CREDITED = "reported", "us", "them"


@dataclass(frozen=True)
class WantedMonths(Asked):
    """What an address asks for. Empty: all of them; of the currencies the picture shows the first."""

    CHOICES: ClassVar = {"months": (USUAL_MONTHS, *MONTHS)}
    SHAPES: ClassVar = {
        "store": re.compile(r"[A-Z0-9]{1,12}", re.ASCII),
        "supplier": re.compile(r"[1-9][0-9]{0,8}", re.ASCII),
        "currency": re.compile(r"[A-Z]{3}", re.ASCII),
    }

    months: str = USUAL_MONTHS
    store: str = ""
    supplier: str = ""
    currency: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Self:
        """The same; codes may be written small."""
        return super().read({**values, **{name: values.get(name, "").upper() for name in ("store", "currency")}})

    @property
    def csv(self) -> str:
        """The address of the table as a file."""
        said: dict[str, Any] = {**self.said()}
        return url_for("figures.refunds_csv_GET", **said)


@dataclass
class Month:
    """What was filed in one month with one supplier, in one currency, and what was credited in it of whatever claim."""

    count: int = 0
    claimed: Decimal = Decimal()
    accepted: Decimal = Decimal()
    declined: Decimal = Decimal()
    credited: Decimal = Decimal()
    open: Decimal = Decimal()
    came: Decimal = Decimal()


class Key(NamedTuple):
    """The first day of a month, a supplier's name, and a currency."""

    month: date
    supplier: str
    currency: str


@bp.get("/refunds")
def refunds_GET() -> str:
    """The picture and the table."""
    wanted = WantedMonths.read(request.args)
    months = by_month(wanted, utcnow())
    currencies = sorted({key.currency for key in months})
    currency = wanted.currency if wanted.currency in currencies else next(iter(currencies), "")
    return render_template(
        "figures/refunds.html",
        wanted=wanted,
        months=_newest_first(months),
        currency=currency,
        currencies=currencies,
        chart=_chart(months, currency, wanted),
        totals=_totals(months),
        stores=db.session.scalars(select(Store).order_by(Store.code)).all(),
        suppliers=db.session.scalars(select(Supplier).order_by(Supplier.name)).all(),
        choices=MONTHS,
    )


@bp.get("/refunds.csv")
def refunds_csv_GET() -> Response:
    """The table, for a spreadsheet; amounts are exact."""
    months = _newest_first(by_month(WantedMonths.read(request.args), utcnow()))
    header = [
        _("Month"), _("Supplier"), _("Currency"), _("Claims"), _("Claimed"), _("Accepted"), _("Declined"),
        _("Credited"), _("Still open"), _("Credited in this month"),
    ]  # fmt: skip
    rows = [
        (f"{key.month:%Y-%m}", key.supplier, key.currency, month.count, *_amounts(key, month)) for key, month in months
    ]
    return csv_files.csv_answer("refunds.csv", header, rows)


def by_month(wanted: WantedMonths, now: datetime) -> dict[Key, Month]:
    """What was filed and what was credited, month by month where the store is. Two queries."""
    begin = _first_month(now.date(), int(wanted.months))
    found: dict[Key, Month] = defaultdict(Month)
    for row in db.session.execute(_filed(wanted, begin)):
        day = row.filed_at.astimezone(ZoneInfo(row.timezone)).date()
        if day < begin:
            continue
        month = found[Key(day.replace(day=1), row.supplier, row.currency)]
        month.count += 1
        month.claimed += row.amount
        month.accepted += row.accepted_amount or Decimal()
        month.declined += row.amount if _was_declined(row) else Decimal()
        month.credited += row.credited
        month.open += row.open or Decimal()
    for row in db.session.execute(_came(wanted, begin)):
        found[Key(row.day.replace(day=1), row.supplier, row.currency)].came += row.amount
    return found


def _filed(wanted: WantedMonths, begin: date) -> Any:
    # A day earlier than the month begins anywhere.
    since = datetime(begin.year, begin.month, 1, tzinfo=ZoneInfo("UTC")) - timedelta(days=1)
    columns = (
        Claim.filed_at, Store.timezone, Supplier.name.label("supplier"), Claim.currency, Claim.amount,
        Claim.accepted_amount, Claim.answered_at, Claim.credited, Claim.state, refunds.STILL_OPEN.label("open"),
    )  # fmt: skip
    return _of_claims(select(*columns), wanted).where(Claim.filed_at >= since, Claim.state != State.WITHDRAWN.value)


def _was_declined(row: Any) -> bool:
    """Whether the supplier's last word was no, and no money came: a claim that was closed on that stays declined."""
    return bool(row.answered_at) and row.accepted_amount is None and not row.credited


def _came(wanted: WantedMonths, begin: date) -> Any:
    columns = (Credit.day, Credit.amount, Supplier.name.label("supplier"), Claim.currency)
    query = select(*columns).join(Claim, Claim.id == Credit.claim_id)
    return _of_claims(query, wanted, is_joined=True).where(Credit.day >= begin, Credit.taken_back_at.is_(None))


def _of_claims(query: Any, wanted: WantedMonths, *, is_joined: bool = False) -> Any:
    query = query if is_joined else query.select_from(Claim)
    query = query.join(Supplier, Supplier.id == Claim.supplier_id).join(Order, Order.id == Claim.order_id)
    query = query.join(Store, Store.id == Order.store_id)
    if wanted.store:
        query = query.where(Store.code == wanted.store)
    if wanted.supplier:
        query = query.where(Supplier.id == int(wanted.supplier))
    return query


def _first_month(today: date, months: int) -> date:
    back = today.year * 12 + today.month - months
    return date(back // 12, back % 12 + 1, 1)


def _newest_first(months: Mapping[Key, Month]) -> list[tuple[Key, Month]]:
    return sorted(months.items(), key=lambda item: (-item[0].month.toordinal(), item[0].supplier, item[0].currency))


def _amounts(key: Key, month: Month) -> Sequence[str]:
    amounts = (month.claimed, month.accepted, month.declined, month.credited, month.open, month.came)
    return [money.plain(amount, key.currency) for amount in amounts]


def _totals(months: Mapping[Key, Month]) -> list[tuple[str, Month]]:
    """Of all months and suppliers together, per currency."""
    found: dict[str, Month] = defaultdict(Month)
    for key, month in months.items():
        total = found[key.currency]
        for name in ("count", "claimed", "accepted", "declined", "credited", "open", "came"):
            setattr(total, name, getattr(total, name) + getattr(month, name))
    return sorted(found.items())


def _chart(months: Mapping[Key, Month], currency: str, wanted: WantedMonths) -> charts.Columns:
    """All suppliers together, oldest month first, in whole units of the currency."""
    sums: dict[date, Month] = defaultdict(Month)
    for key, month in months.items():
        if key.currency == currency:
            total = sums[key.month]
            total.claimed += month.claimed
            total.accepted += month.accepted
            total.credited += month.credited
    number = int(wanted.months)
    first = _first_month(utcnow().date(), number)
    return charts.columns(
        [(f"{month:%Y-%m}", _bars(sums[month])) for month in _months_from(first, number)], named=max(1, number // 6)
    )


def _bars(month: Month) -> dict[str, int]:
    return {CLAIMED: round(month.claimed), ACCEPTED: round(month.accepted), CREDITED: round(month.credited)}


def _months_from(first: date, number: int) -> Iterable[date]:
    for place in range(number):
        month = first.year * 12 + first.month - 1 + place
        yield date(month // 12, month % 12 + 1, 1)
