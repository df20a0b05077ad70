"""GET /api/account."""

from typing import Any

from sandbox.api.door import route
from sandbox.desk import desk
from sandbox.store import public


@route("/account")
def account() -> dict[str, Any]:
    """The account itself; the lightest call that proves a key."""
    return public(desk().store.account())
