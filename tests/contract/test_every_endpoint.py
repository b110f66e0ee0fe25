"""What holds for every documented endpoint (contract, section 1): bodies, round trips, and the order of refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

import pytest

from tests.contract import shapes
from tests.contract.documents import ENDPOINTS, Endpoint, canonical
from tests.contract.hospital import Hospital, Stage
from tests.contract.support import Dialect, Program, moment, ok, picture, refused
from tests.factories import (
    AppointmentFactory,
    AvailableTimeFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    ContactMessageFactory,
    DesignationFactory,
    ReviewFactory,
    ServiceFactory,
    SpecialisationFactory,
    coming_weekday,
)
from tests.support.clients import PASSWORD
from tests.support.databases import Database

PHONE = "+44 20 7946 0018"
USER = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}
CONTACT = {"name": "Grace", "phone": PHONE, "massage": "Thank you!"}


@pytest.fixture
def dialect() -> Dialect:
    return Dialect("/api/token/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Ids of what there is, by the canonical path of its endpoint."""

    by_path: Mapping[str, int]
    hospital: Hospital

    def __getitem__(self, path: str) -> int:
        return self.by_path[canonical(path)]


@pytest.fixture
def rows(hospital: Hospital, database: Database) -> Rows:
    """One row for every path that names one, all the patient's and the doctor's."""
    with database.unit_of_work():
        sides = {"patient": hospital.patient, "doctor": hospital.doctor}
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor).id
        manager = hospital.patient.manager
        return Rows(
            hospital=hospital,
            by_path={
                "/doctors/{}": hospital.doctor.id,
                "/api/doctors/{}": hospital.doctor.id,
                "/patients/{}": hospital.patient.id,
                "/api/patients/{}": hospital.patient.id,
                "/patient_records/{}": record,
                "/api/patient_records/{}": record,
                "/medical-records/{}": record,
                "/departments/{}": hospital.department.id,
                "/departments/{}/doctors": hospital.department.id,
                "/departments/{}/patients": hospital.department.id,
                "/api/department/{}/doctors": hospital.department.id,
                "/api/department/{}/patients": hospital.department.id,
                "/api/user/profiles/{}": manager.profile.id if manager else 0,
                "/appointments/{}": AppointmentFactory(**sides).id,
                "/reviews/{}": ReviewFactory(**sides).id,
                "/api/mappings/{}": CareTeamMemberFactory(**sides).id,
                "/services/{}": ServiceFactory().id,
                "/contacts/{}": ContactMessageFactory().id,
                "/designations/{}": DesignationFactory().id,
                "/specialisations/{}": SpecialisationFactory().id,
                "/available-time/{}": AvailableTimeFactory(starts=time(10)).id,
            },
        )


Body = Callable[[Rows], dict[str, Any]]


def _names(_rows: Rows) -> dict[str, Any]:
    return {"name": "Neurology", "description": "By referral."}


def _record(rows: Rows) -> dict[str, Any]:
    return {"patient": rows.hospital.patient.id, "diagnostics": "Asthma", "notes": "Zoë: 37 °C"}


def _booking(rows: Rows) -> dict[str, Any]:
    when = moment(coming_weekday(hour=14))
    return {"doctor": rows.hospital.other_doctor.id, "appointment_time": when, "symptoms": "A cough", "cancel": False}


def _doctor(rows: Rows) -> dict[str, Any]:
    chosen = {name: [rows[f"/{name}s/{{}}"]] for name in ("designation", "specialisation")}
    return {**chosen, "fee": 80, "specialization": "Hearts", "available_from": "10:00:00", "available_to": "12:00:00"}


def _patient(_rows: Rows) -> dict[str, Any]:
    return {"name": "Kim Smith", "phone": PHONE, "insurance_number": "7", "date_of_birth": "2019-02-28"}


def _profile(_rows: Rows) -> dict[str, Any]:
    return {"bio": "Söngvari", "address": "1 Mill Lane", "date_of_birth": "1990-02-28"}


WRITES: Mapping[str, tuple[str, Body]] = {
    "POST /register": ("stranger", lambda _: USER | {"role": 2, "diagnostics": "Asthma"}),
    "POST /api/user/register": ("stranger", lambda _: USER | {"confirm_password": PASSWORD, "first_name": "Grace"}),
    "POST /auth/register": ("stranger", lambda _: USER),
    "POST /api/register": ("stranger", lambda _: USER),
    "POST /registrations": ("stranger", lambda _: USER),
    **{
        f"POST {path}": ("stranger", lambda rows: _credentials(rows.hospital))
        for path in ("/login", "/api/user/login", "/auth/login", "/api/token")
    },
    "POST /doctors": ("patient", _doctor),
    "POST /api/doctors": ("patient", _doctor),
    "PUT /doctors/{}": ("doctor", _doctor),
    "PATCH /doctors/{}": ("doctor", _doctor),
    "PUT /api/doctors/{}": ("doctor", _doctor),
    "POST /patients": ("patient", _patient),
    "POST /api/patients": ("patient", _patient),
    "PUT /patients/{}": ("patient", _patient),
    "PATCH /patients/{}": ("patient", _patient),
    "PUT /api/patients/{}": ("patient", _patient),
    "POST /patient_records": ("doctor", _record),
    "PUT /patient_records/{}": ("doctor", _record),
    "POST /medical-records": ("doctor", _record),
    "PUT /medical-records/{}": ("doctor", _record),
    "POST /departments": ("admin", _names),
    "PUT /departments/{}": ("admin", _names),
    "POST /api/user/profiles": ("admin", lambda rows: _profile(rows) | USER),
    "PUT /api/user/profiles/{}": ("patient", _profile),
    "PATCH /api/user/profiles/{}": ("patient", _profile),
    "POST /designations": ("admin", lambda _: {"name": "Chief", "slug": "chief"}),
    "POST /specialisations": ("admin", lambda _: {"name": "Hearts", "slug": "hearts"}),
    "POST /available-time": ("admin", lambda _: {"time": "9:30 AM"}),
    "POST /services": ("admin", _names),
    "PUT /services/{}": ("admin", _names),
    "PATCH /services/{}": ("admin", _names),
    "POST /contacts": ("stranger", lambda _: CONTACT),
    "PUT /contacts/{}": ("admin", lambda _: CONTACT),
    "PATCH /contacts/{}": ("admin", lambda _: CONTACT),
    "POST /reviews": ("other_patient", lambda rows: {"doctor": rows["/doctors/{}"], "body": "Kind.", "rating": "⭐⭐"}),
    "PUT /reviews/{}": ("patient", lambda _: {"body": "Kind.", "rating": "⭐⭐"}),
    "PATCH /reviews/{}": ("patient", lambda _: {"rating": "⭐⭐"}),
    "POST /appointments": ("patient", _booking),
    "POST /book-appointment": ("patient", _booking),
    "PUT /appointments/{}": ("patient", lambda _: {"symptoms": "A cough", "appointment_type": "Online"}),
    "PATCH /appointments/{}": ("doctor", lambda _: {"status": "Cancelled", "cancel": True}),
    "POST /api/mappings": (
        "patient",
        lambda rows: {"patient": rows["/patients/{}"], "doctor": rows.hospital.other_doctor.id},
    ),
}
"""What each documented write may be sent, and by whom."""

OWN_TESTS = {"POST /logout", "POST /api/user/logout", "POST /auth/logout"} | {
    "POST /api/user/token/refresh",
    "POST /api/token/refresh",
}
"""Writes of tokens: a session's end and its renewal."""

VARIES = ("token", "tokens", "access", "refresh", "created_at", "updated_at", "date_joined")
"""What is never twice the same."""


def _credentials(hospital: Hospital) -> dict[str, Any]:
    account = hospital.patient.manager
    return {"username": account.username if account else "", "password": PASSWORD}


def told(value: Any) -> Any:
    """An answer without what is never twice the same."""
    if isinstance(value, dict):
        return {name: told(inner) for name, inner in value.items() if name not in VARIES}
    return [told(inner) for inner in value] if isinstance(value, list) else value


def endpoints(*methods: str) -> dict[str, Endpoint]:
    """The documented endpoints with these methods, each once, by method and canonical path."""
    return {f"{each.method} {each.canonical}": each for each in ENDPOINTS if each.method in methods}


def address(endpoint: Endpoint, rows: Rows, number: int | None = None) -> str:
    """The endpoint's path for the row that there is, or for another number."""
    has_row = "{}" in endpoint.canonical
    key = number if number is not None else rows[endpoint.path] if has_row else 0
    return endpoint.forms(key)[1]


def test_every_documented_write_is_here() -> None:
    assert endpoints("POST", "PUT", "PATCH").keys() == WRITES.keys() | OWN_TESTS


@pytest.mark.parametrize("name", WRITES)
def test_a_write_takes_json_and_both_kinds_of_form_alike(
    name: str, stage: Stage, rows: Rows, stranger: Program
) -> None:
    who, body = WRITES[name]
    endpoint = endpoints("POST", "PUT", "PATCH")[name]
    path, sent = address(endpoint, rows), body(rows)
    form = {key: str(value) if isinstance(value, bool) else value for key, value in sent.items()}
    caller = stranger.with_token(stage.tokens.get(who))
    bodies: list[dict[str, Any]] = [
        {"json": sent},
        {"data": form},
        {"data": form, "content_type": "multipart/form-data"},
    ]
    snapshot = stage.snapshot()

    answers = []
    for options in bodies:
        stage.restore(snapshot)
        response = caller.open(endpoint.method, path, **options)
        assert response.status_code in {200, 201}, (options, response.text)
        answers.append(told(response.get_json()))

    assert answers[1] == answers[2] == answers[0]


@pytest.mark.parametrize("name", endpoints("PUT", "PATCH"))
def test_what_was_read_can_be_sent_back_and_changes_nothing(
    name: str, stage: Stage, rows: Rows, stranger: Program
) -> None:
    """By whoever may write it, each as that person read it."""
    endpoint = endpoints("PUT", "PATCH")[name]
    writer, body = WRITES[name]
    path = address(endpoint, rows)
    ok(stranger.with_token(stage.tokens[writer]).open(endpoint.method, path, json=body(rows)))

    written_by = []
    for who, token in stage.tokens.items():
        caller = stranger.with_token(token)
        read = caller.get(path)
        if read.status_code != 200:
            continue
        answer = caller.open(endpoint.method, path, json=read.get_json())
        if answer.status_code == 403:
            continue
        assert ok(answer) == ok(read), who
        assert ok(caller.get(path)) == ok(read), who
        written_by.append(who)

    assert writer in written_by


@pytest.mark.parametrize("name", WRITES)
def test_refusals_come_in_their_order(name: str, stage: Stage, rows: Rows, stranger: Program) -> None:
    """Token before role, role before visibility, visibility before the body."""
    endpoint = endpoints("POST", "PUT", "PATCH")[name]
    broken: dict[str, Any] = {"data": "{", "content_type": "application/json"}
    method, path = endpoint.method, address(endpoint, rows)
    if not endpoint.needs_token:
        refused(stranger.open(method, path, **broken), 400)
        return
    caller = stranger.with_token(stage.tokens[WRITES[name][0]])
    refused(stranger.open(method, path, **broken), 401)
    refused(stranger.with_token("forged").open(method, path, **broken), 401)
    refused(caller.open(method, path, **broken), 400)
    if "{}" in endpoint.canonical:
        refused(caller.open(method, address(endpoint, rows, 999), **broken), 404)


REPRESENTATIONS: Mapping[str, Collection[str]] = {
    "patients": shapes.PATIENT,
    "doctors": shapes.DOCTOR,
    "records": shapes.RECORD,
    "appointments": shapes.APPOINTMENT,
    "mappings": shapes.MAPPING,
    "department": shapes.DEPARTMENT,
    "departments": shapes.DEPARTMENT,
    "profiles": ["id", "user", "bio", "address", "date_of_birth", "profile_picture", "created_at", "updated_at"],
    "reviews": ["id", "reviewer", "reviewer_id", "doctor", "doctor_name", "body", "created_on", "rating", "verified"],
    "services": ["id", "image", "name", "description"],
    "contacts": ["id", "name", "phone", "massage"],
    "designations": ["id", "name", "slug"],
    "specialisations": ["id", "name", "slug"],
    "time": ["id", "time"],
}
"""The members of each resource, as the contract has them."""


@pytest.mark.parametrize("name", endpoints("GET"))
def test_a_resource_has_one_representation_and_nothing_else_leaks(
    name: str, stage: Stage, rows: Rows, stranger: Program
) -> None:
    """On every path, to whoever may read it, in lists and alone."""
    endpoint = endpoints("GET")[name]
    words = re.split("[/_-]", endpoint.canonical.removesuffix("/{}").removesuffix("/me"))
    noun = "records" if endpoint.path == "/departments/int:pk/patients" else words[-1]
    shown = 0
    for token in (None, *stage.tokens.values()):
        response = stranger.with_token(token).get(address(endpoint, rows))
        if response.status_code in {401, 403, 404}:
            continue
        body = ok(response)
        entries = body.get("results", [body]) if isinstance(body, dict) else body
        for each in entries:
            assert set(each) == set(REPRESENTATIONS[noun])
        shown += len(entries)
    assert shown


HIDDEN = ("profiles/{}", "patients/{}", "records/{}", "appointments/{}", "mappings/{}")
"""What another patient's account has no business with: how the paths end."""


@pytest.mark.parametrize("name", [name for name in endpoints("GET", "PUT", "PATCH", "DELETE") if name.endswith(HIDDEN)])
def test_hidden_and_absent_are_the_same_to_the_byte(name: str, rows: Rows, other_patient: Program) -> None:
    """404; 403 where a patient may never do this, whatever the row."""
    endpoint = endpoints("GET", "PUT", "PATCH", "DELETE")[name]
    is_role = "record" in name and endpoint.method != "GET"
    hidden, absent = (
        other_patient.open(endpoint.method, address(endpoint, rows, number), json={}) for number in (None, 999)
    )
    refused(hidden, 403 if is_role else 404)
    for answer in (hidden, absent):
        del answer.headers["X-Request-ID"]
    assert (hidden.status_code, hidden.data, hidden.headers) == (absent.status_code, absent.data, absent.headers)


def test_pictures_go_with_every_multipart_write_that_documents_one(stage: Stage, rows: Rows, stranger: Program) -> None:
    fields = {
        "/doctors": "profile",
        "/patients": "profile",
        "/services": "image",
        "/api/user/profiles": "profile_picture",
    }
    for path, field in fields.items():
        for method in ("PUT", "PATCH"):
            name = f"{method} {path}/{{}}"
            who, body = WRITES[name]
            caller = stranger.with_token(stage.tokens[who])
            written = ok(
                caller.open(method, address(endpoints(method)[name], rows), data=body(rows) | {field: picture()})
            )
            assert "/media/" in written[field]
