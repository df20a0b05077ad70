"""Signed tokens: what a button of the widget proves, and nothing more.

A token says "this line was shown to somebody in that helpdesk", not who pressed. Sign-in links are not
signed but random (people.py stores their hash), so that a stolen backup holds no working link.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer
from itsdangerous.signer import SigningAlgorithm

LIFETIME = 7 * 24 * 3600
LEEWAY = 60
SEPARATOR = "."


class TokenRefused(Exception):
    """Forged, edited, expired, or made for something else."""


@dataclass(frozen=True)
class ActionToken:
    """What a button may be pressed for. `line` is 0 on the summary card, `version` the one that was shown."""

    helpdesk: int
    customer: int
    line: int = 0
    version: int = 0


class OneShotHmac(SigningAlgorithm):
    """HMAC-SHA256 in one call: a widget's answer carries up to forty signatures."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """The MAC of `value`."""
        return hmac.digest(key, value, "sha256")


class ActionTokens:
    """Makes and opens the tokens of one kind of card. Newest key first; older ones still verify."""

    def __init__(self, keys: tuple[str, ...], kind: str) -> None:
        derived = [hashlib.sha256(f"action:{kind}:{key}".encode()).digest() for key in reversed(keys)]
        self._signer = Signer(derived, sep=SEPARATOR, key_derivation="none", algorithm=OneShotHmac())

    def make(self, token: ActionToken, now: float | None = None) -> str:
        """Text that is safe in addresses and forms."""
        minted = int(time.time() if now is None else now)
        payload = f"{token.helpdesk}.{token.customer}.{token.line}.{token.version}.{minted}"
        return f"{payload}{SEPARATOR}{self._signer.get_signature(payload).decode()}"

    def open(self, text: str, now: float | None = None) -> ActionToken:
        """What the token says. Raises TokenRefused; a clock up to a minute behind ours is tolerated."""
        try:
            payload = self._signer.unsign(text).decode("ascii")
            helpdesk, customer, line, version, minted = (int(part) for part in payload.split(SEPARATOR))
        except (BadSignature, ValueError) as error:
            raise TokenRefused from error
        # The last base64 character has spare bits: only the spelling we made ourselves is taken.
        if self._respelled(text, payload):
            raise TokenRefused
        age = (time.time() if now is None else now) - minted
        if not -LEEWAY <= age <= LIFETIME + LEEWAY:
            raise TokenRefused
        return ActionToken(helpdesk, customer, line, version)

    def _respelled(self, text: str, payload: str) -> bool:
        return all(text != f"{payload}{SEPARATOR}{self._signature(key, payload)}" for key in self._signer.secret_keys)

    def _signature(self, key: bytes, payload: str) -> str:
        signer = Signer(key, sep=SEPARATOR, key_derivation="none", algorithm=OneShotHmac())
        return signer.get_signature(payload).decode()
