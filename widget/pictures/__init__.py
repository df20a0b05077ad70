"""Pictures: what suppliers upload, which line it belongs to, and how much of it is allowed.

`redraw` makes a harmless picture of whatever was sent, `storage` keeps the files; here are the rows and the rules.
"""

from widget.pictures.tables import Picture

__all__ = ["Picture"]
