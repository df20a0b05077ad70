"""What is stored of lines and comments, and whose turn it is after which act."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget.db import Base, Id, utcnow
from widget.orders import Order
from widget.people import Side, Supplier
from widget.problem_types import ProblemType

YES = "yes"
STILL_OPEN, HANDLED = text("handled_at IS NULL"), text("handled_at IS NOT NULL")

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
    # When it has waited too long, counted in the working time of the side whose turn it is (None: its type does not
    # remind), and when that side was reminded. Both begin anew with each turn.
    due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
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
            "ix_problems_open",
            *("board", "waiting_for", "waiting_since", "id"),
            sqlite_where=STILL_OPEN,
            postgresql_where=STILL_OPEN,
        ),
        Index("ix_problems_due", "due_at", sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN),
        Index("ix_problems_handled", "board", "handled_at", "id", sqlite_where=HANDLED, postgresql_where=HANDLED),
        Index("ix_problems_reported", "reported_at"),
        Index("ix_problems_supplier", "supplier_id", "id"),
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

    @property
    def is_late(self) -> bool:
        """Whether it has waited too long for the side whose turn it is."""
        return self.was_late(utcnow())

    def was_late(self, at: datetime) -> bool:
        """Whether it has waited too long at a moment since its last turn."""
        return self.handled_at is None and self.due_at is not None and self.due_at < at


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


class Wait(Base):
    """How long a line waited for one side, written once that side answered or the line was handled."""

    __tablename__ = "waits"
    __table_args__ = (CheckConstraint("side IN ('customer_service', 'supplier')", name="side"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    side: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime] = mapped_column(index=True)
