"""The users of a helpdesk, copied from there."""

from __future__ import annotations

from threading import Thread

from tests import factories
from tests.factories import ANNA, BEN
from widget import people
from widget.db import db

MAYA = {"gorgias_id": 31, "email": "maya@brushwood.example", "name": "Maya Lind", "active": True}


def test_two_who_copy_at_once_add_each_user_once(app):
    desk, _shop, _supplier = factories.shop(app)
    failed = []

    def copy() -> None:
        try:
            with app.app_context():
                people.copy_users(desk.id, [ANNA, BEN, MAYA])
                db.session.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test has to say it
            failed.append(error)

    second = Thread(target=copy)
    with app.app_context():
        people.copy_users(desk.id, [ANNA, BEN, MAYA])
        db.session.flush()
        second.start()
        # It waits for us now: on its own it would be done long before.
        second.join(timeout=0.4)
        db.session.commit()
    second.join()
    assert not failed
    with app.app_context():
        assert people.count_users(desk.id) == 3
