"""Schemathesis, all of its checks, over the whole portal: as everybody, on both databases.

More of it, from another seed: `SCHEMATHESIS_EXAMPLES=100 SCHEMATHESIS_SEED=7 make test-slow`.
"""

from __future__ import annotations

import os

import pytest
from flask import Flask

from tests.openapi import hospital
from tests.openapi.running import PHASES, Effort, run
from tests.support.databases import Database

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
SEED = int(os.environ["SCHEMATHESIS_SEED"]) if "SCHEMATHESIS_SEED" in os.environ else None

PEOPLE = ("anonymous", "patient", "doctor", "admin")
DATABASES = ("sqlite", "postgresql")
BOUNDARIES = {"anonymous": "sqlite", "patient": "postgresql", "doctor": "sqlite", "admin": "postgresql"}
"""Where each tries the boundaries of every field and the methods that a path lacks, which takes most of the time."""


def effort(who: str, database_kind: str) -> Effort:
    """A turn for each of the eight; where more is asked for, everything."""
    if EXAMPLES:
        return Effort(examples=EXAMPLES, seed=SEED)
    phases = tuple(phase for phase in PHASES if phase != "coverage" or BOUNDARIES[who] == database_kind)
    return Effort(examples=6, phases=phases, turn=2 * PEOPLE.index(who) + DATABASES.index(database_kind))


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.parametrize("who", PEOPLE)
def test_it_does_what_its_document_says(who: str, database_kind: str, app: Flask, database: Database) -> None:
    found = run(app, database, hospital.build(database), who, effort(who, database_kind))

    assert not found.texts, f"\n{found}"
    assert found.statuses[200], "nothing was read"
    assert found.statuses[201], "nothing was written"
