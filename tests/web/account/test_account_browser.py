"""Signing in by password and the account page in a real browser, on a wide and a narrow screen."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.web.browsers import check
from tests.web.visitors import give_password, link_of, signed_in, world

ANNA, GOOD, OTHER = "anna@brushwood.example", "correct horse battery", "staple hat umbrella"

pytestmark = pytest.mark.only_on("sqlite")


def test_a_password_lets_in_and_is_changed_and_a_session_ended(app: Flask, url, new_page):
    world(app)
    signed_in(app)
    give_password(app, ANNA, GOOD)
    page = new_page(viewport={"width": 360, "height": 780})
    page.goto(f"{url}/account")
    page.get_by_label("E-mail address").fill(ANNA)
    page.get_by_label("Password", exact=True).fill("wrong horse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    check(page)
    expect(page.get_by_label("E-mail address")).to_have_value(ANNA)
    page.get_by_label("Password", exact=True).fill(GOOD)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{url}/account")
    check(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    check(page)
    page.get_by_role("button", name=re.compile("^End ")).first.click()
    expect(page.get_by_role("status")).to_have_text("That browser is signed out.")
    page.get_by_label("Password until now").fill(GOOD)
    page.get_by_label("New password").fill(OTHER)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is saved.")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Open your personal link")).to_be_visible()
    page.goto(url + link_of(app))
    page.get_by_role("button", name="Continue").dblclick()
    expect(page).not_to_have_url(re.compile("/l/"))
