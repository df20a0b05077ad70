"""Pictures in pages and forms: their addresses, how much a form may send, and how its files become drafts.

For all doors.

While a picture is received, decoded or stored no transaction may be open: on SQLite it would hold the one lock that
whoever writes needs, for as long as a slow phone takes.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import Flask, current_app, request, url_for
from werkzeug.datastructures import FileStorage

from widget import pictures
from widget.config import Config
from widget.db import db
from widget.people import Person
from widget.pictures import (
    FULL,
    LARGEST_BYTES,
    MOST_ON_A_LINE,
    VIEW,
    Picture,
    PictureRefused,
    Redrawn,
    Storage,
    StorageTrouble,
)
from widget.pictures.redraw import WAIT_SECONDS, redraw
from widget.tokens import PictureTokens
from widget.web import language
from widget.web.language import gettext as _

log = logging.getLogger(__name__)

FIELD, KEYS_FIELD = "picture", "pictures"
MEBIBYTE = 1024 * 1024
# What surrounds a file in a form: names, boundaries, the form key.
WRAPPING = 64 * 1024
MOST_FILES = 10
MOST_BYTES_OF_ONE = LARGEST_BYTES + WRAPPING
MOST_BYTES_OF_A_FORM = 220 * MEBIBYTE
MOST_BYTES_OTHERWISE = MEBIBYTE
# All keys and files a line can take, and what else a form has.
MOST_PARTS = MOST_ON_A_LINE + MOST_FILES + 20
LONGEST_NAME = 60
# All pictures of a form together: a worker of the web server that says nothing for thirty seconds is ended.
SECONDS_FOR_A_FORM = 24.0
LEAST_SECONDS_FOR_ONE = 10.0
# The largest picture takes half of it on a slow machine.
DECODING_SECONDS = 14.0

LEFT_AFTER_SECONDS = 3_600


class FormRefused(PictureRefused):
    """Some pictures of a form are not taken; the words say which and why. `kept`: the drafts that went well."""

    def __init__(self, words: str, *, status: int, kept: Sequence[Picture]) -> None:
        super().__init__(words, status=status)
        self.kept = list(kept)


def init_pictures(app: Flask) -> None:
    """Let templates write addresses of pictures."""
    app.jinja_env.globals["picture_address"] = address


def address(picture: Picture, variant: str) -> str:
    """Where a picture's `full`, `view` or `thumb` is, for an hour. A picture that fits on a screen is its own view."""
    if variant == VIEW and not picture.has_view:
        variant = FULL
    tokens: PictureTokens = current_app.extensions["picture_tokens"]
    return url_for("pictures.picture_GET", token=tokens.make(picture.id, variant))


def set_limits() -> None:
    """Say how much this request may send, and let go of the store before it is received.

    For guards: once it is known who asks, and before anything looks into the form. What was read of the store so far
    is read again when somebody asks for it, `g.person` included.
    """
    request.max_content_length = MOST_BYTES_OTHERWISE
    if request.mimetype == "multipart/form-data":
        allow_pictures()


def allow_pictures() -> None:
    """The request is a form that may bring pictures."""
    request.max_content_length = MOST_BYTES_OF_A_FORM
    request.max_form_parts = MOST_PARTS
    db.session.rollback()


def allow_one_picture() -> None:
    """The request is one picture and little else."""
    allow_pictures()
    request.max_content_length = MOST_BYTES_OF_ONE


def take(person: Person) -> list[Picture]:
    """The pictures of this form as drafts: those it names, then those it brings, which are kept now.

    Comes before anything else is done in the store: each picture is committed by itself. Raises FormRefused when one
    of the files is not taken, after all others were.
    """
    keys = request.form.getlist(KEYS_FIELD)
    files = [file for file in request.files.getlist(FIELD) if file.filename]
    refusals: list[tuple[str, PictureRefused]] = []
    give_up_at = time.monotonic() + SECONDS_FOR_A_FORM
    for file in files[:MOST_FILES]:
        try:
            check_allowance(person)
            keys.append(keep(person, file, seconds=give_up_at - time.monotonic()).key)
        except PictureRefused as error:
            refusals.append((shown_name(file.filename or ""), error))
    if len(files) > MOST_FILES:
        too_many = PictureRefused(
            "At most {limit} pictures at once. Send the others afterwards.", limit=MOST_FILES, status=413
        )
        refusals.append(("", too_many))
    drafts = pictures.drafts_of(person, keys)
    if refusals:
        raise FormRefused(_in_words(refusals), status=refusals[0][1].status, kept=drafts)
    return drafts


def keep(person: Person, file: FileStorage, *, seconds: float = SECONDS_FOR_A_FORM) -> Picture:
    """Redraw one uploaded file and keep it as that person's draft, committed. Raises PictureRefused.

    Holds no transaction while it works; what is not committed is lost.
    """
    if seconds < LEAST_SECONDS_FOR_ONE:
        raise PictureRefused("There was no time left for this picture. Send it again by itself.", status=503)
    db.session.rollback()
    waiting = min(max(seconds - DECODING_SECONDS, 2), WAIT_SECONDS)
    with on_disk(file) as path:
        redrawn = redraw(path, wait_seconds=waiting, decode_seconds=seconds - waiting)
    return _add(person, redrawn)


def check_allowance(person: Person) -> None:
    """Raises PictureRefused when the person, or the workshop, has sent all it may."""
    pictures.check_allowance(person, **_allowance())


@contextmanager
def on_disk(file: FileStorage) -> Iterator[Path]:
    """The upload as a file with a path, gone afterwards. What a killed process left goes with a later one."""
    prefix = f"supplier-desk-{os.getuid()}-upload-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - LEFT_AFTER_SECONDS:
                left.unlink()
    with tempfile.NamedTemporaryFile(prefix=prefix) as copy:
        file.save(copy)
        copy.flush()
        yield Path(copy.name)


def shown_name(name: str) -> str:
    """A file's name as it may stand in a sentence: without folders, without signs that cannot be seen, and short."""
    name = re.split(r"[/\\]", name)[-1]
    # Cc, Cf, Co, Cs: control, direction and zero-width signs, private ones, half ones. Zl, Zp: new lines.
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C" and sign not in "\u2028\u2029").strip()
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 9]}…{name[-8:]}"


def trouble() -> PictureRefused:
    """What people are told when a picture could not be stored."""
    return PictureRefused("The picture could not be stored just now. Wait a minute, then try again.", status=503)


def _add(person: Person, redrawn: Redrawn) -> Picture:
    storage: Storage = current_app.extensions["pictures"]
    try:
        picture = pictures.add(person, redrawn, storage, **_allowance())
    except StorageTrouble as error:
        log.warning("picture not stored", extra={"reason": error.reason})
        raise trouble() from error
    # Should this fail, the files stay: the row may have been written all the same, and the sweep will know.
    db.session.commit()
    return picture


def _allowance() -> dict[str, int]:
    config: Config = current_app.extensions["config"]
    return {"per_day": config.pictures_per_day, "supplier_bytes": config.pictures_per_supplier_mb * MEBIBYTE}


def _in_words(refusals: list[tuple[str, PictureRefused]]) -> str:
    """Each refusal once, with the names of the files it is about."""
    by_reason: dict[str, list[str]] = {}
    for name, error in refusals:
        by_reason.setdefault(language.in_words(error), []).append(name)
    return " ".join(
        _("%(names)s: %(why)s", names=", ".join(f"“{name}”" for name in names), why=why) if all(names) else why
        for why, names in by_reason.items()
    )
