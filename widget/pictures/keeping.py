"""Rows of pictures and their rules: how many, whose, on which line, under which names. Bytes come in redrawn.

A picture is a draft until the form it was chosen in is sent. Files are kept before their row is written and deleted
after it is gone, so there is never a row without a file; what a crash leaves the other way round is swept.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Delete, Update, and_, case, delete, func, inspect, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from widget.db import db, open_reading, utcnow
from widget.errors import NotFound, Refused
from widget.notes import Attachment
from widget.orders import Order
from widget.people import Person
from widget.pictures.redraw import PictureRefused, Redrawn
from widget.pictures.storage import Storage, StorageTrouble
from widget.pictures.tables import Picture
from widget.problems import Problem
from widget.refunds import Claim

log = logging.getLogger(__name__)

MEBIBYTE = 1024 * 1024
DAY = timedelta(hours=24)
MOST_ON_A_LINE = 30
IS_DRAFT = and_(Picture.problem_id.is_(None), Picture.claim_id.is_(None))
# 128 bits: nobody guesses one.
KEY_BYTES = 16
KEY = re.compile(r"[0-9a-f]{32}")
FULL, VIEW, THUMB = VARIANTS = ("full", "view", "thumb")
JPEG = "image/jpeg"
ENDINGS = {JPEG: "jpg", "image/png": "png"}
ASKED_AT_ONCE = 500


class Shown(NamedTuple):
    """A picture with what decides who may see it and what it is called; of a draft both are empty.

    Evidence of a claim that was not filed yet has no supplier: he does not see it.
    """

    picture: Picture
    supplier_id: int | None
    order_name: str | None
    number: int


# Files


def path_of(key: str, variant: str) -> str:
    """Where the storage has a picture's file: `full`, `view` or `thumb`."""
    return f"{key}/{variant}"


def files_of(picture: Picture) -> list[str]:
    """All files of a picture."""
    return [path_of(picture.key, variant) for variant in VARIANTS if variant != VIEW or picture.has_view]


def name_of(order_name: str | None, number: int, content_type: str) -> str:
    """What the file is called where somebody keeps it: `NL10423-1.jpg`."""
    order = re.sub(r"[^0-9A-Za-z_-]+", "", order_name or "") or "picture"
    return f"{order}-{number}.{ENDINGS[content_type]}"


def discard(storage: Storage, files: Iterable[str]) -> None:
    """Delete files nobody needs any more. One that cannot be deleted now is swept later."""
    for file in files:
        try:
            storage.delete(file)
        except StorageTrouble as error:
            log.warning("picture file left for the sweep", extra={"file": file, "reason": error.reason})


# Drafts


def check_allowance(person: Person, *, per_day: int, supplier_bytes: int) -> None:
    """Raises PictureRefused when the person sent enough today (429), or the workshop has no room left (413)."""
    _check_allowance(person.id, person.supplier_id, per_day, supplier_bytes)


def add(person: Person, redrawn: Redrawn, storage: Storage, *, per_day: int, supplier_bytes: int) -> Picture:
    """Keep a redrawn picture as that person's draft: first its files, then its row. The caller commits at once.

    No transaction may be open: files take their time. Raises PictureRefused (nothing is kept then) and StorageTrouble.
    """
    # The id without asking the store, for which a transaction would begin.
    (person_id,) = inspect(person).identity or (0,)
    files = {FULL: redrawn.full, VIEW: redrawn.view, THUMB: redrawn.thumb}
    picture = Picture(
        key=secrets.token_hex(KEY_BYTES),
        person_id=person_id,
        content_type=redrawn.content_type,
        width=redrawn.width,
        height=redrawn.height,
        has_view=redrawn.view is not None,
        size=sum(len(content) for content in files.values() if content is not None),
    )
    try:
        for variant, content in files.items():
            if content is not None:
                storage.put(path_of(picture.key, variant), content, _type_of(picture, variant))
        _write_row(picture, per_day, supplier_bytes)
    except BaseException:
        discard(storage, files_of(picture))
        raise
    return picture


def drafts_of(person: Person, keys: Iterable[str]) -> list[Picture]:
    """Those of the pictures that are this person's and on no line or claim yet, each once, in the given order."""
    wanted = [key for key in dict.fromkeys(keys) if KEY.fullmatch(key)][:ASKED_AT_ONCE]
    if not wanted:
        return []
    query = select(Picture).where(Picture.key.in_(wanted), Picture.person_id == person.id, IS_DRAFT)
    found = {picture.key: picture for picture in db.session.scalars(query)}
    return [found[key] for key in wanted if key in found]


def remove_draft(person: Person, key: str) -> list[str]:
    """Drop a draft; its files, to be discarded after the commit. Raises NotFound for what is no draft of theirs."""
    drafts = drafts_of(person, [key])
    if not drafts:
        raise NotFound("There is no such picture.")
    dropped = delete(Picture).where(Picture.id == drafts[0].id, IS_DRAFT)
    if not _count_of(dropped):
        raise NotFound("There is no such picture.")
    return files_of(drafts[0])


# On a line


def attachments(drafts: Sequence[Picture], order_name: str, *, after: int = 0) -> list[Attachment]:
    """What goes along with the note in the ticket. `after`: how many pictures the line has already."""
    return [
        Attachment(path_of(draft.key, FULL), name_of(order_name, number, draft.content_type), draft.content_type)
        for number, draft in enumerate(sorted(drafts, key=lambda draft: draft.id), after + 1)
    ]


def attach(drafts: Sequence[Picture], problem: Problem) -> None:
    """Hang drafts on a line, which the caller has locked or just made.

    Raises Refused when the line would have too many, or one of them is no draft any more: sent by another tab, swept.
    """
    if problem.picture_count + len(drafts) > MOST_ON_A_LINE:
        raise Refused("A line has at most {limit} pictures. Remove some and send again.", limit=MOST_ON_A_LINE)
    _hang(drafts, problem_id=problem.id)
    problem.picture_count += len(drafts)
    db.session.flush()


def attach_to_claim(drafts: Sequence[Picture], claim: Claim) -> None:
    """Hang drafts on a claim as evidence; the caller has locked it or just made it. Raises Refused as attach() does."""
    known = db.session.scalar(select(func.count()).select_from(Picture).where(Picture.claim_id == claim.id)) or 0
    if known + len(drafts) > MOST_ON_A_LINE:
        raise Refused("A claim has at most {limit} pictures. Remove some and send again.", limit=MOST_ON_A_LINE)
    _hang(drafts, claim_id=claim.id)


def _hang(drafts: Sequence[Picture], **place: int) -> None:
    if not drafts:
        return
    hung = update(Picture).where(Picture.id.in_([draft.id for draft in drafts]), IS_DRAFT).values(**place)
    if _count_of(hung) != len(drafts):
        raise Refused("A picture was sent with another form, or removed. Choose the pictures again.")


def of(problem_ids: Iterable[int]) -> dict[int, list[Picture]]:
    """The pictures of each of these lines, oldest first; an empty list where there are none. One query."""
    return _by(Picture.problem_id, problem_ids)


def of_claims(claim_ids: Iterable[int]) -> dict[int, list[Picture]]:
    """The evidence of each of these claims, oldest first; an empty list where there is none. One query."""
    return _by(Picture.claim_id, claim_ids)


def _by(place: InstrumentedAttribute[int | None], ids: Iterable[int]) -> dict[int, list[Picture]]:
    found: dict[int, list[Picture]] = {each: [] for each in ids}
    if found:
        for picture in db.session.scalars(select(Picture).where(place.in_(found)).order_by(Picture.id)):
            found[getattr(picture, place.key)].append(picture)
    return found


def find_shown(picture_id: int) -> Shown | None:
    """A picture, whose line or claim it is on, and the how manieth there. One query."""
    before = aliased(Picture)
    together = or_(before.problem_id == Picture.problem_id, before.claim_id == Picture.claim_id)
    number = select(func.count()).where(together, before.id <= Picture.id).scalar_subquery()
    filed_with = case((Claim.filed_at.is_not(None), Claim.supplier_id))
    row = db.session.execute(
        select(Picture, func.coalesce(Problem.supplier_id, filed_with), Order.name, number)
        .outerjoin(Problem, Problem.id == Picture.problem_id)
        .outerjoin(Claim, Claim.id == Picture.claim_id)
        .outerjoin(Order, Order.id == func.coalesce(Problem.order_id, Claim.order_id))
        .where(Picture.id == picture_id)
    ).one_or_none()
    return Shown(row[0], row[1], row[2], row[3] or 1) if row else None


# What is left over


def drop_old_drafts() -> int:
    """Drop the drafts nobody sent within a day; how many. Their files are swept once this is committed."""
    old = delete(Picture).where(IS_DRAFT, Picture.uploaded_at < utcnow() - DAY)
    return _count_of(old)


def sweep(storage: Storage) -> int:
    """Delete files that are a day old and have no row; how many. Rows that lack their file are logged as errors.

    Needs no transaction. A file is put at most seconds before its row.
    """
    a_day_ago = utcnow() - DAY
    with open_reading() as connection:
        rows = set(connection.scalars(select(Picture.key).where(Picture.uploaded_at < a_day_ago - DAY)))
    files = list(storage.keys_older_than(a_day_ago))
    known = _known_keys({file.partition("/")[0] for file in files})
    lost = [file for file in files if file.partition("/")[0] not in known]
    discard(storage, lost)
    # Asked again: a row may have gone since, and its files with it.
    without_file = _known_keys(rows - {file.partition("/")[0] for file in files if file.endswith(f"/{FULL}")})
    if without_file:
        log.error("pictures without a file", extra={"count": len(without_file), "keys": sorted(without_file)[:10]})
    if lost:
        log.info("picture files without a row deleted", extra={"count": len(lost)})
    return len(lost)


def _known_keys(keys: set[str]) -> set[str]:
    wanted, known = sorted(keys), set[str]()
    with open_reading() as connection:
        for at in range(0, len(wanted), ASKED_AT_ONCE):
            some = wanted[at : at + ASKED_AT_ONCE]
            known.update(connection.scalars(select(Picture.key).where(Picture.key.in_(some))))
    return known


def _type_of(picture: Picture, variant: str) -> str:
    return picture.content_type if variant == FULL else JPEG


def _write_row(picture: Picture, per_day: int, supplier_bytes: int) -> None:
    """Two uploads of one person at once are counted one after the other."""
    supplier_id = db.session.scalar(
        select(Person.supplier_id).where(Person.id == picture.person_id).with_for_update(key_share=True)
    )
    _check_allowance(picture.person_id, supplier_id, per_day, supplier_bytes, picture.size)
    picture.supplier_id = supplier_id
    db.session.add(picture)
    db.session.flush()


def _check_allowance(person_id: int, supplier_id: int | None, per_day: int, supplier_bytes: int, more: int = 1) -> None:
    of_person = select(func.count()).where(Picture.person_id == person_id, Picture.uploaded_at > utcnow() - DAY)
    if (db.session.scalar(of_person) or 0) >= per_day:
        raise PictureRefused(
            "You have sent {limit} pictures today; that is the limit. Try again tomorrow or ask customer service.",
            status=429,
            limit=per_day,
        )
    if supplier_id is None:
        return
    of_supplier = select(func.coalesce(func.sum(Picture.size), 0)).where(Picture.supplier_id == supplier_id)
    if (db.session.scalar(of_supplier) or 0) + more > supplier_bytes:
        raise PictureRefused(
            "Your workshop's pictures fill {limit} MB; there is no room for more. Ask customer service.",
            status=413,
            limit=supplier_bytes // MEBIBYTE,
        )


def _count_of(change: Update | Delete) -> int:
    """How many rows it hit."""
    result = cast("CursorResult[Any]", db.session.execute(change))
    return result.rowcount
