"""Helpdesks: the Gorgias accounts, their keys, and whether they work. What Gorgias has to be asked, the worker asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app, g, redirect, render_template, request, url_for
from marshmallow import fields, validate
from sqlalchemy import and_, func, select
from werkzeug.wrappers import Response

from widget import helpdesks, outbox, people
from widget.db import db, utcnow
from widget.helpdesks import Wanted
from widget.people import HelpdeskUser, Supplier, SupplierStore
from widget.stores import CALLS_ALLOWED, CALLS_PERIOD_SECONDS, ConnectionCheck, Helpdesk, Store
from widget.web import staff
from widget.web.admin import findings, signs
from widget.web.admin.door import bp
from widget.web.admin.saving import LARGEST, EditSchema, Line, Shown, done, said, save
from widget.web.forms import Form
from widget.web.language import N_

ONE = f"/helpdesks/<int(max={LARGEST}):helpdesk_id>"
SAID = {
    "added": N_("“%(name)s” is added. Test the connection, then install the widget."),
    "changed": N_("“%(name)s” is saved."),
}
LABELS = {
    "name": N_("Name"),
    "url": N_("Address"),
    "email": N_("E-mail address"),
    "api_key": N_("API key"),
    "calls_allowed": N_("Calls"),
    "calls_period_seconds": N_("Seconds"),
}
# A worker looks every second; after this long none seems to run.
TAKEN_WITHIN = timedelta(seconds=15)
A_NUMBER = N_("Write a whole number from 1 to 10,000.")


class Count(fields.Integer):
    """A number of calls, or of seconds."""

    def __init__(self) -> None:
        messages: dict[str, Any] = {"invalid": A_NUMBER, "required": A_NUMBER}
        super().__init__(required=True, validate=validate.Range(1, 10_000, error=A_NUMBER), error_messages=messages)


class HelpdeskSchema(EditSchema):
    """The form of one helpdesk. An empty key keeps the one there is."""

    name = Line(60, N_("At most 60 characters, please."), N_("Give the helpdesk a name."))
    url = Line(200, N_("At most 200 characters, please."), N_("Write the address, e.g. https://acme.gorgias.com."))
    email = Line(254, N_("At most 254 characters, please."), N_("Write the e-mail address of the key's user."))
    api_key = Line(500, N_("At most 500 characters, please."))
    calls_allowed = Count()
    calls_period_seconds = Count()


@bp.get("/helpdesks")
def helpdesks_GET() -> str:
    """All of them, and how they are."""
    listed, accounts = helpdesks.list_all(), _accounts()
    told = [(each, signs.worst_first(signs.of_helpdesk(each, accounts.get(each.account)))) for each in listed]
    names = {each.id: each.name for each in listed}
    return render_template("admin/helpdesks.html", told=told, said=said(SAID, names))


@bp.get("/helpdesks/new")
def new_helpdesk_GET() -> str:
    """The empty form."""
    limits = {"calls_allowed": CALLS_ALLOWED, "calls_period_seconds": CALLS_PERIOD_SECONDS}
    return _form_page(Shown(Form(limits)))


@bp.post("/helpdesks/new")
def new_helpdesk_POST() -> str | Response:
    """Add one."""

    def act(wanted: dict[str, Any]) -> Response:
        made = _save(None, wanted)
        return done("admin.helpdesk_GET", "added", made.id, helpdesk_id=made.id)

    return save(HelpdeskSchema(), _form_page, act)


@bp.get(ONE)
def helpdesk_GET(helpdesk_id: int) -> str:
    """One helpdesk: how it is, what was tested last, and its form."""
    helpdesk = helpdesks.get(helpdesk_id)
    return _form_page(Shown(Form({name: getattr(helpdesk, name) for name in Wanted._fields})), helpdesk)


@bp.post(ONE)
def helpdesk_POST(helpdesk_id: int) -> str | Response:
    """Save it. What waits for it is tried at once."""

    def act(wanted: dict[str, Any]) -> Response:
        _save(helpdesks.get(helpdesk_id, lock=True), wanted)
        return done("admin.helpdesk_GET", "changed", helpdesk_id, helpdesk_id=helpdesk_id)

    return save(HelpdeskSchema(), lambda shown: _form_page(shown, helpdesks.get(helpdesk_id)), act)


@bp.post(f"{ONE}/checks")
def helpdesk_check_POST(helpdesk_id: int) -> str | Response:
    """Have the worker test the connection, or install the widget; what it finds shows on the helpdesk's page."""

    def act(_sent: dict[str, Any]) -> str | Response:
        check = helpdesks.ask(helpdesk_id, request.form.get("kind", ""), by=staff.me().name)
        if "HX-Request" in request.headers:
            return render_template("admin/helpdesk_state.html", **_state(helpdesks.get(helpdesk_id), check))
        return redirect(url_for("admin.helpdesk_GET", helpdesk_id=helpdesk_id, _anchor="connection"), 303)

    def show(shown: Shown) -> str:
        helpdesk = helpdesks.get(helpdesk_id)
        values = Form({name: getattr(helpdesk, name) for name in Wanted._fields})
        return _form_page(Shown(values, shown.sentence), helpdesk)

    return save(EditSchema(), show, act)


@bp.get(f"{ONE}/state")
def helpdesk_state_GET(helpdesk_id: int) -> str:
    """How it is, and what is known of the last test, for a page that waits for it."""
    helpdesk = helpdesks.get(helpdesk_id)
    return render_template("admin/helpdesk_state.html", **_state(helpdesk, helpdesks.latest(helpdesk_id)))


def _save(helpdesk: Helpdesk | None, sent: dict[str, Any]) -> Helpdesk:
    return helpdesks.save(
        helpdesk,
        Wanted(**{name: sent[name] for name in Wanted._fields}),
        api_key=sent["api_key"],
        box=current_app.extensions["box"],
        by=(g.person.name, g.person.email),
        shown=sent["version"] if helpdesk else None,
    )


def _form_page(shown: Shown, helpdesk: Helpdesk | None = None) -> str:
    if helpdesk is None:
        return render_template("admin/helpdesk.html", shown=shown, helpdesk=None, labels=LABELS)
    return render_template(
        "admin/helpdesk.html",
        shown=shown,
        labels=LABELS,
        said=said(SAID, {helpdesk.id: helpdesk.name}),
        **_state(helpdesk, helpdesks.latest(helpdesk.id)),
    )


def _state(helpdesk: Helpdesk, check: ConnectionCheck | None) -> dict[str, Any]:
    """All that changes while somebody looks at the page."""
    return {
        "helpdesk": helpdesk,
        "signs": signs.of_helpdesk(helpdesk, _accounts().get(helpdesk.account)),
        "users": people.count_users(helpdesk.id),
        "mentions": _mentions(helpdesk),
        **_about_check(check),
    }


def _about_check(check: ConnectionCheck | None) -> dict[str, Any]:
    """A test under way, or over: what came of it, and whether anybody does it at all."""
    now = utcnow()
    waits = check is not None and check.done_at is None and now - check.asked_at < helpdesks.WANTED_FOR
    is_taken = check is not None and check.begun_at is not None and now - check.begun_at < helpdesks.TAKEN_FOR
    is_late = check is not None and waits and not is_taken and now - (check.begun_at or check.asked_at) > TAKEN_WITHIN
    told = [findings.tell(finding) for finding in check.findings] if check else []
    return {"check": check, "waits": waits, "is_taken": is_taken, "is_late": is_late, "told": told}


def _accounts() -> dict[str, dict[str, Any]]:
    return {row["account"]: row for row in outbox.list_accounts()}


def _mentions(helpdesk: Helpdesk) -> list[tuple[Supplier, str]]:
    """The suppliers who paint for its stores, and whom notes to them tag: that user's name, empty for nobody."""
    user = and_(
        HelpdeskUser.helpdesk_id == helpdesk.id,
        HelpdeskUser.email == Supplier.mention_email,
        HelpdeskUser.active.is_(True),
    )
    paints = select(SupplierStore.supplier_id).join(Store, Store.id == SupplierStore.store_id)
    rows = db.session.execute(
        select(Supplier, func.coalesce(func.min(HelpdeskUser.name), ""))
        .outerjoin(HelpdeskUser, user)
        .where(Supplier.id.in_(paints.where(Store.helpdesk_id == helpdesk.id)))
        .group_by(Supplier.id)
        .order_by(Supplier.name)
    )
    return [(supplier, name) for supplier, name in rows]
