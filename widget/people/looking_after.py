"""Which stores' lines somebody of the staff looks after: "my stores" on the desk."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select

from widget.db import db
from widget.errors import NotFound
from widget.people.tables import Person, PersonStore
from widget.stores import Store


def stores_looked_after(person_id: int) -> set[int]:
    """The ids of the stores whose lines the person looks after. None of them means: all."""
    return set(db.session.scalars(select(PersonStore.store_id).where(PersonStore.person_id == person_id)))


def look_after(person: Person, store_ids: Iterable[int]) -> None:
    """Look after the lines of these stores and no other. Raises NotFound when one of them does not exist."""
    wanted = set(store_ids)
    known = set(db.session.scalars(select(Store.id).where(Store.id.in_(wanted))))
    if wanted != known:
        raise NotFound("There is no such store.")
    db.session.execute(delete(PersonStore).where(PersonStore.person_id == person.id))
    db.session.add_all(PersonStore(person_id=person.id, store_id=number) for number in sorted(wanted))
    db.session.flush()
