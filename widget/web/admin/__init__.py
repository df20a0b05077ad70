"""The admin side: what customer service's leads set up, in plain words. Only for admins."""

from widget.web.admin import helpdesks, letting_in, outgoing, people, stores, suppliers, types, working_hours
from widget.web.admin.door import bp

__all__ = ["bp", "helpdesks", "letting_in", "outgoing", "people", "stores", "suppliers", "types", "working_hours"]
