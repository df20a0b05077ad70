"""The REST API under /api: one module per resource, all through the same door."""

from sandbox.api import account, customers, files, integrations, messages, search, tags, tickets, users, views, widgets
from sandbox.api.door import bp

__all__ = [
    "account",
    "bp",
    "customers",
    "files",
    "integrations",
    "messages",
    "search",
    "tags",
    "tickets",
    "users",
    "views",
    "widgets",
]
