"""What is stored of people: suppliers, everybody with a personal link, absences, and the users of each helpdesk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget.db import Base, VendorId, utcnow


class Role(StrEnum):
    """What a person may do. Roles add up; a supplier's people have only that one."""

    AGENT = "agent"
    SUPPLIER = "supplier"
    APPROVER = "approver"
    ADMIN = "admin"


class Side(StrEnum):
    """The two sides that wait for each other."""

    CUSTOMER_SERVICE = "customer_service"
    SUPPLIER = "supplier"


@dataclass(frozen=True)
class Actor:
    """Who does something: the name people read, and what the history keeps."""

    name: str
    side: Side
    email: str
    gorgias_id: int | None = None

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


# What the service does by itself; its notes come from the helpdesk's API user.
ITSELF = Actor(name="Supplier Desk", side=Side.CUSTOMER_SERVICE, email="")


class Supplier(Base):
    """A workshop. Its people see only their own supplier's lines."""

    __tablename__ = "suppliers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    locale: Mapped[str]
    timezone: Mapped[str]
    mention_email: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class SupplierStore(Base):
    """Which supplier paints for which store. The one added first is the store's usual one."""

    __tablename__ = "supplier_stores"
    __table_args__ = (UniqueConstraint("supplier_id", "store_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("suppliers.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"), index=True)


class Person(Base):
    """Somebody who may sign in."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("suppliers.id"))
    # Which language this person chose; empty: the supplier's, and English for customer service.
    locale: Mapped[str] = mapped_column(default="")
    revoked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    supplier: Mapped[Supplier | None] = relationship()
    role_rows: Mapped[list[PersonRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def roles(self) -> set[Role]:
        """All roles the person has."""
        return {Role(row.role) for row in self.role_rows}

    @property
    def side(self) -> Side:
        """Which of the two sides the person is on."""
        return Side.SUPPLIER if self.supplier_id is not None else Side.CUSTOMER_SERVICE

    @property
    def language(self) -> str:
        """The language the person reads, without its country: `zh` for `zh-CN`."""
        chosen = self.locale or (self.supplier.locale if self.supplier else "en")
        return chosen.partition("-")[0].partition("_")[0].lower()

    def as_actor(self) -> Actor:
        """The person as the one who does something."""
        return Actor(name=self.name, side=self.side, email=self.email)


class PersonRole(Base):
    """One role of one person."""

    __tablename__ = "person_roles"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class PersonStore(Base):
    """A store whose lines somebody of the staff looks after: "my stores" on the desk. Without any: all of them."""

    __tablename__ = "person_stores"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"), primary_key=True)


class Absence(Base):
    """Days on which somebody is away, both included, and who covers."""

    __tablename__ = "absences"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    cover: Mapped[Person | None] = relationship(foreign_keys=cover_id)


class HelpdeskUser(Base):
    """A user of a Gorgias account, copied from there: senders of notes, and whom notes mention."""

    __tablename__ = "helpdesk_users"
    __table_args__ = (UniqueConstraint("helpdesk_id", "gorgias_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    helpdesk_id: Mapped[int] = mapped_column(ForeignKey("helpdesks.id"))
    gorgias_id: Mapped[int] = mapped_column(VendorId)
    email: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    active: Mapped[bool]
