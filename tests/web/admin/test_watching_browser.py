"""The watching pages of the admin side in a browser: a connection is tested, a message given up, on a phone too."""

from __future__ import annotations

import pytest

from sandbox.desk import Options
from sandbox.server import running
from tests.sandbox.conftest import KEY
from tests.web.browsers import NARROW, check, let_in
from tests.web.visitors import add_lines, link_of
from widget import history, outbox
from widget.db import db
from widget.outbox import State
from widget.people import Role
from widget.stores import Helpdesk
from widget.worker import Worker

pytestmark = pytest.mark.only_on("sqlite")


def fill(app, url):
    """A helpdesk at the stand-in, a parked note, and something in the history."""
    (line,) = add_lines(app, 1)
    with app.app_context():
        desk = db.session.get_one(Helpdesk, 1)
        desk.url, desk.email, desk.api_key_sealed = url, KEY[0], app.extensions["box"].seal(KEY[1])
        payload = {"message": {"body_text": "sold out " * 60}, "parts": {"line": f"P-{line}"}}
        note = outbox.enqueue("gorgias.note", lane="gorgias:1:9001", account="gorgias:1", payload=payload)
        note.state, note.reason = State.PARKED, "Gorgias refused it (400): No."
        history.record("problem", line, "address", "", "Damrak 1 " * 40, by=("Anna", "anna@brushwood.example"))
        db.session.commit()


def test_an_admin_installs_the_widget_gives_a_message_up_and_looks_around(app, url, page):
    with running(Options(calls=0)) as stand_in:
        fill(app, stand_in.url)
        let_in(page, app, link_of(app, "eva@brushwood.example", Role.ADMIN))
        page.goto(f"{url}/admin/helpdesks/1")
        page.get_by_role("button", name="Install or update widget").press("Enter")
        page.get_by_text("Waiting for the worker.").wait_for()
        Worker(app).run_once()
        page.get_by_text("The widget is in place").wait_for()
        assert page.get_by_text("The integration is switched on (just now).").is_visible()
        page.get_by_role("button", name="Test connection").click()
        page.get_by_text("Waiting for the worker.").wait_for()
        Worker(app).run_once()
        page.get_by_text("This service answers at").wait_for()

        page.goto(f"{url}/admin/outgoing")
        page.get_by_text("Give up", exact=True).first.click()
        check(page)
        page.get_by_label("Why it is not to be sent").fill("told by phone")
        page.get_by_label("Why it is not to be sent").press("Enter")
        page.get_by_text("The message is given up.").wait_for()
        page.get_by_role("link", name="Given up").click()
        page.get_by_text("Given up by Eva: told by phone").wait_for()

        page.set_viewport_size(NARROW)
        for path in ("", "/helpdesks", "/helpdesks/1", "/outgoing?state=given_up", "/history"):
            page.goto(f"{url}/admin{path}")
            check(page)
