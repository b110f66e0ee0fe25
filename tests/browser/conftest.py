"""Fixtures of browser tests: Debian's Chromium over the real server, every page watched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from app.models import Account
from config import Settings
from tests.browser.support import DESKTOP, Guard, browser_executable
from tests.conftest import cannot_run
from tests.support import live
from tests.support.clients import PASSWORD

ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PATIENCE_MILLISECONDS = 30_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)  # a busy machine is no failure


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave every test in a browser to `make test-slow`: together they take longer than all others."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser of this machine."""
    executable = browser_executable()
    if executable is None:
        cannot_run("no browser was found: install chromium, or name one in CHROMIUM")
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        try:
            launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        except Error as error:
            cannot_run(f"{executable} does not start: {error}")
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Standing]:
    """The server of all browser tests of this process."""
    server = live.Standing(tmp_path_factory.mktemp("standing"))
    yield server
    server.stop()


@pytest.fixture
def settings(standing: live.Standing) -> Settings:
    """The settings of the standing server, over a fresh database. A module may override them with `replace`."""
    standing.restore()
    return standing.settings


@pytest.fixture
def live_server(standing: live.Standing, settings: Settings) -> Iterator[Callable[..., str]]:
    """Starter of real servers as elsewhere; the standing one, where nothing else is asked for."""
    with ExitStack() as stack:

        def start(*, processes: int = 1, threads: int = 4, **changes: object) -> str:
            if settings == standing.settings and processes == 1 and not changes:
                return standing.address
            standing.stop()  # it would send the other one's mail
            return stack.enter_context(live.serve(settings, processes=processes, threads=threads, **changes))

        yield start


@pytest.fixture
def address(live_server: Callable[..., str]) -> str:
    """Where the portal of this test is served."""
    return live_server()


@pytest.fixture
def new_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Maker of pages, each of a visitor of its own: `new_page(java_script_enabled=False)`.

    The visitor's device stands in another time zone than the hospital. Whatever the page does wrong fails the test.
    """
    guards: list[Guard] = []
    contexts = []

    def make(**options: Any) -> Page:
        settings = {"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "Pacific/Auckland", "base_url": address}
        context = browser.new_context(**{**settings, **options})
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        guards.append(Guard(page, address))
        return page

    yield make
    for context in contexts:
        context.close()
    complaints = [complaint for guard in guards for complaint in guard.complaints]
    assert complaints == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A visitor's page, 1280 px wide, with JavaScript."""
    return new_page()


@pytest.fixture
def sign_in() -> Callable[..., None]:
    """Signs a page's visitor in: `sign_in(page, account)`."""

    def through_the_page(page: Page, account: Account, password: str = PASSWORD) -> None:
        page.goto("/sign-in")
        page.locator("input[name=username]").fill(account.username)
        page.locator("input[name=password]").fill(password)
        page.locator("main form button[type=submit], main form button:not([type])").first.click()
        page.wait_for_url(lambda url: "/sign-in" not in url)

    return through_the_page
