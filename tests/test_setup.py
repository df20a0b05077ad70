"""The tests' own floor: fresh stores, closed network, real processes, a browser that stays here."""

from __future__ import annotations

import socket

import pytest
from sqlalchemy import text

from tests.processes import free_port, wait_until


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_store_of_its_own(store, database, turn):
    assert store.bind.dialect.name == database if store.bind else True
    store.execute(text("CREATE TABLE left_over (id INTEGER)"))
    store.commit()


def test_the_network_ends_at_this_machine():
    with socket.socket() as outside, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(AssertionError, match=r"example\.com"):
        socket.create_connection(("example.com", 80))


def test_waiting_ends_with_a_sentence_when_nothing_comes():
    with pytest.raises(AssertionError, match="the bus comes"):
        wait_until(lambda: False, timeout=0.05, what="the bus comes")


def test_free_ports_differ():
    assert free_port() != free_port()


@pytest.mark.only_on("sqlite")
def test_a_page_that_asks_a_foreign_host_is_caught(new_page):
    page = new_page()
    page.set_content("<img src='http://pictures.example/a.png'>")
    wait_until(lambda: new_page.troubles or page.wait_for_timeout(20))
    assert "pictures.example" in new_page.troubles.pop()
