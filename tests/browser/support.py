"""What browser tests assert of every page: nothing foreign, nothing broken, nothing inaccessible."""

from __future__ import annotations

import os
import re
import shutil
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response, ViewportSize, expect

AXE = Path(__file__).with_name("vendor") / "axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 375, "height": 812}
NARROWEST: ViewportSize = {"width": 320, "height": 640}
EXPECTED_REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
FOLDING_TRIES = 20
FOLDING_MILLISECONDS = 50
BROKEN = 400
BROKEN_SERVER = 500


def browser_executable() -> str | None:
    """The browser to drive: CHROMIUM, or the first of the usual names on the PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


class Guard:
    """Watches a page, and collects what no page may do."""

    def __init__(self, page: Page, address: str) -> None:
        self.own = urlsplit(address).netloc
        self.complaints: list[str] = []
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))

    def _on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.netloc != self.own:
            self.complaints.append(f"asked a foreign host: {request.url}")

    def _on_response(self, response: Response) -> None:
        is_part = response.request.resource_type not in ("document", "fetch", "xhr")
        if response.status >= (BROKEN if is_part else BROKEN_SERVER):
            self.complaints.append(f"{response.status} for {response.request.method} {response.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # A form that is refused answers 400 or 409, which the browser logs; violations of the CSP are errors as well.
        if message.type == "error" and not EXPECTED_REFUSAL.match(message.text):
            self.complaints.append(f"console: {message.text} ({message.location.get('url')})")


@cache
def _axe() -> str:
    return AXE.read_text()


def assert_accessible(page: Page) -> None:
    """Fail with every finding of axe-core on the page as it is now: WCAG 2.2 AA and axe's best practices."""
    page.evaluate(_axe())
    found = page.evaluate(
        """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(result =>
            result.violations.map(violation => `${violation.id}: ${violation.help}\\n` +
                violation.nodes.map(node => `    ${node.html}\\n    ${node.failureSummary}`).join("\\n")))""",
        AXE_RULES,
    )

    assert found == [], f"axe on {page.url} at {page.viewport_size}:\n" + "\n".join(found)


def assert_fits(page: Page) -> None:
    """Fail when the page is wider than its window, once the menu has had time to fold."""
    measure = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wide = page.evaluate(measure)
    for _ in range(FOLDING_TRIES):
        if wide <= 0:
            return
        page.wait_for_timeout(FOLDING_MILLISECONDS)
        wide = page.evaluate(measure)

    pytest.fail(f"{page.url} is {wide} px wider than {page.viewport_size}")


def look(page: Page, name: str, heading: str | None = None) -> None:
    """Assert the page at three widths, on a phone closely; keep its pictures where SCREENSHOTS names a folder.

    After a click, `heading` says which page is waited for: a click does not wait.
    """
    if heading is not None:
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    before = page.viewport_size
    for size in (NARROWEST, PHONE, DESKTOP):
        page.set_viewport_size(size)
        assert_fits(page)
        if size is PHONE:
            assert_accessible(page)
        if os.environ.get("SCREENSHOTS") and size is not NARROWEST:
            folder = Path(os.environ["SCREENSHOTS"])
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}-{size['width']}.png", full_page=True)
    if before:
        page.set_viewport_size(before)


def look_again_until(page: Page, done: Locator) -> None:
    """Follow the link for those without scripts until a job has done its work."""
    again = page.get_by_role("link", name="Look again")
    expect(again.or_(done)).to_be_visible()
    while again.is_visible():
        with page.expect_navigation():
            again.click()
    expect(done).to_be_visible()


def pass_time(page: Page, milliseconds: int) -> None:
    """Put the clock of a page forward, once nothing is under way: a request would time out in the leap."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.clock.fast_forward(milliseconds)
