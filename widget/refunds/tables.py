"""What is stored of refund claims: what is wanted back, who confirmed it in writing, and what the supplier made of it.

A claim that is confirmed, filed, or further holds on to its confirmation by all that was confirmed, in one foreign
key: neither side can change without the other. Triggers say the same, for those who switch foreign keys off. Both are
in the migration.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget.db import Base, Id, VendorId, utcnow
from widget.edited_lists import Choice
from widget.orders import Order
from widget.people import Supplier
from widget.refunds.moves import LOCKED, OVER, WAITS_FOR, Hand, State
from widget.tickets import Ticket

LONGEST_ISSUE = 500
# What an approver confirms. A change of any of it voids the confirmation.
FACTS = ("order_id", "issue", "day", "amount", "currency")
_HELD = ("id", "requested_by_email", *FACTS, "confirmation_stands")
_CONFIRMED = ("claim_id", "requested_by_email", *FACTS, "stands")
IS_OPEN = text("state NOT IN ('closed', 'withdrawn') AND issue_key <> ''")


def _states(states: frozenset[State]) -> str:
    return ", ".join(f"'{state}'" for state in State if state in states)


class ClaimReason(Choice):
    """Why money is wanted back: one entry of the list that admins edit. Archived ones stay on old claims."""

    __tablename__ = "claim_reasons"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("name_en NOT LIKE '%;%'", name="name_without_semicolon"),
    )


class Claim(Base):
    """One line of refunds for supplier. Never deleted."""

    __tablename__ = "claims"

    # Said outright: being part of a foreign key, it would not be counted up otherwise.
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("suppliers.id"))
    reason_id: Mapped[int] = mapped_column(ForeignKey("claim_reasons.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    state: Mapped[str]
    state_since: Mapped[datetime]

    # The sheet's four columns are the order and these. A draft may lack some.
    issue: Mapped[str] = mapped_column(default="")
    day: Mapped[date | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str]
    # The issue as it is compared: of one order and issue there is one open claim.
    issue_key: Mapped[str] = mapped_column(default="")

    reshipment_offered_on: Mapped[date | None]
    customer_asked: Mapped[bool] = mapped_column(default=False)
    # For the approver's eyes, never the supplier's.
    note: Mapped[str] = mapped_column(default="")

    # Whoever wanted the money last: with a change of the facts that is whoever changed them.
    requested_by: Mapped[str]
    requested_by_email: Mapped[str]
    requested_at: Mapped[datetime | None]
    facts_since: Mapped[datetime]

    confirmation_id: Mapped[int | None] = mapped_column(Id)
    confirmation_stands: Mapped[bool] = mapped_column(default=True)
    filed_at: Mapped[datetime | None]
    filed_by: Mapped[str] = mapped_column(default="")

    accepted_amount: Mapped[Decimal | None]
    answer: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    # All credits together that were not taken back.
    credited: Mapped[Decimal] = mapped_column(default=Decimal())
    credited_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str] = mapped_column(default="")

    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    order: Mapped[Order] = relationship()
    supplier: Mapped[Supplier] = relationship()
    reason: Mapped[ClaimReason] = relationship()
    ticket: Mapped[Ticket | None] = relationship()
    confirmation: Mapped[Confirmation | None] = relationship(
        primaryjoin="foreign(Claim.confirmation_id) == Confirmation.id", viewonly=True
    )
    confirmations: Mapped[list[Confirmation]] = relationship(
        primaryjoin="Claim.id == foreign(Confirmation.claim_id)", order_by="Confirmation.id", viewonly=True
    )
    comments: Mapped[list[ClaimComment]] = relationship(
        back_populates="claim", order_by="ClaimComment.at, ClaimComment.id"
    )
    credits: Mapped[list[Credit]] = relationship(back_populates="claim", order_by="Credit.id")

    __table_args__ = (
        CheckConstraint(f"state IN ({_states(frozenset(State))})", name="state"),
        CheckConstraint(f"state NOT IN ({_states(LOCKED)}) OR confirmation_id IS NOT NULL", name="confirmed"),
        CheckConstraint(
            f"state IN ({_states(LOCKED | {State.WITHDRAWN})}) OR confirmation_id IS NULL", name="unconfirmed"
        ),
        CheckConstraint(
            "state IN ('draft', 'requested', 'confirmed', 'withdrawn') OR filed_at IS NOT NULL", name="filed"
        ),
        # What the supplier may see is what was filed.
        CheckConstraint(
            "filed_at IS NULL OR (state NOT IN ('draft', 'requested', 'confirmed') AND confirmation_id IS NOT NULL)",
            name="seen",
        ),
        CheckConstraint("confirmation_stands", name="stands"),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (issue <> '' AND issue_key <> '' AND day IS NOT NULL"
            " AND amount IS NOT NULL AND amount > 0 AND requested_at IS NOT NULL)",
            name="complete",
        ),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (reshipment_offered_on IS NOT NULL AND customer_asked)",
            name="reshipment_first",
        ),
        CheckConstraint(f"length(issue) <= {LONGEST_ISSUE}", name="issue"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("requested_by_email <> ''", name="requested_by"),
        CheckConstraint(
            "accepted_amount IS NULL OR (accepted_amount > 0 AND accepted_amount <= amount)", name="accepted"
        ),
        CheckConstraint("credited >= 0", name="credited"),
        ForeignKeyConstraint(
            ["confirmation_id", *_HELD],
            ["confirmations.id", *(f"confirmations.{name}" for name in _CONFIRMED)],
            name="fk_claims_confirmation",
            use_alter=True,
        ),
        Index(
            "uq_claims_open",
            *("order_id", "issue_key"),
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        Index("ix_claims_state", "state", "state_since", "id"),
        Index("ix_claims_supplier", "supplier_id", "state", "id"),
        Index("ix_claims_filed_at", "filed_at"),
    )

    @property
    def reference(self) -> str:
        """What people call the claim."""
        return f"R-{self.id}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.state in OVER

    @property
    def waits_for(self) -> Hand | None:
        """Who has to do something next; None when it is over."""
        return WAITS_FOR.get(State(self.state))

    @property
    def due(self) -> Decimal:
        """What the supplier owes: what he accepted, and all of it as long as he answered nothing else."""
        if self.state in (State.DECLINED, State.WITHDRAWN) or self.amount is None:
            return Decimal()
        return self.accepted_amount if self.accepted_amount is not None else self.amount

    @property
    def outstanding(self) -> Decimal:
        """What of that was not credited yet; negative when more was credited."""
        return self.due - self.credited


class Confirmation(Base):
    """An approver's written word that a claim may be filed, with a copy of what it is about. Only ever voided."""

    __tablename__ = "confirmations"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    approver_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    approver: Mapped[str]
    approver_email: Mapped[str]
    requested_by_email: Mapped[str]
    words: Mapped[str]
    # Where it was written: on the desk, or in which message of which ticket; and who pointed at that message.
    place: Mapped[str]
    gorgias_ticket: Mapped[int | None] = mapped_column(VendorId)
    gorgias_message: Mapped[int | None] = mapped_column(VendorId)
    pointed_at_by: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    expires_at: Mapped[datetime]

    order_id: Mapped[int] = mapped_column(Id)
    order_name: Mapped[str]
    issue: Mapped[str]
    day: Mapped[date]
    amount: Mapped[Decimal]
    currency: Mapped[str]

    stands: Mapped[bool] = mapped_column(default=True)
    voided_at: Mapped[datetime | None]
    # By whom, with which move, and his words; with a change the names of the facts that were changed.
    voided_by: Mapped[str] = mapped_column(default="")
    voided_with: Mapped[str] = mapped_column(default="")
    voided_because: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        UniqueConstraint("id", *_CONFIRMED, name="uq_confirmations_held"),
        UniqueConstraint("gorgias_ticket", "gorgias_message", name="uq_confirmations_message"),
        CheckConstraint("trim(words) <> ''", name="words"),
        CheckConstraint("lower(approver_email) <> lower(requested_by_email)", name="not_the_requester"),
        CheckConstraint("place IN ('desk', 'ticket', 'slack')", name="place"),
        CheckConstraint("stands = (voided_at IS NULL)", name="voided"),
        CheckConstraint("amount > 0", name="amount"),
    )


class ClaimComment(Base):
    """What one side wrote about a claim."""

    __tablename__ = "claim_comments"
    __table_args__ = (CheckConstraint("side IN ('customer_service', 'supplier')", name="side"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    side: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utcnow)

    claim: Mapped[Claim] = relationship(back_populates="comments")


class CreditNote(Base):
    """What the supplier sent to say what he credits: an invoice of his with a line per order."""

    __tablename__ = "credit_notes"
    __table_args__ = (UniqueConstraint("supplier_id", "invoice"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("suppliers.id"))
    invoice: Mapped[str]
    currency: Mapped[str]
    day: Mapped[date]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(default=utcnow)

    supplier: Mapped[Supplier] = relationship()
    lines: Mapped[list[CreditNoteLine]] = relationship(back_populates="credit_note", order_by="CreditNoteLine.id")


class CreditNoteLine(Base):
    """One line of a credit note, as it was written, and the claim it was matched with, if any."""

    __tablename__ = "credit_note_lines"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("fit IN ('full', 'partial', 'over', 'unknown')", name="fit"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    credit_note_id: Mapped[int] = mapped_column(ForeignKey("credit_notes.id"), index=True)
    order_name: Mapped[str]
    amount: Mapped[Decimal]
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), index=True)
    # How it fitted when it was entered: full, partial, over, unknown.
    fit: Mapped[str]

    credit_note: Mapped[CreditNote] = relationship(back_populates="lines")
    claim: Mapped[Claim | None] = relationship()


class Credit(Base):
    """Money that the supplier gave back for a claim, on one of his invoices, in the claim's currency."""

    __tablename__ = "credits"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("invoice <> ''", name="invoice"),
        CheckConstraint("side IN ('customer_service', 'supplier')", name="side"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    amount: Mapped[Decimal]
    invoice: Mapped[str]
    day: Mapped[date] = mapped_column(index=True)
    credit_note_line_id: Mapped[int | None] = mapped_column(ForeignKey("credit_note_lines.id"), unique=True)
    recorded_by: Mapped[str]
    side: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utcnow)
    taken_back_at: Mapped[datetime | None]
    taken_back_by: Mapped[str] = mapped_column(default="")

    claim: Mapped[Claim] = relationship(back_populates="credits")


class PointedMessage(Base):
    """A look into a ticket for the note in which an approver confirms a claim: asked for, and done by the worker."""

    __tablename__ = "pointed_messages"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    # The version of the claim that was on the page of whoever pointed.
    shown: Mapped[int]
    gorgias_ticket: Mapped[int] = mapped_column(VendorId)
    asked_by: Mapped[str]
    asked_by_email: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=utcnow)
    done_at: Mapped[datetime | None]
    # Why it does not count: the template and the values of a Refused; empty when it does.
    refusal: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
