"""People: suppliers and their mention, everybody with a personal link, and the users of each helpdesk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from widget import stores
from widget.db import Base, VendorId, db, utcnow
from widget.errors import NotFound, Refused
from widget.stores import Helpdesk, Store


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


def clean_email(text: str) -> str:
    """An e-mail address as we compare it. Raises Refused for what is none."""
    email = text.strip().casefold()
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,190}", email):
        raise Refused("{email} is no e-mail address.", email=repr(text))
    return email


def get_supplier(name: str) -> Supplier:
    """By name. Raises NotFound."""
    supplier = db.session.scalar(select(Supplier).where(Supplier.name == name))
    if supplier is None:
        raise NotFound("There is no supplier {name}. Add it with: flask supplier add {name} …", name=repr(name))
    return supplier


def add_supplier(name: str, *, of: list[Store], mention: str, locale: str, timezone: str) -> Supplier:
    """Add a workshop or bring it up to date. Stores it paints for are added to, never taken away."""
    stores.check_locale(locale)
    stores.check_timezone(timezone)
    supplier = db.session.scalar(select(Supplier).where(Supplier.name == name))
    if supplier is None:
        supplier = Supplier(name=name)
        db.session.add(supplier)
    supplier.locale, supplier.timezone = locale, timezone
    supplier.mention_email = clean_email(mention) if mention else ""
    db.session.flush()
    known = set(db.session.scalars(select(SupplierStore.store_id).where(SupplierStore.supplier_id == supplier.id)))
    for store in of:
        if store.id not in known:
            db.session.add(SupplierStore(supplier_id=supplier.id, store_id=store.id))
    db.session.flush()
    stores.catalogue_changed()
    return supplier


def find_usual_supplier(store_id: int) -> Supplier | None:
    """Who paints for a store: the supplier that was added to it first."""
    return db.session.scalar(
        select(Supplier)
        .join(SupplierStore, SupplierStore.supplier_id == Supplier.id)
        .where(SupplierStore.store_id == store_id)
        .order_by(SupplierStore.id)
        .limit(1)
    )


def stores_of(supplier_id: int) -> list[Store]:
    """The shops a supplier paints for, by code."""
    return list(
        db.session.scalars(
            select(Store)
            .join(SupplierStore, SupplierStore.store_id == Store.id)
            .where(SupplierStore.supplier_id == supplier_id)
            .order_by(Store.code)
        )
    )


def get_person(email: str) -> Person:
    """By e-mail. Raises NotFound."""
    person = db.session.scalar(select(Person).where(Person.email == clean_email(email)))
    if person is None:
        raise NotFound(
            "There is nobody with the e-mail address {email}. Add them with: flask person add {email} …", email=email
        )
    return person


def add_person(email: str, *, name: str, roles: set[Role], supplier: Supplier | None) -> Person:
    """Add somebody or bring them up to date. Raises Refused for roles that do not fit."""
    if not roles:
        raise Refused("A person needs a role: agent, supplier, approver or admin.")
    if (Role.SUPPLIER in roles) != (supplier is not None):
        raise Refused("A supplier's person needs --supplier NAME, and nobody else may have one.")
    if Role.SUPPLIER in roles and len(roles) > 1:
        raise Refused("A supplier's person cannot have another role as well.")
    email = clean_email(email)
    person = db.session.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(email=email)
        db.session.add(person)
    person.name, person.supplier_id = name, supplier.id if supplier else None
    if person.roles != roles:
        person.role_rows = [PersonRole(role=role.value) for role in sorted(roles)]
    db.session.flush()
    return person


def choose_language(person: Person, locale: str) -> None:
    """Show the pages in that language from now on. Raises Refused for what is no language code."""
    stores.check_locale(locale)
    person.locale = locale
    db.session.flush()


def copy_users(helpdesk_id: int, users: list[dict[str, Any]]) -> None:
    """Take over a helpdesk's users as Gorgias lists them; whoever is no longer listed becomes inactive."""
    known = {
        user.gorgias_id: user
        for user in db.session.scalars(select(HelpdeskUser).where(HelpdeskUser.helpdesk_id == helpdesk_id))
    }
    for listed in users:
        user = known.pop(listed["gorgias_id"], None)
        if user is None:
            user = HelpdeskUser(helpdesk_id=helpdesk_id, gorgias_id=listed["gorgias_id"])
            db.session.add(user)
        user.email = str(listed["email"] or "").strip().casefold()
        user.name = str(listed["name"] or listed["email"] or "")
        user.active = bool(listed["active"])
    for gone in known.values():
        gone.active = False
    db.session.execute(update(Helpdesk).where(Helpdesk.id == helpdesk_id).values(users_copied_at=utcnow()))


def find_user(helpdesk_id: int, email: str) -> HelpdeskUser | None:
    """The active user of that helpdesk with this e-mail address."""
    if not email:
        return None
    return db.session.scalar(
        select(HelpdeskUser)
        .where(
            HelpdeskUser.helpdesk_id == helpdesk_id,
            HelpdeskUser.email == email.strip().casefold(),
            HelpdeskUser.active.is_(True),
        )
        .order_by(HelpdeskUser.id)
        .limit(1)
    )


def get_agent(helpdesk_id: int, email: str) -> Actor:
    """Who pressed a button, by the e-mail Gorgias gave. Raises NotFound when it is no active user there."""
    user = find_user(helpdesk_id, email)
    if user is None:
        raise NotFound(
            "{email} is not a user of this helpdesk. New users are copied from Gorgias every minute; try again then.",
            email=email or "An empty e-mail address",
        )
    return Actor(name=user.name, side=Side.CUSTOMER_SERVICE, email=user.email, gorgias_id=user.gorgias_id)


def find_mention(helpdesk_id: int, supplier: Supplier) -> HelpdeskUser | None:
    """The Gorgias user a note to this supplier tags, if it is set and still active."""
    return find_user(helpdesk_id, supplier.mention_email)


def active_ids(helpdesk_id: int, gorgias_ids: set[int | None]) -> set[int]:
    """Which of these are active users of that helpdesk."""
    return set(
        db.session.scalars(
            select(HelpdeskUser.gorgias_id).where(
                HelpdeskUser.helpdesk_id == helpdesk_id,
                HelpdeskUser.gorgias_id.in_(gorgias_ids),
                HelpdeskUser.active.is_(True),
            )
        )
    )


def count_users(helpdesk_id: int) -> int:
    """How many active users were copied from that helpdesk."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(HelpdeskUser)
            .where(HelpdeskUser.helpdesk_id == helpdesk_id, HelpdeskUser.active.is_(True))
        )
        or 0
    )
