"""What every test can ask for: an app on a fresh store, a client, real processes, a browser.

Nothing here reaches further than this machine, and on CI (CI=true) a skipped test is a failed one.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import memory
from tests.databases import RunFolder, fresh
from tests.live import Live
from tests.nursery import Nursery
from tests.processes import ROOT, Processes, settings
from widget import create_app
from widget.config import Config
from widget.db import db
from widget.web import guesses

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request

DATABASES = ("sqlite", "postgresql")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
RUN_FOLDER = pytest.StashKey[RunFolder]()
# What shows below Chromium's address bar is pages, too, made anew for each person and taking longer than most of ours.
# This list replaces the one of Playwright, of which the rest is.
CHROMIUM_WITHOUT = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
    "AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,"
    "HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationHints,PaintHolding,PreconnectToSearch,ThirdPartyStoragePartitioning"
)


def pytest_configure(config: pytest.Config) -> None:
    _close_the_network()
    memory.compare_dialects_by_kind()
    memory.compile_routes_once()
    if not hasattr(config, "workerinput"):  # The process that starts the others, or the only one.
        config.stash[RUN_FOLDER] = RunFolder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUN_FOLDER in config.stash:
        config.stash[RUN_FOLDER].close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("only_on")
        metafunc.parametrize("database", marker.args if marker else DATABASES, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with processes come first: when a long one begins last, the others are done and wait for it."""
    items.sort(key=lambda item: "processes" not in getattr(item, "fixturenames", ()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[assignment]
    _no_skips_on_ci(report)
    if report.failed:
        funcargs = getattr(item, "funcargs", {})
        if "processes" in funcargs:
            report.sections += [(f"log of the {name}", log) for name, log in funcargs["processes"].logs()]
        if "new_page" in funcargs and report.when == "call":
            report.sections.append(("screenshots", funcargs["new_page"].screenshots(item.name)))
    return report  # type: ignore[return-value]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report: pytest.CollectReport = yield  # type: ignore[assignment]
    _no_skips_on_ci(report)
    return report  # type: ignore[return-value]


def _no_skips_on_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI allows no skipped test. {reason}"


# The store and the app


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: whatever asks for it, or for anything below, runs once on each."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database: str) -> Iterator[str]:
    """A fresh database with all tables."""
    with fresh(database) as url:
        yield url


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """The settings of `app`. Override this fixture to change one: dataclasses.replace(config, …)."""
    return Config.from_env(settings(database_url, PICTURES_URL=f"file:{tmp_path}/pictures"))


class Visitor(FlaskClient):
    """Reads each answer to its end, as browsers do; a file that is sent is closed with it."""

    def open(self, *args: Any, buffered: bool = True, **options: Any) -> TestResponse:
        """Make a request."""
        return super().open(*args, buffered=buffered, **options)


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The service on a fresh store. No context is pushed: say `with app.app_context():`, or ask for `store`."""
    app = create_app(config)
    app.testing = True
    guesses.forget()
    app.test_client_class = Visitor
    memory.remember(app)
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
        cast(
            "dict[Any, Any]", db.engines
        ).clear()  # Else the extension keeps each app of the run alive, and collecting garbage gets slow.


@pytest.fixture
def store(app: Flask, request: pytest.FixtureRequest) -> Iterator[Any]:
    """For tests of subjects: an app context for the whole test; the session itself is what comes back."""
    if "client" in request.fixturenames:
        pytest.fail("`store` and `client` do not mix: requests would share the test's session.", pytrace=False)
    with app.app_context():
        yield db.session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser or vendor without the network. Each request has a context of its own, as in production."""
    return app.test_client()


# Real processes, and a real browser


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery | None]:
    """Where processes are forked from; None where that is not safe."""
    nursery = Nursery(settings(""), ROOT) if sys.platform == "linux" else None
    yield nursery
    if nursery:
        nursery.close()


@pytest.fixture
def processes(database_url: str, tmp_path: Path, nursery: Nursery | None) -> Iterator[Processes]:
    """Starts service, worker and sandbox on a fresh store; their logs are shown when the test fails."""
    started = Processes(tmp_path, database_url, nursery)
    yield started
    started.end()


@pytest.fixture
def live(processes: Processes) -> Live:
    """A whole installation: service and stand-in helpdesk run, the worker when the test starts it."""
    return Live(processes)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, the one that CHROMIUM names or the system has."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else BROWSERS
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("no browser: install Chromium, or name one with CHROMIUM=/path/to/chrome")
    from playwright.sync_api import sync_playwright  # Slow to import, and few tests want a browser.

    home = str(tmp_path_factory.mktemp("browser"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            # Crash reports and caches would end up in the home directory.
            env={**os.environ, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home},
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                f"--disable-features={CHROMIUM_WITHOUT}",
                "--disable-sync",
                "--no-first-run",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        )
        yield browser
        browser.close()


class Pages:
    """Opens a page per person: own cookies, own language. Remembers what a page must not do."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.troubles: list[str] = []

    def __call__(self, **options: Any) -> Page:
        """A page of somebody new. Options as for playwright's `new_context`: locale, viewport, …"""
        context = self._browser.new_context(**{"locale": "en-GB", "timezone_id": "Europe/Amsterdam", **options})
        context.set_default_timeout(10_000)
        context.on("request", self._check_request)
        context.on("weberror", lambda error: self.troubles.append(f"script error: {error.error}"))
        context.on("console", lambda message: self._check_message(message.type, message.text))
        self._contexts.append(context)
        return context.new_page()

    def screenshots(self, test: str) -> str:
        """Take one of each page; where they are."""
        folder = ROOT / "var" / "failed-tests"
        paths: list[Path] = []
        for page in [page for context in self._contexts for page in context.pages]:
            paths.append(folder / f"{''.join(c if c.isalnum() else '-' for c in test)}-{len(paths)}.png")
            page.screenshot(path=paths[-1], full_page=True)
        return "\n".join(map(str, paths))

    def close(self) -> None:
        """Close them all. AssertionError when one of them did what it must not."""
        for context in self._contexts:
            context.close()
        assert not self.troubles, "\n".join(self.troubles)

    def _check_request(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:")):
            self.troubles.append(f"asked for a foreign address: {request.url}")

    def _check_message(self, kind: str, text: str) -> None:
        if kind == "error" and "Content Security Policy" in text:
            self.troubles.append(text)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, one per person. The test fails when one breaks a script or asks a foreign host for anything."""
    pages = Pages(browser)
    yield pages
    pages.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One person's page."""
    return new_page()


# The network


def _close_the_network() -> None:
    """Only this machine can be reached from a test."""

    def guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
        def only_here(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _is_here(address[0]):
                raise AssertionError(f"a test tried to reach {address[0]}")
            return connect(self, address)

        return only_here

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host is not None and not _is_here(host):
            raise AssertionError(f"a test tried to look up {host}")
        return really_look_up(host, *arguments, **options)

    really_look_up, socket.getaddrinfo = socket.getaddrinfo, look_up
    socket.socket.connect = guarded(socket.socket.connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = guarded(socket.socket.connect_ex)  # type: ignore[method-assign]


def _is_here(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
