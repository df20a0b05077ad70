"""The first page of the admin side: whether all is well, in words, the worst first."""

from __future__ import annotations

from flask import render_template

from widget.web.admin import wellbeing
from widget.web.admin.door import bp
from widget.web.admin.signs import Level


@bp.get("")
def overview_GET() -> str:
    """All signs."""
    signs = wellbeing.signs()
    worst = signs[0].level if signs else Level.GOOD
    return render_template(
        "admin/overview.html",
        worst=worst.value,
        needed=[sign for sign in signs if sign.level != Level.GOOD],
        fine=[sign for sign in signs if sign.level == Level.GOOD],
    )
