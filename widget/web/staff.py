"""What the doors for staff begin with: who may enter, and who acts."""

from __future__ import annotations

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from widget.db import SAFE_METHODS
from widget.people import Actor, Role
from widget.web import pages, sessions, visible
from widget.web.language import gettext as _


def refuse_strangers(needs: Role | None = None) -> Response | tuple[str, int] | None:
    """For a blueprint's guard: only staff, with that role if one is named, and only forms of our own pages.

    Whoever is not signed in comes back here afterwards; a supplier's people are led to their own page.
    """
    person = sessions.find_person()
    if person is None:
        if request.method in SAFE_METHODS:
            sessions.come_back_here()
        return render_template("signin/needed.html"), 401
    if not visible.is_staff(person):
        return redirect(sessions.HOME, 303)
    if needs is not None and needs not in person.roles:
        return pages.error_page(403, _("This page is for admins. Ask one of them to do it for you, or for the role."))
    if request.method not in SAFE_METHODS:
        sessions.refuse_foreign_form()
    return None


def me() -> Actor:
    """The person who is signed in, as the one who does something."""
    actor: Actor = g.person.as_actor()
    return actor
