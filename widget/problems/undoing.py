"""Taking back what was just done to a line. The history keeps both; who was told already is told of this as well."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from widget import history, notes, tickets
from widget.db import db, utcnow
from widget.errors import Refused
from widget.history import Change
from widget.notes import Sentence
from widget.people import Actor, Side
from widget.problems.tables import YES, Comment, Problem
from widget.problems.telling import keep_tags_true, tell
from widget.problems.verbs import UNDO_WITHIN, ChangedMeanwhile, check_open, record_change
from widget.problems.waiting import wait_on
from widget.tickets import Place

# A comment of which no note tells can be taken back so long: the supplier may have read it on his page.
UNREAD_WITHIN = 5 * UNDO_WITHIN
# What hands the turn over when customer service does it.
HANDING = {"comment", "address"}


def undo_handled(problem: Problem, *, by: Actor, at: Place) -> None:
    """Take back what the same person just did: whose turn it was stays, and the note goes out only if it has already.

    Raises Refused when the line is open, or somebody else handled it.
    """
    if problem.handled_at is None:
        raise Refused("{line} is open already.", line=problem.reference)
    marked = history.find_change_since("problem", problem.id, "handled", 0)
    if marked is None or marked.actor_email != by.email:
        raise Refused(
            "{who} marked {line} as handled. Reopen it instead.", who=problem.handled_by, line=problem.reference
        )
    wait_on(problem, problem.handled_at)
    problem.handled_at, problem.handled_by = None, ""
    record_change(problem, "handled", YES, "", by=by)
    if not _withdraw_note(problem, notes.handled(by.name), by=by, at=at):
        tell(problem, notes.reopened(by.name), by=by, at=at)


def undo_informed(problem: Problem, *, by: Actor, at: Place, shown: int) -> None:
    """The customer was not told after all.

    Raises Refused when it is not ticked, somebody changed that since the line was shown, or the line is handled.
    """
    check_open(problem)
    change = history.find_change_since("problem", problem.id, "informed", shown)
    if change is not None and change.actor_email != by.email:
        raise ChangedMeanwhile("{who} changed Customer informed on {at}. Reload the page to see it.", change)
    if problem.informed_at is None:
        raise Refused("Customer informed is not ticked on {line}.", line=problem.reference)
    problem.informed_at = None
    record_change(problem, "informed", YES, "", by=by)
    _unsay(problem, notes.customer_informed(by.name), notes.not_informed(by.name), by=by, at=at)


def undo_address(problem: Problem, *, by: Actor, at: Place) -> None:
    """Put back the address that was there before the person saved another one.

    Raises Refused when somebody else saved one since, the supplier has confirmed it, or the line is handled.
    """
    check_open(problem)
    saved = _saved_addresses(problem)
    if not saved or saved[-1].new != problem.address:
        raise Refused("There is no address to take back on {line}.", line=problem.reference)
    last = saved[-1]
    if last.actor_email != by.email:
        raise ChangedMeanwhile("{who} saved the address on {at}. Save the right one instead.", last)
    if problem.address_seen_at is not None:
        raise Refused("The supplier has seen this address already. Save the right one instead.")
    problem.address, problem.address_before = last.old, saved[-2].old if len(saved) > 1 else ""
    problem.address_seen_at = _seen_at(problem, before=last)
    _hand_back(problem, last)
    record_change(problem, "address", last.new, last.old, by=by)
    corrected = notes.address_saved(by.name, last.old) if last.old else notes.address_taken_back(by.name)
    _unsay(problem, notes.address_saved(by.name, last.new), corrected, by=by, at=at)


def undo_comment(problem: Problem, *, by: Actor, at: Place) -> None:
    """Take back the comment the person just wrote, as long as nobody can have read it.

    Raises Refused when it is not the newest any more, its note was posted, or the line is handled.
    """
    check_open(problem)
    newest = db.session.scalar(
        select(Comment).where(Comment.problem_id == problem.id).order_by(Comment.id.desc()).limit(1)
    )
    written = history.changes_since("problem", problem.id, "comment", 0)
    if newest is None or not written or written[-1].new != newest.text or written[-1].actor_email != by.email:
        raise Refused("Your comment is not the newest on {line} any more. Write another one.", line=problem.reference)
    say = notes.commented if by.side == Side.CUSTOMER_SERVICE else notes.supplier_commented
    told = say(by.name, newest.text)
    if not _withdraw_note(problem, told, by=by, at=at) and not _is_untold(problem, newest):
        raise Refused(
            "The supplier may have read your comment on {line} already. Write another one.", line=problem.reference
        )
    db.session.delete(newest)
    _hand_back(problem, written[-1])
    if by.side == Side.CUSTOMER_SERVICE:
        problem.comment_cs = _last_words(problem, by.side)
    else:
        problem.comment_supplier = _last_words(problem, by.side)
    record_change(problem, "comment", newest.text, "", by=by)
    for ticket in tickets.about(problem.order_id):
        keep_tags_true(ticket)


def _unsay(problem: Problem, told: Sentence, correction: Sentence, *, by: Actor, at: Place) -> None:
    """Withdraw the note while it waits, else correct it."""
    if not _withdraw_note(problem, told, by=by, at=at):
        tell(problem, correction, by=by, at=at)


def _withdraw_note(problem: Problem, told: Sentence, *, by: Actor, at: Place) -> bool:
    """The note that says just that; one of something else the same person did stays, however long it waits."""
    home = at.ticket or tickets.lock_home(problem.order_id)
    if home is None:
        return tickets.forget_last(problem.order_id, problem.reference, told, by=by)
    if not tickets.take_back(home, problem.reference, told, by=by):
        return False
    for ticket in {home, *tickets.about(problem.order_id)}:
        keep_tags_true(ticket)
    return True


def _is_untold(problem: Problem, comment: Comment) -> bool:
    """Whether no note ever told of a comment, and it is too young to have been read elsewhere."""
    since = comment.at - timedelta(seconds=1)
    told = any(
        note.created_at >= since
        and any(
            (part["act"], part["quote"]) == ("comment", comment.text) for part in note.payload["parts"]["sentences"]
        )
        for note in tickets.notes_about(problem.order, problem.reference)
    )
    return not told and comment.at > utcnow() - UNREAD_WITHIN


def _hand_back(problem: Problem, done: Change) -> None:
    """Whose turn it was before, if it was this that handed the turn over and nothing else since."""
    others = [change for change in history.of("problem", problem.id) if change.at >= problem.waiting_since]
    if others and others[0].id == done.id and not any(change.field in HANDING and change.new for change in others[1:]):
        wait_on(problem, problem.waiting_since)


def _saved_addresses(problem: Problem) -> list[Change]:
    """The changes that led to the address of now, oldest first, without those that were taken back."""
    saved: list[Change] = []
    for change in history.changes_since("problem", problem.id, "address", 0):
        if saved and (change.old, change.new) == (saved[-1].new, saved[-1].old):
            saved.pop()
        else:
            saved.append(change)
    return saved


def _seen_at(problem: Problem, *, before: Change) -> datetime | None:
    """When the supplier confirmed the address of before."""
    seen = history.changes_since("problem", problem.id, "address_seen", 0)
    return next((change.at for change in reversed(seen) if change.new == before.old and before.old), None)


def _last_words(problem: Problem, side: Side) -> str:
    db.session.flush()
    last = select(Comment.text).where(Comment.problem_id == problem.id, Comment.side == side.value)
    return db.session.scalar(last.order_by(Comment.id.desc()).limit(1)) or ""
