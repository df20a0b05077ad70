"""Voiding confirmations of refund claims that were not used in time, each in a transaction of its own."""

from __future__ import annotations

import logging
import threading

from flask import Flask
from sqlalchemy.exc import DBAPIError

from widget import refunds
from widget.db import db, is_busy, utcnow
from widget.tickets import Place

AT_MOST = 50

log = logging.getLogger(__name__)


def expire(app: Flask, stop: threading.Event) -> None:
    """Look for confirmations that are too old. One bad claim does not keep the others waiting.

    Raises DBAPIError when the store is away.
    """
    with app.app_context():
        due = refunds.expired(utcnow(), AT_MOST)
    for number in due:
        if stop.is_set():
            return
        try:
            with app.app_context():
                _expire(number, app.extensions["config"].public_url)
                db.session.commit()
        except Exception as error:
            if isinstance(error, DBAPIError) and is_busy(error):
                raise
            log.exception("expiring failed claim=R-%s", number)


def _expire(number: int, public_url: str) -> None:
    claim, home = refunds.take(number)
    if refunds.expire(claim, at=Place(home, public_url), now=utcnow()):
        log.info("confirmation expired claim=R-%s", number)
