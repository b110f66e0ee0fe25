"""Every list costs the same number of statements, however many rows it has and whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from app import models
from app.extensions import Base
from tests.api.operations import Hospital, Operation, hospital
from tests.support.databases import Database
from tests.support.queries import Queries, count_queries

FEW, MANY = 10, 1000
MOST_FOR_A_PAGE = 4
"""Three statements for a page and one for its count. Beside them only these three may run."""

TOKEN_LOOKUP = "FROM session JOIN"
AUDIT_ROW = "INSERT INTO audit_event"
"""Of one list: the event, and, where it read of several patients, by whom it is found."""
AUDIT_FLAG = "SELECT emergency_access.patient_id"
"""Of a doctor: which records are open in an emergency, since the event says so."""

ACTORS = ("admin", "doctor", "patient")
HOUR = timedelta(hours=1)
THEN = datetime(2026, 1, 1, tzinfo=UTC)

Values = dict[str, Any]


def fill(portal: Hospital, numbers: range) -> None:
    """Add a row for each number to every table that a list shows, seen by as many actors as can be."""
    scene = portal.scene
    with Database(portal.app) as database, database.unit_of_work() as session:

        def add(model: type[Base], rows: list[Values]) -> list[int]:
            return list(session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), rows))  # type: ignore[attr-defined] # every model has a key

        names = [{"name": f"Entry {n}", "name_key": f"entry {n}"} for n in numbers]
        slugs = [name | {"slug": f"entry-{n}"} for n, name in zip(numbers, names, strict=True)]
        add(models.Department, names)
        designations, specialisations = add(models.Designation, slugs), add(models.Specialisation, slugs)
        times = add(models.AvailableTime, [{"label": f"Time {n}", "starts": time(n % 24, n % 60)} for n in numbers])
        add(models.Service, [{"name": f"Service {n}"} for n in numbers])
        add(models.ContactMessage, [{"name": f"Visitor {n}", "phone": "", "message": "When?"} for n in numbers])

        words = [f"many{n}" for n in numbers]
        keys = [{"username": word, "username_key": word, "email": word, "email_key": word} for word in words]
        accounts = add(models.Account, keys)
        add(models.Profile, [{"account_id": account} for account in accounts])
        managed = {"manager_id": scene.account.id, "created_by_id": scene.account.id}
        patients = add(models.Patient, [managed | {"name": f"Patient {n}"} for n in numbers])

        works = {"department_id": scene.department.id, "approval": models.Approval.APPROVED}
        doctors = add(
            models.Doctor,
            [works | {"name": word, "account_id": key} for word, key in zip(words, accounts, strict=True)],
        )
        days = {"weekday": 0, "starts": time(9), "ends": time(17), "slot_minutes": 30}
        add(
            models.WeeklyHours,
            [days | {"doctor_id": key, "available_time_id": at} for key, at in zip(doctors, times, strict=True)],
        )
        for link, column, entries in (
            (models.doctor_specialisation, "specialisation_id", specialisations),
            (models.doctor_designation, "designation_id", designations),
        ):
            pairs = zip(doctors, entries, strict=True)
            session.execute(insert(link), [{"doctor_id": key, column: entry} for key, entry in pairs])

        met = [{"patient_id": patient, "doctor_id": scene.doctor.id} for patient in patients]
        visit = {"state": models.VisitState.COMPLETED, "patient_agreed": True}
        hours = [{"starts_at": THEN - n * HOUR, "ends_at": THEN - n * HOUR + HOUR / 2} for n in numbers]
        add(models.Appointment, [pair | visit | hour for pair, hour in zip(met, hours, strict=True)])
        add(models.Review, [pair | {"rating": 5} for pair in met])
        add(models.CareTeamMember, [pair | {"created_by_id": scene.account.id} for pair in met])
        written = {"author_id": scene.doctor.id, "department_id": scene.department.id}
        add(models.ClinicalRecord, [written | {"patient_id": patient, "notes": "Well."} for patient in patients])


def lists(portal: Hospital) -> list[Operation]:
    """What answers with a list. Other spellings of a path are answered by the very same code."""
    return [operation for operation in portal.operations if operation.is_list and not operation.is_alias]


def costs(portal: Hospital) -> dict[tuple[str, str], tuple[int, Queries]]:
    """How many rows each actor gets of each list that the role may read, and by which statements."""
    found = {}
    for operation in lists(portal):
        for actor in ACTORS:
            query = {"limits": MANY} if operation.is_paged else {}
            with count_queries() as statements:
                answer = portal.ask(actor, operation, query_string=query)
            if answer.status_code != 403:
                assert answer.status_code == 200, (operation.name, actor, answer.text)
                body = answer.get_json()
                rows = len(body["results"] if operation.is_paged else body)
                page = [text for text in statements if not text.startswith(AUDIT_FLAG)]
                page = [text for text in page if TOKEN_LOOKUP not in text and AUDIT_ROW not in text]
                assert len(statements) - len(page) <= 4, (operation.name, actor, str(statements))
                found[operation.name, actor] = rows, Queries(page)
    return found


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    with hospital("sqlite", tmp_path_factory.mktemp("hospital")) as opened:
        yield opened


def test_a_list_of_a_thousand_costs_what_one_of_ten_does(portal: Hospital) -> None:
    fill(portal, range(FEW))
    few = costs(portal)
    fill(portal, range(FEW, MANY))
    many = costs(portal)

    assert few.keys() == many.keys()
    for asked, (rows, statements) in many.items():
        fewer_rows, before = few[asked]
        assert len(statements) == len(before), (asked, fewer_rows, str(before), rows, str(statements))
        assert len(statements) <= MOST_FOR_A_PAGE, (asked, str(statements))
    for operation in lists(portal):
        most = max(rows for (name, _actor), (rows, _) in many.items() if name == operation.name)
        assert most >= MANY, f"nobody sees a thousand rows of {operation.name}: fill() lacks them"
