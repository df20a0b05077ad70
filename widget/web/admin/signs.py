"""How a helpdesk is, in words: one sentence per thing that may be wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from widget.db import utcnow
from widget.helpdesks import FAILURES_ALARMING, FAILURES_ALLOWED, FAILURES_WORRYING
from widget.stores import Helpdesk
from widget.web.language import N_, ngettext
from widget.web.language import gettext as _
from widget.web.pages import ago
from widget.web.why_unsent import about_refusal

# Every ticket that changes makes Gorgias call; a day without any is worth a look, a weekend is not.
SILENT = timedelta(days=3)
# One call may always be lost; after a few more the outbox waits with the account's messages.
UNANSWERED = 2


class Level(StrEnum):
    """How bad something is. Also the class its state has on the page."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"


STATES = {Level.GOOD: N_("Fine"), Level.WATCH: N_("Look at it"), Level.BAD: N_("Not working")}


@dataclass(frozen=True)
class Sign:
    """One thing: how it is, in one sentence, and what to do; `where` leads to where that is done."""

    name: str
    level: Level
    words: str
    todo: str = ""
    where: str = ""

    @property
    def state(self) -> str:
        """The level as a word."""
        return _(STATES[self.level])


def worst_first(signs: Iterable[Sign]) -> list[Sign]:
    """In order of how bad they are."""
    return sorted(signs, key=lambda sign: list(Level)[::-1].index(sign.level))


def of_helpdesk(helpdesk: Helpdesk, account: Mapping[str, Any] | None) -> list[Sign]:
    """All that may be wrong at one helpdesk. `account` is its row in the outbox; no query."""
    return [_outgoing(account), _integration(helpdesk), _calls(helpdesk), _failures(helpdesk)]


def _outgoing(account: Mapping[str, Any] | None) -> Sign:
    name = _("Sending")
    if account is not None and account["open_since"] is None and account["failures"] >= UNANSWERED:
        words = _("The last %(num)s calls to Gorgias failed.", num=account["failures"])
        return Sign(name, Level.WATCH, words, _("It is tried again by itself; nothing is lost."))
    if account is None or account["open_since"] is None:
        return Sign(name, Level.GOOD, _("Gorgias takes what we send."))
    words, todo = about_refusal(account["reason"])
    held = _("Nothing is sent since %(when)s: %(why)s", when=ago(account["open_since"]), why=words)
    return Sign(name, Level.BAD, held, todo or _("Press “Test connection”, which says what is wrong."))


def _integration(helpdesk: Helpdesk) -> Sign:
    name, install = _("Integration"), _("Press “Install or update widget”.")
    if helpdesk.integration_id is None:
        return Sign(name, Level.BAD, _("The widget is not installed yet."), install)
    if helpdesk.is_active is None:
        unknown = _("It is not known whether Gorgias has the integration switched on.")
        return Sign(name, Level.WATCH, unknown, _("Press “Test connection”."))
    seen = ago(helpdesk.looked_at) if helpdesk.looked_at else ""
    if not helpdesk.is_active:
        return Sign(
            name, Level.BAD, _("Gorgias has the integration switched off, or deleted (%(seen)s).", seen=seen), install
        )
    return Sign(name, Level.GOOD, _("The integration is switched on (%(seen)s).", seen=seen) + _revived(helpdesk))


def _revived(helpdesk: Helpdesk) -> str:
    if helpdesk.revived_on != utcnow().date() or not helpdesk.revived:
        return ""
    again = ngettext(
        "We switched it on again once today.", "We switched it on again %(num)s times today.", helpdesk.revived
    )
    return f" {again}"


def _calls(helpdesk: Helpdesk) -> Sign:
    name = _("Calls from Gorgias")
    if helpdesk.called_at is None:
        words = _("Gorgias has never called us.")
        if helpdesk.integration_id is None:
            return Sign(name, Level.WATCH, words)
        return Sign(
            name, Level.WATCH, words, _("Change a ticket in Gorgias. If nothing changes here, press “Test connection”.")
        )
    words = _("Gorgias last called %(when)s.", when=ago(helpdesk.called_at))
    if utcnow() - helpdesk.called_at > SILENT:
        return Sign(name, Level.WATCH, words, _("Press “Test connection”: the integration may be switched off."))
    return Sign(name, Level.GOOD, words)


def _failures(helpdesk: Helpdesk) -> Sign:
    name, failures = _("Failures in a row"), helpdesk.failures
    if not failures:
        none = _("The last call from Gorgias went well.") if helpdesk.called_at else _("None.")
        return Sign(name, Level.GOOD, none)
    words = ngettext(
        "The last call failed: %(why)s.",
        "The last %(num)s calls failed: %(why)s.",
        failures,
        why=_why(helpdesk.failure),
    )
    if failures < FAILURES_WORRYING:
        return Sign(name, Level.GOOD, words)
    limit = _("At %(limit)s in a row Gorgias switches the integration off.", limit=FAILURES_ALLOWED)
    level = Level.BAD if failures >= FAILURES_ALARMING else Level.WATCH
    todo = _("Press “Install or update widget”.") if helpdesk.failure == "401" else _("Tell whoever runs this service.")
    return Sign(name, level, f"{words} {limit}", todo)


def _why(failure: str) -> str:
    if failure == "401":
        return _("it did not show our secret")
    if failure == "503":
        return _("our store was busy")
    if failure.startswith("5"):
        return _("something went wrong on our side")
    return _("it was not as we know it (%(status)s)", status=failure)
