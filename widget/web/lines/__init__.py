"""The story of one line, all about one order, and the orders whose ticket is to be chosen: pages for staff.

A supplier's people have pages of their own: what leads them to a line here, such as the link in a note, leads on.
"""

from widget.web.lines import choosing, listing, looking, of_orders, work
from widget.web.lines.door import bp

__all__ = ["bp", "choosing", "listing", "looking", "of_orders", "work"]
