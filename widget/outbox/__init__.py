"""Messages waiting to go out: enqueued by subjects in their own transaction, handed out by workers lane by lane.

Doors and subjects use the verbs of `messages` and `accounts`; workers use `lanes`, which leaves to `settling` what
becomes of a message; `listing` is how people look at them. `tables` says what is stored.
"""

from widget.outbox.accounts import key_changed, list_accounts, set_account_limits
from widget.outbox.listing import (
    Wanted,
    counts,
    has_worked,
    list_messages,
    oldest_due,
    oldest_waiting,
    page_of,
    round_due,
    unsent_counts,
    waiting_count,
)
from widget.outbox.messages import (
    NO_WAIT,
    amend,
    enqueue,
    find_message,
    find_unsent,
    get_message,
    give_up,
    new_external_id,
    parked_of,
    restored,
    retry,
    untouched,
    untouched_tail,
    withdraw,
)
from widget.outbox.steps import Fenced, Lease, Pace, Report, Step, What
from widget.outbox.tables import Account, Call, Lane, Message, State

__all__ = [
    "NO_WAIT",
    "Account",
    "Call",
    "Fenced",
    "Lane",
    "Lease",
    "Message",
    "Pace",
    "Report",
    "State",
    "Step",
    "Wanted",
    "What",
    "amend",
    "counts",
    "enqueue",
    "find_message",
    "find_unsent",
    "get_message",
    "give_up",
    "has_worked",
    "key_changed",
    "list_accounts",
    "list_messages",
    "new_external_id",
    "oldest_due",
    "oldest_waiting",
    "page_of",
    "parked_of",
    "restored",
    "retry",
    "round_due",
    "set_account_limits",
    "unsent_counts",
    "untouched",
    "untouched_tail",
    "waiting_count",
    "withdraw",
]
