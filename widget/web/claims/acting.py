"""What staff do to a claim on its page and on the approvers' list. Each act is one form that works by itself.

What was refused comes back with the reason beside what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from widget import pictures, refunds
from widget.db import db
from widget.errors import NotFound, Refused
from widget.pictures import Picture
from widget.web import claim_forms, language, picture_forms, places, visible
from widget.web.claim_forms import Reading, Unreadable
from widget.web.claims import page
from widget.web.claims.door import bp
from widget.web.picture_forms import FormRefused
from widget.web.staff import me

APPROVALS = "approvals"


@dataclass
class Press(claim_forms.Press):
    """What staff press may bring pictures."""

    drafts: list[Picture]


Act = Callable[[Press], str]


def act(name: str, path: str = "") -> Callable[[Act], Act]:
    """Hang an act on the door, under its name unless it has a path of its own."""

    def hang(do: Act) -> Act:
        def view(reference: str, **_further: int) -> Response:
            return _run(reference, name, do)

        view.__doc__ = do.__doc__
        bp.add_url_rule(f"/<reference>/{path or name}", f"{name.replace('-', '_')}_POST", view, methods=["POST"])
        return do

    return hang


@act("request")
def request_(press: Press) -> str:
    """Ask an approver to confirm a draft."""
    refunds.request(press.claim, **press.how)
    return "requested"


@act("confirm")
def confirm(press: Press) -> str:
    """An approver's written word, and filing right away if that is wanted."""
    days = current_app.extensions["config"].confirmation_days
    refunds.confirm(press.claim, press.words, **{**press.how, "by": g.person}, days=days)
    if request.form.get("then") != "file":
        return "confirmed"
    refunds.file(press.claim, by=press.by, at=press.at, shown=press.claim.version)
    return "filed"


@act("send-back")
def send_back(press: Press) -> str:
    """An approver does not confirm it as it is."""
    refunds.send_back(press.claim, press.words, **{**press.how, "by": g.person})
    return "sent_back"


@act("file")
def file(press: Press) -> str:
    """Show it to the supplier."""
    refunds.file(press.claim, **press.how)
    return "filed"


@act("withdraw")
def withdraw(press: Press) -> str:
    """The shop does not want the money after all."""
    refunds.withdraw(press.claim, press.words, **press.how)
    return "withdrawn"


@act("insist")
def insist(press: Press) -> str:
    """Ask the supplier again."""
    refunds.insist(press.claim, press.words, **press.how)
    return "insisted"


@act("comment")
def comment(press: Press) -> str:
    """Write to the supplier."""
    refunds.comment(press.claim, press.words, by=press.by, at=press.at)
    return "commented"


@act("close")
def close(press: Press) -> str:
    """Nothing more is wanted."""
    refunds.close(press.claim, press.words, **press.how)
    return "closed"


@act("credit")
def credit(press: Press) -> str:
    """Enter money that came."""
    refunds.credit(press.claim, press.given, by=press.by, at=press.at)
    return "credited"


@act("take-back", "credit/<int(max=2147483647):credit_id>/take-back")
def take_back(press: Press) -> str:
    """A credit was entered by mistake."""
    assert request.view_args is not None
    refunds.take_back_credit(press.claim, request.view_args["credit_id"], by=press.by, at=press.at)
    return "taken_back"


@act("evidence")
def evidence(press: Press) -> str:
    """Add pictures."""
    if not press.drafts:
        raise Refused("Choose a picture.")
    if press.claim.is_over:
        raise Refused("{claim} is over. Nothing can be added any more.", claim=press.claim.reference)
    pictures.attach_to_claim(press.drafts, press.claim)
    return "evidence"


def _run(reference: str, name: str, do: Act) -> Response:
    """Do it once, however often it is pressed within a minute, and lead back to where it was pressed."""
    about = name.replace("-", "_")
    try:
        visible.get_claim(g.person, reference)
        drafts = picture_forms.take(g.person) if name == "evidence" else []
        did = _once(reference, name, do, drafts)
    except NotFound:
        raise
    except FormRefused as error:
        return page.refused(reference, error.status, language.in_words(error), about)
    except Unreadable as error:
        return page.refused(reference, 422, "", about, error)
    except Refused as error:
        return page.refused(reference, getattr(error, "status", 409), language.in_words(error), about, error)
    db.session.commit()
    told = {"done": reference, "did": did}
    if request.form.get("back") == APPROVALS:
        return redirect(url_for("claims.approvals_GET", **told), 303)  # type: ignore[arg-type]
    return redirect(url_for("claims.claim_GET", reference=reference, **told), 303)  # type: ignore[arg-type]


def _once(reference: str, name: str, do: Act, drafts: list[Picture]) -> str:
    claim, at = places.take_claim(reference)
    sent = Reading(request.form, claim.currency, refunds.today_in(claim.order.store))
    press = Press(claim, me(), at, sent, drafts)
    credit_id = (request.view_args or {}).get("credit_id", "")
    # Which pictures they are: their keys are new with every press.
    brought = [(draft.size, draft.width, draft.height) for draft in drafts]
    return claim_forms.once(name, press, lambda: do(press), credit_id, *brought)
