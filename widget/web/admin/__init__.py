"""The admin side: what customer service's leads set up, in plain words. Only for admins."""

from widget.web.admin import (
    helpdesks,
    history,
    letting_in,
    outgoing,
    overview,
    people,
    reasons,
    stores,
    suppliers,
    types,
    working_hours,
)
from widget.web.admin.door import bp

__all__ = [
    "bp",
    "helpdesks",
    "history",
    "letting_in",
    "outgoing",
    "overview",
    "people",
    "reasons",
    "stores",
    "suppliers",
    "types",
    "working_hours",
]
