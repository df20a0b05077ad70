"""The same request twice acts once: what a program was answered that named its request by a key.

The key is taken and the answer kept in the transaction that acts, so that there is never one without the other.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from widget.credentials.tables import ApiAnswer
from widget.db import db, is_postgresql, utcnow

KEPT = timedelta(hours=24)
# The status of a key whose request is not answered yet; nobody but its own transaction ever sees it.
NOT_YET = 0


def take(token_id: int, key: str, fingerprint: str) -> tuple[ApiAnswer, bool]:
    """Take a key for a request; its row, and whether it is new.

    A row that is not new holds the answer of another request. Where that one has not ended yet, this one waits for it:
    raises DBAPIError when it takes longer than the store's patience.
    """
    db.session.execute(
        delete(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key, ApiAnswer.at <= utcnow() - KEPT)
    )
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    taken = db.session.execute(
        insert(ApiAnswer)
        .values(
            token_id=token_id, key=key, fingerprint=fingerprint, status=NOT_YET,
            body="", location="", etag="", at=utcnow(),
        )
        .on_conflict_do_nothing(index_elements=["token_id", "key"])
        .returning(ApiAnswer.id)
    ).scalar()  # fmt: skip
    row = db.session.scalars(select(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key)).one()
    return row, taken is not None


def forget_old() -> None:
    """Drop what no repetition reaches any more."""
    db.session.execute(delete(ApiAnswer).where(ApiAnswer.at <= utcnow() - KEPT))
