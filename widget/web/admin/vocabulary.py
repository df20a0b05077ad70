"""What the history speaks of, in the reader's words: kinds of things, their names, and their fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from widget import orders, people, refunds
from widget.calendars import Calendar
from widget.db import db
from widget.errors import Refused
from widget.history import Change
from widget.orders import Order
from widget.people import Person, Supplier
from widget.problem_types import ProblemType
from widget.problems import Problem
from widget.refunds import Claim, ClaimReason
from widget.stores import Helpdesk, Store
from widget.web import claim_words
from widget.web.language import N_
from widget.web.language import gettext as _

KINDS = {
    "problem": N_("Line"),
    "problem_type": N_("Problem type"),
    "claim": N_("Refund claim"),
    "claim_reason": N_("Refund reason"),
    "person": N_("Person"),
    "supplier": N_("Supplier"),
    "calendar": N_("Working hours"),
    "store": N_("Store"),
    "helpdesk": N_("Helpdesk"),
    "message": N_("Outgoing message"),
    "api_token": N_("API token"),
}
FIELDS = {
    **claim_words.FIELDS,
    **claim_words.ACTS,
    "absence": N_("Absence"),
    "address": N_("Address"),
    "address_seen": N_("Address seen"),
    "api_key": N_("API key"),
    "archived": N_("Archived"),
    "calls_allowed": N_("Calls"),
    "calls_period_seconds": N_("Seconds"),
    "closes": N_("Closes"),
    "comment": N_("Comment"),
    "currency": N_("Currency"),
    "email": N_("E-mail address"),
    "given_up": N_("Given up"),
    "gorgias_tag": N_("Tag in Gorgias"),
    "handled": N_("Handled by supplier"),
    "helpdesk": N_("Helpdesk"),
    "holidays": N_("Holidays"),
    "informed": N_("Informed customer"),
    "integration": N_("Integration"),
    "link": N_("Personal link"),
    "locale": N_("Language"),
    "made": N_("Made"),
    "mention_email": N_("Whom notes tag"),
    "name": N_("Name"),
    "name_en": N_("Name in English"),
    "name_zh": N_("Name in Chinese"),
    "needs_picture": N_("Needs a picture"),
    "opens": N_("Opens"),
    "order_pattern": N_("Order numbers"),
    "password": N_("Password"),
    "pictures": N_("Pictures"),
    "position": N_("Place in the list"),
    "remind_after": N_("Working days"),
    "reminded": N_("Reminded"),
    "reminds": N_("Reminder"),
    "reported": N_("Reported"),
    "retry": N_("Sent again"),
    "revoked": N_("May not sign in"),
    "roles": N_("Roles"),
    "session": N_("Session"),
    "stores": N_("Stores"),
    "supplier": N_("Supplier"),
    "text_en": N_("Suggested text in English"),
    "text_zh": N_("Suggested text in Chinese"),
    "timezone": N_("Time zone"),
    "url": N_("Address"),
    "usual_supplier": N_("Usual supplier"),
    "working_days": N_("Working days"),
}
# What is called by its number.
REFERENCES = {"problem": "P-", "claim": "R-"}


@dataclass(frozen=True)
class Names:
    """What each thing is called, by kind and number."""

    by_kind: dict[str, dict[int, str]] = field(default_factory=dict)

    def of(self, change: Change) -> str:
        """The thing that was changed: `P-31`, `Anna Visser`, or its number where it has no name."""
        if change.subject in REFERENCES:
            return f"{REFERENCES[change.subject]}{change.subject_id}"
        return self.by_kind.get(change.subject, {}).get(change.subject_id, f"#{change.subject_id}")


def kind(subject: str) -> str:
    """A kind of thing in words."""
    return _(KINDS[subject]) if subject in KINDS else subject.replace("_", " ")


def label(name: str) -> str:
    """A field in words."""
    return _(FIELDS[name]) if name in FIELDS else name.replace("_", " ")


def before(change: Change) -> str:
    """What was before, in words. Before a move of a claim that is the state it was in; a comment replaces nothing."""
    if change.subject != "claim" or change.field not in refunds.MOVES:
        return change.old
    return "" if change.field == "comment" else claim_words.in_words(change.old)


def names() -> Names:
    """The names of everything there is few of: a query per kind."""
    suppliers = _named(Supplier, lambda supplier: supplier.name)
    return Names(
        {
            "person": _named(Person, lambda person: person.name),
            "supplier": suppliers,
            "calendar": _named(Calendar, lambda calendar: suppliers.get(calendar.supplier_id, _("Customer service"))),
            "store": _named(Store, lambda store: f"{store.code} {store.name}"),
            "helpdesk": _named(Helpdesk, lambda helpdesk: helpdesk.name),
            "problem_type": _named(ProblemType, lambda type_: type_.name_en),
            "claim_reason": _named(ClaimReason, lambda reason: reason.name_en),
        }
    )


def called(text: str) -> list[tuple[str, list[int]]]:
    """The things somebody means by `P-31`, `R-7`, an e-mail address, an order, or a name: kinds with numbers."""
    text = orders.plain(text).strip()
    for subject, letter in REFERENCES.items():
        if re.fullmatch(rf"{letter}[0-9]{{1,18}}", text, re.ASCII | re.IGNORECASE):
            return [(subject, [int(text[len(letter) :])])]
    if "@" in text:
        return [("person", _people_with(text))]
    wanted, order_name = text.casefold(), text.upper().removeprefix("#")
    by_name = {
        "problem": select(Problem.id).join(Problem.order).where(Order.name == order_name).limit(500),
        "claim": select(Claim.id).join(Claim.order).where(Order.name == order_name).limit(500),
        "person": select(Person.id).where(func.lower(Person.name) == wanted),
        "supplier": select(Supplier.id).where(func.lower(Supplier.name) == wanted),
        "calendar": select(Calendar.id).join(Supplier).where(func.lower(Supplier.name) == wanted),
        "store": select(Store.id).where(func.lower(Store.code) == wanted),
        "helpdesk": select(Helpdesk.id).where(func.lower(Helpdesk.name) == wanted),
        "problem_type": select(ProblemType.id).where(func.lower(ProblemType.name_en) == wanted),
        "claim_reason": select(ClaimReason.id).where(func.lower(ClaimReason.name_en) == wanted),
    }
    found = [(subject, list(db.session.scalars(query))) for subject, query in by_name.items()]
    return [(subject, numbers) for subject, numbers in found if numbers]


def _people_with(email: str) -> list[int]:
    try:
        return list(db.session.scalars(select(Person.id).where(Person.email == people.clean_email(email))))
    except Refused:
        return []


def _named(table: Any, name: Callable[[Any], str]) -> dict[int, str]:
    return {thing.id: name(thing) for thing in db.session.scalars(select(table))}
