"""The Gorgias door: the widget's answer and the button actions. One blueprint, JSON in every case.

`answer` is asked by Gorgias itself and must show the integration's secret; `calls` keeps whether it still asks. The
actions come from an agent's press: their proof is the signed token of the card, since buttons must not carry secrets.
"""

from widget.web.sidebar import actions, answer, calls, refund_requests
from widget.web.sidebar.door import bp

__all__ = ["actions", "answer", "bp", "calls", "refund_requests"]
