"""Settings: read once from the environment, checked all at once, frozen afterwards."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATABASE_URL = "sqlite:///var/widget.db"
SHORTEST_KEY = 16
SQLITE, POSTGRESQL = "sqlite:///", ("postgresql://", "postgresql+psycopg://")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsError(Exception):
    """One or more settings are missing or wrong; the message names all of them."""


@dataclass(frozen=True)
class Config:
    """Everything the service can be told from outside. README's table lists the same names."""

    secret_key: str
    public_url: str
    secret_key_fallbacks: tuple[str, ...] = ()
    database_url: str = DEFAULT_DATABASE_URL
    outbox_settle_seconds: float = 60
    outbox_lease_seconds: float = 90

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Read the environment. Raises SettingsError naming every missing or wrong setting."""
        env = os.environ if env is None else env
        wrong: list[str] = []
        config = cls(
            secret_key=_secret(env, wrong),
            public_url=_public_url(env, wrong),
            secret_key_fallbacks=tuple(key for key in env.get("SECRET_KEY_FALLBACKS", "").split(",") if key.strip()),
            database_url=_database_url(env.get("DATABASE_URL") or DEFAULT_DATABASE_URL, wrong),
            outbox_settle_seconds=_seconds(env, "OUTBOX_SETTLE_SECONDS", cls.outbox_settle_seconds, wrong),
            outbox_lease_seconds=_seconds(env, "OUTBOX_LEASE_SECONDS", cls.outbox_lease_seconds, wrong),
        )
        if wrong:
            raise SettingsError("Settings: " + "; ".join(wrong) + ".")
        return config

    @property
    def keys(self) -> tuple[str, ...]:
        """The signing keys, the one to sign with first."""
        return (self.secret_key, *self.secret_key_fallbacks)

    @property
    def is_loopback(self) -> bool:
        """Whether the service is reached on this machine only (demo, tests), so cookies travel over http."""
        parts = urlsplit(self.public_url)
        return parts.scheme == "http" and parts.hostname in LOOPBACK


def _secret(env: Mapping[str, str], wrong: list[str]) -> str:
    key = env.get("SECRET_KEY", "")
    if not key:
        wrong.append("SECRET_KEY is missing")
    elif len(key) < SHORTEST_KEY:
        wrong.append(f"SECRET_KEY is shorter than {SHORTEST_KEY} characters")
    return key


def _public_url(env: Mapping[str, str], wrong: list[str]) -> str:
    url = env.get("PUBLIC_URL", "").rstrip("/")
    parts = urlsplit(url)
    if not url:
        wrong.append("PUBLIC_URL is missing")
    elif parts.scheme not in ("http", "https") or not parts.hostname:
        wrong.append("PUBLIC_URL is not an http(s) address")
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        wrong.append("PUBLIC_URL must be https anywhere but on a loopback address")
    return url


def _database_url(url: str, wrong: list[str]) -> str:
    """A relative SQLite file lies below the project's root, wherever the process was started."""
    if url.startswith(POSTGRESQL) and urlsplit(url).path.strip("/"):
        return url
    # Not repeated: it may hold a password.
    if not url.startswith(SQLITE) or url == SQLITE:
        wrong.append("DATABASE_URL is not sqlite:///… or postgresql+psycopg://…")
        return url
    path = url.removeprefix(SQLITE)
    return url if path.startswith("/") or path == ":memory:" else SQLITE + str(ROOT / path)


def _seconds(env: Mapping[str, str], name: str, default: float, wrong: list[str]) -> float:
    text = env.get(name, "")
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 < seconds < 86_400:
        wrong.append(f"{name} is not a number of seconds")
        return default
    return seconds
