"""Refund claims for staff: the form, the page of one claim, the approvers' list, and the supplier's credit notes.

What is for the supplier's eyes is on his own page.
"""

# The form's address, /claims/new, is taken before that of a claim.
from widget.web.claims import acting, approvals, asking, credit_notes, page, pointing, story
from widget.web.claims.door import bp

__all__ = ["acting", "approvals", "asking", "bp", "credit_notes", "page", "pointing", "story"]
