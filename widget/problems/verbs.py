"""What people do to a line. Every verb checks the rule, changes the line, adds to the history and tells of it.

All in the caller's transaction: callers hold the ticket's lock and commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from widget import history, notes
from widget.db import db, utcnow
from widget.errors import Refused
from widget.history import Change
from widget.notes import Attachment
from widget.orders import Order
from widget.outbox import NO_WAIT
from widget.people import Actor, Side, Supplier
from widget.problem_types import Board, ProblemType
from widget.problems.tables import TURN_AFTER, YES, Comment, Problem
from widget.problems.telling import tell
from widget.problems.waiting import end_wait, hand_turn
from widget.tickets import Place

# A note that somebody can take back waits this long, so that Undo really stops it.
UNDO_WITHIN = timedelta(seconds=6)


class ChangedMeanwhile(Refused):
    """Somebody else changed the same field since the line was shown. `change` is what he did."""

    def __init__(self, template: str, change: Change, **values: object) -> None:
        super().__init__(template, who=change.actor, at=change.at, **values)
        self.change = change


def report(
    order: Order,
    type_: ProblemType,
    words: str,
    *,
    by: Actor,
    at: Place,
    supplier: Supplier,
    comment: str = "",
    pictures: Sequence[Attachment] = (),
) -> Problem:
    """Add a line, with a first comment if there is one. Raises Refused when the same is open already."""
    _refuse_a_second(order, type_, words)
    now = utcnow()
    problem = Problem(
        board=type_.board,
        order=order,
        supplier=supplier,
        type=type_,
        problem=words,
        reported_by=str(by),
        reported_at=now,
        changed_at=now,
        version=1,
    )
    hand_turn(problem, TURN_AFTER["report", by.side], now)
    db.session.add(problem)
    db.session.flush()
    history.record("problem", problem.id, "reported", "", words, by=(by.name, by.email), version=1)
    if comment:
        _add_comment(problem, comment, by)
    say = notes.reported if by.side == Side.CUSTOMER_SERVICE else notes.supplier_reported
    told = f"{words}\n{comment}" if comment else words
    tell(problem, say(by.name, type_.name_en, told), by=by, at=at, pictures=pictures)
    return problem


def mark_informed(problem: Problem, *, by: Actor, at: Place, shown: int, wait: timedelta = NO_WAIT) -> None:
    """The customer was told. Raises Refused when somebody ticked it already or the line is handled."""
    check_open(problem)
    change = history.find_change_since("problem", problem.id, "informed", shown)
    if change is not None:
        raise ChangedMeanwhile("{who} ticked Customer informed on {at}. Reload the ticket to see it.", change)
    if problem.informed_at is not None:
        raise Refused("Customer informed was ticked already, on {at}.", at=problem.informed_at)
    problem.informed_at = utcnow()
    record_change(problem, "informed", "", YES, by=by)
    tell(problem, notes.customer_informed(by.name), by=by, at=at, wait=wait)


def comment(
    problem: Problem,
    words: str,
    *,
    by: Actor,
    at: Place,
    pictures: Sequence[Attachment] = (),
    wait: timedelta = NO_WAIT,
) -> Comment:
    """Add to the thread and hand the turn over. Comments never collide; only a handled line refuses them."""
    check_open(problem)
    added = _add_comment(problem, words, by)
    record_change(problem, "comment", "", words, by=by, act="comment")
    say = notes.commented if by.side == Side.CUSTOMER_SERVICE else notes.supplier_commented
    tell(problem, say(by.name, words), by=by, at=at, pictures=pictures, wait=wait)
    return added


def add_pictures(problem: Problem, pictures: Sequence[Attachment], *, by: Actor, at: Place) -> None:
    """Tell of pictures that were added to a line without words, and hand the turn over."""
    check_open(problem)
    record_change(problem, "pictures", "", len(pictures), by=by, act="pictures")
    tell(problem, notes.pictures_added(by.name, len(pictures)), by=by, at=at, pictures=pictures)


def save_address(
    problem: Problem, address: str, *, by: Actor, at: Place, shown: int, wait: timedelta = NO_WAIT
) -> None:
    """Write down the delivery address. Raises Refused when it was changed since it was shown."""
    check_open(problem)
    if problem.board != Board.PROBLEM_SHEET:
        raise Refused("Only lines of the problem sheet have an address.")
    change = history.find_change_since("problem", problem.id, "address", shown)
    if change is not None:
        raise ChangedMeanwhile(
            "{who} saved the address on {at}: “{address}”. Reload the ticket to see it.",
            change, address=change.new[:80],
        )  # fmt: skip
    if problem.address == address:
        raise Refused("This address is saved on the line already.")
    old = problem.address
    problem.address, problem.address_before, problem.address_seen_at = address, old, None
    record_change(problem, "address", old, address, by=by, act="address")
    tell(problem, notes.address_saved(by.name, address), by=by, at=at, wait=wait)


def confirm_address(problem: Problem, *, by: Actor, at: Place, shown: int) -> None:
    """The supplier has seen the new address. Raises Refused when it changed since it was shown, or was confirmed."""
    check_open(problem)
    change = history.find_change_since("problem", problem.id, "address", shown)
    if change is not None:
        raise Refused(
            "{who} changed the address on {at}. Read the new one, then confirm it.", who=change.actor, at=change.at
        )
    if not problem.address or problem.address_seen_at is not None:
        raise Refused("There is no new address to confirm on {line}.", line=problem.reference)
    problem.address_seen_at = utcnow()
    record_change(problem, "address_seen", "", problem.address, by=by)
    tell(problem, notes.address_seen(by.name), by=by, at=at)


def mark_handled(problem: Problem, *, by: Actor, at: Place, shown: int) -> None:
    """Nothing more to do: the line leaves the working lists.

    Raises Refused when it did already, and when there is a word or an address of somebody else's on it that was not
    there yet when the line was shown.
    """
    check_open(problem)
    _check_read(problem, shown, by)
    problem.handled_at, problem.handled_by = utcnow(), by.name
    end_wait(problem, problem.handled_at)
    record_change(problem, "handled", "", YES, by=by)
    tell(problem, notes.handled(by.name), by=by, at=at, wait=UNDO_WITHIN)


def reopen(problem: Problem, *, by: Actor, at: Place) -> None:
    """Bring a handled line back to the lists."""
    if problem.handled_at is None:
        raise Refused("{line} is open already.", line=problem.reference)
    problem.handled_at, problem.handled_by = None, ""
    record_change(problem, "handled", YES, "", by=by, act="reopen")
    tell(problem, notes.reopened(by.name), by=by, at=at)


def _refuse_a_second(order: Order, type_: ProblemType, words: str) -> None:
    same = db.session.scalar(
        select(Problem).where(
            Problem.order_id == order.id,
            Problem.handled_at.is_(None),
            Problem.type_id == type_.id,
            Problem.problem == words,
        )
    )
    if same is not None:
        raise Refused("This is open already as {line}. Add a comment there instead.", line=same.reference)


def check_open(problem: Problem) -> None:
    """Raises Refused when the line is handled."""
    if problem.handled_at is not None:
        raise Refused(
            "{line} was handled by {who} on {at}.",
            line=problem.reference, who=problem.handled_by, at=problem.handled_at,
        )  # fmt: skip


def _check_read(problem: Problem, shown: int, by: Actor) -> None:
    """Nobody is done with a line on which somebody else has just written something he has not seen."""
    comment_ = _find_unread(problem, shown, by)
    if comment_ is not None:
        raise Refused(
            "{who} wrote on {at}: “{words}”. Read it first, then mark the line as handled.",
            who=comment_.actor, at=comment_.at, words=comment_.new[:200],
        )  # fmt: skip
    address = history.find_change_since("problem", problem.id, "address", shown, not_by=by.email)
    if address is not None:
        raise Refused(
            "{who} changed the address on {at}: “{address}”. Read it first, then mark the line as handled.",
            who=address.actor, at=address.at, address=address.new[:200],
        )  # fmt: skip


def _find_unread(problem: Problem, shown: int, by: Actor) -> Change | None:
    """The newest comment of somebody else since the line was shown, unless it was taken back."""
    written = history.changes_since("problem", problem.id, "comment", shown, not_by=by.email)
    taken_back = [change.old for change in written if not change.new]
    for change in reversed(written):
        if change.new in taken_back:
            taken_back.remove(change.new)
        elif change.new:
            return change
    return None


def _add_comment(problem: Problem, words: str, by: Actor) -> Comment:
    added = Comment(problem_id=problem.id, side=by.side.value, author=by.name, text=words)
    db.session.add(added)
    if by.side == Side.CUSTOMER_SERVICE:
        problem.comment_cs = words
    else:
        problem.comment_supplier = words
    return added


def record_change(problem: Problem, field: str, old: object, new: object, *, by: Actor, act: str = "") -> None:
    """What every verb does once it has changed a line: its version, the history, and whose turn it is after `act`."""
    now = utcnow()
    turn = TURN_AFTER.get((act, by.side))
    if turn is not None:
        hand_turn(problem, turn, now, anew=act == "reopen")
    problem.version += 1
    problem.changed_at = now
    history.record("problem", problem.id, field, old, new, by=(by.name, by.email), version=problem.version)
    db.session.flush()
