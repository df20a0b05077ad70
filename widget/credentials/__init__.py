"""Credentials: how people and their programs prove who they are.

`links` is a person's own link, `passwords` what staff may choose instead, `sessions` where somebody is signed in.
"""

from widget.credentials.links import another_link, find_link, new_link, open_link, revoke
from widget.credentials.passwords import (
    Throttled,
    WrongPassword,
    account_of,
    begin_try,
    find_by_password,
    find_password,
    forget_old_tries,
    needs_old_password,
    set_password,
    succeeded,
)
from widget.credentials.sessions import (
    IDLE,
    LONGEST,
    NOTED_EVERY,
    CameBy,
    begin_session,
    end_all,
    end_session,
    find_session,
    forget_old_sessions,
    note_seen,
    sessions_of,
)
from widget.credentials.tables import ApiAnswer, ApiToken, FailedTry, Password, SignIn, SignInLink

__all__ = [
    "IDLE",
    "LONGEST",
    "NOTED_EVERY",
    "ApiAnswer",
    "ApiToken",
    "CameBy",
    "FailedTry",
    "Password",
    "SignIn",
    "SignInLink",
    "Throttled",
    "WrongPassword",
    "account_of",
    "another_link",
    "begin_session",
    "begin_try",
    "end_all",
    "end_session",
    "find_by_password",
    "find_link",
    "find_password",
    "find_session",
    "forget_old_sessions",
    "forget_old_tries",
    "needs_old_password",
    "new_link",
    "note_seen",
    "open_link",
    "revoke",
    "sessions_of",
    "set_password",
    "succeeded",
]
