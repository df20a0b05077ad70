"""Problems: the lines of both boards, their comments, and whose turn it is.

Every verb checks the rule, changes the line, adds to the history and queues the note and the tags, all in
the caller's transaction. Callers hold the ticket's lock and commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget import history, notes, people, tickets
from widget.db import Base, Id, Prepared, db, utcnow
from widget.errors import NotFound, Refused
from widget.notes import Note, Sentence
from widget.orders import Order
from widget.people import Actor, Side, Supplier
from widget.problem_types import Board, ProblemType
from widget.tickets import Place, Ticket

TAG_OF_BOARD = {Board.PROBLEM_SHEET: "supplier-problem", Board.PHOTO_ISSUES: "photo-issue"}
TAG_OF_TURN = {Side.SUPPLIER: "waiting-for-supplier", Side.CUSTOMER_SERVICE: "waiting-for-cs"}
YES = "yes"
STILL_OPEN = text("handled_at IS NULL")
TAGS = (*TAG_OF_BOARD.values(), *TAG_OF_TURN.values())

# Whose turn it is after something was done by a side. What is not here leaves the turn as it is:
# after "Customer informed" we still wait for the customer, that is for ourselves.
TURN_AFTER = {
    ("report", Side.SUPPLIER): Side.CUSTOMER_SERVICE,
    ("report", Side.CUSTOMER_SERVICE): Side.SUPPLIER,
    ("comment", Side.SUPPLIER): Side.CUSTOMER_SERVICE,
    ("comment", Side.CUSTOMER_SERVICE): Side.SUPPLIER,
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


def report(order: Order, type_: ProblemType, words: str, *, by: Actor, at: Place, supplier: Supplier) -> Problem:
    """Add a line. Raises Refused when the same is open already."""
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
    say = notes.reported if by.side == Side.CUSTOMER_SERVICE else notes.supplier_reported
    _tell(problem, say(by.name, type_.name_en, words), by=by, at=at)
    return problem


def mark_informed(problem: Problem, *, by: Actor, at: Place, shown: int) -> None:
    """The customer was told. Raises Refused when somebody ticked it already or the line is handled."""
    _check_open(problem)
    _check_unchanged(problem, "informed", "ticked Customer informed", shown)
    if problem.informed_at is not None:
        raise Refused(f"Customer informed was ticked already, on {_moment(problem.informed_at)}.")
    problem.informed_at = utcnow()
    _changed(problem, "informed", "", YES, by=by)
    _tell(problem, notes.customer_informed(by.name), by=by, at=at)


def comment(problem: Problem, words: str, *, by: Actor, at: Place) -> Comment:
    """Add to the thread and hand the turn over. Comments never collide; only a handled line refuses them."""
    _check_open(problem)
    added = Comment(problem_id=problem.id, side=by.side.value, author=by.name, text=words)
    db.session.add(added)
    if by.side == Side.CUSTOMER_SERVICE:
        problem.comment_cs = words
    else:
        problem.comment_supplier = words
    _changed(problem, "comment", "", words, by=by, act="comment")
    say = notes.commented if by.side == Side.CUSTOMER_SERVICE else notes.supplier_commented
    _tell(problem, say(by.name, words), by=by, at=at)
    return added


def save_address(problem: Problem, address: str, *, by: Actor, at: Place, shown: int) -> None:
    """Write down the delivery address. Raises Refused when it was changed since it was shown."""
    _check_open(problem)
    if problem.board != Board.PROBLEM_SHEET:
        raise Refused("Only lines of the problem sheet have an address.")
    _check_unchanged(problem, "address", "saved the address", shown)
    if problem.address == address:
        raise Refused("This address is saved on the line already.")
    old, problem.address = problem.address, address
    _changed(problem, "address", old, address, by=by, act="address")
    _tell(problem, notes.address_saved(by.name, address), by=by, at=at)


def mark_handled(problem: Problem, *, by: Actor, at: Place) -> None:
    """Nothing more to do: the line leaves the working lists. Raises Refused when it did already."""
    _check_open(problem)
    problem.handled_at, problem.handled_by = utcnow(), by.name
    _changed(problem, "handled", "", YES, by=by)
    _tell(problem, notes.handled(by.name), by=by, at=at)


def reopen(problem: Problem, *, by: Actor, at: Place) -> None:
    """Bring a handled line back to the lists."""
    if problem.handled_at is None:
        raise Refused(f"{problem.reference} is open already.")
    problem.handled_at, problem.handled_by = None, ""
    _changed(problem, "handled", YES, "", by=by, act="reopen")
    _tell(problem, notes.reopened(by.name), by=by, at=at)


def keep_tags_true(ticket: Ticket) -> None:
    """Make a ticket's tags say what is open for its orders, and whose turn it is."""
    db.session.flush()
    rows = db.session.execute(
        select(Problem.board, Problem.waiting_for)
        .where(Problem.order_id.in_(tickets.order_ids_of(ticket)), Problem.handled_at.is_(None))
        .distinct()
    )
    wanted = {tag for board, turn in rows for tag in (TAG_OF_BOARD[Board(board)], TAG_OF_TURN[Side(turn)])}
    tickets.keep_tags(ticket, wanted)


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
        raise Refused(f"No supplier works for {order.store.name} yet. An admin has to add one.")
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


def _refuse_a_second(order: Order, type_: ProblemType, words: str) -> None:
    same = db.session.scalar(
        select(Problem).where(
            Problem.order_id == order.id,
            Problem.type_id == type_.id,
            Problem.problem == words,
            Problem.handled_at.is_(None),
        )
    )
    if same is not None:
        raise Refused(f"This is open already as {same.reference}. Add a comment there instead.")


def _check_open(problem: Problem) -> None:
    if problem.handled_at is not None:
        raise Refused(f"{problem.reference} was handled by {problem.handled_by} on {_moment(problem.handled_at)}.")


def _check_unchanged(problem: Problem, field: str, done: str, shown: int) -> None:
    """Only the same field collides: ticking a box is no conflict with a comment that came in meanwhile."""
    change = history.find_change_since("problem", problem.id, field, shown)
    if change is not None:
        now = f"“{change.new[:80]}”" if change.new != YES else "done"
        raise Refused(f"{change.actor} {done} on {_moment(change.at)}: {now}. Reload the ticket to see it.")


def _changed(problem: Problem, field: str, old: str, new: str, *, by: Actor, act: str = "") -> None:
    now = utcnow()
    turn = TURN_AFTER.get((act, by.side))
    if turn is not None and turn != problem.waiting_for:
        problem.waiting_for, problem.waiting_since = turn.value, now
    problem.version += 1
    problem.changed_at = now
    history.record("problem", problem.id, field, old, new, by=(by.name, by.email), version=problem.version)
    db.session.flush()


def _tell(problem: Problem, sentence: Sentence, *, by: Actor, at: Place) -> None:
    """Note and tags for the ticket it was done in, and true tags on the order's other tickets."""
    known = tickets.about(problem.order_id)
    home = at.ticket or (known[0] if known else None)
    if home is None:
        return
    mention = None
    if by.side == Side.CUSTOMER_SERVICE:
        mention = people.find_mention(home.helpdesk_id, problem.supplier)
    note = Note(
        heading=notes.heading(problem.order.name, problem.reference, problem.type.name_en),
        sentences=(sentence,),
        url=f"{at.public_url}/lines/{problem.reference}",
        tagged=mention.name if mention else "",
        line=problem.reference,
        by=by.email,
    )
    joined = tickets.join_note(home, note, by=by, mention=mention)
    for ticket in {home, *(other for other in known if other.tags)}:
        keep_tags_true(ticket)
    # Tags first, so that the note, which brings the widget up to date, is the last thing to arrive.
    if not joined:
        tickets.post_note(home, note, by=by, mention=mention)


def _moment(at: datetime) -> str:
    return f"{at:%d %b at %H:%M} UTC"
