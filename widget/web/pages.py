"""What all pages share: their texts' language, how moments are told, versioned files, and pages for errors.

The sidebar has an error form of its own; these pages answer everywhere else.
"""

from __future__ import annotations

import gettext
import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from widget.db import db, is_busy, utcnow
from widget.errors import NotFound, Refused

log = logging.getLogger(__name__)

# Every text of a page goes through these: a catalogue of another language takes their place.
texts = gettext.NullTranslations()
_ = texts.gettext

A_YEAR = 365 * 24 * 3600
# Seconds in a unit; the largest that fits at least once tells the time.
DAY, HOUR, MINUTE = 86_400, 3_600, 60


def init_pages(app: Flask) -> None:
    """Hand the templates what they use, and register the pages for errors."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(ago=ago, moment=moment, iso=iso)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _version_files(app)
    app.register_error_handler(NotFound, lambda _error: error_page(404))
    app.register_error_handler(Refused, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(PoolTimeout, store_trouble)
    app.register_error_handler(DBAPIError, store_trouble)
    app.register_error_handler(Exception, defect)


def ago(at: datetime, now: datetime | None = None) -> str:
    """How long ago, in one unit: `5 min ago`, `3 days ago`."""
    seconds = int(((now or utcnow()) - at).total_seconds())
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        return _("%d min ago") % (seconds // MINUTE)
    if seconds < DAY:
        return texts.ngettext("%d hour ago", "%d hours ago", seconds // HOUR) % (seconds // HOUR)
    return texts.ngettext("%d day ago", "%d days ago", seconds // DAY) % (seconds // DAY)


def moment(at: datetime, *zones: str) -> str:
    """The exact time in each zone: `2026-11-22 08:10 Amsterdam · 2026-11-22 15:10 Shanghai`."""
    return " · ".join(
        f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone.rpartition('/')[2].replace('_', ' ')}"
        for zone in dict.fromkeys(zones or ("UTC",))
    )


def iso(at: datetime) -> str:
    """For the datetime attribute."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def error_page(status: int, words: str = "") -> Response:
    """The page for that status: the same bytes whoever asks for whatever."""
    response = make_response(render_template("errors/error.html", status=status, words=words), status)
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


def refused(error: Refused) -> Response:
    """The rules forbid it: the sentence says what to do."""
    return error_page(409, error.sentence)


def http_error(error: HTTPException) -> Response:
    """An error that has a status of its own."""
    page = error_page(error.code or 500)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        page.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return page


def store_trouble(error: Exception) -> Response:
    """503 when the store did not answer in time; anything else is a defect."""
    if isinstance(error, DBAPIError) and not is_busy(error):
        return defect(error)
    db.session.rollback()
    log.warning("store did not answer in time", extra={"error": type(error).__name__})
    return error_page(503)


def defect(error: Exception) -> Response:
    """Logged by the view's name: an address may hold a personal link."""
    db.session.rollback()
    log.error("defect in %s", request.endpoint, exc_info=error)
    return error_page(500)


def _version_files(app: Flask) -> None:
    """Static files may be kept for a year, because their addresses change with what is in them."""
    folder = Path(app.static_folder or "")
    versions = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in folder.rglob("*")
        if path.is_file()
    }
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = A_YEAR

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["v"] = versions.get(values["filename"], "")
