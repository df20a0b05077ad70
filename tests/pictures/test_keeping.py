"""Rows of pictures and their rules: how many, whose, on which line; and that files and rows agree whatever happens."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from widget import people, pictures
from widget.db import db, utcnow
from widget.errors import NotFound, Refused
from widget.outbox import Pace
from widget.people import Person, Role
from widget.pictures import Picture, PictureRefused, Redrawn, StorageTrouble
from widget.worker.chores import Chores

MEBIBYTE = 1024 * 1024
REDRAWN = Redrawn(4032, 3024, "image/jpeg", b"f" * 100, b"v" * 20, b"t" * 5)
SMALL = Redrawn(300, 200, "image/png", b"f" * 10, None, b"t" * 5)
ALLOWED = {"per_day": 200, "supplier_bytes": 2048 * MEBIBYTE}


@pytest.fixture
def world(store, app, tmp_path):
    """A shop and two workshops with people."""
    shop = factories.store(factories.helpdesk())
    for name in ("Dafen Art", "Xiamen Studio"):
        factories.supplier(shop, name=name)
    db.session.commit()


def painter(name: str = "li", workshop: str = "Dafen Art") -> Person:
    person = people.add_person(
        f"{name}@x.example", name=name, roles={Role.SUPPLIER}, supplier=people.get_supplier(workshop)
    )
    db.session.commit()
    return person


def add(app, person: Person, redrawn: Redrawn = REDRAWN, **allowed: int) -> Picture:
    picture = pictures.add(person, redrawn, app.extensions["pictures"], **{**ALLOWED, **allowed})
    db.session.commit()
    return picture


def files(tmp_path: Path) -> list[str]:
    """The files in the storage, as keys."""
    return sorted(path.name.replace("~", "/") for path in (tmp_path / "pictures").rglob("*") if path.is_file())


def age(picture: Picture, app, tmp_path: Path, hours: float) -> None:
    """Make a picture and its files that old."""
    moment = utcnow() - timedelta(hours=hours)
    db.session.execute(update(Picture).where(Picture.id == picture.id).values(uploaded_at=moment))
    db.session.commit()
    for path in (tmp_path / "pictures").rglob(f"{picture.key}*"):
        os.utime(path, (moment.timestamp(),) * 2)


# Adding


def test_a_picture_is_a_draft_with_its_files_under_a_random_key(world, app, tmp_path):
    first, second = add(app, painter()), add(app, painter(), SMALL)
    assert first.problem_id is None
    assert (first.width, first.height, first.content_type, first.has_view, first.size) == (
        4032,
        3024,
        "image/jpeg",
        True,
        125,
    )
    assert first.supplier_id == people.get_supplier("Dafen Art").id
    assert len(first.key) == 32
    assert first.key != second.key
    assert files(tmp_path) == sorted(
        [f"{first.key}/{variant}" for variant in ("full", "view", "thumb")]
        + [f"{second.key}/{variant}" for variant in ("full", "thumb")]
    )
    assert app.extensions["pictures"].get(pictures.path_of(first.key, "view")) == b"v" * 20


def test_files_are_there_before_their_row(world, app, monkeypatch):
    person = painter()
    storage = app.extensions["pictures"]
    in_transaction = []

    class Watched:
        def put(self, *what):
            in_transaction.append(db.session().in_transaction())
            storage.put(*what)

    watched: Any = Watched()
    pictures.add(person, REDRAWN, watched, **ALLOWED)
    assert in_transaction == [False, False, False]


def test_what_is_refused_or_fails_leaves_no_file(world, app, tmp_path):
    person = painter()
    for limits in ({"per_day": 0}, {"supplier_bytes": 10}):
        with pytest.raises(PictureRefused):
            add(app, person, REDRAWN, **limits)
        db.session.rollback()
    storage = app.extensions["pictures"]

    class Full:
        delete = storage.delete

        def put(self, key, content, content_type):
            if key.endswith("thumb"):
                raise StorageTrouble("no space left on device")
            storage.put(key, content, content_type)

    full: Any = Full()
    with pytest.raises(StorageTrouble):
        pictures.add(person, REDRAWN, full, **ALLOWED)
    assert files(tmp_path) == []
    assert db.session.scalars(select(Picture)).all() == []


def test_the_day_has_24_hours_and_its_limit_is_each_persons_own(world, app):
    li, wu = painter(), painter("wu")
    with time_machine.travel(utcnow() - timedelta(hours=23, minutes=59), tick=False):
        add(app, li)
    add(app, li)
    with pytest.raises(PictureRefused) as refused:
        pictures.check_allowance(li, per_day=2, supplier_bytes=MEBIBYTE)
    assert refused.value.status == 429
    assert refused.value.sentence.startswith("You have sent 2 pictures today; that is the limit.")
    pictures.check_allowance(wu, per_day=2, supplier_bytes=MEBIBYTE)
    with time_machine.travel(utcnow() + timedelta(minutes=2), tick=False):
        pictures.check_allowance(li, per_day=2, supplier_bytes=MEBIBYTE)


def test_the_room_is_the_workshops(world, app):
    add(app, painter())
    with pytest.raises(PictureRefused) as refused:
        pictures.check_allowance(painter("wu"), per_day=9, supplier_bytes=125)
    assert refused.value.status == 413
    pictures.check_allowance(painter("chen", "Xiamen Studio"), per_day=9, supplier_bytes=125)
    # The last one has to fit as well.
    with pytest.raises(PictureRefused, match="fill 0 MB"):
        add(app, painter("wu"), supplier_bytes=249)
    db.session.rollback()
    add(app, painter("wu"), supplier_bytes=250)


# Drafts


def test_drafts_come_in_the_order_asked_for_and_only_ones_own(world, app):
    li, wu = painter(), painter("wu")
    first, second, foreign = add(app, li), add(app, li), add(app, wu)
    keys = [second.key, foreign.key, "f" * 32, "../etc", "", first.key, second.key]
    assert pictures.drafts_of(li, keys) == [second, first]
    assert pictures.drafts_of(li, []) == []


def test_a_removed_draft_is_gone_with_its_files_and_nobody_elses_can_be(world, app, tmp_path):
    li, wu = painter(), painter("wu")
    draft = add(app, li)
    for person, key in ((wu, draft.key), (li, "f" * 32), (li, "%")):
        with pytest.raises(NotFound, match="There is no such picture"):
            pictures.remove_draft(person, key)
    pictures.discard(app.extensions["pictures"], pictures.remove_draft(li, draft.key))
    db.session.commit()
    assert files(tmp_path) == []
    with pytest.raises(NotFound):
        pictures.remove_draft(li, draft.key)


# On a line


def test_attached_pictures_are_the_lines_and_no_drafts_any_more(world, app):
    li = painter()
    drafts = [add(app, li), add(app, li)]
    line, other = factories.line(1, "NL10423"), factories.line(1, "NL10424")
    pictures.attach(drafts, line)
    pictures.attach([], line)
    db.session.commit()
    assert line.picture_count == 2
    assert pictures.of([line.id, other.id]) == {line.id: drafts, other.id: []}
    assert pictures.of([]) == {}
    assert pictures.drafts_of(li, [draft.key for draft in drafts]) == []
    with pytest.raises(NotFound):
        pictures.remove_draft(li, drafts[0].key)


def test_a_draft_goes_to_one_line_only(world, app):
    draft = add(app, painter())
    line, other = factories.line(1, "NL10423"), factories.line(1, "NL10424")
    pictures.attach([draft], line)
    with pytest.raises(Refused, match="sent with another form"):
        pictures.attach([draft], other)


def test_a_line_has_thirty_pictures_at_most(world, app):
    li = painter()
    line = factories.line(1, "NL10423")
    line.picture_count = 29
    drafts = [add(app, li), add(app, li)]
    with pytest.raises(Refused, match="at most 30 pictures"):
        pictures.attach(drafts, line)
    pictures.attach(drafts[:1], line)
    assert line.picture_count == 30


def test_attachments_are_numbered_on_and_named_after_the_order(world, app):
    li = painter()
    drafts = [add(app, li), add(app, li, SMALL)]
    attached = pictures.attachments(drafts[::-1], "NL10423", after=3)
    assert [(one.file, one.name, one.content_type) for one in attached] == [
        (f"{drafts[0].key}/full", "NL10423-4.jpg", "image/jpeg"),
        (f"{drafts[1].key}/full", "NL10423-5.png", "image/png"),
    ]


@pytest.mark.parametrize(
    ("order_name", "name"),
    [("#1001", "1001-1.jpg"), ('a"b\r\n;/../c', "abc-1.jpg"), ("订单", "picture-1.jpg"), (None, "picture-1.jpg")],
)
def test_a_name_has_nothing_but_letters_and_digits(order_name, name):
    assert pictures.name_of(order_name, 1, "image/jpeg") == name


def test_a_shown_picture_knows_its_place(world, app):
    drafts = [add(app, painter()) for _ in range(3)]
    line = factories.line(1, "NL10423")
    pictures.attach(drafts[:2], line)
    db.session.commit()
    shown = [pictures.find_shown(draft.id) for draft in drafts]
    assert [(one.supplier_id, one.order_name, one.number) for one in shown if one] == [
        (line.supplier_id, "NL10423", 1),
        (line.supplier_id, "NL10423", 2),
        (None, None, 1),
    ]
    assert pictures.find_shown(999) is None


# Sweeping


def test_old_drafts_go_with_their_files_and_everything_else_stays(world, app, tmp_path):
    li, storage = painter(), app.extensions["pictures"]
    old, young, on_line = add(app, li), add(app, li), add(app, li)
    line = factories.line(1, "NL10423")
    pictures.attach([on_line], line)
    age(old, app, tmp_path, 24.1)
    age(on_line, app, tmp_path, 2_000)
    assert pictures.drop_old_drafts() == 1
    db.session.commit()
    assert pictures.sweep(storage) == 3
    assert files(tmp_path) == sorted(pictures.files_of(young) + pictures.files_of(on_line))


def test_a_file_without_a_row_is_swept_after_a_day(world, app, tmp_path, caplog):
    storage = app.extensions["pictures"]
    storage.put(f"{'a' * 32}/full", b"lost", "image/jpeg")
    assert pictures.sweep(storage) == 0
    with time_machine.travel(utcnow() + timedelta(hours=25)):
        assert pictures.sweep(storage) == 1
    assert files(tmp_path) == []
    assert "without a file" not in caplog.text


def test_a_row_without_a_file_is_reported(world, app, tmp_path, caplog):
    picture = add(app, painter())
    pictures.attach([picture], factories.line(1, "NL10423"))
    age(picture, app, tmp_path, 50)
    pictures.sweep(app.extensions["pictures"])
    assert "pictures without a file" not in caplog.text
    app.extensions["pictures"].delete(f"{picture.key}/full")
    pictures.sweep(app.extensions["pictures"])
    assert "pictures without a file" in caplog.text


def test_a_file_that_cannot_be_deleted_is_left_for_the_next_sweep(world, app, caplog):
    class Stubborn:
        def delete(self, key):
            raise StorageTrouble("read-only")

    stubborn: Any = Stubborn()
    pictures.discard(stubborn, ["a" * 32 + "/full"])
    assert "left for the sweep" in caplog.text


def test_the_worker_sweeps_once_an_hour_whoever_of_them_comes_first(app, tmp_path, caplog):
    def lose(letter: str) -> str:
        key = f"{letter * 32}/full"
        app.extensions["pictures"].put(key, b"lost", "image/jpeg")
        for path in (tmp_path / "pictures").rglob("*full"):
            os.utime(path, (0, 0))
        return key

    first = lose("a")
    with time_machine.travel(utcnow().replace(minute=0)) as clock:
        do_chores(app)
        assert first not in files(tmp_path)
        second = lose("b")
        do_chores(app)
        assert second in files(tmp_path)
        clock.shift(timedelta(hours=1))
        do_chores(app)
        assert second not in files(tmp_path)
    assert "chore failed" not in caplog.text


def test_trouble_of_the_storage_stops_no_chore(app, tmp_path, caplog):
    (tmp_path / "pictures").write_text("no folder")
    do_chores(app)
    assert "chore failed chore=_sweep_pictures" in caplog.text


def do_chores(app: Flask) -> None:
    """All that is due, as a worker does that was just started."""
    chores = Chores(
        app, Pace(settle_seconds=60, lease_seconds=90, looked_up_kinds=frozenset()), threading.Event(), sweep_after=0
    )
    chores.do()
    chores.close()
