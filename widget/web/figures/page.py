"""The page of figures, and each figure's table as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import abort, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from widget.db import db, utcnow
from widget.people import Side, Supplier
from widget.problem_types import Board, ProblemType
from widget.stores import Store
from widget.web import csv_files
from widget.web.figures import charts, counting
from widget.web.figures.counting import Answers, AnswerTimes, OpenNow, Week
from widget.web.figures.door import WEEKS, Wanted, bp
from widget.web.language import N_, current, day
from widget.web.language import gettext as _

# Whose series a bar is, as the sheet of styles knows it.
US, THEM, REPORTED, HANDLED = "us", "them", "reported", "handled"
SERIES = {Side.CUSTOMER_SERVICE: US, Side.SUPPLIER: THEM}
AGES = (N_("less than a day"), N_("1 to 3 days"), N_("3 to 7 days"), N_("1 to 4 weeks"), N_("longer than 4 weeks"))
SIDES = {Side.CUSTOMER_SERVICE: N_("Customer service"), Side.SUPPLIER: N_("Supplier")}
BOARDS = {Board.PROBLEM_SHEET: N_("Problem sheet"), Board.PHOTO_ISSUES: N_("Photo issues")}
# Every how many weeks one is named: a divisor, so that names stand below what they name.
NAMED = {4: 1, 12: 2, 26: 2, 52: 4}

Table = tuple[list[str], list[Sequence[Any]]]


@bp.get("")
def page_GET() -> str:
    """The pictures, each with its table."""
    wanted, now = Wanted.read(request.args), utcnow()
    open_now, weeks = counting.open_now(wanted, now), counting.by_week(wanted, now)
    answers = _answer_times(wanted, now)
    return render_template(
        "figures/page.html",
        wanted=wanted,
        choices=_choices(),
        open_now=open_now,
        open_chart=charts.stacked([(_(AGES[i]), {US: age[0], THEM: age[1]}) for i, age in enumerate(open_now.ages)]),
        open_table=_table_of_open(open_now),
        week_chart=_chart_of_weeks(weeks),
        week_table=_table_of_weeks(weeks),
        answers=answers,
        answer_charts={"type": _chart_of_answers(answers.by_type), "supplier": _chart_of_answers(answers.by_supplier)},
        answer_tables={"type": _table_of_answers(answers.by_type), "supplier": _table_of_answers(answers.by_supplier)},
    )


@bp.get("/<figure>.csv")
def table_GET(figure: str) -> Response:
    """A figure's table, for a spreadsheet."""
    wanted, now = Wanted.read(request.args), utcnow()
    tables: dict[str, Callable[[], Table]] = {
        "open": lambda: _table_of_open(counting.open_now(wanted, now)),
        "weeks": lambda: _table_of_weeks(counting.by_week(wanted, now)),
        "answers-by-type": lambda: _table_of_answers(_answer_times(wanted, now).by_type),
        "answers-by-supplier": lambda: _table_of_answers(_answer_times(wanted, now).by_supplier),
    }
    if figure not in tables:
        abort(404)
    header, rows = tables[figure]()
    return csv_files.csv_answer(f"{figure}-{now:%Y-%m-%d}.csv", header, rows)


def _answer_times(wanted: Wanted, now: datetime) -> AnswerTimes:
    return counting.answer_times(wanted, now, ProblemType.name_zh if current() == "zh" else ProblemType.name_en)


def _choices() -> dict[str, list[tuple[str, str]]]:
    """What each filter may be, everything first."""
    stores = db.session.execute(select(Store.code, Store.name).order_by(Store.code)).all()
    suppliers = db.session.execute(select(Supplier.id, Supplier.name).order_by(Supplier.name)).all()
    return {
        "weeks": [(weeks, _("%(weeks)s weeks", weeks=weeks)) for weeks in WEEKS],
        "board": [("", _("Both sheets")), *((board.value, _(name)) for board, name in BOARDS.items())],
        "store": [("", _("All stores")), *((code, f"{code} {name}") for code, name in stores)],
        "supplier": [("", _("All suppliers")), *((str(number), name) for number, name in suppliers)],
    }


def _chart_of_weeks(weeks: list[Week]) -> charts.Columns:
    groups = [(day(week.begins, "UTC"), {REPORTED: week.reported, HANDLED: week.handled}) for week in weeks]
    return charts.columns(groups, named=NAMED[len(weeks)])


def _chart_of_answers(answers: list[Answers]) -> list[charts.Row]:
    return charts.ranges(
        [(each.name, SERIES[each.side], each.middle, each.slow, _hours(each.middle)) for each in answers]
    )


def _hours(hours: float) -> str:
    """`3.5 h`; minutes below one hour."""
    return _("%(minutes)s min", minutes=round(hours * 60)) if hours < 1 else _("%(hours)s h", hours=f"{hours:.1f}")


def _table_of_open(open_now: OpenNow) -> Table:
    header = [_("Waiting for"), *(_(SIDES[side]) for side in SIDES)]
    rows: list[Sequence[Any]] = [(_(AGES[place]), *age) for place, age in enumerate(open_now.ages)]
    return header, [*rows, (_("Waits too long"), *open_now.late)]


def _table_of_weeks(weeks: list[Week]) -> Table:
    return [_("Week from"), _("Reported"), _("Handled")], [(f"{w.begins:%Y-%m-%d}", *w[1:]) for w in weeks]


def _table_of_answers(answers: list[Answers]) -> Table:
    header = [_("Side"), _("Lines"), _("Answers"), _("Half within (working hours)"), _("Nine of ten within")]
    return header, [(_(SIDES[a.side]), a.name, a.number, round(a.middle, 1), round(a.slow, 1)) for a in answers]
