"""Messages waiting to go out: enqueued by subjects in their own transaction, handed out by workers lane by lane.

Doors and subjects use the verbs of `messages` and `accounts`; workers use `lanes`, which leaves to `settling` what
becomes of a message. `tables` says what is stored.
"""

from widget.outbox.accounts import key_changed, list_accounts, set_account_limits
from widget.outbox.messages import (
    NO_WAIT,
    amend,
    counts,
    enqueue,
    find_message,
    find_unsent,
    get_message,
    list_messages,
    new_external_id,
    restored,
    retry,
    untouched_tail,
    waiting_count,
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
    "What",
    "amend",
    "counts",
    "enqueue",
    "find_message",
    "find_unsent",
    "get_message",
    "key_changed",
    "list_accounts",
    "list_messages",
    "new_external_id",
    "restored",
    "retry",
    "set_account_limits",
    "untouched_tail",
    "waiting_count",
    "withdraw",
]
