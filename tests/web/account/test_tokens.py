"""The page of one's API tokens: made, shown once, revoked, and nobody else's."""

from __future__ import annotations

import re

import pytest

from tests.web.visitors import FROM_OUR_PAGE, contents, painter_link, signed_in, world
from widget.web.scopes import SCOPES_IN_WORDS

FORM = {"name": "stock program", "scopes": ["lines:read", "types:read"], "days": "90"}
SECRET = re.compile(r"sd_[\w-]{43}")


@pytest.fixture
def app(app):
    """With a shop and two workshops in it."""
    world(app)
    return app


def make(browser, **changed):
    return browser.post("/account/tokens", data={**FORM, **changed}, headers=FROM_OUR_PAGE)


@pytest.mark.parametrize("who", ["staff", "workshop"])
def test_whoever_is_signed_in_makes_one_sees_it_once_and_revokes_it(app, who):
    browser = signed_in(app, painter_link(app) if who == "workshop" else "")
    assert "You have no tokens" in browser.get("/account/tokens").text
    made = make(browser)
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    (secret,) = set(SECRET.findall(made.text))
    assert app.test_client().get("/api/v1/types", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    page = browser.get("/account/tokens").text
    assert secret not in page
    assert "stock program" in page
    assert "just now" in page
    address = re.search(r'action="(/account/tokens/\d+/revoke)"', page)
    assert address is not None
    revoked = browser.post(address[1], headers=FROM_OUR_PAGE)
    assert revoked.status_code == 303
    assert "“stock program” no longer works" in browser.get(revoked.headers["Location"]).text
    assert app.test_client().get("/api/v1/types", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


@pytest.mark.only_on("sqlite")
def test_a_form_that_is_not_right_keeps_what_was_typed(app):
    browser = signed_in(app)
    before = contents(app)
    for changed, said in (
        ({"name": " "}, "Write what the token is for"),
        ({"name": "x" * 61}, "At most 60"),
        ({"scopes": []}, "at least one thing"),
        ({"scopes": ["all"]}, "at least one thing"),
        ({"days": "7"}, "how long"),
        ({"days": "x"}, "how long"),
    ):
        answer = make(browser, **changed)
        assert answer.status_code == 422
        assert said in answer.text
        assert str(changed.get("name", "stock program")).strip() in answer.text
    assert contents(app) == before


@pytest.mark.only_on("sqlite")
def test_two_of_one_name_are_refused(app):
    browser = signed_in(app)
    make(browser)
    again = make(browser)
    assert again.status_code == 409
    assert "already" in again.text
    assert not SECRET.search(again.text)


@pytest.mark.only_on("sqlite")
def test_nobody_else_gets_at_it(app):
    make(signed_in(app))
    before = contents(app)
    stranger = signed_in(app, painter_link(app))
    before = contents(app)
    assert "stock program" not in stranger.get("/account/tokens").text
    answers = [stranger.post(f"/account/tokens/{number}/revoke", headers=FROM_OUR_PAGE) for number in (1, 999)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].data == answers[1].data
    assert contents(app)["api_tokens"] == before["api_tokens"]
    nobody = app.test_client()
    assert nobody.get("/account/tokens").status_code == 401
    assert make(nobody).status_code == 401
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert signed_in(app).post("/account/tokens", data=FORM, headers=foreign).status_code == 403


def test_every_scope_is_told_in_words():
    from widget.credentials.api_tokens import SCOPES

    assert tuple(SCOPES_IN_WORDS) == SCOPES
