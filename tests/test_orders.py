"""Order names: every spelling people use, and nothing that only looks like one."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests import factories
from widget import orders
from widget.db import db
from widget.errors import Refused
from widget.orders import OrderName, names_in, pattern_of, read_name

NL = pattern_of(1, "NL", r"NL\d{5}")
FOUR = pattern_of(2, "DE", r"^#\d{4}$")
AT = pattern_of(3, "AT", r"\d{4}")


@pytest.mark.parametrize(
    "text", ["NL10423", "nl10423", "#NL10423", "ＮＬ１０４２３", "(NL10423)", "x NL10423, y", "NL10423."]
)
def test_an_order_name_is_found_in_any_spelling(text: str) -> None:
    assert names_in(text, [NL]) == [OrderName(1, "NL10423")]


@pytest.mark.parametrize("text", ["", "NL1042", "NL104234", "aNL10423", "NL10423b", "N L10423"])
def test_what_only_looks_like_one_is_not(text: str) -> None:
    assert names_in(text, [NL]) == []


def test_names_come_in_the_order_they_were_written_each_once() -> None:
    text = "NL10002 and #1234, NL10001, nl10002"
    assert [name.name for name in names_in(text, [FOUR, NL])] == ["NL10002", "1234", "NL10001"]


def test_a_number_two_stores_use_is_found_for_both() -> None:
    assert names_in("1234", [FOUR, AT]) == [OrderName(2, "1234"), OrderName(3, "1234")]


def test_a_text_full_of_numbers_yields_only_the_first_twenty() -> None:
    assert len(names_in(" ".join(f"NL{number}" for number in range(10_000, 10_100)), [NL])) == 20


@given(st.text(max_size=200))
def test_no_text_breaks_the_search(text: str) -> None:
    assert all(name.name.isprintable() for name in names_in(text, [NL, FOUR]))


def test_thousands_of_accents_do_not_hold_up_the_search() -> None:
    began = time.process_time()
    assert [name.name for name in names_in("NL10423 a" + "\u0301\u0323" * 24_000, [NL])] == ["NL10423"]
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "typed",
    [
        "NL10423",
        " #nl10423 ",
        "NL NL10423",
        "nl: NL10423",
        "ＮＬ１０４２３",
        "nl 10423",
        "#NL-10423",
        "\u200bNL10423\ufeff",
    ],
)
def test_a_typed_name_is_read_in_any_spelling(typed: str) -> None:
    assert read_name(typed, [NL, FOUR]) == OrderName(1, "NL10423")


def test_a_number_of_two_stores_asks_for_the_store() -> None:
    with pytest.raises(Refused, match=r"DE or AT\. Write the store before it: DE #1234"):
        read_name("#1234", [FOUR, AT])
    assert read_name("AT 1234", [FOUR, AT]) == OrderName(3, "1234")
    assert read_name("de: #1234", [FOUR, AT]) == OrderName(2, "1234")


@pytest.mark.parametrize("typed", ["", "hello", "NL10423 and NL10424", "FR 1234"])
def test_what_is_no_name_is_refused_naming_the_stores(typed: str) -> None:
    with pytest.raises(Refused, match="is not an order number of NL or DE"):
        read_name(typed, [NL, FOUR])


def test_helpdesk_without_stores_refuses_every_name() -> None:
    with pytest.raises(Refused, match="any store of this helpdesk"):
        read_name("NL10423", [])


def test_an_order_added_by_two_at_once_is_one_order(app: Flask, database: str) -> None:
    _desk, store, _supplier = factories.shop(app)
    ids: list[int] = []

    def add() -> None:
        with app.app_context():
            ids.append(orders.known(OrderName(store.id, "NL10423")).id)
            db.session.commit()

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert len(set(ids)) == 1
        assert db.session.scalar(select(func.count()).select_from(orders.Order)) == 1


def test_same_name_in_two_stores_is_two_orders(store: Any) -> None:
    desk = factories.helpdesk()
    first = orders.known(OrderName(factories.store(desk, "NL").id, "NL10423"))
    second = orders.known(OrderName(factories.store(desk, "BE").id, "NL10423"))
    assert first.id != second.id
