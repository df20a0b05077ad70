"""Refund claims: money the shop wants back from a supplier, and the lock that nobody gets round.

`moves` is the table of states, `requesting` how a claim begins and changes, `confirming` the written confirmation and
filing, `pointing` a confirmation that stands in the ticket, `answering` what both sides say afterwards, `crediting` the
money, `reconciling` the supplier's credit notes; `reasons` is the list a claim's reason is chosen from,
`editing_reasons` what admins do to it; `asking` and `totals` are what is asked of claims, `telling` how customer
service hears of them.
"""

from widget.refunds.answering import accept, accept_partly, close, comment, decline, insist
from widget.refunds.asking import OpenClaim, exactly, get, of_order, open_for, others_of, take, today_in, unheard_of
from widget.refunds.confirming import (
    LONGEST_WORDS,
    confirm,
    expire,
    expired,
    file,
    is_wanted_by,
    send_back,
    wanted_by,
)
from widget.refunds.crediting import LONGEST_INVOICE, Given, credit, take_back_credit
from widget.refunds.editing_reasons import (
    ReasonNames,
    add_reason,
    archive_reason,
    change_reason,
    move_reason,
    restore_reason,
)
from widget.refunds.moves import (
    IN_PREPARATION,
    IN_WORDS,
    MOVES,
    OPEN,
    OVER,
    WAITS_FOR,
    Hand,
    NotNow,
    State,
    is_possible,
)
from widget.refunds.pointing import (
    Note,
    is_under_way,
    latest_look,
    point_at,
    refusal_of,
    take_notes,
)
from widget.refunds.reasons import (
    all_reasons,
    choices,
    dropdown,
    get_reason,
    get_reason_by_id,
    get_reason_by_name,
    open_claims_by_reason,
)
from widget.refunds.reconciling import Entry, Fit, Head, Match, assign, enter, expected, match
from widget.refunds.recording import is_changed_after
from widget.refunds.requesting import AlreadyClaimed, Incomplete, Wanted, change, request, start, withdraw, wrong_with
from widget.refunds.tables import (
    LONGEST_ISSUE,
    Claim,
    ClaimReason,
    Confirmation,
    Credit,
    CreditNote,
    CreditNoteLine,
    PointedMessage,
)
from widget.refunds.telling import in_words, line_that_confirms
from widget.refunds.totals import STILL_OPEN, Total, count_waiting, totals
from widget.refunds.walls import missing as missing_walls
from widget.refunds.walls import without_a_word

__all__ = [
    "IN_PREPARATION",
    "IN_WORDS",
    "LONGEST_INVOICE",
    "LONGEST_ISSUE",
    "LONGEST_WORDS",
    "MOVES",
    "OPEN",
    "OVER",
    "STILL_OPEN",
    "WAITS_FOR",
    "AlreadyClaimed",
    "Claim",
    "ClaimReason",
    "Confirmation",
    "Credit",
    "CreditNote",
    "CreditNoteLine",
    "Entry",
    "Fit",
    "Given",
    "Hand",
    "Head",
    "Incomplete",
    "Match",
    "NotNow",
    "Note",
    "OpenClaim",
    "PointedMessage",
    "ReasonNames",
    "State",
    "Total",
    "Wanted",
    "accept",
    "accept_partly",
    "add_reason",
    "all_reasons",
    "archive_reason",
    "assign",
    "change",
    "change_reason",
    "choices",
    "close",
    "comment",
    "confirm",
    "count_waiting",
    "credit",
    "decline",
    "dropdown",
    "enter",
    "exactly",
    "expected",
    "expire",
    "expired",
    "file",
    "get",
    "get_reason",
    "get_reason_by_id",
    "get_reason_by_name",
    "in_words",
    "insist",
    "is_changed_after",
    "is_possible",
    "is_under_way",
    "is_wanted_by",
    "latest_look",
    "line_that_confirms",
    "match",
    "missing_walls",
    "move_reason",
    "of_order",
    "open_claims_by_reason",
    "open_for",
    "others_of",
    "point_at",
    "refusal_of",
    "request",
    "restore_reason",
    "send_back",
    "start",
    "take",
    "take_back_credit",
    "take_notes",
    "today_in",
    "totals",
    "unheard_of",
    "wanted_by",
    "withdraw",
    "without_a_word",
    "wrong_with",
]
