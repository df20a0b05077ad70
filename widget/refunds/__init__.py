"""Refund claims: money the shop wants back from a supplier, and the lock that nobody gets round.

`moves` is the table of states, `requesting` how a claim begins and changes, `confirming` the written confirmation and
filing, `answering` what both sides say afterwards, `crediting` the money, `reconciling` the
supplier's credit notes; `asking` is what is asked of claims,
`telling` how customer service hears of them.
"""

from widget.refunds.answering import accept, accept_partly, close, comment, decline, insist
from widget.refunds.asking import OpenClaim, exactly, get, open_for, others_of, today_in, unheard_of
from widget.refunds.confirming import LONGEST_WORDS, Written, confirm, expire, expired, file, send_back
from widget.refunds.crediting import LONGEST_INVOICE, Given, credit, take_back_credit
from widget.refunds.moves import (
    IN_PREPARATION,
    IN_WORDS,
    LOCKED,
    MOVES,
    OPEN,
    OVER,
    WAITS_FOR,
    WITH_THE_SUPPLIER,
    Hand,
    NotNow,
    State,
    is_possible,
)
from widget.refunds.reasons import choices, dropdown, get_reason, get_reason_by_name
from widget.refunds.reconciling import Entry, Fit, Head, Match, assign, enter, expected, find_announced, fit_of, match
from widget.refunds.requesting import AlreadyClaimed, Incomplete, Wanted, change, request, start, withdraw
from widget.refunds.tables import (
    FACTS,
    LONGEST_ISSUE,
    Claim,
    ClaimComment,
    ClaimReason,
    Confirmation,
    Credit,
    CreditNote,
    CreditNoteLine,
    PointedMessage,
)
from widget.refunds.telling import in_words, line_that_confirms

__all__ = [
    "FACTS",
    "IN_PREPARATION",
    "IN_WORDS",
    "LOCKED",
    "LONGEST_INVOICE",
    "LONGEST_ISSUE",
    "LONGEST_WORDS",
    "MOVES",
    "OPEN",
    "OVER",
    "WAITS_FOR",
    "WITH_THE_SUPPLIER",
    "AlreadyClaimed",
    "Claim",
    "ClaimComment",
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
    "OpenClaim",
    "PointedMessage",
    "State",
    "Wanted",
    "Written",
    "accept",
    "accept_partly",
    "assign",
    "change",
    "choices",
    "close",
    "comment",
    "confirm",
    "credit",
    "decline",
    "dropdown",
    "enter",
    "exactly",
    "expected",
    "expire",
    "expired",
    "file",
    "find_announced",
    "fit_of",
    "get",
    "get_reason",
    "get_reason_by_name",
    "in_words",
    "insist",
    "is_possible",
    "line_that_confirms",
    "match",
    "open_for",
    "others_of",
    "request",
    "send_back",
    "start",
    "take_back_credit",
    "today_in",
    "unheard_of",
    "withdraw",
]
