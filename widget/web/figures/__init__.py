"""How it goes: a few honest pictures of the lines, each with its table. For staff."""

from widget.web.figures import page, refunds
from widget.web.figures.door import bp

__all__ = ["bp", "page", "refunds"]
