"""The desk: all lines for customer service, as the sheet they know, and the agents' columns written in place."""

from widget.web.desk import bulk, editing, listing, news, views
from widget.web.desk.door import bp

__all__ = ["bp", "bulk", "editing", "listing", "news", "views"]
