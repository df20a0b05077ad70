"""A claim confirmed by a note in its ticket: an agent points there, the worker reads, and this decides what counts.

What counts is an internal note that an approver's own user wrote inside Gorgias, after the claim was requested as it is
now, with one line that says so and nothing else. Our own notes quote that line, and may stand there in anybody's name:
whatever came through the API is nobody's word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from widget import money, outbox, people
from widget.db import db, utcnow
from widget.errors import Refused
from widget.people import Actor, Person, Side
from widget.refunds import recording
from widget.refunds.confirming import LONGEST_WORDS, Written, confirm
from widget.refunds.tables import Claim, Confirmation, PointedMessage
from widget.refunds.telling import in_words, line_that_confirms
from widget.tickets import Place, Ticket

# A look that takes longer is not waited for any more.
LOOKING_AT_MOST = timedelta(minutes=15)
NOTE = "internal-note"
# How Gorgias marks what people write in its own editor. https://developers.gorgias.com/reference/the-ticketmessage-object
WRITTEN_INSIDE = ("helpdesk", NOTE)
LINE = re.compile(
    r"(?:(?:i|we) )?confirm(?:ed)?[:,]?(?: the)?(?: refund)?(?: claim)? (?P<claim>r-[1-9][0-9]{0,17})"
    r"[:,]?(?: for| over| of)? (?P<amount>[^?!]{1,40}?)[.!]?",
    re.IGNORECASE | re.ASCII,
)


class Note(NamedTuple):
    """A message of the ticket as the helpdesk tells it. `sender` is the id of the user who wrote it, 0 for none."""

    id: int
    ticket: int
    at: datetime | None
    sender: int
    channel: str
    via: str
    is_from_agent: bool
    is_public: bool
    is_marked: bool
    text: str


def point_at(claim: Claim, ticket: Ticket | None, *, by: Actor, shown: int) -> PointedMessage:
    """Have the notes of a ticket read for one that confirms the claim. The caller has locked the claim.

    Raises NotNow for a claim that waits for no approver, Outdated, and Refused without a ticket or while one is read.
    """
    recording.check(claim, "point", by, shown)
    if ticket is None:
        raise Refused("No ticket is known for this order. Link it first, or confirm on this page.")
    latest = latest_look(claim)
    if latest is not None and is_under_way(latest):
        raise Refused("The ticket is being read already, since {at}. Reload the page in a moment.", at=latest.asked_at)
    look = PointedMessage(
        claim_id=claim.id,
        shown=claim.version,
        gorgias_ticket=ticket.gorgias_id,
        asked_by=by.name,
        asked_by_email=by.email,
    )
    db.session.add(look)
    db.session.flush()
    wanted = {"look": look.id, "claim": claim.id, "ticket_id": ticket.gorgias_id, "since": _since(claim).isoformat()}
    account = ticket.helpdesk.account
    outbox.enqueue(
        "gorgias.read_notes",
        lane=f"{account}:claim-{claim.id}",
        account=account,
        payload=wanted,
    )
    return look


def latest_look(claim: Claim) -> PointedMessage | None:
    """The last time somebody pointed at the ticket."""
    query = select(PointedMessage).where(PointedMessage.claim_id == claim.id).order_by(PointedMessage.id.desc())
    return db.session.scalar(query.limit(1))


def is_under_way(look: PointedMessage) -> bool:
    """Whether the worker may still come back with what it read."""
    return look.done_at is None and look.asked_at > utcnow() - LOOKING_AT_MOST


def refusal_of(look: PointedMessage) -> Refused | None:
    """Why nothing in the ticket counted; None while that is open, or when something did."""
    return Refused.from_plain(look.refusal) if look.refusal else None


def take_notes(look_id: int, claim: Claim, notes: Iterable[Note], *, at: Place, days: int) -> Confirmation | None:
    """Decide about what was read: the newest note that confirms counts. The caller has locked the claim.

    What counts becomes the written confirmation, with the note's very words; what does not leaves its reason.
    """
    look = db.session.get_one(PointedMessage, look_id)
    if look.done_at is not None:
        return None
    look.done_at = utcnow()
    try:
        found = _find(claim, look, sorted(notes, key=lambda note: note.id, reverse=True), at)
        pointing = Actor(look.asked_by, Side.CUSTOMER_SERVICE, look.asked_by_email)
        written = Written("ticket", found.at, look.gorgias_ticket, found.note, pointing)
        return confirm(claim, found.words, by=found.by, at=at, shown=look.shown, days=days, written=written)
    except Refused as error:
        end_look(look, error)
        return None


def end_look(look: PointedMessage, why: Refused) -> None:
    """Nothing counted, or nothing could be read."""
    look.done_at = look.done_at or utcnow()
    look.refusal = why.plain()
    db.session.flush()


def confirms(text: str, claim: Claim) -> bool | str:
    """Whether one of its lines confirms just that claim as it is; the amount it names when that is another one."""
    for line in text.splitlines():
        match = LINE.fullmatch(_plain(line))
        if match is None or match["claim"].upper() != claim.reference:
            continue
        named = match["amount"]
        try:
            is_right = money.read(named, claim.currency) == claim.amount
        except money.AmountRefused:
            return named
        # An amount without its currency says only half of it.
        return True if is_right and any(map(_is_of_a_currency, named)) else named
    return False


class _Found(NamedTuple):
    note: int
    by: Person
    at: datetime
    words: str


def _find(claim: Claim, look: PointedMessage, notes: list[Note], at: Place) -> _Found:
    """The newest note with a line about the claim, if it counts. Raises Refused with what is wrong with it."""
    later: dict[int, Note] = {}
    for note in notes:
        if _is_ours(note) or not _is_note(note, look):
            continue
        said = confirms(note.text, claim)
        if not said:
            later |= {note.sender: note} if _names(note.text, claim) else {}
            continue
        if isinstance(said, str):
            raise Refused(
                "The note of {at} confirms “{named}”, and the claim is about {amount}.",
                at=note.at or utcnow(), named=said, amount=in_words(claim),
            )  # fmt: skip
        by = _author(claim, note, at)
        if note.sender in later:
            raise Refused(
                "{who} wrote about {claim} again after confirming it, on {at}. A new note with the line is needed.",
                who=by.name, claim=claim.reference, at=later[note.sender].at or utcnow(),
            )  # fmt: skip
        return _Found(note.id, by, _time_of(claim, note), _words_of(note))
    raise Refused(
        "Ticket {ticket} has no internal note with the line “{line}”.",
        ticket=look.gorgias_ticket, line=line_that_confirms(claim),
    )  # fmt: skip


def _names(text: str, claim: Claim) -> bool:
    """Whether it speaks of the claim: of R-1, and not of R-11."""
    said = unicodedata.normalize("NFKC", text).upper()
    return re.search(rf"(?<![\w-]){claim.reference}(?!\w)", said) is not None


def _is_ours(note: Note) -> bool:
    return note.via not in WRITTEN_INSIDE or note.is_marked


def _is_note(note: Note, look: PointedMessage) -> bool:
    return (
        note.ticket == look.gorgias_ticket and note.channel == NOTE and note.is_from_agent and not note.is_public
    )  # fmt: skip


def _author(claim: Claim, note: Note, at: Place) -> Person:
    helpdesk_id = at.ticket.helpdesk_id if at.ticket else claim.order.store.helpdesk_id
    person = people.find_person_of_user(helpdesk_id, note.sender)
    if person is None:
        raise Refused("The note that confirms the claim was not written by anybody we know as an approver.")
    return person


def _time_of(claim: Claim, note: Note) -> datetime:
    if note.at is None or note.at < _since(claim):
        raise Refused(
            "The note was written before the claim was requested as it is now, on {at}. A new note is needed.",
            at=_since(claim),
        )
    taken = select(Confirmation.id).where(Confirmation.gorgias_message == note.id)
    if db.session.scalar(taken.limit(1)) is not None:
        raise Refused("That note confirmed a claim already. A new note is needed.")
    return note.at


def _words_of(note: Note) -> str:
    if len(note.text.strip()) > LONGEST_WORDS:
        raise Refused("The note is longer than {limit} characters. A short one is needed.", limit=LONGEST_WORDS)
    return note.text


def _since(claim: Claim) -> datetime:
    """Nothing that was written earlier can be about the claim as it is now."""
    return max(claim.facts_since, claim.requested_at or claim.facts_since)


def _is_of_a_currency(sign: str) -> bool:
    """A letter or a currency's sign; `39,-` has neither."""
    return sign.isalpha() or unicodedata.category(sign) == "Sc"


def _plain(line: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", line[:200]).split()) if len(line) <= 200 else ""
