"""Stores and helpdesks: what is refused, and what adding twice does."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import factories
from widget import helpdesks, stores
from widget.errors import NotFound, Refused
from widget.helpdesks import Wanted
from widget.stores import check_order_pattern


@pytest.mark.parametrize("pattern", [r"NL\d{5}", r"#?\d{4}", r"^#\d{4,6}$", r"(NL|BE)-\d+", r"\d{4}"])
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    check_order_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(", r"The order pattern '\(' is no regular expression"),
        (r"\d(", r"'\\d\('"),
        ("", "no regular expression"),
        ("#", "no regular expression"),
        (r"\d*", "where there is no number"),
        (".*", "where there is no number"),
        ("(a+)+b", "takes too long"),
        ("(zz?)+Q", "takes too long"),
        # What would be one only between the brackets that are put round it.
        (r"NL\d+)|(DE\d+", "no regular expression"),
        (r"\d{1,99999999999}", "no regular expression"),
        ("(" * 5_000, "no regular expression"),
    ],
)
def test_broken_empty_and_slow_patterns_are_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        check_order_pattern(pattern)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"code": "N L"}, "letters and digits"),
        ({"currency": "EURO"}, "currency"),
        ({"locale": "dutch"}, "language code"),
        ({"timezone": "Europe/Amsterdm"}, "time zone"),
    ],
)
def test_a_store_with_a_wrong_part_is_refused(store: Any, changed: dict[str, str], sentence: str) -> None:
    parts: dict[str, Any] = {
        "code": "NL",
        "name": "Shop",
        "order_pattern": r"NL\d{5}",
        "currency": "EUR",
        "locale": "nl",
        "timezone": "Europe/Amsterdam",
        **changed,
    }
    desk = factories.helpdesk()
    with pytest.raises(Refused, match=sentence):
        stores.add_store(parts.pop("code"), helpdesk=desk, **parts)


def test_adding_a_store_again_updates_it(store: Any) -> None:
    desk = factories.helpdesk()
    first = factories.store(desk, "nl")
    again = factories.store(desk, "NL", r"NL\d{6}")
    assert again.id == first.id
    assert again.order_pattern == r"NL\d{6}"


def test_changing_a_helpdesk_keeps_its_secret(store: Any, app: Flask) -> None:
    first = factories.helpdesk(app=app)
    secret = first.hook_secret_hash
    wanted = Wanted("main", "https://acme.gorgias.com/api/", " X@y.z")
    again = helpdesks.save(first, wanted, api_key="new", box=app.extensions["box"], by=("Eva", "eva@b.c"))
    assert again.id == first.id
    assert again.hook_secret_hash == secret
    assert app.extensions["box"].open(again.api_key_sealed) == "new"
    assert (again.url, again.email) == ("https://acme.gorgias.com", "x@y.z")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("url", ["", "acme", "ftp://acme", "https://"])
def test_what_is_no_address_is_refused(store: Any, url: str) -> None:
    with pytest.raises(Refused, match="is no address"):
        factories.helpdesk(url=url)


def test_unknown_names_are_told_with_what_to_do(store: Any) -> None:
    with pytest.raises(NotFound, match="flask helpdesk add"):
        stores.get_helpdesk("nope")
    with pytest.raises(NotFound, match="flask store add"):
        stores.get_store("XX")


def test_changes_of_stores_and_suppliers_move_the_catalogue_on(store: Any) -> None:
    desk = factories.helpdesk()
    versions = [desk.catalogue_version]
    made = factories.store(desk)
    store.refresh(desk)
    versions.append(desk.catalogue_version)
    factories.supplier(made)
    store.refresh(desk)
    versions.append(desk.catalogue_version)
    assert versions == sorted(set(versions))
