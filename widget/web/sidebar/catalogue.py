"""What every answer of a helpdesk is built from, kept in memory until one of its parts changes.

The answer's own first query tells the helpdesk's version; the rest is read again only when it moved on.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Connection, bindparam, select

from widget import problem_types, refunds
from widget.orders import OrderPattern, pattern_of
from widget.problem_types import Board
from widget.stores import Helpdesk, Store
from widget.tickets import Known

_VERSION = select(Helpdesk.hook_secret_hash, Helpdesk.catalogue_version).where(Helpdesk.id == bindparam("helpdesk"))
_STORES = select(Store.id, Store.code, Store.order_pattern).where(Store.helpdesk_id == bindparam("helpdesk"))


@dataclass(frozen=True)
class Catalogue:
    """One helpdesk's stores and what can be chosen in its dropdowns."""

    version: int
    secret_hash: str
    patterns: list[OrderPattern]
    codes: dict[int, str]
    dropdowns: dict[Board, str]
    type_names: dict[int, str]
    refund_reasons: str

    def is_current(self, known: Known) -> bool:
        """Whether nothing changed since this was read."""
        return (self.version, self.secret_hash) == (known.catalogue_version, known.secret_hash)


def remembered(helpdesk_id: int) -> Catalogue | None:
    """The catalogue as it was last read by this process."""
    kept: dict[int, Catalogue] = current_app.extensions.setdefault("catalogues", {})
    return kept.get(helpdesk_id)


def read(connection: Connection, helpdesk_id: int) -> Catalogue | None:
    """The catalogue as it is now, None when there is no such helpdesk. A few queries."""
    row = connection.execute(_VERSION, {"helpdesk": helpdesk_id}).first()
    if row is None:
        return None
    stores = connection.execute(_STORES.order_by(Store.id), {"helpdesk": helpdesk_id}).all()
    found = Catalogue(
        version=row.catalogue_version,
        secret_hash=row.hook_secret_hash,
        patterns=[pattern_of(store.id, store.code, store.order_pattern) for store in stores],
        codes={store.id: store.code for store in stores},
        dropdowns={board: problem_types.dropdown(connection, board) for board in Board},
        type_names=problem_types.names(connection),
        refund_reasons=refunds.dropdown(connection),
    )
    current_app.extensions.setdefault("catalogues", {})[helpdesk_id] = found
    return found
