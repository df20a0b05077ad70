"""What all pages share: how moments are told, versioned files, and pages for errors.

The sidebar has an error form of its own; these pages answer everywhere else.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from widget.db import db, is_busy, utcnow
from widget.errors import NotFound, Refused
from widget.web import language
from widget.web.language import day, ngettext
from widget.web.language import gettext as _

log = logging.getLogger(__name__)

A_YEAR = 365 * 24 * 3600
# Seconds in a unit; the largest that fits at least once tells the time.
DAY, HOUR, MINUTE = 86_400, 3_600, 60


def init_pages(app: Flask) -> None:
    """Hand the templates what they use, and register the pages for errors."""
    language.init_language(app)
    app.jinja_env.filters.update(ago=ago, moment=moment, both_times=both_times, day=day, iso=iso)
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
        return _("%(minutes)s min ago", minutes=seconds // MINUTE)
    if seconds < DAY:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", seconds // HOUR)
    return ngettext("%(num)s day ago", "%(num)s days ago", seconds // DAY)


def moment(at: datetime, *zones: str) -> str:
    """The exact time in each zone: `2026-11-22 08:10 Amsterdam · 2026-11-22 15:10 Shanghai`."""
    return " · ".join(
        f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {_city(zone, language.locale())}"
        for zone in dict.fromkeys(zones or ("UTC",))
    )


def both_times(at: datetime, own_zone: str, cs_zone: str) -> str:
    """The reader's time and customer service's: `22 Nov, your 09:12, CS 02:12`.

    Each has its own date where it is already tomorrow for one of them; one time is enough where both clocks agree.
    """
    own, cs = at.astimezone(ZoneInfo(own_zone)), at.astimezone(ZoneInfo(cs_zone))
    told = {"day": day(at, own_zone), "own": f"{own:%H:%M}", "cs": f"{cs:%H:%M}"}
    if own.utcoffset() == cs.utcoffset():
        return _("%(day)s, %(own)s", **told)
    if own.date() == cs.date():
        return _("%(day)s, your %(own)s, CS %(cs)s", **told)
    return _("your %(day)s %(own)s, CS %(cs_day)s %(cs)s", cs_day=day(at, cs_zone), **told)


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
    return error_page(409, language.in_words(error))


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
    language.settle_without_store()
    log.warning("store did not answer in time", extra={"error": type(error).__name__})
    return error_page(503)


def defect(error: Exception) -> Response:
    """Logged by the view's name: an address may hold a personal link."""
    db.session.rollback()
    language.settle_without_store()
    log.error("defect in %s", request.endpoint, exc_info=error)
    return error_page(500)


@lru_cache(maxsize=100)
def _city(zone: str, locale: str) -> str:
    return get_timezone_location(ZoneInfo(zone), locale=locale, return_city=True)


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
