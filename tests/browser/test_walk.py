"""A walk through every page in each of its states: at every width, by keyboard, on paper, without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browser import walking
from tests.pages import visiting
from tests.pages.states import ELSEWHERE, STATES
from tests.support.databases import Database

EVERY = [state for states in (*STATES.values(), *ELSEWHERE.values()) for state in states]
WALKS = sorted({("empty" if state.is_empty else "full", state.who) for state in EVERY})


@pytest.mark.parametrize(("kind", "who"), WALKS, ids=[" ".join(walk) for walk in WALKS])
def test_every_page_is_well_made(
    kind: str,
    who: str,
    app: Flask,
    database: Database,
    new_page: Callable[..., Page],
    sign_in: Callable[..., None],
) -> None:
    hospital = visiting.empty_hospital() if kind == "empty" else visiting.full_hospital()
    page = new_page()
    page.context.add_init_script(walking.WATCH_SHIFTS)
    account = hospital.accounts[who]
    if account is not None:
        sign_in(page, account)
    plain = new_page(java_script_enabled=False, storage_state=page.context.storage_state())

    walked = [visit for visit in visiting.visits(app, hospital) if visit.state.who == who]
    wrong = [what for visit in walked for what in walking.complaints(page, plain, visit, hospital)]

    assert wrong == [], "\n".join(wrong)
