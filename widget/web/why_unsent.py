"""Why Gorgias did not take something, in the reader's words. What the outbox keeps is in English, for its commands."""

from __future__ import annotations

import re

from widget.web.language import N_
from widget.web.language import gettext as _

NEW_KEY = N_("Make a new key in Gorgias under Settings, REST API, and paste it into the helpdesk's settings.")
# What its answers mean, and what to do about them.
BY_STATUS: dict[str, tuple[str, str]] = {
    "401": (N_("Gorgias does not accept our e-mail address and API key."), NEW_KEY),
    "402": (
        N_("Gorgias says that the account's subscription is not paid."),
        N_("Settle it in Gorgias. What waits goes out then."),
    ),
    "403": (
        N_("Gorgias forbids this to the user of our API key."),
        N_("Give that user the admin role in Gorgias, or paste another user's key into the helpdesk's settings."),
    ),
    "429": (
        N_("The helpdesk's limit of calls is used up just now."),
        N_("Try again in a minute. What waits goes out meanwhile."),
    ),
}


def about_refusal(reason: str) -> tuple[str, str]:
    """Why a helpdesk's messages are held up, by the status in the reason the outbox keeps; ours where we have words."""
    status = re.search(r"\((4\d\d)\)", reason)
    words, todo = BY_STATUS.get(status[1], ("", "")) if status else ("", "")
    return (_(words), _(todo)) if words else (reason, "")
