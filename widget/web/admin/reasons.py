"""Refund reasons: one list, in the order people choose from."""

from __future__ import annotations

from typing import Any

from flask import render_template
from werkzeug.wrappers import Response

from widget import refunds
from widget.edited_lists import left_out_of_dropdown
from widget.refunds import ClaimReason, ReasonNames
from widget.web import staff
from widget.web.admin import lists
from widget.web.admin.door import bp
from widget.web.admin.lists import LABELS, ListPage, NamesSchema
from widget.web.admin.saving import LARGEST, Shown, said, save
from widget.web.forms import Form
from widget.web.language import N_

ONE = f"/reasons/<int(max={LARGEST}):reason_id>"
SAID = {
    **lists.SAID,
    "archived": N_("“%(name)s” is archived. Nobody can choose it any more; claims that have it keep it."),
}
PAGE = ListPage[ClaimReason](
    "admin.reasons_GET",
    lambda sentence: _list_page(sentence=sentence),
    lambda _reason: _list_page("admin/reasons_list.html"),
    lambda _reason: None,
)


@bp.get("/reasons")
def reasons_GET() -> str:
    """The list."""
    return _list_page()


@bp.get("/reasons/new")
def new_reason_GET() -> str:
    """The empty form."""
    return _form_page(Shown())


@bp.post("/reasons/new")
def new_reason_POST() -> str | Response:
    """Add a reason."""

    def act(wanted: dict[str, Any]) -> Response:
        return PAGE.back("added", refunds.add_reason(_names(wanted), by=staff.me()))

    return save(NamesSchema(), _form_page, act)


@bp.get(ONE)
def reason_GET(reason_id: int) -> str:
    """One reason, to be renamed."""
    reason = refunds.get_reason_by_id(reason_id)
    values = {name: getattr(reason, name) for name in ReasonNames._fields}
    return _form_page(Shown(Form(values)), reason)


@bp.post(ONE)
def reason_POST(reason_id: int) -> str | Response:
    """Save it, for everybody at once."""

    def act(wanted: dict[str, Any]) -> Response:
        refunds.change_reason(reason_id, _names(wanted), by=staff.me(), shown=wanted["version"])
        return PAGE.back("changed", refunds.get_reason_by_id(reason_id))

    return save(NamesSchema(), lambda shown: _form_page(shown, refunds.get_reason_by_id(reason_id)), act)


@bp.post(f"{ONE}/move")
def reason_move_POST(reason_id: int) -> str | Response:
    """Up or down by one, or before another reason; `before` empty: to the end."""
    return PAGE.move(refunds.move_reason, refunds.get_reason_by_id(reason_id), refunds.choices())


@bp.post(f"{ONE}/archive")
def reason_archive_POST(reason_id: int) -> str | Response:
    """Take it out of the list."""
    return PAGE.press("archived", refunds.archive_reason, reason_id)


@bp.post(f"{ONE}/restore")
def reason_restore_POST(reason_id: int) -> str | Response:
    """Put it back into the list."""
    return PAGE.press("restored", refunds.restore_reason, reason_id)


def _names(sent: dict[str, Any]) -> ReasonNames:
    return ReasonNames(sent["name_en"], sent["name_zh"])


def _list_page(template: str = "admin/reasons.html", sentence: str = "") -> str:
    """The page, or the list alone for a script."""
    reasons = refunds.all_reasons()
    chosen = [reason for reason in reasons if reason.archived_at is None]
    return render_template(
        template,
        chosen=chosen,
        archived=[reason for reason in reasons if reason.archived_at is not None],
        missing=left_out_of_dropdown(chosen),
        open_claims=refunds.open_claims_by_reason(),
        said=said(SAID, {reason.id: reason.name_en for reason in reasons}),
        sentence=sentence,
    )


def _form_page(shown: Shown, reason: ClaimReason | None = None) -> str:
    in_use = refunds.open_claims_by_reason().get(reason.id, 0) if reason else 0
    return render_template("admin/reason.html", shown=shown, reason=reason, labels=LABELS, in_use=in_use)
