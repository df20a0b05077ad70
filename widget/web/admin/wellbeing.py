"""Whether all is well: one sign per thing that may be wrong, each with one sentence and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app, url_for
from sqlalchemy import exists, func, or_, select

from widget import helpdesks, outbox, refunds
from widget.config import Config
from widget.db import db, is_postgresql, utcnow
from widget.outbox import State
from widget.people import Person, Side, Supplier, SupplierStore
from widget.problem_types import ProblemType
from widget.problems import Problem
from widget.stores import Helpdesk, Store
from widget.web.admin.signs import Level, Sign, of_helpdesk, worst_first
from widget.web.language import N_, ngettext
from widget.web.language import gettext as _
from widget.web.pages import ago

# A worker looks several times a second; after this long it is not running, or has too much to do.
WORKER_LATE = timedelta(minutes=2)
LONG_WAIT = timedelta(minutes=30)
NAMED_AT_MOST = 5


def signs() -> list[Sign]:
    """All of them, the worst first. A fixed number of queries."""
    listed = helpdesks.list_all()
    found = [
        _worker(listed),
        _outgoing(),
        *_about(listed),
        *_late_lines(),
        *_set_up(),
        _pictures(),
        _claims(),
        _store(),
    ]
    return worst_first(found)


def _worker(listed: Sequence[Helpdesk]) -> Sign:
    name, now = _("Worker"), utcnow()
    todo = _("Tell whoever runs this service to look at `flask worker` and its log.")
    due = [at for at in (outbox.oldest_due(), outbox.round_due()) if at is not None and now - at > WORKER_LATE]
    if due:
        since = ago(min(due))
        late = _("The worker is not running or cannot keep up: something waits for it since %(when)s.", when=since)
        return Sign(name, Level.BAD, late, todo)
    if not outbox.has_worked():
        if any(now - each.created_at > WORKER_LATE for each in listed):
            return Sign(name, Level.BAD, _("No worker was ever running here, so nothing is sent."), todo)
        return Sign(name, Level.GOOD, _("Nothing waits for the worker yet."))
    return Sign(name, Level.GOOD, _("The worker does its rounds. Nothing waits for it."))


def _outgoing() -> Sign:
    name, where = _("Outgoing messages"), url_for("admin.outgoing_GET")
    counts, oldest = outbox.unsent_counts(), outbox.oldest_waiting()
    waiting = counts[State.QUEUED] + counts[State.SENDING] + counts[State.UNKNOWN]
    if counts[State.PARKED]:
        words = ngettext(
            "%(num)s message was not sent: Gorgias refused it.",
            "%(num)s messages were not sent: Gorgias refused them.",
            counts[State.PARKED],
        )
        return Sign(name, Level.BAD, words, _("Look why, then retry or give up."), where)
    if oldest is None or not waiting:
        return Sign(name, Level.GOOD, _("Everything was sent."), where=where)
    words = ngettext(
        "%(num)s message waits, since %(when)s.",
        "%(num)s messages wait, the oldest since %(when)s.",
        waiting,
        when=ago(oldest),
    )
    if utcnow() - oldest > LONG_WAIT:
        waiting_list = url_for("admin.outgoing_GET", state="waiting")
        return Sign(name, Level.WATCH, words, _("Look what they wait for."), waiting_list)
    return Sign(name, Level.GOOD, words, where=where)


def _about(listed: Sequence[Helpdesk]) -> list[Sign]:
    accounts = {row["account"]: row for row in outbox.list_accounts()}
    if not listed:
        words = _("There is no helpdesk yet, so agents see nothing in Gorgias.")
        return [Sign(_("Helpdesks"), Level.BAD, words, _("Add your Gorgias account."), url_for("admin.helpdesks_GET"))]
    told = []
    for helpdesk in listed:
        worst, *_others = worst_first(of_helpdesk(helpdesk, accounts.get(helpdesk.account)))
        where = url_for("admin.helpdesk_GET", helpdesk_id=helpdesk.id)
        words = worst.words if worst.level != Level.GOOD else _good_words(helpdesk.called_at)
        told.append(Sign(_("Helpdesk %(name)s", name=helpdesk.name), worst.level, words, worst.todo, where))
    return told


def _good_words(called_at: datetime | None) -> str:
    return _("Gorgias takes what we send, and last called %(when)s.", when=ago(called_at)) if called_at else ""


def _late_lines() -> list[Sign]:
    late = (Problem.handled_at.is_(None), Problem.due_at <= utcnow())
    rows = db.session.execute(select(Problem.waiting_for, func.count()).where(*late).group_by(Problem.waiting_for))
    counts: dict[str, int] = dict(rows.all())
    if not counts:
        return [Sign(_("Open lines"), Level.GOOD, _("No line waits too long."), where="/desk")]
    late_ones = url_for("desk.lines_GET", stores="all", late="yes")
    told = []
    for side, words in (
        (Side.CUSTOMER_SERVICE, _("too long for customer service")),
        (Side.SUPPLIER, _("too long for the supplier")),
    ):
        if count := counts.get(side.value, 0):
            waits = ngettext("%(num)s line waits %(how)s.", "%(num)s lines wait %(how)s.", count, how=words)
            told.append(Sign(_("Open lines"), Level.WATCH, waits, _("Look on the desk."), late_ones))
    return told


def _set_up() -> list[Sign]:
    """What admins forgot, or have not come to yet."""
    can_sign_in = exists().where(Person.supplier_id == Supplier.id, Person.revoked_at.is_(None))
    alone = db.session.scalars(select(Supplier.name).where(~can_sign_in).order_by(Supplier.name)).all()
    is_painted_for = exists().where(SupplierStore.store_id == Store.id)
    unpainted = db.session.scalars(select(Store.code).where(~is_painted_for).order_by(Store.code)).all()
    in_one_language = or_(ProblemType.name_zh == "", ProblemType.name_zh == ProblemType.name_en)
    untranslated = db.session.scalars(
        select(ProblemType.name_en).where(ProblemType.archived_at.is_(None), in_one_language).order_by(ProblemType.id)
    ).all()
    return [
        _forgotten(
            _("Suppliers"), alone, (_("Everybody who paints can sign in."), "/admin/suppliers"),
            (N_("Nobody can sign in for: %(names)s."), _("Invite somebody."), "/admin/people"),
        ),
        _forgotten(
            _("Stores"), unpainted, (_("Every store has a supplier."), "/admin/stores"),
            (N_("No supplier paints for: %(names)s."),
             _("Without one nothing can be reported about its orders. Choose one."), "/admin/suppliers"),
        ),
        _forgotten(
            _("Problem types"), untranslated, (_("Every type has a name in English and in Chinese."), "/admin/types"),
            (N_("These types have no Chinese name: %(names)s."), _("Translate them."), "/admin/types"),
        ),
    ]  # fmt: skip


def _forgotten(name: str, names: Sequence[str], good: tuple[str, str], bad: tuple[str, str, str]) -> Sign:
    """Where nothing was forgotten the sign leads to what it is about, otherwise to where that is mended."""
    if not names:
        words, where = good
        return Sign(name, Level.GOOD, words, where=where)
    words, todo, where = bad
    named = ", ".join(names[:NAMED_AT_MOST]) + (" …" if len(names) > NAMED_AT_MOST else "")
    return Sign(name, Level.WATCH, _(words, names=named), todo, where)


def _pictures() -> Sign:
    """A folder is looked at; asking a bucket would take longer than this page may."""
    config: Config = current_app.extensions["config"]
    name = _("Pictures")
    if not config.pictures_url.startswith("file:"):
        return Sign(name, Level.GOOD, _("Pictures are kept in a bucket."))
    folder = Path(config.pictures_url.removeprefix("file:"))
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if os.access(there, os.W_OK):
        return Sign(name, Level.GOOD, _("Pictures are kept in a folder on this machine."))
    words = _("The folder for pictures cannot be written, so nobody can add one.")
    return Sign(name, Level.BAD, words, _("Tell whoever runs this service."))


def _claims() -> Sign:
    """Whether the lock on claims is whole, and nothing got past it."""
    name, todo = _("Refund claims"), _("Tell whoever runs this service to restore the database whole, from a backup.")
    missing, wrong = refunds.missing_walls(), refunds.without_a_word(NAMED_AT_MOST)
    if wrong:
        words = _("Filed or confirmed without an approver's written word: %(claims)s.", claims=", ".join(wrong))
        return Sign(name, Level.BAD, words, todo, f"/claims/{wrong[0]}")
    if missing:
        words = _(
            "The database lost what guards them, so nothing is filed: %(names)s.", names=", ".join(sorted(missing))
        )
        return Sign(name, Level.BAD, words, todo)
    where = url_for("desk.lines_GET", board="refunds")
    return Sign(name, Level.GOOD, _("Each one that was filed has an approver's written word."), where=where)


def _store() -> Sign:
    name = _("Data store")
    kind = "PostgreSQL" if is_postgresql() else "SQLite"
    if MigrationContext.configure(db.session.connection()).get_current_revision() != _newest_revision():
        words = _("The tables in %(kind)s are not the ones this version needs.", kind=kind)
        return Sign(name, Level.BAD, words, _("Tell whoever runs this service: flask db upgrade."))
    return Sign(name, Level.GOOD, _("%(kind)s answers, and its tables are up to date.", kind=kind))


@cache
def _newest_revision() -> str | None:
    return ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()
