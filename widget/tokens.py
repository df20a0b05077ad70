"""Signed tokens: what a button of the widget and the address of a picture prove, and nothing more.

A button's says "this line was shown to somebody in that helpdesk", not who pressed; a picture's "this was on a page of
ours lately". Sign-in links are not signed but random (people.py stores their hash), so that a stolen backup holds no
working link.
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
# A picture's address is the same for a while, so that browsers find it in their cache, and works for an hour at most.
PICTURE_LIFETIME = 3600
PICTURE_ADDRESS_KEPT = 20 * 60
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


@dataclass(frozen=True)
class PictureToken:
    """Which file of which picture an address leads to, and until when (seconds since 1970)."""

    picture: int
    variant: str
    expires: int


class Signature:
    """Signs texts for one purpose. Newest key first; older ones still verify."""

    def __init__(self, keys: tuple[str, ...], purpose: str) -> None:
        derived = [hashlib.sha256(f"{purpose}:{key}".encode()).digest() for key in reversed(keys)]
        self._signer = Signer(derived, sep=SEPARATOR, key_derivation="none", algorithm=OneShotHmac())

    def sign(self, payload: str) -> str:
        """The text and its signature."""
        return f"{payload}{SEPARATOR}{self._signer.get_signature(payload).decode()}"

    def unsign(self, text: str) -> str:
        """The text that was signed. Raises TokenRefused."""
        try:
            payload = self._signer.unsign(text).decode("ascii")
        except (BadSignature, ValueError) as error:
            raise TokenRefused from error
        # The last base64 character has spare bits: only the spelling we made ourselves is taken.
        if all(text != f"{payload}{SEPARATOR}{self._signature(key, payload)}" for key in self._signer.secret_keys):
            raise TokenRefused
        return payload

    def _signature(self, key: bytes, payload: str) -> str:
        signer = Signer(key, sep=SEPARATOR, key_derivation="none", algorithm=OneShotHmac())
        return signer.get_signature(payload).decode()


class ActionTokens:
    """Makes and opens the tokens of one kind of card."""

    def __init__(self, keys: tuple[str, ...], kind: str) -> None:
        self._signature = Signature(keys, f"action:{kind}")

    def make(self, token: ActionToken, now: float | None = None) -> str:
        """Text that is safe in addresses and forms."""
        minted = int(time.time() if now is None else now)
        return self._signature.sign(f"{token.helpdesk}.{token.customer}.{token.line}.{token.version}.{minted}")

    def open(self, text: str, now: float | None = None) -> ActionToken:
        """What the token says. Raises TokenRefused; a clock up to a minute behind ours is tolerated."""
        try:
            parts = self._signature.unsign(text).split(SEPARATOR)
            helpdesk, customer, line, version, minted = (int(part) for part in parts)
        except ValueError as error:
            raise TokenRefused from error
        age = (time.time() if now is None else now) - minted
        if not -LEEWAY <= age <= LIFETIME + LEEWAY:
            raise TokenRefused
        return ActionToken(helpdesk, customer, line, version)


class PictureTokens:
    """Makes and opens what the addresses of pictures carry."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._signature = Signature(keys, "picture")

    def make(self, picture: int, variant: str, now: float | None = None) -> str:
        """Text that is safe in addresses: for some time the same, then another one."""
        lately = int(time.time() if now is None else now) // PICTURE_ADDRESS_KEPT * PICTURE_ADDRESS_KEPT
        return self._signature.sign(f"{picture}.{variant}.{lately + PICTURE_LIFETIME}")

    def open(self, text: str, now: float | None = None) -> PictureToken:
        """What the token says. Raises TokenRefused for what is forged or expired."""
        try:
            picture, variant, expires = self._signature.unsign(text).split(SEPARATOR)
            token = PictureToken(int(picture), variant, int(expires))
        except ValueError as error:
            raise TokenRefused from error
        # The minute is for hosts whose clocks differ.
        left = token.expires - (time.time() if now is None else now)
        if not 0 < left <= PICTURE_LIFETIME + LEEWAY:
            raise TokenRefused
        return token


class BrowserTokens:
    """Makes and opens what a browser keeps of the accounts that were signed in to with it."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._signature = Signature(keys, "browser")

    def make(self, name: str, accounts: list[str]) -> str:
        """Text that is safe in a cookie. Neither the name nor an account may hold a dot."""
        return self._signature.sign(SEPARATOR.join([name, *accounts]))

    def open(self, text: str) -> tuple[str, list[str]]:
        """The browser's name and the accounts. Raises TokenRefused for what is forged."""
        name, *accounts = self._signature.unsign(text).split(SEPARATOR)
        return name, accounts
