"""The supplier's page: what is open, reporting, and working on a line or a claim. Only for a supplier's people."""

from widget.web.supplier import claims, listing, news, pasting, reporting, uploads, work
from widget.web.supplier.door import bp

__all__ = ["bp", "claims", "listing", "news", "pasting", "reporting", "uploads", "work"]
