"""Outgoing messages: what waits for Gorgias, what it refused, and what people do about that."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from widget import helpdesks, outbox, outgoing
from widget.outbox import State, Wanted
from widget.outgoing import LONGEST_REASON
from widget.web.admin import messages
from widget.web.admin.door import bp
from widget.web.admin.saving import LARGEST, EditSchema, Line, Shown, save
from widget.web.language import N_, ngettext
from widget.web.language import gettext as _
from widget.web.typed import clean

LARGEST_ID = 2**63 - 1
ONE = f"/outgoing/<int(max={LARGEST_ID}):message_id>"
PAGE = 50
TABS: dict[str, tuple[str, tuple[State, ...]]] = {
    "parked": (N_("Not sent"), (State.PARKED,)),
    "waiting": (N_("Waiting"), (State.QUEUED, State.SENDING)),
    "checked": (N_("Being checked"), (State.UNKNOWN,)),
    "sent": (N_("Sent"), (State.SENT,)),
    "given_up": (N_("Given up"), (State.GIVEN_UP,)),
}
ABOUT = {
    "parked": N_("Gorgias refused these for good, or we tried for a day. Nothing else waits for them."),
    "waiting": N_("These go out by themselves, in order for each ticket."),
    "checked": N_(
        "We do not know whether these arrived, so we look before we send them again: nobody sees a note twice."
    ),
    "sent": N_("These are in Gorgias."),
    "given_up": N_("Somebody decided that these are not to be sent."),
}
NOTHING = {
    "parked": N_("There is nothing that was not sent: Gorgias took everything."),
    "waiting": N_("Nothing waits. What agents and suppliers do shows up here until Gorgias has it."),
    "checked": N_("Nothing is in doubt."),
    "sent": N_("Nothing was sent yet. Notes go out when somebody reports, answers or handles a line."),
    "given_up": N_("Nobody gave a message up."),
}
SAID = {
    "retry": N_("The message goes out with the worker's next round."),
    "given_up": N_("The message is given up. It is kept here and can still be sent."),
}
WHY = N_("Say why it is not to be sent. Whoever looks for the note later reads it here.")


class ReasonSchema(EditSchema):
    """Why a message is given up."""

    reason = Line(LONGEST_REASON, N_("Say it in at most 500 characters."), WHY)


class RetryAllSchema(EditSchema):
    """Whose messages are to be sent again."""

    helpdesk = fields.Integer(required=True, validate=validate.Range(1, LARGEST))


@bp.get("/outgoing")
def outgoing_GET() -> str:
    """One state at a time, newest first."""
    return _page()


@bp.post(f"{ONE}/retry")
def message_retry_POST(message_id: int) -> str | Response:
    """Send it again."""

    def act(_sent: dict[str, Any]) -> Response:
        outgoing.retry(message_id, by=_me())
        return _back(saved="retry")

    return save(EditSchema(), lambda shown: _page(message_id, shown), act)


@bp.post(f"{ONE}/give-up")
def message_give_up_POST(message_id: int) -> str | Response:
    """Do not send it, and say why."""

    def act(sent: dict[str, Any]) -> Response:
        outgoing.give_up(message_id, sent["reason"], by=_me())
        return _back(saved="given_up")

    return save(ReasonSchema(), lambda shown: _page(message_id, shown), act)


@bp.post("/outgoing/retry")
def outgoing_retry_POST() -> str | Response:
    """Send again what was not sent of a helpdesk, a few hundred at a time."""

    def act(sent: dict[str, Any]) -> Response:
        count = outgoing.retry_all(helpdesks.get(sent["helpdesk"]), by=_me())
        return _back(retried=count)

    return save(RetryAllSchema(), lambda shown: _page(shown=shown), act)


def _me() -> tuple[str, str]:
    return g.person.name, g.person.email


def _back(**told: Any) -> Response:
    """To the list from which it was pressed."""
    return redirect(url_for("admin.outgoing_GET", state=_tab(), q=_search() or None, **told), 303)


def _tab() -> str:
    tab = request.values.get("state", "")
    return tab if tab in TABS else "parked"


def _search() -> str:
    return clean(request.values.get("q", "")[:100])


def _page(message_id: int = 0, shown: Shown | None = None) -> str:
    """The list; `shown` is what was refused of the message `message_id`."""
    tab, search = _tab(), _search()
    lanes, line = outgoing.lanes_about(search) if search else (None, "")
    before = request.args.get("before", type=int)
    before = before if before is not None and 0 < before <= LARGEST_ID else None
    found = outbox.page_of(Wanted(TABS[tab][1], lanes, line), before=before, at_most=PAGE + 1)
    counts = outbox.unsent_counts()
    return render_template(
        "admin/outgoing.html",
        tabs={name: (words, sum(counts[state] for state in states)) for name, (words, states) in TABS.items()},
        here_tab=tab,
        about=_(ABOUT[tab]),
        nothing=_(NOTHING[tab]),
        search=search,
        messages=messages.tell(found[:PAGE]),
        older=found[PAGE - 1][0].id if len(found) > PAGE else None,
        is_first=before is None,
        helpdesks={helpdesk.id: helpdesk.name for helpdesk in helpdesks.list_all()},
        said=_said(),
        refused_id=message_id,
        shown=shown or Shown(),
    )


def _said() -> str:
    words = SAID.get(request.args.get("saved", ""), "")
    count = request.args.get("retried", type=int)
    if count is None:
        return _(words)
    if not count:
        return _("Everything there was sent already, or is on its way.")
    return ngettext("%(num)s message goes out again.", "%(num)s messages go out again.", count)
