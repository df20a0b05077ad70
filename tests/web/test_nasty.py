"""What no form sends by itself: every field of every page of staff, one at a time, filled with what breaks stores.

On PostgreSQL, which refuses what SQLite takes: NUL in texts, and numbers that are too large.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter

from tests import access_world
from tests.access_world import ADMIN
from tests.test_access import Visitor, cases, values_of
from tests.web.forms_of_pages import PageForm, read_forms
from tests.web.visitors import FROM_OUR_PAGE

FOR_OTHERS = {"api", "health", "sidebar", "static", "supplier", "pictures"}
SCRIPT = "<script>alert(1)"
WORDS, NUMBER = f'a\0b"{SCRIPT}', "9" * 25
# Whoever is signed out sees no more forms.
LEFT_OUT = re.compile(r"sign-out|sessions|/language|/supplier")
# What stands in addresses and in no form.
ASKED = ("after", "at", "before", "done", "did", "from", "of", "order", "q", "retried", "revoked", "saved", "since")


@pytest.fixture
def admin(app: Flask) -> Visitor:
    """Somebody who sees all forms."""
    return Visitor(access_world.build(app), ADMIN)


def pages_of(admin: Visitor) -> Iterator[tuple[str, list[PageForm]]]:
    """One address of each page, with its forms."""
    for rule, method in cases(admin.world.app):
        if method == "GET" and rule.endpoint.split(".")[0] not in FOR_OTHERS:
            _whose, values = next(values_of(rule, admin))
            address = admin.address(rule, values)
            answer = admin.open(address)
            if answer.status_code == 200 and answer.mimetype in ("text/html", "text/csv"):
                yield address, read_forms(answer.text) if answer.mimetype == "text/html" else []


def different(forms: Iterator[tuple[str, PageForm]]) -> Iterator[tuple[str, PageForm]]:
    """Each row of a list has the same form: one will do."""
    seen = set()
    for address, form in forms:
        shape = (form.method, re.sub(r"[0-9]+", "", address), *sorted(form.fields))
        if shape not in seen:
            seen.add(shape)
            yield address, form


@pytest.mark.only_on("postgresql")
def test_nothing_that_is_typed_breaks_a_page_or_gets_into_it(admin: Visitor) -> None:
    pages = list(pages_of(admin))
    broken = []
    for address, _forms in pages:
        answer = admin.open(address, query_string=dict.fromkeys(ASKED, WORDS))
        if answer.status_code >= 500 or SCRIPT in answer.text:
            broken.append(f"GET {address} {answer.status_code}")
    forms = ((form.action or address, form) for address, found in pages for form in found)
    for address, form in different(forms):
        if LEFT_OUT.search(address):
            continue
        for name, usual in form.fields.items():
            # Where a number stands or nothing is chosen, a number is read.
            for value in (WORDS, NUMBER) if all(map(str.isdecimal, usual)) else (WORDS,):
                sent = {**form.fields, name: [value]}
                options = {"query_string": sent} if form.method == "GET" else {"data": sent, "method": "POST"}
                answer = admin.open(address, headers=FROM_OUR_PAGE, **options)
                if answer.status_code >= 500 or (SCRIPT in answer.text and answer.mimetype == "text/html"):
                    broken.append(f"{form.method} {address} {name}={value[:3]!r} {answer.status_code}")
    assert broken == []


def test_no_number_in_an_address_is_too_large_for_the_store(app: Flask) -> None:
    unbounded = [
        str(rule)
        for rule in app.url_map.iter_rules()
        for converter in rule._converters.values()
        if isinstance(converter, IntegerConverter) and converter.max is None
    ]
    assert unbounded == []
