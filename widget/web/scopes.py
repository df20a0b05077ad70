"""What an API token allows, in words: for its owner, and for the admin who looks after people."""

from __future__ import annotations

from widget.web.language import N_

SCOPES_IN_WORDS = {
    "lines:read": N_("Read lines and comments"),
    "lines:write": N_("Report lines, comment, and change what is yours to change"),
    "types:read": N_("Read problem types"),
    "claims:read": N_("Read refund claims"),
}
