"""Which language a request speaks, and what texts and dates are in it.

A text's English is its key, so English needs no catalogue and is what is shown while a translation is missing. Whoever
adds a language adds a row to each table here, and a catalogue (docs/adding.md).
"""

from __future__ import annotations

import gettext as catalogues
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, request
from sqlalchemy.exc import SQLAlchemyError

from widget.db import db, utcnow
from widget.errors import Refused
from widget.people import Person
from widget.web import sessions

ENGLISH = "en"
# What each language calls itself.
LANGUAGES = {"en": "English", "zh": "中文"}
# Where a browser wants to know more: Chinese fonts differ between the simplified and the traditional script.
TAGS = {"zh": "zh-Hans"}
# Whose habits dates follow.
LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def init_language(app: Flask) -> None:
    """Read all catalogues, so that workers share them, and give the templates their texts and `language()`."""
    for language in LANGUAGES:
        _catalogue(language)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(_text, _text_of_count, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(language=tag, languages=LANGUAGES)


def current() -> str:
    """The language of this request; English outside of one.

    That of the person who is signed in, else what the browser prefers.
    """
    if not has_request_context():
        return ENGLISH
    if "language" not in g:
        person = _find_person()
        g.language = _known(person.language) if person else _preferred()
    chosen: str = g.language
    return chosen


def settle_without_store() -> None:
    """Have the rest of this request not ask the store who reads: it did not answer, or may not again."""
    if "language" not in g:
        g.language = _preferred()


def tag(language: str = "") -> str:
    """What the lang attribute says of the request's language, or of another one."""
    language = language or current()
    return TAGS.get(language, language)


def locale() -> str:
    """Whose dates the request's language uses, as Babel names it."""
    return LOCALES[current()]


def gettext(message: str, **values: object) -> str:
    """The text in the request's language, its `%(values)s` filled in. A percent sign is written twice."""
    return _text(message) % values


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The same for a text that counts; the number is `%(num)s`."""
    return _text_of_count(one, many, num) % {"num": num, **values}


def gettext_for(person: Person, message: str, **values: object) -> str:
    """The text in that person's language: for words that are sent along to somebody."""
    return _catalogue(_known(person.language)).gettext(message) % values


def N_(message: str) -> str:  # noqa: N802 - what all catalogue tools call it
    """Mark a text that is translated where it is shown: `N_` in a table, `gettext(table[key])` in the view."""
    return message


def in_words(error: Refused) -> str:
    """Why something was refused, for the person who reads it; moments in his supplier's zone."""
    if not error.values:
        return _text(error.template)
    return _text(error.template).format(**{name: _told(value) for name, value in error.values.items()})


def day(at: datetime, zone: str) -> str:
    """The date there: `12 Nov`, with the year when it is not this year."""
    there = at.astimezone(ZoneInfo(zone))
    is_this_year = there.year == utcnow().astimezone(there.tzinfo).year
    return _date(there.date(), "MMMd" if is_this_year else "yMMMd", locale())


def _told(value: object) -> object:
    if isinstance(value, tuple):
        return format_list([str(each) for each in value], style="or", locale=locale())
    if not isinstance(value, datetime):
        return value
    person = _find_person() if has_request_context() else None
    if person is None or person.supplier is None:
        return gettext("%(day)s at %(time)s UTC", day=day(value, "UTC"), time=f"{value.astimezone(UTC):%H:%M}")
    zone = person.supplier.timezone
    return gettext("%(day)s at %(time)s", day=day(value, zone), time=f"{value.astimezone(ZoneInfo(zone)):%H:%M}")


# A page tells the same few days up to four hundred times.
@lru_cache(maxsize=1_000)
def _date(date: date, skeleton: str, locale: str) -> str:
    return format_skeleton(skeleton, date, locale=locale)


def _text(message: str) -> str:
    # The empty text is the key of the catalogue's own header.
    return _catalogue(current()).gettext(message) if message else ""


def _text_of_count(one: str, many: str, num: int) -> str:
    return _catalogue(current()).ngettext(one, many, num)


@cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    if language == ENGLISH:
        return catalogues.NullTranslations()
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        texts = read_po(source)
    compiled = BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


def _find_person() -> Person | None:
    """Whoever reads; nobody when the store does not say. What it is needed for must not fail for that."""
    try:
        return sessions.find_person()
    except SQLAlchemyError:
        db.session.rollback()
        return None


def _known(language: str) -> str:
    return language if language in LANGUAGES else ENGLISH


def _preferred() -> str:
    """The first language of the browser's list that we have; of each, only what precedes the country counts."""
    for wanted, quality in request.accept_languages:
        language = wanted.replace("_", "-").partition("-")[0].lower()
        if language in LANGUAGES and quality > 0:
            return language
    return ENGLISH
