"""Saved views: filters of the desk that somebody keeps under a name. One person's never change another's."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base, db
from widget.errors import NotFound, Refused

MOST = 30
LONGEST_NAME = 60


class SavedView(Base):
    """The query of an address of the desk, and what its owner calls it."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    query: Mapped[str]


def views_of(person_id: int) -> list[SavedView]:
    """What somebody kept, by name."""
    kept = db.session.scalars(select(SavedView).where(SavedView.person_id == person_id)).all()
    return sorted(kept, key=lambda view: view.name.casefold())


def keep(person_id: int, name: str, query: str) -> SavedView:
    """Keep a view under a name. Raises Refused for a name that is none or in use, and when there are too many."""
    name = " ".join(name.split())
    if not name:
        raise Refused("Write a name for this view.")
    if len(name) > LONGEST_NAME:
        raise Refused("At most {most} characters for the name of a view, please.", most=LONGEST_NAME)
    kept = views_of(person_id)
    taken = Refused("You have a view called {name} already. Choose another name, or delete that one.", name=name)
    if any(view.name.casefold() == name.casefold() for view in kept):
        raise taken
    if len(kept) >= MOST:
        raise Refused("You have {most} views, which is as many as there can be. Delete one first.", most=MOST)
    view = SavedView(person_id=person_id, name=name, query=query)
    try:
        with db.session.begin_nested():
            db.session.add(view)
    except IntegrityError:  # Pressed twice at once.
        raise taken from None
    return view


def drop(person_id: int, view_id: int) -> SavedView:
    """Delete a view of one's own; what it was. Raises NotFound."""
    view = db.session.get(SavedView, view_id)
    if view is None or view.person_id != person_id:
        raise NotFound("There is no such view.")
    db.session.delete(view)
    db.session.flush()
    return view
