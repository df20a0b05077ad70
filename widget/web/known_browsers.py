"""Which accounts were signed in to with this browser before: others' wrong passwords do not hold up who uses it.

What OWASP calls a device cookie. It signs nobody in; it has a count of tries of its own.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import current_app, request
from werkzeug.wrappers import Response

from widget.tokens import BrowserTokens, TokenRefused

KEPT = timedelta(days=365)
ACCOUNTS_AT_MOST = 10


def name_for(account: str) -> str:
    """What this browser is called, if that account was signed in to with it before, else empty."""
    name, accounts = _shown()
    return name if account in accounts else ""


def remember(response: Response, account: str) -> None:
    """Have this browser show from now on that the account was signed in to with it."""
    name, accounts = _shown()
    accounts = [account, *(each for each in accounts if each != account)][:ACCOUNTS_AT_MOST]
    response.set_cookie(
        _cookie(),
        _tokens().make(name or secrets.token_urlsafe(16), accounts),
        max_age=KEPT,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _shown() -> tuple[str, list[str]]:
    try:
        return _tokens().open(request.cookies.get(_cookie(), ""))
    except TokenRefused:
        return "", []


def _cookie() -> str:
    name: str = current_app.config["SESSION_COOKIE_NAME"]
    return f"{name}-known"


def _tokens() -> BrowserTokens:
    tokens: BrowserTokens = current_app.extensions["browser_tokens"]
    return tokens
