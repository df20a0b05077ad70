"""How claims are told on every page: the state in words and its colour, and amounts."""

from __future__ import annotations

from flask import Flask

from widget import money, refunds
from widget.refunds import Claim, Hand, State
from widget.web.language import N_
from widget.web.language import gettext as _

STATES: dict[State, str] = {
    State.DRAFT: N_("draft"),
    State.REQUESTED: N_("waiting for confirmation"),
    State.CONFIRMED: N_("confirmed, not filed yet"),
    State.FILED: N_("filed, waiting for the supplier"),
    State.ACCEPTED: N_("accepted, waiting for the credit"),
    State.PARTLY_ACCEPTED: N_("partly accepted, waiting for the credit"),
    State.DECLINED: N_("declined by the supplier"),
    State.CREDITED: N_("credited"),
    State.CLOSED: N_("closed"),
    State.WITHDRAWN: N_("withdrawn"),
}
# Whose turn it is decides the colour, as for lines.
COLOURS: dict[Hand | None, str] = {
    Hand.CUSTOMER_SERVICE: "yours",
    Hand.APPROVER: "yours",
    Hand.SUPPLIER: "theirs",
    None: "over",
}


def init_claim_words(app: Flask) -> None:
    """Let templates tell claims."""
    app.jinja_env.filters["claim_state"] = in_words
    app.jinja_env.filters["claim_colour"] = colour
    app.jinja_env.filters["money"] = money.told
    app.jinja_env.globals["claim_amount"] = refunds.in_words


def in_words(state: str) -> str:
    """A state in the reader's language."""
    return _(STATES[State(state)])


def colour(claim: Claim) -> str:
    """The class of the state's mark."""
    if claim.state in (State.CREDITED, State.CLOSED):
        return "handled"
    return COLOURS[claim.waits_for]
