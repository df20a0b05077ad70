"""Refund claims for staff: the form, the page of one claim, the approvers' list, and the supplier's credit notes.

What is for the supplier's eyes is on his own page.
"""

from widget.web.claims.door import bp

__all__ = ["bp"]
