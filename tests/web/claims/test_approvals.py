"""The approvers' list with much on it: every claim is reached, and the numbers say the same everywhere."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.refunds import claims
from tests.web.visitors import queries_for
from widget import people, refunds
from widget.db import db

LIST, DESK = "/claims/approvals", "/desk?board=refunds"


def add(app: Flask, count: int, *, by: str = "") -> None:
    """Claims that wait for a confirmation, requested by Anna unless somebody else is named."""
    with app.app_context():
        actor = people.get_person(by).as_actor() if by else claims.ANNA_AS_AGENT
        for number in range(count):
            claims.requested(issue=f"issue {number} of {actor.name}", by=actor)
        db.session.commit()


def listed(page: str) -> list[str]:
    return re.findall(r'<article class="deciding" id="(R-\d+)"', page)


def test_a_long_list_goes_on_behind_fifty_with_the_same_queries(shop: Flask, natalie: FlaskClient) -> None:
    add(shop, 2)
    few = queries_for(shop, natalie, LIST)
    with shop.app_context():
        for number in range(50):
            claims.requested(issue=f"another {number}")
        db.session.commit()
    assert queries_for(shop, natalie, LIST) == few
    first = natalie.get(LIST).text
    assert listed(first) == [f"R-{number}" for number in range(1, 51)]
    assert "52 claims wait for your written confirmation" in first
    further = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert further is not None
    assert listed(natalie.get(further[1]).text) == ["R-51", "R-52"]
    assert listed(natalie.get(f"{LIST}?after=made-up").text) == listed(first)
    assert "Back to the beginning" in natalie.get(f"{LIST}?after=9999999999999999-1").text


def test_what_an_approver_wants_himself_hides_nothing_and_is_not_counted(shop: Flask, natalie: FlaskClient) -> None:
    add(shop, 51, by="natalie@brushwood.example")
    add(shop, 1)
    page = natalie.get(LIST).text
    assert listed(page) == ["R-52"]
    assert "1 claim waits for your written confirmation." in page
    assert "1 waits for your confirmation" in natalie.get(DESK).text


def test_whoever_changed_a_claim_is_not_asked_to_confirm_it(shop: Flask, natalie: FlaskClient) -> None:
    add(shop, 1)
    with shop.app_context():
        claim = refunds.get(1)
        by = people.get_person("natalie@brushwood.example").as_actor()
        refunds.change(claim, claims.wanted(amount=claims.money("12")), by=by, at=claims.here(), shown=claim.version)
        refunds.change(
            claim,
            claims.wanted(amount=claims.money("13")),
            by=claims.ANNA_AS_AGENT,
            at=claims.here(),
            shown=claim.version,
        )
        db.session.commit()
    page = natalie.get(LIST).text
    assert listed(page) == []
    assert "For somebody else to confirm" in page
    desk = natalie.get(DESK).text
    assert "for your confirmation" not in desk
    assert re.search(r'class="next">Open it', desk)
