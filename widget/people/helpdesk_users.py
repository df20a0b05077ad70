"""The users of each helpdesk, copied from there: who pressed a button, and whom a note mentions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from widget.db import db, utcnow
from widget.errors import NotFound
from widget.people.tables import Actor, HelpdeskUser, Person, Side, Supplier
from widget.stores import Helpdesk


def copy_users(helpdesk_id: int, users: list[dict[str, Any]]) -> None:
    """Take over a helpdesk's users as Gorgias lists them; whoever is no longer listed becomes inactive.

    Of two who do it at once the second waits, and finds what the first has added.
    """
    db.session.execute(select(Helpdesk.id).where(Helpdesk.id == helpdesk_id).with_for_update(key_share=True))
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


def find_person_of_user(helpdesk_id: int, gorgias_id: int) -> Person | None:
    """Who of our people an active user of that helpdesk is, by the e-mail address Gorgias gave us."""
    query = (
        select(Person)
        .join(HelpdeskUser, HelpdeskUser.email == Person.email)
        .where(
            HelpdeskUser.helpdesk_id == helpdesk_id,
            HelpdeskUser.gorgias_id == gorgias_id,
            HelpdeskUser.active.is_(True),
        )
    )
    return db.session.scalar(query)


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


def active_users(emails: set[str]) -> set[tuple[int, str]]:
    """Of which helpdesks somebody with one of these e-mail addresses is an active user: (helpdesk, e-mail)."""
    wanted = {email.strip().casefold(): email for email in emails if email}
    users = select(HelpdeskUser.helpdesk_id, HelpdeskUser.email).where(
        HelpdeskUser.email.in_(wanted), HelpdeskUser.active.is_(True)
    )
    return {(helpdesk_id, wanted[email]) for helpdesk_id, email in db.session.execute(users)}


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
