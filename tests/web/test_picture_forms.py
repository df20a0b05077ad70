"""Pictures in a plain form: what becomes of its files, what a refusal says and keeps, and how much it may send."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, g, jsonify, render_template_string, request
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from tests.processes import wait_until
from tests.web.uploads import PHOTO, kept, private_temporary_folder, rows, stored
from tests.web.visitors import FROM_OUR_PAGE, OTHER_WORKSHOP, painter_link, signed_in, world
from widget import people
from widget.db import db
from widget.pictures import Picture, PictureRefused
from widget.pictures.redraw import turn
from widget.web import language, picture_forms, sessions

LI = "li@dafen.example"
MEBIBYTE = 1024 * 1024
BROKEN = b"nothing that is a picture"


def form_with_pictures() -> Blueprint:
    """A door whose form takes pictures."""
    bp = Blueprint("trial", __name__)

    @bp.before_request
    def guard() -> tuple[str, int] | None:
        if sessions.find_person() is None:
            return "nobody", 401
        picture_forms.set_limits()
        sessions.refuse_foreign_form()
        return None

    @bp.post("/trial")
    def trial_POST() -> Any:
        try:
            drafts = picture_forms.take(g.person)
        except picture_forms.FormRefused as error:
            words = language.in_words(error)
            return jsonify(error=words, kept=[draft.key for draft in error.kept]), error.status
        # As a door does that changes something afterwards.
        g.person.supplier.name += "!"
        db.session.commit()
        return jsonify(drafts=[draft.key for draft in drafts], words=request.form["words"])

    return bp


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop, two workshops, and a form."""
    world(app)
    app.register_blueprint(form_with_pictures())
    return app


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return private_temporary_folder(tmp_path, monkeypatch)


@pytest.fixture
def client(app, temporary):
    return signed_in(app, painter_link(app))


def send(client: FlaskClient, *files: tuple[bytes, str], keys: tuple[str, ...] = (), **options: Any) -> TestResponse:
    """What a browser without scripts sends."""
    data = {"words": "too dark", "pictures": list(keys), "picture": [(BytesIO(file), name) for file, name in files]}
    return client.post("/trial", data=data, **{"headers": FROM_OUR_PAGE, **options})


def told(answer: TestResponse) -> dict[str, Any]:
    content: dict[str, Any] = answer.json or {}
    return content


def test_drafts_come_first_then_the_files_in_their_order(app, client, temporary):
    draft = kept(app, LI)
    answer = send(client, (PHOTO, "a.jpg"), (PHOTO, "b.jpg"), keys=(draft.key, draft.key))
    assert answer.status_code == 200
    assert told(answer)["drafts"] == [draft.key, *(picture.key for picture in rows(app)[1:])]
    assert len(rows(app)) == 3
    assert [path for path in temporary.iterdir() if not path.name.endswith("lock")] == []


def test_a_form_without_pictures_is_fine(app, client):
    for answer in (send(client), client.post("/trial", data={"words": "x"}, headers=FROM_OUR_PAGE)):
        assert told(answer)["drafts"] == []
    # What a browser sends of a file field in which nothing was chosen.
    body = b'--b\r\nContent-Disposition: form-data; name="picture"; filename=""\r\n'
    body += b"Content-Type: application/octet-stream\r\n\r\n\r\n"
    body += b'--b\r\nContent-Disposition: form-data; name="words"\r\n\r\nx\r\n--b--\r\n'
    empty = client.post("/trial", data=body, content_type="multipart/form-data; boundary=b", headers=FROM_OUR_PAGE)
    assert (empty.status_code, told(empty)["drafts"]) == (200, [])


def test_keys_of_others_are_passed_over(app, client):
    painter_link(app, OTHER_WORKSHOP)
    foreign = kept(app, "li@xiamen.example")
    assert told(send(client, keys=(foreign.key, "f" * 32, "../x")))["drafts"] == []


def test_what_is_refused_is_named_and_what_went_well_is_kept(app, client, tmp_path, temporary):
    draft = kept(app, LI)
    answer = send(
        client, (BROKEN, "one.jpg"), (PHOTO, "two.jpg"), (BROKEN, "three.txt"), (b"", "four"), keys=(draft.key,)
    )
    assert answer.status_code == 415
    assert told(answer)["error"] == (
        "“one.jpg”, “three.txt”: This is not a picture we can use. Send a JPEG, PNG, WebP or HEIC file. "
        "“four”: The file is empty. Choose the picture again and send it."
    )
    assert told(answer)["kept"] == [draft.key, rows(app)[1].key]
    assert len(stored(tmp_path)) == 3 + 2
    assert [path for path in temporary.iterdir() if not path.name.endswith("lock")] == []


def test_a_refusal_is_in_the_persons_language(app, temporary):
    words = told(send(signed_in(app, painter_link(app, language="zh")), (BROKEN, "one.jpg")))["error"]
    assert words.startswith("“one.jpg”：")
    assert "This" not in words


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\照片.jpg", "照片.jpg"),
        ("a\0b\r\nc\u202egpj\u200b.exe", "abcgpj.exe"),
        ("x" * 300 + ".jpeg", "x" * 51 + "…" + "xxx.jpeg"),
        ("  {limit} %(why)s <b>.jpg ", "{limit} %(why)s <b>.jpg"),
        ("\ud800.jpg", ".jpg"),
    ],
)
def test_a_name_is_shown_without_what_deceives(name, shown):
    assert picture_forms.shown_name(name) == shown
    assert len(shown) <= 60


def test_a_name_with_braces_is_not_read_as_a_sentence(app, client):
    words = told(send(client, (BROKEN, "{limit} %(why)s.jpg")))["error"]
    assert words.startswith("“{limit} %(why)s.jpg”: This is not a picture")


def test_more_than_ten_files_are_too_many_and_ten_of_them_are_kept(app, client):
    answer = send(client, *[(PHOTO, f"{number}.jpg") for number in range(11)])
    assert answer.status_code == 413
    assert told(answer)["error"] == "At most 10 pictures at once. Send the others afterwards."
    assert len(told(answer)["kept"]) == 10


def test_a_picture_there_is_no_time_for_is_refused(app, client):
    with app.test_request_context(), pytest.raises(PictureRefused, match="no time left for this picture") as refused:
        picture_forms.keep(people.get_person(LI), FileStorage(BytesIO(PHOTO)), seconds=9)
    assert refused.value.status == 503


def test_trouble_of_the_storage_is_told_and_leaves_no_row(app, client, tmp_path, temporary):
    (tmp_path / "pictures").write_text("no folder")
    answer = send(client, (PHOTO, "a.jpg"))
    assert answer.status_code == 503
    assert told(answer)["error"].startswith("“a.jpg”: The picture could not be stored just now.")
    assert not rows(app)


def test_nobody_waits_for_the_store_while_a_forms_pictures_are_decoded(app, client, temporary):
    with ThreadPoolExecutor() as beside, turn(1):
        sent = beside.submit(send, client, (PHOTO, "a.jpg"), keys=(kept(app, LI).key,))
        wait_until(lambda: any("upload" in path.name for path in temporary.iterdir()), what="the form is received")
        with app.app_context():
            people.get_person(LI).name = "Somebody else"
            db.session.commit()
        assert not sent.done()
    assert sent.result().status_code == 200


@pytest.mark.parametrize(
    ("content_type", "limit"),
    [("multipart/form-data; boundary=b", 220 * MEBIBYTE), ("application/x-www-form-urlencoded", MEBIBYTE)],
)
def test_a_form_that_is_too_large_is_refused_before_it_is_received(app, client, content_type, limit):
    answer = client.post(
        "/trial",
        headers=FROM_OUR_PAGE,
        content_type=content_type,
        input_stream=BytesIO(),
        environ_overrides={"CONTENT_LENGTH": str(limit + 1)},
    )
    assert answer.status_code == 413
    assert "That is too much at once" in answer.text


def test_a_form_of_too_many_parts_is_refused(app, client):
    data = {"words": [str(number) for number in range(61)]}
    answer = client.post("/trial", data=data, headers=FROM_OUR_PAGE, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_what_a_killed_process_left_goes_with_a_later_upload(app, client, temporary):
    prefix = f"supplier-desk-{os.getuid()}-upload-"
    old, young, other = (temporary / name for name in (f"{prefix}old", f"{prefix}young", "other"))
    for path in (old, young, other):
        path.write_bytes(b"x")
    for path in (old, other):
        os.utime(path, (1, 1))
    send(client, (PHOTO, "a.jpg"))
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


def test_the_picker_works_as_a_plain_field_and_names_the_drafts_it_has(app, client):
    drafts: list[Picture] = [kept(app, LI), kept(app, LI)]
    with app.test_request_context():
        page = render_template_string(
            '{% import "pictures/parts.html" as parts %}{{ parts.picker("chosen", drafts) }}', drafts=drafts
        )
    assert '<label for="chosen">Picture</label>' in page
    field = re.search(r"<input type=\"file\"[^>]*>", page)
    assert field
    for part in ('id="chosen"', 'name="picture"', "multiple", "image/heic", ".heif", 'aria-describedby="chosen-hint"'):
        assert part in field[0]
    assert re.findall(r'name="pictures" value="(\w+)" checked', page) == [draft.key for draft in drafts]
