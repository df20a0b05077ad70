"""What was found at a helpdesk, in the reader's words: a sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from widget.web import why_unsent
from widget.web.language import N_
from widget.web.language import gettext as _

INSTALL = N_("Press “Install or update widget”.")
WORDS: dict[str, tuple[str, str]] = {
    "key_works": (N_("%(email)s may use %(url)s."), ""),
    **{f"refused_{status}": words for status, words in why_unsent.BY_STATUS.items()},
    "elsewhere": (
        N_("Gorgias lives at another address than %(url)s."),
        N_("Copy the address from your browser while you are in Gorgias, into the helpdesk's settings."),
    ),
    "no_answer": (
        N_("No sensible answer from %(url)s."),
        N_("Check the address in the helpdesk's settings. If it is right, Gorgias has trouble: try again later."),
    ),
    "bad_answer": (
        N_("Gorgias answered with an error (%(status)s)."),
        N_("If it is there again in a few minutes, tell whoever runs this service."),
    ),
    "key_unreadable": (
        N_("The stored API key cannot be read any more: this service was given another SECRET_KEY."),
        N_("Paste the API key again into the helpdesk's settings, or have the old key put into SECRET_KEY_FALLBACKS."),
    ),
    "defect": (
        N_("Something went wrong on our side."),
        N_("Tell whoever runs this service: the worker's log has the cause."),
    ),
    "integration_installed": (N_("The integration is in place (number %(number)s)."), ""),
    "integration_active": (N_("The integration is active (number %(number)s)."), ""),
    "no_integration": (N_("There is no integration of ours in Gorgias."), INSTALL),
    "integration_off": (N_("Gorgias switched the integration off after 100 failures in a row."), INSTALL),
    "widget_installed": (N_("The widget is in place (number %(number)s)."), ""),
    "widget_there": (N_("The widget is there (number %(number)s)."), ""),
    "no_widget": (N_("There is no widget of ours in Gorgias."), INSTALL),
    "tags_refused": (
        N_("Gorgias did not let us make our tags."),
        N_("Everything else works. Make the tags by hand, or give the key's user the admin role."),
    ),
    "tags_nobody": (
        N_("%(supplier)s: notes tag nobody, because no Gorgias user is named for it."),
        N_("Name one on the supplier's page, if somebody of the supplier reads in Gorgias."),
    ),
    "nobody_to_tag": (
        N_("%(supplier)s: %(email)s is no active user in Gorgias, so notes tag nobody."),
        N_("Invite that user in Gorgias, or name another one on the supplier's page."),
    ),
    "tags": (N_("%(supplier)s: notes tag %(user)s."), ""),
    "reached": (N_("This service answers at %(url)s."), ""),
    "not_reached": (
        N_("This service does not answer at %(url)s, where Gorgias calls it."),
        N_("Tell whoever runs this service: PUBLIC_URL, or the proxy in front of it, is wrong."),
    ),
}
CHECKS = {
    "key": N_("API key"),
    "integration": N_("Integration"),
    "widget": N_("Widget"),
    "tags": N_("Tags"),
    "supplier": N_("Supplier"),
    "address": N_("Our address"),
}


@dataclass(frozen=True)
class Told:
    """One finding as the page shows it."""

    name: str
    is_ok: bool
    words: str
    todo: str


def tell(finding: Mapping[str, Any]) -> Told:
    """A stored finding in the reader's language."""
    values = {name: str(value) for name, value in finding.get("values", {}).items()}
    words, todo = WORDS.get(str(finding["words"]), WORDS["defect"])
    name = _(CHECKS.get(str(finding["check"]), CHECKS["key"]))
    return Told(name, bool(finding["ok"]), _(words, **values), _(todo))
