"""What admins and commands say of a Gorgias account: its name, address, key and rate limit."""

from __future__ import annotations

import secrets
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from sqlalchemy import select

from widget import history, outbox, people, stores
from widget.db import db
from widget.errors import NotFound, Refused
from widget.stores import CALLS_ALLOWED, CALLS_PERIOD_SECONDS, Helpdesk

SUBJECT = "helpdesk"


class Box(Protocol):
    """Where keys are sealed: what is needed of it here."""

    def seal(self, text: str) -> str: ...

    def holds(self, sealed: str, text: str) -> bool: ...


class Wanted(NamedTuple):
    """How a helpdesk is to be."""

    name: str
    url: str
    email: str
    calls_allowed: int = CALLS_ALLOWED
    calls_period_seconds: int = CALLS_PERIOD_SECONDS


def find(name: str) -> Helpdesk | None:
    """By name."""
    return db.session.scalar(select(Helpdesk).where(Helpdesk.name == name))


def get(helpdesk_id: int, *, lock: bool = False) -> Helpdesk:
    """By number. Raises NotFound."""
    query = select(Helpdesk).where(Helpdesk.id == helpdesk_id)
    helpdesk = db.session.scalar(query.with_for_update() if lock else query)
    if helpdesk is None:
        raise NotFound("There is no such helpdesk.")
    return helpdesk


def list_all() -> list[Helpdesk]:
    """All of them, by name."""
    return list(db.session.scalars(select(Helpdesk).order_by(Helpdesk.name)))


def save(
    helpdesk: Helpdesk | None,
    wanted: Wanted,
    *,
    api_key: str,
    box: Box,
    by: tuple[str, str],
    shown: int | None = None,
) -> Helpdesk:
    """Add a helpdesk, or change one; an empty key keeps the one there is, unless the address is another one's.
    What waits for it is tried at once.

    `by` is (name, e-mail), `shown` the version somebody saw. Raises Refused, and Outdated for an old version.
    """
    wanted = wanted._replace(url=stores.base_url(wanted.url), email=people.clean_email(wanted.email))
    if helpdesk is None:
        helpdesk = _new(wanted, api_key, box)
    elif shown is not None:
        history.refuse_outdated(SUBJECT, helpdesk, shown)
    _check_name(wanted.name, helpdesk)
    if urlsplit(helpdesk.url).netloc != urlsplit(wanted.url).netloc:
        # A key is shown to nobody but the account it belongs to, not even where somebody mistyped its address.
        _need_key(api_key)
        # Those numbers were given by another account.
        helpdesk.integration_id = helpdesk.widget_id = helpdesk.is_active = helpdesk.looked_at = None
    changed = history.change(SUBJECT, helpdesk, wanted._asdict(), by=by)
    if api_key:
        _keep_key(helpdesk, api_key, box, by, is_new_version=not changed)
    db.session.flush()
    outbox.set_account_limits(helpdesk.account, helpdesk.calls_allowed, helpdesk.calls_period_seconds)
    if api_key or {"url", "email"} & set(changed):
        outbox.key_changed(helpdesk.account)
    return helpdesk


def _new(wanted: Wanted, api_key: str, box: Box) -> Helpdesk:
    _need_key(api_key)
    secret = secrets.token_urlsafe(32)
    helpdesk = Helpdesk(name="", url=wanted.url, email="", api_key_sealed="", version=0)
    helpdesk.hook_secret_sealed, helpdesk.hook_secret_hash = box.seal(secret), stores.hash_of(secret)
    helpdesk.calls_allowed, helpdesk.calls_period_seconds = CALLS_ALLOWED, CALLS_PERIOD_SECONDS
    _check_name(wanted.name, helpdesk)
    db.session.add(helpdesk)
    db.session.flush()
    return helpdesk


def _need_key(api_key: str) -> None:
    if not api_key:
        raise Refused("Paste the API key: without it nothing can be sent to Gorgias.")


def _check_name(name: str, helpdesk: Helpdesk) -> None:
    if not name.strip() or len(name) > 60:
        raise Refused("A helpdesk has a name, at most 60 characters.")
    with db.session.no_autoflush:
        twin = find(name)
    if twin is not None and twin is not helpdesk:
        raise Refused("There is already a helpdesk “{name}”.", name=name)


def _keep_key(helpdesk: Helpdesk, api_key: str, box: Box, by: tuple[str, str], *, is_new_version: bool) -> None:
    """Sealed anew even when it is the same: with the newest of our own keys. The history only says that it changed."""
    is_same = bool(helpdesk.api_key_sealed) and box.holds(helpdesk.api_key_sealed, api_key)
    helpdesk.api_key_sealed = box.seal(api_key)
    if not is_same:
        helpdesk.version += is_new_version
        history.record(SUBJECT, helpdesk.id, "api_key", "", "stored", by=by, version=helpdesk.version)
