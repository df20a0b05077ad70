"""What happened to a line, in the order it happened: said, changed, shown in pictures, and told in the ticket.

However much that is, it takes the same number of queries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from widget import history, tickets
from widget.db import db
from widget.history import Change
from widget.people import Person
from widget.pictures import Picture
from widget.problems import Problem
from widget.tickets import WaitingNote
from widget.web.differences import Piece, changes

# These are told from elsewhere: from the line itself, and from the comments.
TOLD_OTHERWISE = {"reported"}
BRINGS_PICTURES = {"reported", "comment", "pictures"}
# How long a form may be filled in after its pictures were sent.
LONGEST_FORM = timedelta(hours=24)
TOGETHER = timedelta(minutes=10)


@dataclass
class Event:
    """One thing that happened. `kind` decides which words tell it.

    `words` is what was said, `old` and `new` what a value was and became, `pieces` the same of an address word by word.
    Of a note: its state, its ticket if it has one, and why it was not sent.
    """

    kind: str
    at: datetime
    who: str = ""
    side: str = ""
    words: str = ""
    old: str = ""
    new: str = ""
    pieces: list[Piece] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    state: str = ""
    ticket: str = ""
    reason: str = ""


def of(line: Problem) -> list[Event]:
    """The whole story, oldest first. Queries: history, pictures, tickets, notes, notes that wait for a ticket."""
    acts = [Event("reported", line.reported_at, line.reported_by.split(" <")[0], words=line.problem)]
    acts += [of_change(change) for change in history.of("problem", line.id) if _is_told(change)]
    acts += [Event("comment", each.at, each.author, each.side, each.text) for each in line.comments]
    acts.sort(key=lambda event: event.at)
    acts += _hang(line, acts)
    notes = [_of_note(note) for note in tickets.notes_about(line.order, line.reference)]
    notes += [_of_waiting(note) for note in tickets.notes_kept_for(line.order, line.reference)]
    # A note is written a moment before or after what it tells of, by another clock.
    return sorted([*acts, *notes], key=lambda event: (event.at.replace(microsecond=0), event.kind == "note", event.at))


def _is_told(change: Change) -> bool:
    # Of a comment only that it was taken back: the others are there themselves.
    return change.field not in TOLD_OTHERWISE and not (change.field == "comment" and change.new)


def of_change(change: Change) -> Event:
    """A change of one field."""
    event = Event(change.field, change.at, change.actor, old=change.old, new=change.new)
    if change.field == "address":
        event.pieces = changes(change.old, change.new)
    if change.field == "comment":
        event.kind = "taken_back"
    return event


def _of_note(note: Any) -> Event:
    """A note on its way to a ticket, or there; one that begins a ticket knows its number once that is open."""
    return Event(
        "note",
        note.created_at,
        words=note.payload["message"]["body_text"],
        state=note.state.value,
        ticket=str(note.payload.get("ticket_id") or note.result or ""),
        reason=note.reason,
    )


def _of_waiting(note: WaitingNote) -> Event:
    return Event("note", note.made_at, words=note.payload["message"]["body_text"], state="waiting")


def _hang(line: Problem, acts: list[Event]) -> list[Event]:
    """Hang each picture on what it was sent with; what was sent with nothing comes back as events of their own."""
    loose: list[Event] = []
    query = select(Picture, Person.name).join(Person, Person.id == Picture.person_id)
    for picture, name in db.session.execute(query.where(Picture.problem_id == line.id).order_by(Picture.id)):
        event = _sent_with(picture, name, acts)
        if event is None and loose and loose[-1].who == name and picture.uploaded_at < loose[-1].at + TOGETHER:
            event = loose[-1]
        if event is None:
            event = Event("pictures", picture.uploaded_at, name)
            loose.append(event)
        event.pictures.append(picture)
    return loose


def _sent_with(picture: Picture, name: str, acts: Iterable[Event]) -> Event | None:
    """The first thing its sender did with pictures after it came in."""
    for event in acts:
        is_after = picture.uploaded_at <= event.at < picture.uploaded_at + LONGEST_FORM
        if is_after and event.kind in BRINGS_PICTURES and event.who == name:
            return event
    return None
