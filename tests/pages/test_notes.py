"""Patients and notes on a doctor's pages: found, written once, kept, changed, brought together, taken out of use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.clock import now
from app.models import CareTeamMember, ClinicalRecord, VisitState
from app.services import records
from tests.factories import (
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    ClinicalRecordVersionFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.pages.test_booking_drafts import leave_alone
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database

PATIENTS, RECORDS = "/clinic/patients", "/clinic/records"


@pytest.fixture
def clinic(client: FlaskClient, doctor: Any) -> FlaskClient:
    """The doctor, signed in."""
    return sign_in(client, doctor.account)


@pytest.fixture
def visit(doctor: Any, patient: Any) -> Any:
    """A visit of yesterday."""
    yesterday = now() - timedelta(days=1)
    return AppointmentFactory(doctor=doctor, patient=patient, starts_at=yesterday, state=VisitState.COMPLETED)


@pytest.fixture
def entry(doctor: Any, patient: Any, visit: Any) -> Any:
    """An entry of the doctor about that visit."""
    return ClinicalRecordFactory(patient=patient, author=doctor, appointment_id=visit.id)


def begin(client: FlaskClient, path: str) -> str:
    """Begin a note; the address where it is written."""
    answer = client.get(path)
    assert answer.status_code == 303, answer.status
    return answer.location


def send(client: FlaskClient, path: str, **texts: str) -> TestResponse:
    """Send a note as its page has it, with other texts."""
    page = client.get(path)
    assert page.status_code == 200, page.status
    values = {**dict(typed(page.text)), **texts, "version": form_values(page.text).get("version", "")}
    return client.post(path, data=values | {"csrf_token": form_values(page.text)["csrf_token"]})


def typed(page: str) -> Iterator[tuple[str, str]]:
    """What stands in the five texts of a page."""
    for name in records.TEXTS:
        _, _, rest = page.partition(f'name="{name}"')
        yield name, rest.partition(">")[2].partition("</textarea>")[0]


def entries(database: Database) -> list[ClinicalRecord]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(ClinicalRecord).order_by(ClinicalRecord.id)))


class TestPatients:
    def test_the_own_ones_first_and_a_search_of_all(self, clinic: FlaskClient, visit: Any) -> None:
        other = PatientFactory(name="Otto Lung")
        page = clinic.get(PATIENTS).text
        assert "Your patients" in page
        assert "Amira Hassan" in page
        assert "Otto Lung" not in page

        found = clinic.get(f"{PATIENTS}?q=otto").text
        assert f'href="{PATIENTS}/{other.id}"' in found
        assert "Amira Hassan" not in found
        assert "No patients found" in clinic.get(f"{PATIENTS}?q=nobody").text
        assert clinic.get(f"{PATIENTS}?page=2").status_code == 404

    def test_without_any_it_says_who_will_be_here(self, clinic: FlaskClient) -> None:
        assert "You have no patients yet" in clinic.get(PATIENTS).text

    def test_htmx_gets_the_results_alone(self, clinic: FlaskClient, visit: Any) -> None:
        headers = {"HX-Request": "true", "HX-Target": "div#results"}
        for path in (PATIENTS, f"{PATIENTS}/{visit.patient_id}"):
            assert clinic.get(path, headers=headers).text.strip().startswith('<div id="results">')


class TestPatient:
    def test_it_shows_who_it_is_the_visits_and_the_record(self, clinic: FlaskClient, visit: Any, entry: Any) -> None:
        page = clinic.get(f"{PATIENTS}/{visit.patient_id}").text
        for text in ("Amira Hassan", "Your patient", "The patient", "A cough for two weeks", "Acute bronchitis"):
            assert text in page
        for path in (f"{RECORDS}/{entry.id}", f"/clinic/appointments/{visit.id}/note"):
            assert f'href="{path}"' in page

    def test_the_record_is_searched(self, clinic: FlaskClient, visit: Any, entry: Any) -> None:
        path = f"{PATIENTS}/{visit.patient_id}"
        assert f'href="{RECORDS}/{entry.id}"' in clinic.get(f"{path}?q=bronchitis").text
        nothing = clinic.get(f"{path}?q=measles").text
        assert "No entries found" in nothing
        assert f'href="{path}">Clear the search' in nothing

    def test_of_whom_the_doctor_does_not_treat_the_record_stays_closed(self, clinic: FlaskClient, doctor: Any) -> None:
        theirs = ClinicalRecordFactory(diagnostics="Somebody else's")
        path = f"{PATIENTS}/{theirs.patient_id}"
        page = clinic.get(path).text
        assert "the record is not open to you." in page
        assert "Somebody else" not in page

        ClinicalRecordFactory(patient=theirs.patient, author=doctor, diagnostics="Ours")
        page = clinic.get(path).text
        assert "apart from what your department wrote" in page
        assert "Ours" in page
        assert "Somebody else" not in page


class TestWrite:
    @pytest.mark.both_databases
    def test_a_note_from_a_visit_is_written_once_and_the_patient_reads_it(
        self, clinic: FlaskClient, visit: Any, patient: Any, database: Database
    ) -> None:
        path = begin(clinic, f"/clinic/appointments/{visit.id}/note")
        page = clinic.get(path).text
        assert "A cough for two weeks" in page
        values = form_values(page) | {"diagnostics": "Croup", "notes": "One\r\nTwo"}

        first, second = (clinic.post(path, data=values) for _ in range(2))

        (record,) = entries(database)
        assert {answer.location for answer in (first, second)} == {f"{RECORDS}/{record.id}"}
        assert (record.appointment_id, record.notes) == (visit.id, "One\nTwo")
        assert "The note is in the record." in clinic.get(first.location).text
        assert clinic.get(path).location == first.location
        visitor = sign_in(database.app.test_client(), patient.manager)
        assert "Croup" in visitor.get(f"/my/record/{record.id}").text

    def test_earlier_entries_are_at_hand(self, clinic: FlaskClient, visit: Any, entry: Any) -> None:
        page = clinic.get(begin(clinic, f"/clinic/appointments/{visit.id}/note")).text
        assert "Temperature 37.9 °C" in page

    def test_an_empty_one_is_refused(self, clinic: FlaskClient, patient: Any, database: Database) -> None:
        answer = send(clinic, begin(clinic, f"{PATIENTS}/{patient.id}/note"), notes=" ")
        assert answer.status_code == 400
        assert '<a href="#diagnostics">Write something in at least one part.</a>' in answer.text
        assert entries(database) == []

    def test_one_that_is_too_long_is_refused_and_stays(self, clinic: FlaskClient, patient: Any) -> None:
        path = begin(clinic, f"{PATIENTS}/{patient.id}/note")
        answer = send(clinic, path, diagnostics="Croup", notes="x" * 20_001)
        assert answer.status_code == 400
        assert "Notes: use 20,000 characters or fewer." in answer.text
        for page in (answer.text, clinic.get(path).text):
            assert dict(typed(page))["diagnostics"].strip() == "Croup"
            assert "x" * 20_001 in page

    def test_going_back_and_writing_more_changes_the_entry(
        self, clinic: FlaskClient, patient: Any, database: Database
    ) -> None:
        path = begin(clinic, f"{PATIENTS}/{patient.id}/note")
        values = form_values(clinic.get(path).text)
        clinic.post(path, data=values | {"notes": "Croup"})

        answer = clinic.post(path, data=values | {"notes": "Croup, mild"})

        page = clinic.get(answer.location).text
        assert "You have saved this note already." in page
        assert "Croup, mild" in page
        send(clinic, answer.location)
        (record,) = entries(database)
        assert (record.notes, record.version) == ("Croup, mild", 2)


class TestKept:
    def test_what_is_typed_is_there_again_until_it_is_discarded(
        self, clinic: FlaskClient, visit: Any, database: Database
    ) -> None:
        start = f"/clinic/appointments/{visit.id}/note"
        path = begin(clinic, start)
        token = form_values(clinic.get(path).text)
        assert clinic.post(f"{path}/keep", data=token | {"notes": "Half a sen"}).status_code == 204

        assert begin(clinic, start) == path
        page = clinic.get(path).text
        assert "It is not in the record until you save it." in page
        assert "Half a sen" in page
        assert "What you have typed is kept." in page

        assert "Half a sen" in clinic.get(f"{path}/discard").text
        for _ in range(2):
            assert clinic.post(f"{path}/discard", data=token).status_code == 303
        assert begin(clinic, start) != path
        assert clinic.get(path).status_code == 404
        assert entries(database) == []

    def test_a_session_that_ran_out_loses_nothing(
        self, clinic: FlaskClient, doctor: Any, patient: Any, database: Database
    ) -> None:
        path = begin(clinic, f"{PATIENTS}/{patient.id}/note")
        values = form_values(clinic.get(path).text) | {"notes": "A long note"}
        leave_alone(database)

        answer = clinic.post(path, data=values)

        assert answer.location == f"/sign-in?next={path}"
        assert entries(database) == []
        sign_in(clinic, doctor.account)
        assert "A long note" in clinic.get(path).text

    def test_what_can_be_saved_no_more_is_shown(
        self, clinic: FlaskClient, doctor: Any, entry: Any, database: Database
    ) -> None:
        path = begin(clinic, f"{RECORDS}/{entry.id}/amend")
        values = form_values(clinic.get(path).text) | {"notes": "My long note"}
        with database.unit_of_work() as session:
            session.get_one(ClinicalRecord, entry.id).voided_at = now()

        answers = (clinic.post(path, data=values), clinic.get(path))

        for answer in answers:
            assert answer.status_code == 404
            assert "This can no longer be saved" in answer.text
            assert "My long note" in answer.text

    def test_so_is_what_comes_after_another_tab_has_discarded_it(self, clinic: FlaskClient, patient: Any) -> None:
        path = begin(clinic, f"{PATIENTS}/{patient.id}/note")
        values = form_values(clinic.get(path).text) | {"notes": "My long note"}
        clinic.post(f"{path}/discard", data=values)

        answer = clinic.post(path, data=values)

        assert answer.status_code == 404
        assert "My long note" in answer.text

    def test_nobody_elses_is_there(self, clinic: FlaskClient, patient: Any, database: Database) -> None:
        path = begin(clinic, f"{PATIENTS}/{patient.id}/note")
        colleague = sign_in(database.app.test_client(), DoctorFactory().account)
        assert colleague.get(path).status_code == 404
        assert colleague.get("/clinic/notes/not-an-id").status_code == 404


class TestEntry:
    def test_a_former_version_and_what_changed(self, clinic: FlaskClient, doctor: Any) -> None:
        record = ClinicalRecordFactory(author=doctor, version=3, diagnostics="Bad cough", reported_by_patient=True)
        ClinicalRecordVersionFactory(record=record)
        ClinicalRecordVersionFactory(record=record, version=2, diagnostics="Cough at night")
        path = f"{RECORDS}/{record.id}"

        assert "Last changed" in clinic.get(path).text
        former = clinic.get(f"{path}/versions/1").text
        assert "It has been replaced." in former
        assert "Bad cough" not in former
        changes = clinic.get(f"{path}/changes").text
        assert "[removed: </span>Cough at night<" in changes
        assert "[added: </span>Bad cough<" in changes
        assert "Other</h2>" not in changes
        assert "Cough<ins>" in clinic.get(f"{path}/changes?from=1&to=2").text
        assert "Nothing differs" in clinic.get(f"{path}/changes?from=2&to=2").text
        for wrong in ("/versions/4", "/changes?to=4", "/changes?from=0"):
            assert clinic.get(path + wrong).status_code == 404

    def test_who_may_not_read_it_does_not_find_it(self, clinic: FlaskClient, doctor: Any, database: Database) -> None:
        theirs = ClinicalRecordFactory(patient=PatientFactory())
        paths = [f"{RECORDS}/{theirs.id}{end}" for end in ("", "/versions/1", "/changes", "/amend", "/void", "/voided")]
        assert {clinic.get(path).status_code for path in paths} == {404}
        place = CareTeamMemberFactory(patient=theirs.patient, doctor=doctor)
        draft = begin(clinic, f"{RECORDS}/{theirs.id}/amend")
        assert clinic.get(draft).status_code == 200
        with database.unit_of_work() as session:
            session.delete(session.get_one(CareTeamMember, place.id))
        assert clinic.get(draft).status_code == 404


class TestAmend:
    def test_it_opens_as_the_entry_reads_and_makes_a_version(
        self, clinic: FlaskClient, entry: Any, database: Database
    ) -> None:
        path = begin(clinic, f"{RECORDS}/{entry.id}/amend")
        assert dict(typed(clinic.get(path).text))["diagnostics"].strip() == "Acute bronchitis"
        answer = send(clinic, path, notes="Come again.")
        assert answer.location == f"{RECORDS}/{entry.id}"
        (record,) = entries(database)
        assert (record.diagnostics.strip(), record.notes, record.version) == ("Acute bronchitis", "Come again.", 2)

    def test_the_second_of_two_doctors_sees_both_and_brings_them_together(
        self, clinic: FlaskClient, doctor: Any, entry: Any, database: Database
    ) -> None:
        path = begin(clinic, f"{RECORDS}/{entry.id}/amend")
        values = form_values(clinic.get(path).text)
        colleague = DoctorFactory(name="Dr Lung", department=doctor.department)
        other = sign_in(database.app.test_client(), colleague.account)
        send(other, begin(other, f"{RECORDS}/{entry.id}/amend"), diagnostics="Pneumonia", misc="Allergic")
        mine = {"diagnostics": "Bronchitis", "observations": "Temperature 37.9 °C", "treatments": "Rest at home"}

        refused = clinic.post(path, data=values | mine)

        assert refused.status_code == 409
        for text in ("Dr Lung changed it at", "[removed: </span>Pneumonia<", "[added: </span>Bronchitis<"):
            assert text in refused.text
        merged = {name: text.strip() for name, text in typed(refused.text)}
        assert merged == mine | {"misc": "Allergic", "notes": ""}
        # It is there again, however the doctor comes back.
        assert begin(clinic, f"{RECORDS}/{entry.id}/amend") == path
        again = clinic.get(path)
        assert "This entry was changed meanwhile" in again.text

        answer = clinic.post(path, data=form_values(refused.text) | merged | {"diagnostics": "Pneumonia, mild"})

        assert answer.location == f"{RECORDS}/{entry.id}"
        (record,) = entries(database)
        assert (record.version, record.diagnostics, record.misc) == (3, "Pneumonia, mild", "Allergic")
        assert record.treatments == "Rest at home"

    def test_the_second_of_two_tabs_is_told(self, clinic: FlaskClient, entry: Any, database: Database) -> None:
        path = begin(clinic, f"{RECORDS}/{entry.id}/amend")
        first, second = (form_values(clinic.get(path).text) for _ in range(2))
        clinic.post(path, data=first | {"notes": "Of one tab"})

        answer = clinic.post(path, data=second | {"notes": "Of the other"})

        page = clinic.get(answer.location).text
        assert "This entry was changed meanwhile" in page
        assert "Of the other" in page
        assert "Of one tab" in page
        assert entries(database)[0].notes == "Of one tab"


class TestVoid:
    def test_it_asks_why_and_then_nobody_reads_it(
        self, clinic: FlaskClient, entry: Any, patient: Any, database: Database
    ) -> None:
        path = f"{RECORDS}/{entry.id}/void"
        assert "Enter the reason." in submit(clinic, path, reason=" ").text
        values = form_values(clinic.get(path).text) | {"reason": "Written about the wrong patient."}

        answers = [clinic.post(path, data=values) for _ in range(2)]

        assert {answer.location for answer in answers} == {f"{RECORDS}/{entry.id}/voided"}
        assert "Written about the wrong patient." in clinic.get(answers[0].location).text
        assert clinic.get(f"{RECORDS}/{entry.id}").status_code == 404
        assert clinic.get(path).location == answers[0].location
        visitor = sign_in(database.app.test_client(), patient.manager)
        assert visitor.get(f"/my/record/{entry.id}").status_code == 404
        (record,) = entries(database)
        assert record.void_reason == "Written about the wrong patient."

    def test_what_was_changed_meanwhile_is_read_first(
        self, clinic: FlaskClient, entry: Any, database: Database
    ) -> None:
        path = f"{RECORDS}/{entry.id}/void"
        page = clinic.get(path).text
        send(clinic, begin(clinic, f"{RECORDS}/{entry.id}/amend"), notes="Come again.")

        refused = clinic.post(path, data=form_values(page) | {"reason": "A slip"})

        assert refused.status_code == 409
        assert "Come again." in refused.text
        assert "A slip" in refused.text
        assert form_values(refused.text)["version"] == "2"
        assert entries(database)[0].voided_at is None
