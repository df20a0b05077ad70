"""Problems: the lines of both boards, their comments, and whose turn it is.

Every verb checks the rule, changes the line, adds to the history and queues the note and the tags, all in
the caller's transaction. Callers hold the ticket's lock and commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, bindparam, func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget import history, notes, people, tickets
from widget.db import Base, Id, Prepared, db, utcnow
from widget.errors import NotFound, Refused
from widget.notes import Attachment, Note, Sentence
from widget.orders import Order
from widget.outbox import NO_WAIT
from widget.people import Actor, Side, Supplier
from widget.problem_types import Board, ProblemType
from widget.tickets import Candidate, Place, Ticket

TAG_OF_BOARD = {Board.PROBLEM_SHEET: "supplier-problem", Board.PHOTO_ISSUES: "photo-issue"}
TAG_OF_TURN = {Side.SUPPLIER: "waiting-for-supplier", Side.CUSTOMER_SERVICE: "waiting-for-cs"}
YES = "yes"
# The note that a line is handled waits this long, so that Undo really takes it back.
UNDO_WITHIN = timedelta(seconds=6)
STILL_OPEN, HANDLED = text("handled_at IS NULL"), text("handled_at IS NOT NULL")
TAGS = (*TAG_OF_BOARD.values(), *TAG_OF_TURN.values())

# Whose turn it is after something was done by a side. What is not here leaves the turn as it is:
# after "Customer informed" we still wait for the customer, that is for ourselves.
TURN_AFTER = {
    ("report", Side.SUPPLIER): Side.CUSTOMER_SERVICE,
    ("report", Side.CUSTOMER_SERVICE): Side.SUPPLIER,
    ("comment", Side.SUPPLIER): Side.CUSTOMER_SERVICE,
    ("comment", Side.CUSTOMER_SERVICE): Side.SUPPLIER,
    ("pictures", Side.SUPPLIER): Side.CUSTOMER_SERVICE,
    ("address", Side.CUSTOMER_SERVICE): Side.SUPPLIER,
    ("reopen", Side.SUPPLIER): Side.CUSTOMER_SERVICE,
    ("reopen", Side.CUSTOMER_SERVICE): Side.SUPPLIER,
}


class Problem(Base):
    """One line of the problem sheet or of photo issues. Never deleted; handled lines can be reopened."""

    __tablename__ = "problems"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    board: Mapped[str]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("suppliers.id"))
    type_id: Mapped[int] = mapped_column(ForeignKey("problem_types.id"))
    problem: Mapped[str]
    informed_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(default="")
    # What the address was before it was last saved, and when the supplier confirmed that he has seen the new one.
    address_before: Mapped[str] = mapped_column(default="")
    address_seen_at: Mapped[datetime | None]
    picture_count: Mapped[int] = mapped_column(default=0)
    # The sheet's two columns: what each side wrote last. The thread is in `comments`; reading the newest of it for
    # every card costs as many pages of the store as all the rest of an answer.
    comment_cs: Mapped[str] = mapped_column(default="")
    comment_supplier: Mapped[str] = mapped_column(default="")
    waiting_for: Mapped[str]
    waiting_since: Mapped[datetime]
    reported_by: Mapped[str]
    reported_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]

    order: Mapped[Order] = relationship()
    supplier: Mapped[Supplier] = relationship()
    type: Mapped[ProblemType] = relationship()
    comments: Mapped[list[Comment]] = relationship(back_populates="line", order_by="Comment.id")

    __table_args__ = (
        CheckConstraint("board IN ('problem_sheet', 'photo_issues')", name="board"),
        CheckConstraint("waiting_for IN ('customer_service', 'supplier')", name="waiting_for"),
        CheckConstraint("problem <> ''", name="problem"),
        Index("ix_problems_order_open", "order_id", sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN),
        Index("ix_problems_order", "order_id"),
        Index(
            "ix_problems_supplier_open",
            *("supplier_id", "board", "waiting_since"),
            sqlite_where=STILL_OPEN,
            postgresql_where=STILL_OPEN,
        ),
        Index(
            "ix_problems_supplier_handled",
            *("supplier_id", "board", "handled_at"),
            sqlite_where=HANDLED,
            postgresql_where=HANDLED,
        ),
    )

    @property
    def reference(self) -> str:
        """What people call the line."""
        return f"P-{self.id}"


class Comment(Base):
    """What one side wrote on a line."""

    __tablename__ = "comments"
    __table_args__ = (
        CheckConstraint("side IN ('customer_service', 'supplier')", name="side"),
        Index(None, "problem_id", "side", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    side: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utcnow)

    line: Mapped[Problem] = relationship(back_populates="comments")


def get(problem_id: int, *, lock: bool = False) -> Problem:
    """A line by its id. Raises NotFound."""
    query = select(Problem).where(Problem.id == problem_id)
    problem = db.session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
    if problem is None:
        raise NotFound(f"There is no line P-{problem_id}.")
    return problem


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
        waiting_for=TURN_AFTER["report", by.side],
        waiting_since=now,
        reported_by=str(by),
        reported_at=now,
        changed_at=now,
        version=1,
    )
    db.session.add(problem)
    db.session.flush()
    history.record("problem", problem.id, "reported", "", words, by=(by.name, by.email), version=1)
    if comment:
        _add_comment(problem, comment, by)
    say = notes.reported if by.side == Side.CUSTOMER_SERVICE else notes.supplier_reported
    told = f"{words}\n{comment}" if comment else words
    _tell(problem, say(by.name, type_.name_en, told), by=by, at=at, pictures=pictures)
    return problem


def mark_informed(problem: Problem, *, by: Actor, at: Place, shown: int) -> None:
    """The customer was told. Raises Refused when somebody ticked it already or the line is handled."""
    _check_open(problem)
    change = history.find_change_since("problem", problem.id, "informed", shown)
    if change is not None:
        raise Refused(
            "{who} ticked Customer informed on {at}. Reload the ticket to see it.", who=change.actor, at=change.at
        )
    if problem.informed_at is not None:
        raise Refused("Customer informed was ticked already, on {at}.", at=problem.informed_at)
    problem.informed_at = utcnow()
    _changed(problem, "informed", "", YES, by=by)
    _tell(problem, notes.customer_informed(by.name), by=by, at=at)


def comment(problem: Problem, words: str, *, by: Actor, at: Place, pictures: Sequence[Attachment] = ()) -> Comment:
    """Add to the thread and hand the turn over. Comments never collide; only a handled line refuses them."""
    _check_open(problem)
    added = _add_comment(problem, words, by)
    _changed(problem, "comment", "", words, by=by, act="comment")
    say = notes.commented if by.side == Side.CUSTOMER_SERVICE else notes.supplier_commented
    _tell(problem, say(by.name, words), by=by, at=at, pictures=pictures)
    return added


def add_pictures(problem: Problem, pictures: Sequence[Attachment], *, by: Actor, at: Place) -> None:
    """Tell of pictures that were added to a line without words, and hand the turn over."""
    _check_open(problem)
    _changed(problem, "pictures", "", len(pictures), by=by, act="pictures")
    _tell(problem, notes.pictures_added(by.name, len(pictures)), by=by, at=at, pictures=pictures)


def save_address(problem: Problem, address: str, *, by: Actor, at: Place, shown: int) -> None:
    """Write down the delivery address. Raises Refused when it was changed since it was shown."""
    _check_open(problem)
    if problem.board != Board.PROBLEM_SHEET:
        raise Refused("Only lines of the problem sheet have an address.")
    change = history.find_change_since("problem", problem.id, "address", shown)
    if change is not None:
        raise Refused(
            "{who} saved the address on {at}: “{address}”. Reload the ticket to see it.",
            who=change.actor, at=change.at, address=change.new[:80],
        )  # fmt: skip
    if problem.address == address:
        raise Refused("This address is saved on the line already.")
    old = problem.address
    problem.address, problem.address_before, problem.address_seen_at = address, old, None
    _changed(problem, "address", old, address, by=by, act="address")
    _tell(problem, notes.address_saved(by.name, address), by=by, at=at)


def confirm_address(problem: Problem, *, by: Actor, at: Place, shown: int) -> None:
    """The supplier has seen the new address. Raises Refused when it changed since it was shown, or was confirmed."""
    _check_open(problem)
    change = history.find_change_since("problem", problem.id, "address", shown)
    if change is not None:
        raise Refused(
            "{who} changed the address on {at}. Read the new one, then confirm it.", who=change.actor, at=change.at
        )
    if not problem.address or problem.address_seen_at is not None:
        raise Refused("There is no new address to confirm on {line}.", line=problem.reference)
    problem.address_seen_at = utcnow()
    _changed(problem, "address_seen", "", problem.address, by=by)
    _tell(problem, notes.address_seen(by.name), by=by, at=at)


def mark_handled(problem: Problem, *, by: Actor, at: Place, shown: int) -> None:
    """Nothing more to do: the line leaves the working lists.

    Raises Refused when it did already, and when there is a word or an address of somebody else's on it that was not
    there yet when the line was shown.
    """
    _check_open(problem)
    _check_read(problem, shown, by)
    problem.handled_at, problem.handled_by = utcnow(), by.name
    _changed(problem, "handled", "", YES, by=by)
    _tell(problem, notes.handled(by.name), by=by, at=at, wait=UNDO_WITHIN)


def undo_handled(problem: Problem, *, by: Actor, at: Place) -> None:
    """Take back what the same person just did: whose turn it was stays, and the note goes out only if it has already.

    Raises Refused when the line is open, or somebody else handled it.
    """
    if problem.handled_at is None:
        raise Refused("{line} is open already.", line=problem.reference)
    if problem.handled_by != by.name:
        raise Refused(
            "{who} marked {line} as handled. Reopen it instead.", who=problem.handled_by, line=problem.reference
        )
    problem.handled_at, problem.handled_by = None, ""
    _changed(problem, "handled", YES, "", by=by)
    home = at.ticket or tickets.lock_home(problem.order_id)
    if home is not None and tickets.take_back(home, problem.reference, "handled", by=by):
        for ticket in {home, *tickets.about(problem.order_id)}:
            keep_tags_true(ticket)
    else:
        _tell(problem, notes.reopened(by.name), by=by, at=at)


def reopen(problem: Problem, *, by: Actor, at: Place) -> None:
    """Bring a handled line back to the lists."""
    if problem.handled_at is None:
        raise Refused("{line} is open already.", line=problem.reference)
    problem.handled_at, problem.handled_by = None, ""
    _changed(problem, "handled", YES, "", by=by, act="reopen")
    _tell(problem, notes.reopened(by.name), by=by, at=at)


def link_ticket(ticket: Ticket, order: Order) -> bool:
    """Say by hand which order a ticket is about, and post in it what waited for that; whether it is news."""
    is_news = tickets.link(ticket, order)
    db.session.flush()
    catch_up(ticket)
    return is_news


def catch_up(ticket: Ticket) -> None:
    """Post in a ticket what was said about its orders before anybody knew of it."""
    caught_up = [tickets.end_search(ticket, order_id) for order_id in tickets.searched_for(ticket)]
    if any(caught_up):
        keep_tags_true(ticket)


def ticket_found(order: Order, ticket_id: int, customer_id: int, *, where: str, tags: Iterable[str] = ()) -> None:
    """The search for an order's ticket was successful, or one was opened with these `tags`."""
    ticket = tickets.find_for(order, ticket_id, customer_id, where)
    ticket.tags = ",".join(sorted({*tags, *(ticket.tags.split(",") if ticket.tags else ())}))
    catch_up(ticket)


def tickets_offered(order: Order, candidates: Iterable[Candidate]) -> None:
    """The search brought several tickets: an agent has to choose."""
    tickets.offer(order, candidates)


def no_ticket_found(order: Order, customer_id: int) -> None:
    """The search brought nothing: have a ticket opened, for that customer unless it is 0, if it is still needed."""
    newest = db.session.scalars(_open_lines(order).order_by(Problem.id.desc())).first()
    if newest is None:
        tickets.give_up(order)
        return
    subject = notes.opened_for(order.name, newest.type.name_en)
    tickets.open_one(order, customer_id=customer_id, subject=subject, tags=_true_tags([order.id]))


def keep_tags_true(ticket: Ticket) -> None:
    """Make a ticket's tags say what is open for its orders, and whose turn it is."""
    db.session.flush()
    tickets.keep_tags(ticket, _true_tags(tickets.order_ids_of(ticket)))


def count_open(order: Order) -> int:
    """How many lines of an order are open."""
    return (
        db.session.scalar(
            select(func.count()).select_from(Problem).where(Problem.order_id == order.id, Problem.handled_at.is_(None))
        )
        or 0
    )


def supplier_for(order: Order) -> Supplier:
    """Who paints an order: whoever has a line of it, else the store's usual supplier. Raises Refused."""
    painter = db.session.scalar(
        select(Supplier)
        .join(Problem, Problem.supplier_id == Supplier.id)
        .where(Problem.order_id == order.id)
        .order_by(Problem.id.desc())
        .limit(1)
    ) or people.find_usual_supplier(order.store_id)
    if painter is None:
        raise Refused("No supplier works for {store} yet. An admin has to add one.", store=order.store.name)
    return painter


class OpenLine(NamedTuple):
    """One open line as the widget needs it. Its moments are as the driver gives them: for iso()."""

    id: int
    board: str
    version: int
    order_id: int
    type_id: int
    problem: str
    waiting_for: str
    waiting_since: Any
    informed_at: Any
    address: str
    reported_at: Any
    comment_cs: str
    comment_supplier: str
    picture_count: int


_OPEN = Prepared(
    select(*(Problem.__table__.c[name] for name in OpenLine._fields)).where(
        Problem.order_id.in_(bindparam("orders", expanding=True)), Problem.handled_at.is_(None)
    )
)


def open_for(connection: Connection, order_ids: Iterable[int]) -> list[OpenLine]:
    """All open lines of some orders, most urgent first: our turn, then what waits longest. One query.

    Sorted here: a customer's open lines are few, and window functions take twice as long as the rest of the query.
    """
    lines = [OpenLine._make(row) for row in _OPEN.rows(connection, orders=list(order_ids))]
    return sorted(lines, key=lambda line: (line.waiting_for != Side.CUSTOMER_SERVICE, line.waiting_since, line.id))


def _open_lines(order: Order) -> Select[Problem]:
    return select(Problem).where(Problem.order_id == order.id, Problem.handled_at.is_(None))


def _true_tags(order_ids: list[int]) -> set[str]:
    rows = db.session.execute(
        select(Problem.board, Problem.waiting_for)
        .where(Problem.order_id.in_(order_ids), Problem.handled_at.is_(None))
        .distinct()
    )
    return {tag for board, turn in rows for tag in (TAG_OF_BOARD[Board(board)], TAG_OF_TURN[Side(turn)])}


def _refuse_a_second(order: Order, type_: ProblemType, words: str) -> None:
    same = db.session.scalar(_open_lines(order).where(Problem.type_id == type_.id, Problem.problem == words))
    if same is not None:
        raise Refused("This is open already as {line}. Add a comment there instead.", line=same.reference)


def _check_open(problem: Problem) -> None:
    if problem.handled_at is not None:
        raise Refused(
            "{line} was handled by {who} on {at}.",
            line=problem.reference, who=problem.handled_by, at=problem.handled_at,
        )  # fmt: skip


def _check_read(problem: Problem, shown: int, by: Actor) -> None:
    """Nobody is done with a line on which somebody else has just written something he has not seen."""
    comment_ = history.find_change_since("problem", problem.id, "comment", shown)
    if comment_ is not None and comment_.actor_email != by.email:
        raise Refused(
            "{who} wrote on {at}: “{words}”. Read it first, then mark the line as handled.",
            who=comment_.actor, at=comment_.at, words=comment_.new[:200],
        )  # fmt: skip
    address = history.find_change_since("problem", problem.id, "address", shown)
    if address is not None and address.actor_email != by.email:
        raise Refused(
            "{who} changed the address on {at}: “{address}”. Read it first, then mark the line as handled.",
            who=address.actor, at=address.at, address=address.new[:200],
        )  # fmt: skip


def _add_comment(problem: Problem, words: str, by: Actor) -> Comment:
    added = Comment(problem_id=problem.id, side=by.side.value, author=by.name, text=words)
    db.session.add(added)
    if by.side == Side.CUSTOMER_SERVICE:
        problem.comment_cs = words
    else:
        problem.comment_supplier = words
    return added


def _changed(problem: Problem, field: str, old: object, new: object, *, by: Actor, act: str = "") -> None:
    now = utcnow()
    turn = TURN_AFTER.get((act, by.side))
    if turn is not None and turn != problem.waiting_for:
        problem.waiting_for, problem.waiting_since = turn.value, now
    problem.version += 1
    problem.changed_at = now
    history.record("problem", problem.id, field, old, new, by=(by.name, by.email), version=problem.version)
    db.session.flush()


def _tell(
    problem: Problem,
    sentence: Sentence,
    *,
    by: Actor,
    at: Place,
    pictures: Sequence[Attachment] = (),
    wait: timedelta = NO_WAIT,
) -> None:
    """Note and tags for the ticket it was done in, and true tags on the order's other tickets."""
    known = tickets.about(problem.order_id)
    home = at.ticket or (known[0] if known else None)
    if home is None and _asks_customer_service(problem, by):
        home = tickets.await_ticket(problem.order)
    helpdesk = problem.order.store.helpdesk
    mention = people.find_mention(helpdesk.id, problem.supplier) if by.side == Side.CUSTOMER_SERVICE else None
    note = Note(
        heading=notes.heading(problem.order.name, problem.reference, problem.type.name_en),
        sentences=(sentence,),
        url=f"{at.public_url}/lines/{problem.reference}",
        tagged=mention.name if mention else "",
        line=problem.reference,
        by=by.email,
        pictures=tuple(pictures),
    )
    if home is None:
        if tickets.is_searching(problem.order_id):
            finished = tickets.finished(helpdesk, note, by, mention.gorgias_id if mention else None)
            tickets.keep_for_later(problem.order, finished)
        return
    joined = tickets.join_note(home, note, by=by, mention=mention)
    for ticket in {home, *(other for other in known if other.tags)}:
        keep_tags_true(ticket)
    # Tags first, so that the note, which brings the widget up to date, is the last thing to arrive.
    if not joined:
        tickets.post_note(home, note, by=by, mention=mention, wait=wait)


def _asks_customer_service(problem: Problem, by: Actor) -> bool:
    """Whether somebody of customer service has to hear of it, so that a ticket is needed."""
    return by.side == Side.SUPPLIER and problem.waiting_for == Side.CUSTOMER_SERVICE and problem.handled_at is None
