"""One's own page, for staff: the password, where one is signed in, the stores one looks after, and days away."""

from widget.web.account import security, work
from widget.web.account.door import bp

__all__ = ["bp", "security", "work"]
