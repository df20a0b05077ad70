"""What a helpdesk needs of us in Gorgias: put there, and tested. For the commands, and for what admins ask for.

Whoever shows a finding says it in words of his own: it carries a code, and what belongs into the sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import select

from widget import installation, people, problems
from widget.clients import http
from widget.clients.gorgias import Gorgias
from widget.clients.http import Timeouts
from widget.db import db, utcnow
from widget.errors import Outcome, ServiceError
from widget.people import Supplier, SupplierStore
from widget.stores import Helpdesk, Store

PATIENT = Timeouts()


@dataclass(frozen=True)
class Connected:
    """A helpdesk as plain values: no database session is open while Gorgias is called."""

    id: int
    name: str
    email: str
    url: str
    integration_id: int | None
    widget_id: int | None
    public_url: str
    tags: tuple[str, ...]
    hook_secret: str = field(repr=False)
    gorgias: Gorgias = field(repr=False)


@dataclass(frozen=True)
class Finding:
    """What came of one check: whether it is fine, which sentence tells it, and the values in that sentence."""

    check: str
    is_ok: bool
    code: str
    values: dict[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return {"check": self.check, "ok": self.is_ok, "words": self.code, "values": self.values}


@dataclass(frozen=True)
class Installed:
    """What stands in Gorgias now; `tags_refused` says why our tags could not be made beforehand, if so."""

    integration_id: int
    widget_id: int
    api_user_id: int | None
    users: list[dict[str, Any]]
    tags_refused: str = ""


@dataclass(frozen=True)
class Seen:
    """What Gorgias has, and whether our own address answers."""

    api_user_id: int | None
    users: list[dict[str, Any]]
    integrations: list[dict[str, Any]]
    widgets: list[dict[str, Any]]
    is_reached: bool


def connected(helpdesk: Helpdesk, timeouts: Timeouts = PATIENT, **options: Any) -> Connected:
    """The helpdesk with a client for it; ends the session. Raises UnreadableSecret."""
    box = current_app.extensions["box"]
    known = Connected(
        id=helpdesk.id,
        name=helpdesk.name,
        email=helpdesk.email,
        url=helpdesk.url,
        integration_id=helpdesk.integration_id,
        widget_id=helpdesk.widget_id,
        public_url=current_app.extensions["config"].public_url,
        tags=tuple(problems.tags()),
        hook_secret=box.open(helpdesk.hook_secret_sealed),
        gorgias=Gorgias(helpdesk.url, helpdesk.email, box.open(helpdesk.api_key_sealed), timeouts, **options),
    )
    db.session.rollback()
    return known


def install(known: Connected) -> Installed:
    """Create in Gorgias what is needed, or update it in place: no second copy. Raises ServiceError."""
    me, users = known.gorgias.me(), known.gorgias.list_users()
    integration_id = _put_integration(known)
    widget_id = _put_widget(known, integration_id)
    return Installed(integration_id, widget_id, me.get("id"), users, _create_tags(known))


def remember(known: Connected, installed: Installed) -> None:
    """Keep what was installed. The caller commits."""
    helpdesk = db.session.get_one(Helpdesk, known.id)
    helpdesk.integration_id, helpdesk.widget_id = installed.integration_id, installed.widget_id
    helpdesk.api_user_id = installed.api_user_id or helpdesk.api_user_id
    helpdesk.is_active, helpdesk.looked_at = True, utcnow()
    people.copy_users(helpdesk.id, installed.users)


def look(known: Connected) -> Seen:
    """What there is. Raises ServiceError."""
    gorgias = known.gorgias
    me, users = gorgias.me(), gorgias.list_users()
    integrations, widgets = gorgias.list_integrations(), gorgias.list_widgets()
    return Seen(me.get("id"), users, integrations, widgets, http.answers(known.public_url + "/healthz"))


def findings(known: Connected, seen: Seen) -> list[Finding]:
    """What it means, part by part; users, numbers and the integration's state are taken over. The caller commits."""
    people.copy_users(known.id, seen.users)
    integration = _our_integration(known, seen.integrations)
    widget = _our_widget(known, seen.widgets, integration)
    helpdesk = db.session.get_one(Helpdesk, known.id)
    helpdesk.api_user_id = seen.api_user_id or helpdesk.api_user_id
    helpdesk.integration_id = integration["id"] if integration else helpdesk.integration_id
    helpdesk.widget_id = widget["id"] if widget else helpdesk.widget_id
    helpdesk.is_active = integration is not None and not integration.get("deactivated_datetime")
    helpdesk.looked_at = utcnow()
    return [
        Finding("key", True, "key_works", {"email": known.email, "url": known.url}),
        _about_integration(integration),
        _about_widget(widget),
        *(_about_mention(known, supplier) for supplier in _suppliers_of(known.id)),
        Finding("address", seen.is_reached, "reached" if seen.is_reached else "not_reached", {"url": known.public_url}),
    ]


def findings_after(installed: Installed) -> list[Finding]:
    """What an installation did, part by part."""
    numbers = {"integration": str(installed.integration_id), "widget": str(installed.widget_id)}
    made = [
        Finding("integration", True, "integration_installed", {"number": numbers["integration"]}),
        Finding("widget", True, "widget_installed", {"number": numbers["widget"]}),
    ]
    if installed.tags_refused:
        made.append(Finding("tags", False, "tags_refused", {"reason": installed.tags_refused}))
    return made


def trouble(known_as: dict[str, str], error: ServiceError) -> Finding:
    """Why Gorgias could not be asked. `known_as` is the helpdesk's email and url."""
    values = {**known_as, "reason": error.reason, "status": str(error.status or "")}
    if error.status in (401, 402, 403, 429):
        return Finding("key", False, f"refused_{error.status}", values)
    if error.status is not None and 300 <= error.status < 400:
        return Finding("key", False, "elsewhere", values)
    return Finding("key", False, "no_answer" if error.status is None else "bad_answer", values)


def _our_integration(known: Connected, integrations: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """By its address, which carries our number for the helpdesk; or by its number, while it still bears our name.

    A helpdesk that was given another address may have somebody else's integration under that number.
    """
    path, listed = installation.answer_path(known.id), [each for each in integrations if each.get("id")]
    by_address = (each for each in listed if str((each.get("http") or {}).get("url", "")).endswith(path))
    by_number = (each for each in listed if (each["id"], each.get("name")) == (known.integration_id, installation.NAME))
    return next(by_address, None) or next(by_number, None)


def _put_integration(known: Connected) -> int:
    wanted = installation.integration(known.id, known.public_url, known.hook_secret)
    found = _our_integration(known, known.gorgias.list_integrations())
    if found is None:
        return _number_of(known.gorgias.create_integration(wanted))
    # A deactivated integration comes back with the update.
    known.gorgias.update_integration(found["id"], {**wanted, "deactivated_datetime": None})
    return int(found["id"])


def _our_widget(
    known: Connected, widgets: Iterable[dict[str, Any]], integration: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The one that shows our integration's answers, or the one we made, whose integration may be gone."""
    listed, ours = [each for each in widgets if each.get("id")], (integration or {}).get("id")
    shows_ours = (each for each in listed if ours and each.get("integration_id") == ours)
    return next(shows_ours, None) or next((each for each in listed if each["id"] == known.widget_id), None)


def _put_widget(known: Connected, integration_id: int) -> int:
    wanted = installation.widget(known.id, integration_id, known.public_url)
    found = _our_widget(known, known.gorgias.list_widgets(), {"id": integration_id})
    if found is None:
        return _number_of(known.gorgias.create_widget(wanted))
    known.gorgias.update_widget(found["id"], wanted)
    return int(found["id"])


def _number_of(made: dict[str, Any]) -> int:
    number = made.get("id")
    if not isinstance(number, int):
        raise ServiceError(Outcome.UNKNOWN, "Gorgias answered, but what it made has no id.")
    return number


def _create_tags(known: Connected) -> str:
    """Whether adding an unknown tag to a ticket creates it is not documented, so ours are made beforehand.

    Why that was refused, if it was: the rest works without.
    """
    try:
        there = {tag.get("name") for tag in known.gorgias.list_tags()}
        for tag in known.tags:
            if tag not in there:
                known.gorgias.create_tag(tag)
    except ServiceError as error:
        if error.outcome != Outcome.NEVER:
            raise
        return error.reason
    return ""


def _about_integration(found: dict[str, Any] | None) -> Finding:
    if found is None:
        return Finding("integration", False, "no_integration")
    if found.get("deactivated_datetime"):
        return Finding("integration", False, "integration_off")
    return Finding("integration", True, "integration_active", {"number": str(found["id"])})


def _about_widget(found: dict[str, Any] | None) -> Finding:
    if found is None:
        return Finding("widget", False, "no_widget")
    return Finding("widget", True, "widget_there", {"number": str(found["id"])})


def _suppliers_of(helpdesk_id: int) -> list[Supplier]:
    return list(
        db.session.scalars(
            select(Supplier)
            .join(SupplierStore, SupplierStore.supplier_id == Supplier.id)
            .join(Store, Store.id == SupplierStore.store_id)
            .where(Store.helpdesk_id == helpdesk_id)
            .distinct()
        )
    )


def _about_mention(known: Connected, supplier: Supplier) -> Finding:
    if not supplier.mention_email:
        return Finding("supplier", True, "tags_nobody", {"supplier": supplier.name})
    user = people.find_mention(known.id, supplier)
    if user is None:
        values = {"supplier": supplier.name, "email": supplier.mention_email}
        return Finding("supplier", False, "nobody_to_tag", values)
    return Finding("supplier", True, "tags", {"supplier": supplier.name, "user": user.name})
