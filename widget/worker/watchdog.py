"""Stays connected: looks every few minutes whether Gorgias still has our integration, and switches it on again.

Gorgias switches an integration off after a hundred failures in a row. What is switched off more often than a few times
a day has a cause, which a person has to look for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Flask

from widget import helpdesks
from widget.clients.gorgias import Gorgias
from widget.db import db, utcnow
from widget.errors import ServiceError
from widget.outbox import accounts

log = logging.getLogger(__name__)
ClientOf = Callable[[str], Gorgias]


def watch(app: Flask, client_of: ClientOf) -> None:
    """Look at each integration that was not looked at for a while. Raises what the first trouble was."""
    with app.app_context():
        due = helpdesks.to_look_at()
    for helpdesk_id in due:
        with app.app_context():
            mine = not accounts.is_held_up(f"gorgias:{helpdesk_id}") and helpdesks.take_look(helpdesk_id)
            integration_id = helpdesks.get(helpdesk_id).integration_id if mine else None
            db.session.commit()
        if integration_id is not None:
            _look_at(app, helpdesk_id, integration_id, client_of)


def _look_at(app: Flask, helpdesk_id: int, integration_id: int, client_of: ClientOf) -> None:
    try:
        is_active = _is_active(app, helpdesk_id, integration_id, client_of(f"gorgias:{helpdesk_id}"))
    except ServiceError:
        _remember(app, helpdesk_id, is_active=None)
        raise
    _remember(app, helpdesk_id, is_active=is_active)


def _remember(app: Flask, helpdesk_id: int, *, is_active: bool | None) -> None:
    """What could not be seen is said to be not known."""
    with app.app_context():
        helpdesks.looked(helpdesk_id, is_active=is_active)
        db.session.commit()


def _is_active(app: Flask, helpdesk_id: int, integration_id: int, gorgias: Gorgias) -> bool:
    try:
        integration = gorgias.get_integration(integration_id)
    except ServiceError as error:
        if error.status != 404:
            raise
        log.error("integration is gone helpdesk=%s integration=%s", helpdesk_id, integration_id)
        return False
    if not integration.get("deactivated_datetime"):
        return True
    return _revive(app, helpdesk_id, integration_id, str(integration.get("name") or ""), gorgias)


def _revive(app: Flask, helpdesk_id: int, integration_id: int, name: str, gorgias: Gorgias) -> bool:
    today = utcnow().date()
    with app.app_context():
        may = helpdesks.may_revive(helpdesks.get(helpdesk_id), today)
        db.session.rollback()
    if not may:
        log.error("integration is off and stays off for today helpdesk=%s", helpdesk_id)
        return False
    gorgias.update_integration(integration_id, {"name": name, "deactivated_datetime": None})
    with app.app_context():
        helpdesks.revived(helpdesk_id, today)
        db.session.commit()
    log.warning("integration switched on again helpdesk=%s", helpdesk_id)
    return True
