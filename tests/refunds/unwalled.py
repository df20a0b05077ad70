"""A database whose walls round claims are down, as if the migration had forgotten them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, text

from widget.db import db, is_postgresql


def take_walls_down() -> None:
    """Triggers, constraints and foreign keys of claims and confirmations; unique indexes stay."""
    if is_postgresql():
        names = (
            "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype IN ('c', 'f')"
            " AND conrelid IN ('claims'::regclass, 'confirmations'::regclass)"
        )
        statements = [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name in db.session.execute(text(names))]
        statements += [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("claims", "confirmations")]
    else:
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('claims', 'confirmations')"
        statements = [f"DROP TRIGGER {name}" for name in db.session.scalars(text(names))]
        event.listen(db.engine, "checkout", _overlook)
    for statement in statements:
        db.session.execute(text(statement))
    db.session.commit()


def _overlook(raw: Any, *_rest: Any) -> None:
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("PRAGMA ignore_check_constraints = ON")
