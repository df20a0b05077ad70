"""Uploading one picture: what comes back, every refusal in words, and that nothing is left behind or held up."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.pictures.files import cut, only_header
from tests.processes import wait_until
from tests.web.uploads import LARGE, PHOTO, kept, private_temporary_folder, rows, stored, upload
from tests.web.visitors import (
    FROM_OUR_PAGE,
    OTHER_WORKSHOP,
    add_lines,
    link_of,
    painter_link,
    signed_in,
)
from widget import people
from widget.config import Config
from widget.db import db
from widget.people import Role
from widget.pictures.redraw import turn

LI = "li@dafen.example"
MEBIBYTE = 1024 * 1024


@pytest.fixture
def config(config: Config) -> Config:
    """With limits that a test can reach."""
    return dataclasses.replace(config, pictures_per_day=3, pictures_per_supplier_mb=1)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return private_temporary_folder(tmp_path, monkeypatch)


@pytest.fixture
def client(app, temporary):
    return signed_in(app, painter_link(app))


def left_in(temporary: Path) -> list[str]:
    """Temporary files, but for the lock with which pictures wait for each other."""
    return [path.name for path in temporary.iterdir() if not path.name.endswith("lock")]


def told(answer: TestResponse) -> dict[str, Any]:
    """The JSON of an answer."""
    content: dict[str, Any] = answer.json or {}
    return content


def nothing_came_of_it(app: Flask, tmp_path: Path, temporary: Path) -> bool:
    return not rows(app) and not stored(tmp_path) and not left_in(temporary)


def test_a_picture_is_kept_and_its_addresses_come_back(app, client, tmp_path, temporary):
    answer = upload(client, LARGE)
    assert answer.status_code == 201
    picture = rows(app)[0]
    picture_told = told(answer)
    assert (picture_told["key"], picture_told["width"], picture_told["height"]) == (picture.key, 2000, 1500)
    assert client.get(picture_told["thumb"]).data.startswith(b"\xff\xd8")
    assert client.get(picture_told["view"]).data != client.get(picture_told["full"]).data
    assert stored(tmp_path) == [f"{picture.key}/{variant}" for variant in ("full", "thumb", "view")]
    assert not left_in(temporary)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"GIF89a and so on", 415, "not a picture we can use"),
        (b"", 422, "empty"),
        (cut(PHOTO, 0.5), 422, "damaged"),
        (only_header(9000, 9000), 413, "megapixels"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(app, client, tmp_path, temporary, content, status, words):
    answer = upload(client, content)
    assert answer.status_code == status
    assert words in told(answer)["error"]
    assert nothing_came_of_it(app, tmp_path, temporary)


def test_refusals_are_in_the_persons_language(app, temporary):
    answer = upload(signed_in(app, painter_link(app, language="zh")), b"nothing")
    assert answer.status_code == 415
    assert "图片" in told(answer)["error"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b.jpg", "\u202egpj.exe", "x" * 4000])
def test_the_name_of_a_file_does_not_matter(app, client, name):
    assert upload(client, name=name).status_code == 201


def test_a_file_that_is_too_large_is_refused_before_it_is_received(app, client, tmp_path, temporary):
    for length in (str(20 * MEBIBYTE + 70_000), "99999999999"):
        answer = upload(client, environ_overrides={"CONTENT_LENGTH": length})
        assert answer.status_code == 413
        assert answer.json == {
            "error": "The file is too large: at most 20 MB. Make the picture smaller and send it again."
        }
    assert nothing_came_of_it(app, tmp_path, temporary)


@pytest.mark.parametrize("names", [[], ["a.jpg", "b.jpg"]])
def test_one_picture_is_sent_at_a_time(app, client, tmp_path, temporary, names):
    files = [(BytesIO(PHOTO), name) for name in names]
    answer = client.post("/supplier/pictures", data={"picture": files, "other": "x"}, headers=FROM_OUR_PAGE)
    assert (answer.status_code, answer.json) == (422, {"error": "Send one picture at a time."})
    assert nothing_came_of_it(app, tmp_path, temporary)


def test_who_sent_enough_today_is_told_when_to_try_again(app, client, tmp_path):
    for _ in range(3):
        kept(app, LI)
    before = stored(tmp_path)
    answer = upload(client)
    assert answer.status_code == 429
    assert told(answer)["error"].startswith("You have sent 3 pictures today")
    assert int(answer.headers["Retry-After"]) > 0
    assert stored(tmp_path) == before


def test_a_workshop_whose_room_is_full_is_told_so(app, client, tmp_path):
    picture = kept(app, LI)
    with app.app_context():
        db.session.merge(picture).size = MEBIBYTE
        db.session.commit()
    answer = upload(client)
    assert answer.status_code == 413
    assert "fill 1 MB" in told(answer)["error"]
    assert len(rows(app)) == 1


def test_of_two_uploads_at_once_the_last_one_allowed_is_one(app, client, tmp_path):
    for _ in range(2):
        kept(app, LI)
    path = painter_link(app)
    clients = [signed_in(app, path) for _ in range(2)]
    with ThreadPoolExecutor() as at_once:
        statuses = sorted(answer.status_code for answer in at_once.map(upload, clients))
    assert statuses == [201, 429]
    assert len(rows(app)) == 3
    assert len(stored(tmp_path)) == 3 * 3 - 1


def test_storage_trouble_is_told_and_leaves_no_row(app, client, tmp_path, temporary):
    (tmp_path / "pictures").write_text("no folder")
    answer = upload(client)
    assert answer.status_code == 503
    assert told(answer)["error"].startswith("The picture could not be stored just now.")
    assert int(answer.headers["Retry-After"]) > 0
    assert not rows(app)
    assert not left_in(temporary)


def test_nobody_waits_for_the_store_while_a_picture_is_decoded(app, client, temporary):
    """Before the turn comes nothing is decoded; as long as it lasts, others write."""
    with ThreadPoolExecutor() as beside, turn(1):
        sent = beside.submit(upload, client)
        wait_until(lambda: any("upload" in name for name in left_in(temporary)), what="the picture is received")
        with app.app_context():
            people.get_person(LI).name = "Somebody else"
            db.session.commit()
        assert not sent.done()
    assert sent.result().status_code == 201


class Slow(BytesIO):
    """What a phone sends; meanwhile somebody else writes."""

    def __init__(self, content: bytes, meanwhile: Any) -> None:
        super().__init__(content)
        self.meanwhile = meanwhile
        self.times = 0

    def readinto(self, buffer: Any, /) -> int:
        self.times += 1
        if self.times == 1:
            self.meanwhile()
        return super().readinto(buffer)

    def read(self, size: int | None = -1, /) -> bytes:
        buffer = bytearray(size if size and size > 0 else 1 << 20)
        return bytes(buffer[: self.readinto(buffer)])


@pytest.mark.parametrize("says_where_from", [True, False])
def test_nobody_waits_for_the_store_while_a_picture_is_received(app, client, says_where_from):
    """An old browser proves by the form key, for which the form is read even before the view is reached."""
    with client.session_transaction() as session:
        key = session["form"]

    def write() -> None:
        with ThreadPoolExecutor() as beside:
            beside.submit(add_lines, app, 1).result()

    parts = f'--b\r\nContent-Disposition: form-data; name="form_key"\r\n\r\n{key}\r\n'
    parts += '--b\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\n'
    body = parts.encode() + PHOTO + b"\r\n--b--\r\n"
    slow = Slow(body, write)
    answer = client.post(
        "/supplier/pictures",
        headers=FROM_OUR_PAGE if says_where_from else {},
        content_type="multipart/form-data; boundary=b",
        input_stream=slow,
    )
    assert (answer.status_code, bool(slow.times)) == (201, True)


def test_a_form_of_another_site_is_refused_before_it_is_read(app, client, tmp_path, temporary):
    def read() -> None:
        raise AssertionError("read")

    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere.example"}):
        answer = client.post(
            "/supplier/pictures",
            headers=headers,
            content_type="multipart/form-data; boundary=b",
            input_stream=Slow(b"", read),
            environ_overrides={"CONTENT_LENGTH": "1000"},
        )
        assert answer.status_code == 403
    assert upload(client, headers={}).status_code == 403
    assert nothing_came_of_it(app, tmp_path, temporary)


def test_only_a_suppliers_people_upload(app, tmp_path, temporary):
    assert upload(app.test_client()).status_code == 401
    assert upload(signed_in(app)).status_code == 303
    assert nothing_came_of_it(app, tmp_path, temporary)


# Drafts


def test_drafts_are_told_to_their_owner_only(app, client):
    link_of(app, "wu@dafen.example", Role.SUPPLIER, "Dafen Art")
    painter_link(app, OTHER_WORKSHOP)
    own, second = kept(app, LI), kept(app, LI)
    on_line = kept(app, LI, add_lines(app, 1)[0])
    keys = [second.key, kept(app, "wu@dafen.example").key, on_line.key, "nonsense", own.key]
    answer = client.get("/supplier/pictures", query_string={"keys": ",".join(keys)})
    assert [picture["key"] for picture in told(answer)["pictures"]] == [second.key, own.key]
    assert client.get("/supplier/pictures").json == {"pictures": []}


def test_a_removed_draft_is_gone_and_everything_else_cannot_be_removed(app, client, tmp_path):
    painter_link(app, OTHER_WORKSHOP)
    own, foreign = kept(app, LI), kept(app, "li@xiamen.example")
    on_line = kept(app, LI, add_lines(app, 1)[0])
    before = stored(tmp_path)
    seen = set()
    for key in (foreign.key, on_line.key, "f" * 32, "x"):
        answer = client.post(f"/supplier/pictures/{key}/remove", headers=FROM_OUR_PAGE)
        seen.add((answer.status_code, answer.data))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 404
    assert stored(tmp_path) == before
    answer = client.post(f"/supplier/pictures/{own.key}/remove", headers=FROM_OUR_PAGE)
    assert (answer.status_code, answer.json) == (200, {})
    assert stored(tmp_path) == [file for file in before if own.key not in file]
    assert client.post(f"/supplier/pictures/{own.key}/remove", headers=FROM_OUR_PAGE).status_code == 404
