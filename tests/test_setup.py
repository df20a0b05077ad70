"""The tests' own floor: fresh stores, closed network, real processes, a browser that stays here."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys

import pytest
import requests
from sqlalchemy import text

from tests.processes import ROOT, free_port, wait_until

TRUE = shutil.which("true") or "/bin/true"


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_store_of_its_own(store, database, turn):
    assert store.get_bind().dialect.name == database
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


def test_every_worker_of_the_service_answers_and_stops_when_it_is_told(processes):
    processes.nursery = None
    service = processes.start_service(workers=2)
    for _ in range(4):
        answer = requests.get(f"{processes.url}/readyz", timeout=5)
        assert (answer.status_code, answer.text) == (200, "ready\n")
    assert service.stop() == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{processes.url}/healthz", timeout=5)
    left = {path.name for path in processes.folder.iterdir()} - {service.log.name, "pictures"}
    assert not left, "the service leaves something in the home directory"


def test_a_process_that_ends_at_once_is_shown_with_what_it_said(processes):
    processes.env["SECRET_KEY"] = ""
    with pytest.raises(AssertionError, match="SECRET_KEY is missing"):
        processes.start_service()


def test_a_page_that_asks_a_foreign_host_is_caught(new_page):
    page = new_page()
    page.set_content("<img src='http://pictures.example/a.png'>")
    wait_until(lambda: new_page.troubles or page.wait_for_timeout(20))
    assert "pictures.example" in new_page.troubles.pop()


@pytest.fixture
def checkout(tmp_path):
    """A checkout with a Python that makes environments of nothing but a program that agrees to everything."""
    made = tmp_path / "checkout"
    for part in ("tools", "requirements", ".setup", "bin"):
        (made / part).mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "setup", made / "tools" / "setup")
    (made / "requirements" / "dev.txt").write_text("")
    # Nothing is installed on the machine that runs this.
    for package in ("chromium", "fonts-noto-cjk", "python3-venv"):
        (made / ".setup" / f"failed-{package}").touch()
    python = made / "bin" / "python"
    python.write_text(
        f'#!/bin/sh\n[ "$1 $2" = "-m venv" ] || exec {sys.executable} "$@"\n'
        f'{sys.executable} -m venv --without-pip $3 "$4" && ln -sf {TRUE} "$4/bin/python"\n'
    )
    python.chmod(0o755)
    return made


def set_up(checkout):
    """Run tools/setup there."""
    env = {"PATH": os.environ["PATH"], "PYTHON": str(checkout / "bin" / "python"), "CHROMIUM": TRUE}
    return subprocess.run([checkout / "tools" / "setup"], env=env, capture_output=True, text=True, check=False)


def test_an_environment_that_is_somebody_elses_is_left_alone(checkout, tmp_path):
    of_another = tmp_path / "another"
    (of_another / "bin").mkdir(parents=True)
    (of_another / "bin" / "python").symlink_to(TRUE)
    (of_another / "kept").touch()
    (checkout / ".venv").symlink_to(of_another)
    done = set_up(checkout)
    assert (of_another / "kept").exists(), "what the link leads to was emptied"
    assert done.returncode == 0, done.stderr
    assert not (checkout / ".venv").is_symlink()
    assert (checkout / ".venv" / "pyvenv.cfg").exists()
    assert "another" in done.stdout


def test_an_environment_of_its_own_is_made_once(checkout):
    assert "making .venv" in set_up(checkout).stdout
    assert set_up(checkout).stdout == ""
