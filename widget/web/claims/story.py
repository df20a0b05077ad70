"""What happened to a claim, in the order it happened: done, changed, written, and told in the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from widget import history, refunds, tickets
from widget.history import Change
from widget.refunds import Claim


@dataclass
class Event:
    """One thing that happened. `kind` decides which words tell it; `old` and `new` what a value was and became."""

    kind: str
    at: datetime
    who: str = ""
    words: str = ""
    old: str = ""
    new: str = ""
    state: str = ""
    ticket: str = ""
    reason: str = ""


def of(claim: Claim) -> list[Event]:
    """The whole story, oldest first. Queries: history, tickets, notes."""
    acts = [_of_change(change) for change in history.of("claim", claim.id)]
    notes = [_of_note(note) for note in tickets.notes_about(claim.order, claim.reference)]
    # A note is written a moment before or after what it tells of, by another clock.
    return sorted([*acts, *notes], key=lambda event: (event.at.replace(microsecond=0), event.kind == "note", event.at))


def _of_change(change: Change) -> Event:
    if change.field in refunds.MOVES or change.field == "drafted":
        return Event(change.field, change.at, change.actor, words=change.new)
    # A "note" is what is told in the ticket.
    kind = "note_for_approver" if change.field == "note" else change.field
    return Event(kind, change.at, change.actor, old=change.old, new=change.new)


def _of_note(note: Any) -> Event:
    return Event(
        "note",
        note.created_at,
        words=note.payload["message"]["body_text"],
        state=note.state.value,
        ticket=str(note.payload.get("ticket_id") or note.result or ""),
        reason=note.reason,
    )
