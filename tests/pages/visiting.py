"""Where the states of tests/pages/states.py are, and who is signed in there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Flask

from app.models import Account
from tests.architecture.permissions import Row, pages
from tests.architecture.scene import Scene, build_scene
from tests.architecture.test_permissions import path_of, routes
from tests.factories import AccountFactory, DoctorFactory, PatientFactory
from tests.pages.states import ELSEWHERE, STATES, State


@dataclass(frozen=True)
class Hospital:
    """Who can sign in; and what there is, unless it is empty."""

    accounts: dict[str, Account | None]
    scene: Scene | None = None


@dataclass(frozen=True)
class Visit:
    """A state, its name for people, and its address."""

    name: str
    address: str
    state: State

    def fields(self, hospital: Hospital) -> dict[str, str]:
        """What is sent; nothing where the page is only looked at."""
        filled = self.state.fields(hospital.scene) if self.state.fields else {}
        return {name: str(value) for name, value in filled.items()}


def full_hospital() -> Hospital:
    """The permission matrix's scene: something of everything."""
    scene = build_scene()
    return Hospital(scene.accounts, scene)


def empty_hospital() -> Hospital:
    """Nothing but somebody of each kind."""
    accounts = {
        "anonymous": None,
        "patient": PatientFactory().manager,
        "doctor": DoctorFactory(department=None).account,
        "admin": AccountFactory(is_admin=True),
    }
    return Hospital(accounts)


def visits(app: Flask, hospital: Hospital) -> list[Visit]:
    """Every state that this hospital has, page by page."""
    known: dict[str, Any] = dict(routes(app))
    named = [(name, state) for name, states in STATES.items() for state in states]
    found = [
        Visit(f"{name} {state}", path_of(app, hospital.scene, known[name], _row(name, state)), state)  # type: ignore[arg-type]  # an empty hospital's pages have no placeholders
        for name, state in named
        if state.is_empty == (hospital.scene is None)
    ]
    if hospital.scene is not None:
        found += [Visit(f"{path} {state}", path, state) for path, states in ELSEWHERE.items() for state in states]
    return found


def _row(name: str, state: State) -> Row:
    row = replace(pages.ROWS[name], values={**pages.ROWS[name].values, **state.values})
    if state.is_empty or state.query:
        return replace(row, query=lambda _scene: state.query)
    return row
