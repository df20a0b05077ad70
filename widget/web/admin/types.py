"""Problem types: one list per board, in the order people choose from."""

from __future__ import annotations

from typing import Any

from flask import render_template
from marshmallow import fields, validate
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from widget import problem_types, problems
from widget.db import db
from widget.problem_types import LONGEST_NAME, Board, ProblemType, Wanted
from widget.problems import Problem
from widget.web import staff
from widget.web.admin import lists
from widget.web.admin.door import bp
from widget.web.admin.lists import AT_MOST_60, ListPage, NamesSchema
from widget.web.admin.saving import LARGEST, Line, Paragraphs, Shown, said, save
from widget.web.forms import Form
from widget.web.language import N_
from widget.web.typed import LONGEST_TYPED

ONE = f"/types/<int(max={LARGEST}):type_id>"
BOARD = f"<any({', '.join(Board)}):board>"
SAID = {
    **lists.SAID,
    "archived": N_("“%(name)s” is archived. Nobody can choose it any more; lines that have it keep it."),
}
NAMES = {Board.PROBLEM_SHEET: N_("Problem sheet"), Board.PHOTO_ISSUES: N_("Photo issues")}
LABELS = {
    **lists.LABELS,
    "needs_picture": N_("Needs a picture"),
    "text_en": N_("Suggested text in English"),
    "text_zh": N_("Suggested text in Chinese"),
    "reminds": N_("Reminder"),
    "remind_after": N_("Working days"),
    "gorgias_tag": N_("Tag in Gorgias"),
}
AT_MOST_5000 = N_("At most 5,000 characters, please.")
DAYS = N_("Write a number of days from 1 to 99.")


class TypeSchema(NamesSchema):
    """The form of one type."""

    needs_picture = fields.Boolean(load_default=False)
    text_en = Paragraphs(LONGEST_TYPED, AT_MOST_5000)
    text_zh = Paragraphs(LONGEST_TYPED, AT_MOST_5000)
    reminds = fields.Boolean(load_default=False)
    remind_after = fields.Integer(
        required=True,
        validate=validate.Range(1, 99, error=DAYS),
        error_messages={"invalid": DAYS, "required": DAYS},
    )
    gorgias_tag = Line(LONGEST_NAME, AT_MOST_60)


PAGE = ListPage[ProblemType](
    "admin.types_GET",
    lambda sentence: _list_page(sentence=sentence),
    lambda type_: _list_page("admin/types_list.html", Board(type_.board)),
    lambda type_: type_.board,
)


@bp.get("/types")
def types_GET() -> str:
    """Both lists."""
    return _list_page()


@bp.get(f"/types/new/{BOARD}")
def new_type_GET(board: str) -> str:
    """The empty form."""
    return _form_page(Board(board), Shown(Form({"reminds": True, "remind_after": 2})))


@bp.post(f"/types/new/{BOARD}")
def new_type_POST(board: str) -> str | Response:
    """Add a type to that board."""

    def act(wanted: dict[str, Any]) -> Response:
        type_ = problem_types.add(Board(board), _wanted(wanted), by=staff.me(), reserved=problems.TAGS)
        return PAGE.back("added", type_)

    return save(TypeSchema(), lambda shown: _form_page(Board(board), shown), act)


@bp.get(ONE)
def type_GET(type_id: int) -> str:
    """One type, to be changed."""
    type_ = problem_types.get(type_id)
    values = {name: getattr(type_, name) for name in Wanted._fields}
    return _form_page(Board(type_.board), Shown(Form(values)), type_)


@bp.post(ONE)
def type_POST(type_id: int) -> str | Response:
    """Save it, for everybody at once."""

    def act(wanted: dict[str, Any]) -> Response:
        shown, reserved = wanted["version"], problems.TAGS
        changed = problem_types.change(type_id, _wanted(wanted), by=staff.me(), shown=shown, reserved=reserved)
        type_ = problem_types.get(type_id)
        if changed & {"reminds", "remind_after"}:
            problems.recount_type(type_)
        return PAGE.back("changed", type_)

    def show(shown: Shown) -> str:
        type_ = problem_types.get(type_id)
        return _form_page(Board(type_.board), shown, type_)

    return save(TypeSchema(), show, act)


@bp.post(f"{ONE}/move")
def type_move_POST(type_id: int) -> str | Response:
    """Up or down by one, or before another type of the board; `before` empty: to the end."""
    type_ = problem_types.get(type_id)
    return PAGE.move(problem_types.move, type_, problem_types.choices(Board(type_.board)))


@bp.post(f"{ONE}/archive")
def type_archive_POST(type_id: int) -> str | Response:
    """Take it out of the list."""
    return PAGE.press("archived", problem_types.archive, type_id)


@bp.post(f"{ONE}/restore")
def type_restore_POST(type_id: int) -> str | Response:
    """Put it back into the list."""
    return PAGE.press("restored", problem_types.restore, type_id)


def _wanted(sent: dict[str, Any]) -> Wanted:
    return Wanted(**{name: sent[name] for name in Wanted._fields})


def _list_page(template: str = "admin/types.html", board: Board | None = None, sentence: str = "") -> str:
    """Both lists, or one of them for a script."""
    listed = problem_types.listed()
    of = {board: listed[board]} if board else listed
    names = {type_.id: type_.name_en for types in listed.values() for type_ in types}
    left_out = {
        type_.id
        for types in of.values()
        for type_ in problem_types.left_out_of_dropdown([each for each in types if each.archived_at is None])
    }
    return render_template(
        template,
        lists=of,
        names=NAMES,
        open_lines=_open_lines(),
        left_out=left_out,
        said=said(SAID, names),
        sentence=sentence,
    )


def _form_page(board: Board, shown: Shown, type_: ProblemType | None = None) -> str:
    in_use = _open_lines().get(type_.id, 0) if type_ else 0
    return render_template(
        "admin/type.html", board=board, names=NAMES, shown=shown, type=type_, labels=LABELS, in_use=in_use
    )


def _open_lines() -> dict[int, int]:
    """How many open lines have each type."""
    rows = db.session.execute(
        select(Problem.type_id, func.count()).where(Problem.handled_at.is_(None)).group_by(Problem.type_id)
    )
    return dict(rows.all())
