"""The hospital as the documents' clients find it, and its people as programs in the dialect of the test's document."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.contract.hospital import Hospital, Stage, staged
from tests.contract.support import DIALECTS, Dialect, Program
from tests.support.databases import Database


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The one portal of these tests."""
    with staged(tmp_path_factory.mktemp("contract")) as stage:
        yield stage


@pytest.fixture
def app(stage: Stage) -> Flask:
    """The portal, with the hospital as it was built."""
    stage.restore()
    return stage.app


@pytest.fixture
def hospital(stage: Stage, database: Database) -> Hospital:
    """Who and what there is."""
    return stage.hospital


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """How the clients of the document that the test's file is named after sign in."""
    return DIALECTS[request.path.stem.removeprefix("test_document_")[:3]]


@pytest.fixture
def stranger(client: FlaskClient, dialect: Dialect) -> Program:
    """Nobody who is known: no token is sent."""
    return Program(client, dialect)


@pytest.fixture
def patient(stranger: Program, stage: Stage) -> Program:
    """The program of a patient's account."""
    return stranger.with_token(stage.tokens["patient"])


@pytest.fixture
def other_patient(stranger: Program, stage: Stage) -> Program:
    """The program of another patient's account."""
    return stranger.with_token(stage.tokens["other_patient"])


@pytest.fixture
def doctor(stranger: Program, stage: Stage) -> Program:
    """The program of an approved doctor of Cardiology."""
    return stranger.with_token(stage.tokens["doctor"])


@pytest.fixture
def other_doctor(stranger: Program, stage: Stage) -> Program:
    """The program of an approved doctor of another department."""
    return stranger.with_token(stage.tokens["other_doctor"])


@pytest.fixture
def admin(stranger: Program, stage: Stage) -> Program:
    """The program of an admin."""
    return stranger.with_token(stage.tokens["admin"])
