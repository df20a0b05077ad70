"""People who upload pictures, and where to look for what that left behind."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.pictures.files import flag, jpeg
from tests.web.visitors import FROM_OUR_PAGE
from widget import people, pictures, problems
from widget.db import db
from widget.pictures import Picture, Redrawn

PHOTO = jpeg(flag(size=(640, 480)))
LARGE = jpeg(flag(size=(2000, 1500)))


def private_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own for temporary files, so that what is left in it can be told."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def upload(client: FlaskClient, content: bytes = PHOTO, name: str = "a.jpg", **options: Any) -> TestResponse:
    """Send one picture as the page's script does."""
    data = {"picture": (BytesIO(content), name)}
    return client.post("/supplier/pictures", data=data, **{"headers": FROM_OUR_PAGE, **options})


def stored(tmp_path: Path) -> list[str]:
    """The files in the storage."""
    return sorted(path.name.replace("~", "/") for path in (tmp_path / "pictures").rglob("*") if path.is_file())


def rows(app: Flask) -> list[Picture]:
    """All pictures in the store."""
    with app.app_context():
        found = list(db.session.scalars(select(Picture).order_by(Picture.id)))
        db.session.expunge_all()
        return found


def kept(app: Flask, email: str, line: int | None = None, *, view: bool = True) -> Picture:
    """A picture of that person, on a line if there is one, without any decoding."""
    redrawn = Redrawn(4032, 3024, "image/png", b"full", b"view" if view else None, b"thumb")
    with app.app_context():
        person = people.get_person(email)
        db.session.rollback()
        storage = app.extensions["pictures"]
        picture = pictures.add(person, redrawn, storage, per_day=200, supplier_bytes=1 << 30)
        if line is not None:
            pictures.attach([picture], problems.get(line))
        db.session.commit()
        db.session.refresh(picture)
        db.session.expunge(picture)
        return picture


def address_of(app: Flask, picture: Picture, variant: str = "full", now: float | None = None) -> str:
    """Where a page says the picture is."""
    return f"/pictures/{app.extensions['picture_tokens'].make(picture.id, variant, now)}"
