"""Who may use each route: every endpoint has a row, and a test walks all of them.

A new view starts with a row here; `tests/test_house.py` names the ones that lack it.
"""

from __future__ import annotations

ANYONE = "anyone"
GORGIAS = "Gorgias, by the integration's secret"
AGENT_PRESSING = "an agent in Gorgias, by the card's signed token"

WHO: dict[str, str] = {
    "static": ANYONE,
    "health.healthz": ANYONE,
    "health.readyz": ANYONE,
}
