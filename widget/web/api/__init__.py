"""The API for programs: lines, comments, types and claims as JSON, for whoever shows a person's token."""

from widget.web.api import description, docs, failing, lines, thread, types_and_claims
from widget.web.api.door import bp

__all__ = ["bp", "description", "docs", "failing", "lines", "thread", "types_and_claims"]
