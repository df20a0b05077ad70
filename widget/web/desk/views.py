"""Views that somebody keeps under a name: the address of the desk, to come back to with one press."""

from __future__ import annotations

from flask import g, make_response, redirect, request
from werkzeug.wrappers import Response

from widget import saved_views
from widget.db import db
from widget.errors import Refused
from widget.web import language
from widget.web.desk import listing
from widget.web.desk.door import bp
from widget.web.desk.listing import Done
from widget.web.desk.wanted import Wanted
from widget.web.typed import clean

LARGEST_ID = 2**31 - 1


@bp.post("/views")
def view_POST() -> Response:
    """Keep the view that the form was sent from."""
    wanted = Wanted.read_back(request.form.get("back", ""))
    name = clean(request.form.get("name", ""))
    try:
        view = saved_views.keep(g.person.id, name, wanted.query)
    except Refused as error:
        db.session.rollback()
        done = Done(act="view", trouble=language.in_words(error), name=name)
        return make_response(listing.list_page(wanted, done=done), 409)
    answer = redirect(wanted.url_with({"did": "kept", "name": view.name}), 303)
    db.session.commit()
    return answer


@bp.post(f"/views/<int(max={LARGEST_ID}):view_id>/delete")
def view_delete_POST(view_id: int) -> Response:
    """Delete one's own. The form to keep it again comes with the answer."""
    view = saved_views.drop(g.person.id, view_id)
    answer = redirect(Wanted.read_back(view.query).url_with({"did": "dropped", "name": view.name}), 303)
    db.session.commit()
    return answer
