"""How claims are told on every page: the state in words and its colour, and amounts."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask

from widget import money, refunds
from widget.refunds import Claim, ClaimReason, Confirmation, Hand, State
from widget.web.language import N_, current
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
# The same where the workshop reads it.
STATES_FOR_THE_WORKSHOP: dict[State, str] = {
    **STATES,
    State.FILED: N_("waiting for your answer"),
    State.ACCEPTED: N_("accepted, waiting for your credit"),
    State.PARTLY_ACCEPTED: N_("partly accepted, waiting for your credit"),
    State.DECLINED: N_("declined"),
}
# What of a claim can change, as people call it.
FIELDS: dict[str, str] = {
    "issue": N_("Issue"),
    "day": N_("Day of the issue"),
    "amount": N_("Amount"),
    "reason": N_("Reason"),
    "reshipment_offered_on": N_("Reshipment offered on"),
    "customer_asked": N_("The customer asked for the refund himself"),
    "note": N_("Note for the approver"),
    "note_for_approver": N_("Note for the approver"),
}
# What was done to a claim, as a list of changes calls it; beside it stands what was said or entered with it.
ACTS: dict[str, str] = {
    "drafted": N_("Begun"),
    "request": N_("Requested"),
    "confirm": N_("Confirmed in writing"),
    "send_back": N_("Sent back"),
    "expire": N_("Confirmation expired after"),
    "file": N_("Filed, confirmed by"),
    "accept": N_("Accepted"),
    "accept_partly": N_("Partly accepted"),
    "decline": N_("Declined"),
    "insist": N_("Supplier asked again"),
    "credit": N_("Credit entered"),
    "take_back_credit": N_("Credit taken back"),
    "comment": N_("Comment"),
    "close": N_("Closed"),
    "withdraw": N_("Withdrawn"),
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
    app.jinja_env.filters["why_void"] = why_void
    app.jinja_env.globals["claim_amount"] = refunds.in_words
    app.jinja_env.globals["claim_reasons"] = choices
    app.jinja_env.globals["field_names"] = FIELDS


def in_words(state: str, is_for_workshop: bool = False) -> str:
    """A state in the reader's language, told from where he stands."""
    return _((STATES_FOR_THE_WORKSHOP if is_for_workshop else STATES)[State(state)])


def why_void(confirmation: Confirmation) -> str:
    """Why a written word does not count any more."""
    who, said = confirmation.voided_by, confirmation.voided_because
    match confirmation.voided_with:
        case "change":
            facts = _(", ").join(_(FIELDS[name]) for name in said.split(", ") if name in FIELDS)
            return _("%(who)s changed: %(facts)s", who=who, facts=facts)
        case "send_back":
            return _("%(who)s sent the claim back: %(words)s", who=who, words=said)
        case "withdraw":
            return _("%(who)s withdrew the claim: %(words)s", who=who, words=said)
        case _:
            return _("It was not used in time.")


def choices(reasons: Sequence[ClaimReason]) -> list[tuple[str, str]]:
    """Reasons as a form lists them, in the reader's language."""
    is_chinese = current().startswith("zh")
    return [(reason.code, reason.name_zh if is_chinese else reason.name_en) for reason in reasons]


def colour(claim: Claim, is_for_workshop: bool = False) -> str:
    """The class of the state's mark: whether it is the reader's turn."""
    if claim.state in (State.CREDITED, State.CLOSED):
        return "handled"
    if is_for_workshop and claim.waits_for is not None:
        return "yours" if claim.waits_for is Hand.SUPPLIER else "theirs"
    return COLOURS[claim.waits_for]
