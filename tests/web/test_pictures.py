"""The files of pictures: who gets them, with which headers, and that all others find nothing at all."""

from __future__ import annotations

import time

import pytest
import time_machine
from flask import Flask, render_template_string

from tests.web.uploads import address_of, kept
from tests.web.visitors import (
    OTHER_WORKSHOP,
    WORKSHOP,
    add_lines,
    counted_queries,
    link_of,
    painter_link,
    signed_in,
    world,
)
from widget.db import db
from widget.people import PersonRole, Role
from widget.pictures import path_of
from widget.tokens import PICTURE_LIFETIME

LI, OTHER_LI = "li@dafen.example", "li@xiamen.example"


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


def test_a_picture_on_a_line_is_shown_with_its_headers(app):
    client = signed_in(app, painter_link(app))
    line = add_lines(app, 1)[0]
    kept(app, LI, line)
    picture = kept(app, LI, line)
    answer = client.get(address_of(app, picture))
    assert (answer.status_code, answer.data, answer.headers["Content-Type"]) == (200, b"full", "image/png")
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Content-Disposition": 'inline; filename="NL20000-2.png"',
        "Cache-Control": "private, max-age=600",
        "Vary": "Cookie",
    }.items():
        assert answer.headers[name] == value
    small = client.get(address_of(app, picture, "thumb"))
    assert (small.data, small.headers["Content-Type"]) == (b"thumb", "image/jpeg")
    assert small.headers["Content-Disposition"] == 'inline; filename="NL20000-2.jpg"'
    download = client.get(address_of(app, picture) + "?download=1")
    assert download.headers["Content-Disposition"] == 'attachment; filename="NL20000-2.png"'


def test_who_sees_which_picture(app):
    li, other = signed_in(app, painter_link(app)), signed_in(app, painter_link(app, OTHER_WORKSHOP))
    colleague = signed_in(app, link_of(app, "wu@dafen.example", Role.SUPPLIER, WORKSHOP))
    staff = signed_in(app)
    line = add_lines(app, 1)[0]
    on_line, draft = kept(app, LI, line), kept(app, LI)
    for picture, who in ((on_line, [li, colleague, staff]), (draft, [li])):
        address = address_of(app, picture)
        for client in (li, colleague, staff, other, app.test_client()):
            assert client.get(address).status_code == (200 if client in who else 404)


def test_whoever_is_no_longer_staff_sees_nothing(app):
    client = signed_in(app)
    painter_link(app)
    address = address_of(app, kept(app, LI, add_lines(app, 1)[0]))
    assert client.get(address).status_code == 200
    with app.app_context():
        db.session.query(PersonRole).delete()
        db.session.commit()
    assert client.get(address).status_code == 404


def test_everything_else_is_the_same_as_an_unknown_address(app):
    client = signed_in(app, painter_link(app))
    painter_link(app, OTHER_WORKSHOP)
    own, foreign = add_lines(app, 1)[0], add_lines(app, 1, OTHER_WORKSHOP)[0]
    picture, lost = kept(app, LI, own), kept(app, LI, own, view=False)
    app.extensions["pictures"].delete(path_of(lost.key, "full"))
    good = address_of(app, picture)
    token = good.rpartition("/")[2]
    assert client.get(good).status_code == 200
    unknown = client.get("/nothing")
    assert unknown.status_code == 404
    for address in (
        address_of(app, kept(app, OTHER_LI, foreign)),
        address_of(app, kept(app, OTHER_LI)),
        address_of(app, picture, now=time.time() - PICTURE_LIFETIME - 1),
        address_of(app, picture, now=time.time() + PICTURE_LIFETIME),
        address_of(app, picture, "original"),
        address_of(app, lost),
        address_of(app, lost, "view"),
        f"/pictures/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        f"/pictures/{token.replace('full', 'view')}",
        f"/pictures/{token}=",
        f"/pictures/{app.extensions['line_tokens']._signature.sign('1.full.9999999999')}",
        "/pictures/1",
        "/pictures/%00",
        f"/pictures/{picture.key}",
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.data) == (404, unknown.data), address
        assert sorted(answer.headers) == sorted(unknown.headers), address
        stranger = app.test_client().get(address)
        assert (stranger.status_code, stranger.data) == (404, app.test_client().get("/nothing").data)


def test_an_address_is_the_same_for_a_while_and_its_answer_never_kept_longer_than_it_lives(app):
    client = signed_in(app, painter_link(app))
    picture = kept(app, LI)
    begin = int(time.time()) // 1200 * 1200
    assert address_of(app, picture, now=begin) == address_of(app, picture, now=begin + 1199)
    assert address_of(app, picture, now=begin) != address_of(app, picture, now=begin + 1200)
    address = address_of(app, picture, now=begin)
    for passed, answer in ((PICTURE_LIFETIME - 30, "private, max-age=30"), (PICTURE_LIFETIME + 1, "no-store")):
        with time_machine.travel(begin + passed, tick=False):
            assert client.get(address).headers["Cache-Control"] == answer


def test_what_the_browser_has_is_not_sent_again(app):
    client = signed_in(app, painter_link(app))
    address = address_of(app, kept(app, LI))
    etag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "private, max-age=600"
    assert client.get(address, headers={"If-None-Match": '"another"'}).status_code == 200
    assert app.test_client().get(address, headers={"If-None-Match": etag}).status_code == 404


def test_a_file_takes_the_same_queries_for_everybody(app):
    line = add_lines(app, 1)[0]
    for client in (signed_in(app, painter_link(app)), signed_in(app)):
        for picture in (kept(app, LI, line), kept(app, LI, line)):
            with counted_queries(app) as statements:
                client.get(address_of(app, picture))
            assert len(statements) == 3


def test_storage_that_is_away_is_said_to_be_away(app, tmp_path):
    client = signed_in(app, painter_link(app))
    picture = kept(app, LI)
    folder = tmp_path / "pictures" / picture.key[:2]
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("no folder")
    answer = client.get(address_of(app, picture))
    assert answer.status_code == 503
    assert "Supplier Desk is busy" in answer.text


def test_thumbnails_of_a_line_are_links_that_keep_their_place(app):
    painter_link(app)
    line = add_lines(app, 1)[0]
    shown = [kept(app, LI, line), kept(app, LI, line, view=False)]
    with app.test_request_context():
        page = render_template_string(
            '{% import "pictures/parts.html" as parts %}'
            '{{ parts.thumbs(shown, "P-31") }}{{ parts.thumbs([], "P-32") }}',
            shown=shown,
        )
    assert page.count("<ul") == 1
    assert 'alt="Picture 2 of P-31"' in page
    assert page.count('title="4032 × 3024"') == 2
    assert page.count('width="96" height="96" loading="lazy"') == 2
    assert f'href="{address_of(app, shown[0])}"' in page
    assert f'data-view="{address_of(app, shown[0], "view")}"' in page
    assert f'data-view="{address_of(app, shown[1])}"' in page
