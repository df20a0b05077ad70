"""How Alembic reaches our store: through the app, so that the settings per database hold here too."""

from typing import Any, Literal

from alembic import context

from widget.db import UtcDateTime, be_patient, db


def render_type(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Migrations name plain SQLAlchemy types: they must not change when our classes do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Bring the schema to the wanted revision, all in one transaction."""
    from flask import current_app

    be_patient(current_app)
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            render_item=render_type,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
