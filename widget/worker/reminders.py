"""Reminding of lines that have waited too long: once a turn, however many workers look and whenever one is killed."""

from __future__ import annotations

import logging
import threading

from flask import Flask
from sqlalchemy.exc import DBAPIError

from widget import problems, tickets
from widget.db import db, is_busy, utcnow
from widget.errors import NotFound
from widget.tickets import Place

LOOK_EVERY_SECONDS = 60.0
AT_MOST = 50
COUNTED_AT_ONCE = 500

log = logging.getLogger(__name__)


def remind(app: Flask, stop: threading.Event, *, at_most: int = AT_MOST) -> None:
    """Look for lines that are due and remind of them, each in a transaction of its own.

    One bad line does not keep the others waiting. Raises DBAPIError when the store is away.
    """
    with app.app_context():
        problems.recount_missing(COUNTED_AT_ONCE)
        db.session.commit()
        due = problems.overdue(utcnow(), at_most)
    for number in due:
        if stop.is_set():
            return
        try:
            with app.app_context():
                _remind_of(number, app.extensions["config"].public_url)
                db.session.commit()
        except Exception as error:
            if isinstance(error, DBAPIError) and is_busy(error):
                raise
            log.exception("reminding failed line=P-%s", number)


def _remind_of(number: int, public_url: str) -> None:
    """The ticket is locked first, as everywhere: two who lock in different order would wait for each other."""
    try:
        home = tickets.lock_home(problems.get(number).order_id)
        line = problems.get(number, lock=True)
    except NotFound:
        return
    if problems.remind(line, at=Place(home, public_url), now=utcnow()):
        log.info("reminded line=P-%s side=%s", number, line.waiting_for)
