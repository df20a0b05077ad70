"""Credentials: how people and their programs prove who they are: personal links."""

from widget.credentials.links import another_link, find_link, find_signed_in, new_link, open_link, revoke
from widget.credentials.tables import ApiAnswer, ApiToken, FailedTry, Password, SignIn, SignInLink

__all__ = [
    "ApiAnswer",
    "ApiToken",
    "FailedTry",
    "Password",
    "SignIn",
    "SignInLink",
    "another_link",
    "find_link",
    "find_signed_in",
    "new_link",
    "open_link",
    "revoke",
]
