"""The flask commands: the same verbs the doors use, for a terminal. Imports everything but web."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Hang the commands on the app."""
