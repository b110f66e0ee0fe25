"""The watch over pages sees what it must: without this, a silent guard would pass everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser import walking
from tests.browser.support import Guard, assert_accessible

ADDRESS = "http://portal.example"
POLICY = {"Content-Security-Policy": "default-src 'self'; connect-src *; style-src 'self'"}
WRONGS = {
    "a foreign host": (
        "fetch('http://foreign.example/').catch(() => 0)",
        "asked a foreign host: http://foreign.example/",
    ),
    "a console error": ("console.error('broken')", "console: broken"),
    "an exception": ("new Promise(done => { setTimeout(() => { throw Error('oh') }); setTimeout(done, 50) })", "oh"),
    "an inline style": ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
    "a missing part": ("new Promise(done => { const i = new Image(); i.onerror = done; i.src = '/no.png' })", "404"),
    "a broken server": ("fetch('/broken')", "500"),
}


@pytest.fixture
def pretended(browser: Browser) -> Iterator[Page]:
    """A page that no server sends."""

    def answer(route: Route) -> None:
        if route.request.url == f"{ADDRESS}/":
            route.fulfill(body="<h1>Hello</h1><img src='data:,'>", content_type="text/html", headers=POLICY)
        else:
            route.fulfill(status=500 if route.request.url.endswith("/broken") else 404)

    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", answer)
    yield page
    context.close()


@pytest.mark.parametrize("what", WRONGS)
def test_it_complains_of(what: str, pretended: Page):
    script, complaint = WRONGS[what]
    guard = Guard(pretended, ADDRESS)
    pretended.goto(ADDRESS)

    pretended.evaluate(script)
    pretended.context.close()

    assert any(complaint in text for text in guard.complaints), guard.complaints


def test_an_inaccessible_page_fails(pretended: Page):
    pretended.goto(ADDRESS)

    with pytest.raises(AssertionError, match="image-alt"):
        assert_accessible(pretended)


MADE_BADLY = {
    "moves by": (walking.shifts, "<p>One</p><h2>Two</h2>"),
    "Tab does not reach <button>": (walking.keyboard, "<a href='/'>Home</a><button>Press</button>"),
    "does not show the focus of <a": (walking.keyboard, "<style>a:focus { outline: 0 }</style><a href='/'>Home</a>"),
    "prints <nav>": (walking.paper, "<nav>Menu</nav>"),
    "does not focus its error summary": (walking.summary, "<div class='nhsuk-error-summary'>No.</div>"),
}


@pytest.mark.parametrize("complaint", MADE_BADLY)
def test_the_walk_complains_of(complaint: str, browser: Browser):
    look, body = MADE_BADLY[complaint]
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(walking.WATCH_SHIFTS)
    page.route("**/*", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(ADDRESS)
    if look is walking.shifts:
        page.evaluate("document.body.prepend(Object.assign(new Image(), {width: 300, height: 300}))")
    if "reach" in complaint:
        page.evaluate("addEventListener('keydown', event => event.target.matches('a') && event.preventDefault())")

    found = look(page)
    context.close()

    assert any(text.startswith(complaint) for text in found), found
