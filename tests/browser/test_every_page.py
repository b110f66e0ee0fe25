"""Every page of the permission matrix is accessible and fits a phone: a new page is looked at from its first day."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.architecture.permissions import ACTORS, pages
from tests.architecture.scene import build_scene
from tests.architecture.test_permissions import path_of, routes
from tests.browser.support import PHONE, assert_accessible, assert_fits
from tests.support.databases import Database

FIRST_WHO_MAY = {
    name: next(actor for actor, answer in zip(ACTORS, row.answers, strict=True) if answer == 200)
    for name, row in pages.ROWS.items()
    if name.startswith("GET /")
    and 200 in row.answers
    and "/static/" not in name
    and not name.endswith((".ics", ".pdf", ".zip"))  # files to keep
    and name != "GET /presence"
}


@pytest.mark.parametrize("actor", sorted(set(FIRST_WHO_MAY.values())))
def test_it_is_accessible(actor: str, app: Flask, database: Database, new_page, sign_in):
    scene = build_scene()
    page: Page = new_page(viewport=PHONE)
    account = scene.accounts[actor]
    if account is not None:
        sign_in(page, account)

    for name in sorted(name for name, who in FIRST_WHO_MAY.items() if who == actor):
        page.goto(path_of(app, scene, routes(app)[name], pages.ROWS[name]))
        assert_fits(page)
        assert_accessible(page)
