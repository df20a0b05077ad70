"""Views that somebody keeps: under a name, for himself, not too many, and to be had back after deleting."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.visitors import FROM_OUR_PAGE, add_lines, contents, link_of, signed_in
from widget import saved_views


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Anna of customer service, with a shop and two workshops there."""
    return signed_in(app)


def keep(client: FlaskClient, name: str, back: str = "stores=all&q=NL&turn=supplier"):
    return client.post("/desk/views", data={"name": name, "back": back}, headers=FROM_OUR_PAGE)


def kept(client: FlaskClient) -> list[tuple[str, str]]:
    """Address and name of each view, as the page lists them."""
    return re.findall(r'<span class="view"><a href="([^"]+)"[^>]*>([^<]+)</a>', client.get("/desk").text)


def drop(client: FlaskClient, number: object):
    return client.post(f"/desk/views/{number}/delete", headers=FROM_OUR_PAGE)


def test_a_view_is_kept_opened_and_deleted_and_comes_back(app, client):
    answer = keep(client, "  My   <late>\x00 ones ")
    assert answer.status_code == 303
    assert "The view My &lt;late&gt; ones is saved." in client.get(answer.headers["Location"]).text
    ((address, name),) = kept(client)
    assert name == "My &lt;late&gt; ones"
    assert address == "/desk?stores=all&amp;q=NL&amp;turn=supplier"
    assert 'aria-current="true">My' in client.get(address.replace("&amp;", "&")).text
    gone = client.get(drop(client, 1).headers["Location"]).text
    assert kept(client) == []
    assert 'name="name" value="My &lt;late&gt; ones"' in gone


def test_one_persons_views_are_nobody_elses(app, client):
    keep(client, "mine")
    ben = signed_in(app, link_of(app, "ben@brushwood.example"))
    assert kept(ben) == []
    assert keep(ben, "mine").status_code == 303
    before = contents(app)
    answers = {drop(client, number).data for number in (2, 999, 2**40)}
    assert len(answers) == 1
    assert drop(client, 2).status_code == 404
    assert app.test_client().post("/desk/views", data={"name": "x"}).status_code == 401
    assert drop(app.test_client(), 1).status_code == 401
    assert contents(app) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "Write a name"), (" \x00", "Write a name"), ("x" * 61, "At most 60"), ("MINE", "already")],
)
def test_a_name_that_cannot_be_is_refused_and_stays_in_the_field(app, client, name, words):
    add_lines(app, 1)
    keep(client, "mine")
    before = contents(app)
    answer = keep(client, name)
    assert answer.status_code == 409
    assert words in answer.text
    assert f'value="{name.strip()}"' in answer.text.replace("\x00", "") or not name.strip(" \x00")
    assert contents(app) == before


@pytest.mark.only_on("sqlite")
def test_there_can_be_thirty(client):
    for number in range(saved_views.MOST):
        assert keep(client, f"view {number}").status_code == 303
    assert "as many as there can be" in keep(client, "one more").text
    assert len(kept(client)) == saved_views.MOST


def test_what_is_kept_is_an_address_of_the_desk(client):
    keep(client, "odd", back="https://elsewhere.example/?q=x&board=nonsense&after=3&evil=1")
    assert kept(client) == [("/desk?stores=all&amp;sort=urgent", "odd")] or kept(client)[0][0].startswith("/desk?")
