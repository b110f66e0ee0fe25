"""Schemathesis, all of its checks, over the whole portal: as everybody, on both databases.

More of it, from another seed: `SCHEMATHESIS_EXAMPLES=100 SCHEMATHESIS_SEED=7 make test-slow`.
"""

from __future__ import annotations

import os

import pytest
from flask import Flask

from tests.openapi import hospital
from tests.openapi.running import Effort, run
from tests.support.databases import Database

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
SEED = int(os.environ["SCHEMATHESIS_SEED"]) if "SCHEMATHESIS_SEED" in os.environ else None


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.parametrize("who", ["anonymous", "patient", "doctor", "admin"])
def test_it_does_what_its_document_says(who: str, app: Flask, database: Database) -> None:
    found = run(app, database, hospital.build(database), who, Effort(examples=EXAMPLES, seed=SEED))

    assert not found.texts, f"\n{found}"
    assert found.statuses[200 if who != "anonymous" else 401] > 0
