"""The users of a helpdesk, copied from there."""

from __future__ import annotations

from threading import Barrier, Thread

from tests import factories
from tests.factories import ANNA, BEN
from widget import people
from widget.db import db

MAYA = {"gorgias_id": 31, "email": "maya@brushwood.example", "name": "Maya Lind", "active": True}


def test_two_who_copy_at_once_add_each_user_once(app):
    desk, _shop, _supplier = factories.shop(app)
    both, failed = Barrier(2), []

    def copy() -> None:
        try:
            with app.app_context():
                both.wait()
                people.copy_users(desk.id, [ANNA, BEN, MAYA])
                db.session.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test has to say it
            failed.append(error)

    threads = [Thread(target=copy) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with app.app_context():
        assert people.count_users(desk.id) == 3
