"""Encrypted columns: keys of helpdesks and shops are stored sealed and only opened to be used."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UnreadableSecret(Exception):
    """None of the configured keys opens this secret: SECRET_KEY was replaced without a fallback."""


class Box:
    """Seals with the newest key, opens with any of them."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys])

    def seal(self, text: str) -> str:
        """Ciphertext that is safe to store."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises UnreadableSecret."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise UnreadableSecret from error

    def holds(self, sealed: str, text: str) -> bool:
        """Whether that is what was sealed; not when it cannot be read any more."""
        try:
            return self.open(sealed) == text
        except UnreadableSecret:
            return False

    def reseal(self, sealed: str) -> str:
        """The same secret under the newest key."""
        return self._fernet.rotate(sealed.encode()).decode()


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"column:{key}".encode()).digest())
