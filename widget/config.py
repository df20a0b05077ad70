"""Settings: read once from the environment, checked all at once, frozen afterwards."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATABASE_URL = "sqlite:///var/widget.db"
DEFAULT_PICTURES_URL = "file:var/pictures"
DEFAULT_REGION = "us-east-1"
MOST_COUNTED = 1_000_000
SHORTEST_KEY = 16
SQLITE, POSTGRESQL = "sqlite:///", ("postgresql://", "postgresql+psycopg://")
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?")
REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsError(Exception):
    """One or more settings are missing or wrong; the message names all of them."""


@dataclass(frozen=True)
class Config:
    """Everything the service can be told from outside. README's table lists the same names.

    What is or may hold a secret is left out of its repr, which ends up in logs and tracebacks.
    """

    secret_key: str = field(repr=False)
    public_url: str
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    database_url: str = field(default=DEFAULT_DATABASE_URL, repr=False)
    outbox_settle_seconds: float = 60
    outbox_lease_seconds: float = 90
    pictures_url: str = DEFAULT_PICTURES_URL
    s3_endpoint_url: str = ""
    aws_access_key_id: str = field(default="", repr=False)
    aws_secret_access_key: str = field(default="", repr=False)
    aws_region: str = DEFAULT_REGION
    pictures_per_day: int = 200
    pictures_per_supplier_mb: int = 2048
    proxies: int = 0
    confirmation_days: int = 30

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
            pictures_url=_pictures_url(env.get("PICTURES_URL") or DEFAULT_PICTURES_URL, wrong),
            s3_endpoint_url=_s3_endpoint_url(env, wrong),
            aws_access_key_id=_s3_key(env, "AWS_ACCESS_KEY_ID", wrong),
            aws_secret_access_key=_s3_key(env, "AWS_SECRET_ACCESS_KEY", wrong),
            aws_region=_region(env, wrong),
            pictures_per_day=_count(env, "PICTURES_PER_DAY", cls.pictures_per_day, wrong),
            pictures_per_supplier_mb=_count(env, "PICTURES_PER_SUPPLIER_MB", cls.pictures_per_supplier_mb, wrong),
            proxies=_proxies(env, wrong),
            confirmation_days=_count(env, "CONFIRMATION_DAYS", cls.confirmation_days, wrong),
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


def _pictures_url(url: str, wrong: list[str]) -> str:
    """A relative folder lies below the project's root, like the SQLite file."""
    if BUCKET.fullmatch(url):
        return url.rstrip("/")
    # file:///srv is the same as file:/srv; file://srv would name a host.
    path = url.removeprefix("file:")
    path = path.removeprefix("//") if path.startswith("///") else path
    if not url.startswith("file:") or not path.strip("/.") or path.startswith("//") or "\0" in path:
        wrong.append("PICTURES_URL is not file:folder or s3://bucket/prefix")
        return url
    return f"file:{ROOT / path}"


def _s3_endpoint_url(env: Mapping[str, str], wrong: list[str]) -> str:
    """Empty: Amazon's own, by region."""
    url = env.get("S3_ENDPOINT_URL", "").rstrip("/")
    parts = urlsplit(url)
    if not url:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in url or parts.query or parts.fragment:
        wrong.append("S3_ENDPOINT_URL is not an http(s) address")
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        wrong.append("S3_ENDPOINT_URL must be https anywhere but on a loopback address")
    return url


def _s3_key(env: Mapping[str, str], name: str, wrong: list[str]) -> str:
    key = env.get(name, "")
    if not key and env.get("PICTURES_URL", "").startswith("s3:"):
        wrong.append(f"{name} is missing, which PICTURES_URL needs")
    return key


def _region(env: Mapping[str, str], wrong: list[str]) -> str:
    region = env.get("AWS_REGION") or DEFAULT_REGION
    if not REGION.fullmatch(region):
        wrong.append("AWS_REGION is not the name of a region")
    return region


def _count(env: Mapping[str, str], name: str, default: int, wrong: list[str]) -> int:
    text = env.get(name, "")
    if not text:
        return default
    count = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    if not 1 <= count <= MOST_COUNTED:
        wrong.append(f"{name} is not a whole number from 1 to {MOST_COUNTED}")
        return default
    return count


def _proxies(env: Mapping[str, str], wrong: list[str]) -> int:
    """Behind how many proxies we are. Each adds an address to X-Forwarded-For; what else that says, anybody may say."""
    text = env.get("PROXIES") or "0"
    if not re.fullmatch(r"[0-9]", text):
        wrong.append("PROXIES is not a whole number from 0 to 9")
        return 0
    return int(text)


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
