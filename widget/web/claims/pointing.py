"""Pointing at the ticket in which an approver confirmed a claim: the worker reads it, the page says what came of it."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from widget import refunds
from widget.db import db
from widget.errors import NotFound, Refused
from widget.web import language, places
from widget.web.claims import page
from widget.web.claims.door import bp
from widget.web.line_forms import LARGEST_VERSION
from widget.web.staff import me


@bp.post("/<reference>/point")
def point_POST(reference: str) -> Response:
    """Have the ticket's notes read for one that confirms the claim."""
    shown = request.form.get("version", 0, type=int)
    try:
        claim, at = places.take_claim(reference)
        refunds.point_at(claim, at.ticket, by=me(), shown=min(max(shown, 0), LARGEST_VERSION))
    except NotFound:
        raise
    except Refused as error:
        return page.refused(reference, 409, language.in_words(error), "point")
    db.session.commit()
    return redirect(url_for("claims.claim_GET", reference=reference, done=reference, did="point"), 303)
