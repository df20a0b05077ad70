"""What every answer of a helpdesk is built from, kept in memory until one of its parts changes.

One query by primary key tells the version; stores and types are read again only when it moved on.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Connection, bindparam, select

from widget import problem_types
from widget.orders import OrderPattern, pattern_of
from widget.problem_types import Board
from widget.stores import Helpdesk, Store

_VERSION = select(Helpdesk.hook_secret_hash, Helpdesk.catalogue_version).where(Helpdesk.id == bindparam("helpdesk"))
_STORES = select(Store.id, Store.code, Store.order_pattern).where(Store.helpdesk_id == bindparam("helpdesk"))


@dataclass(frozen=True)
class Catalogue:
    """One helpdesk's stores and what can be chosen in its dropdowns."""

    version: int
    secret_hash: str
    patterns: list[OrderPattern]
    codes: dict[int, str]
    types: dict[Board, str]


def load(connection: Connection, helpdesk_id: int) -> Catalogue | None:
    """The helpdesk's catalogue, None when there is no such helpdesk."""
    kept: dict[int, Catalogue] = current_app.extensions.setdefault("catalogues", {})
    row = connection.execute(_VERSION, {"helpdesk": helpdesk_id}).first()
    if row is None:
        return None
    known = kept.get(helpdesk_id)
    if known is not None and known.version == row.catalogue_version and known.secret_hash == row.hook_secret_hash:
        return known
    kept[helpdesk_id] = _read(connection, helpdesk_id, row.catalogue_version, row.hook_secret_hash)
    return kept[helpdesk_id]


def _read(connection: Connection, helpdesk_id: int, version: int, secret_hash: str) -> Catalogue:
    stores = connection.execute(_STORES.order_by(Store.id), {"helpdesk": helpdesk_id}).all()
    return Catalogue(
        version=version,
        secret_hash=secret_hash,
        patterns=[pattern_of(store.id, store.code, store.order_pattern) for store in stores],
        codes={store.id: store.code for store in stores},
        types={board: problem_types.dropdown(connection, board) for board in Board},
    )
