"""The API for programs: lines, comments, types and claims as JSON, for whoever shows a person's token."""

from widget.web.api import claims, description, docs, failing, lines, thread, types
from widget.web.api.door import bp

__all__ = ["bp", "claims", "description", "docs", "failing", "lines", "thread", "types"]
