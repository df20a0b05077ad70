"""Problems: the lines of both boards, their comments, and whose turn it is.

`verbs` is what people do to a line, `undoing` what they take back of it, `telling` how customer service hears of it,
`asking` what is asked of lines.
"""

from widget.problems.asking import Digest, OpenLine, count_open, digest, get, open_for, supplier_for
from widget.problems.hearing import Told, who_hears_of
from widget.problems.reminding import overdue, remind, remind_supplier
from widget.problems.tables import TURN_AFTER, Comment, Problem, Wait
from widget.problems.telling import TAGS, catch_up, keep_tags_true, link_ticket, no_ticket_found, tags, ticket_found
from widget.problems.undoing import undo_address, undo_comment, undo_handled, undo_informed
from widget.problems.verbs import (
    UNDO_WITHIN,
    ChangedMeanwhile,
    add_pictures,
    comment,
    confirm_address,
    mark_handled,
    mark_informed,
    reopen,
    report,
    save_address,
)
from widget.problems.waiting import recount_calendar, recount_missing, recount_type

__all__ = [
    "TAGS",
    "TURN_AFTER",
    "UNDO_WITHIN",
    "ChangedMeanwhile",
    "Comment",
    "Digest",
    "OpenLine",
    "Problem",
    "Told",
    "Wait",
    "add_pictures",
    "catch_up",
    "comment",
    "confirm_address",
    "count_open",
    "digest",
    "get",
    "keep_tags_true",
    "link_ticket",
    "mark_handled",
    "mark_informed",
    "no_ticket_found",
    "open_for",
    "overdue",
    "recount_calendar",
    "recount_missing",
    "recount_type",
    "remind",
    "remind_supplier",
    "reopen",
    "report",
    "save_address",
    "supplier_for",
    "tags",
    "ticket_found",
    "undo_address",
    "undo_comment",
    "undo_handled",
    "undo_informed",
    "who_hears_of",
]
