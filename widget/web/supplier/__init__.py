"""The supplier's page: what is open, reporting, and working on a line. Only for a supplier's people."""

from widget.web.supplier import listing, news, pasting, reporting, uploads, work
from widget.web.supplier.door import bp

__all__ = ["bp", "listing", "news", "pasting", "reporting", "uploads", "work"]
