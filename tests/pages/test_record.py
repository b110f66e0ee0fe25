"""My record on the pages: the list, one entry and its versions, files, who opened it, downloading all."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import local_today, now
from app.jobs import exports
from app.models import AuditEvent, ExportState, RecordExport
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    ClinicalRecordFactory,
    ClinicalRecordVersionFactory,
    DoctorFactory,
    PatientFactory,
    RecordExportFactory,
)
from tests.support.clients import PASSWORD, form_values, sign_in, submit
from tests.support.databases import Database

RECORD, DOWNLOAD, READERS = "/my/record", "/my/record/download", "/my/record/readers"


@pytest.fixture
def child(patient: Any) -> Any:
    """Somebody else for whom the visitor acts."""
    return PatientFactory(name="Yusuf Hassan", manager=patient.manager, is_own=False)


@pytest.fixture
def today(database: Database) -> str:
    """The hospital's date, ISO 8601."""
    with database.unit_of_work():
        return local_today().isoformat()


def actions(database: Database) -> list[str]:
    with database.unit_of_work() as session:
        acts = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    return [act for act in acts if not act.startswith("session.")]


class TestList:
    def test_it_shows_where_an_entry_comes_from_and_leads_on(
        self, visitor: FlaskClient, patient: Any, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor)
        entry = ClinicalRecordFactory(patient=patient, author=doctor, appointment_id=visit.id)
        ClinicalRecordFactory(patient=patient, author=None, reported_by_patient=True, diagnostics="Asthma")
        ClinicalRecordFactory(diagnostics="Somebody else's")

        page = visitor.get(RECORD).text

        for text in ("2 entries", "Dr Hart", "Acute bronchitis", "Asthma", "Reported by the patient"):
            assert text in page
        for path in (f"/my/record/{entry.id}", f"/my/appointments/{visit.id}"):
            assert f'href="{path}"' in page
        assert "Somebody else" not in page
        assert "Whose record" not in page
        assert actions(database) == ["records.listed"]

    def test_it_can_be_narrowed_and_the_address_keeps_it(
        self, visitor: FlaskClient, patient: Any, child: Any, today: str
    ) -> None:
        ClinicalRecordFactory(patient=patient, diagnostics="Eczema")
        ClinicalRecordFactory(patient=child, diagnostics="Cough", created_at=now() - timedelta(days=30))

        page = ""
        for query, shown in (
            (f"patient={child.id}", {"Cough"}),
            ("q=eczema", {"Eczema"}),
            (f"since={today}", {"Eczema"}),
            (f"until={today}", {"Eczema", "Cough"}),
            ("since=nonsense", {"Eczema", "Cough"}),
            ("q=nothing+like+it", set()),
        ):
            page = visitor.get(f"{RECORD}?{query}").text
            assert {name for name in ("Eczema", "Cough") if f">{name}</p>" in page} == shown
        assert "No entries found" in page
        assert 'value="nothing like it"' in page

    def test_htmx_gets_the_results_alone(self, visitor: FlaskClient) -> None:
        part = visitor.get(RECORD, headers={"HX-Request": "true", "HX-Target": "div#results"}).text
        assert part.strip().startswith('<div id="results">')

    def test_an_empty_one_says_what_will_be_here(self, visitor: FlaskClient) -> None:
        assert "No entries yet" in visitor.get(RECORD).text

    def test_many_have_pages(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        doctor = DoctorFactory()
        with database.unit_of_work():
            for number in range(21):
                created_at = now() - timedelta(days=number)
                ClinicalRecordFactory(patient=patient, author=doctor, created_at=created_at)
        assert "<strong>21 to 21</strong> of 21 entries" in visitor.get(f"{RECORD}?page=2").text
        assert visitor.get(f"{RECORD}?page=3").status_code == 404

    @pytest.mark.parametrize("query", ["patient=x", "patient=987654"])
    def test_nobody_elses_is_there(self, visitor: FlaskClient, query: str) -> None:
        assert visitor.get(f"{RECORD}?{query}").status_code == 404


class TestEntry:
    def test_it_leaves_out_what_is_empty_and_shows_every_version(
        self, visitor: FlaskClient, patient: Any, doctor: Any
    ) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor)
        record = ClinicalRecordFactory(
            patient=patient, author=doctor, appointment_id=visit.id, version=2, notes="One\nTwo", treatments=" "
        )
        ClinicalRecordVersionFactory(record=record)

        page = visitor.get(f"{RECORD}/{record.id}").text

        for text in ("Diagnosis", "Acute bronchitis", "One\nTwo", "Dr Hart", "Changed: Diagnosis, Observations"):
            assert text in page
        assert "Treatment</h2>" not in page
        assert f'href="/my/appointments/{visit.id}"' in page

        former = visitor.get(f"{RECORD}/{record.id}/versions/1").text
        assert "It has been replaced." in former
        assert '<p class="portal-as-typed">Cough</p>' in former
        assert "Acute bronchitis" not in former
        assert visitor.get(f"{RECORD}/{record.id}/versions/3").status_code == 404

    def test_one_without_text_says_so(self, visitor: FlaskClient, patient: Any) -> None:
        texts = dict.fromkeys(("diagnostics", "observations", "treatments"), "")
        record = ClinicalRecordFactory(patient=patient, **texts)
        assert "This entry has no text." in visitor.get(f"{RECORD}/{record.id}").text


class TestFiles:
    def test_an_entry_and_a_visit_can_be_kept(
        self, visitor: FlaskClient, patient: Any, database: Database, today: str
    ) -> None:
        visit = AppointmentFactory(patient=patient)
        record = ClinicalRecordFactory(patient=patient, appointment_id=visit.id)
        page = visitor.get(f"/my/appointments/{visit.id}").text
        assert f'href="/my/appointments/{visit.id}/visit.pdf"' in page

        entry = visitor.get(f"{RECORD}/{record.id}/entry.pdf")
        about_visit = visitor.get(f"/my/appointments/{visit.id}/visit.pdf")

        assert entry.headers["Content-Disposition"] == f'attachment; filename="entry-{today}.pdf"'
        assert about_visit.headers["Content-Disposition"].startswith('attachment; filename="appointment-2')
        for answer in (entry, about_visit):
            assert (answer.content_type, answer.data[:5]) == ("application/pdf", b"%PDF-")
            assert answer.headers["Cache-Control"] == "no-store"
        assert actions(database) == ["record.saved", "visit.saved"]


class TestReaders:
    def test_others_stand_apart_from_oneself(self, visitor: FlaskClient, patient: Any) -> None:
        record = ClinicalRecordFactory(patient=patient)
        assert "Nobody else has opened it" in visitor.get(READERS).text
        assert "You have not opened it yet" in visitor.get(f"{READERS}?show=own").text
        visitor.get(f"{RECORD}/{record.id}")

        own = visitor.get(f"{READERS}?show=own").text

        assert "Opened an entry" in own
        assert f'href="/my/record/{record.id}"' in own
        assert "Nobody else has opened it" in visitor.get(READERS).text

    def test_whose_can_be_chosen(self, visitor: FlaskClient, patient: Any, child: Any, database: Database) -> None:
        with database.unit_of_work() as session:
            session.add(
                AuditEvent(
                    action="record.read", account_id=DoctorFactory(name="Dr Lung").account_id, patient_id=child.id
                )
            )
        assert "Dr Lung" in visitor.get(f"{READERS}?patient={child.id}").text
        assert "Dr Lung" not in visitor.get(READERS).text
        for other in ("x", PatientFactory().id):
            assert visitor.get(f"{READERS}?patient={other}").status_code == 404

    def test_who_acts_for_nobody_has_an_empty_page(self, client: FlaskClient, database: Database) -> None:
        visitor = sign_in(client, AccountFactory())
        assert "Nobody else has opened it" in visitor.get(READERS).text
        assert "There is no record to download" in visitor.get(DOWNLOAD).text


class TestDownload:
    def test_it_is_asked_for_made_and_fetched(
        self, visitor: FlaskClient, patient: Any, database: Database, today: str
    ) -> None:
        answer = submit(visitor, DOWNLOAD, current_password=PASSWORD)
        assert (answer.status_code, answer.location) == (303, f"{DOWNLOAD}?patient={patient.id}")
        page = visitor.get(answer.location).text
        assert "We are making the file" in page
        assert 'hx-trigger="every 2s"' in page
        assert form_values(page).keys() <= {"csrf_token", "q"}

        with database.unit_of_work() as session:
            key = session.scalars(select(RecordExport.id)).one()
        with database.app.app_context():
            exports.make(key)

        part = visitor.get(answer.location, headers={"HX-Request": "true", "HX-Target": "div#progress"}).text
        assert part.strip().startswith('<div id="progress" >')
        assert "hx-trigger" not in part
        assert f'href="{DOWNLOAD}/{key}/record.zip"' in part
        assert "Amira Hassan is ready" in visitor.get(DOWNLOAD).text
        file = visitor.get(f"{DOWNLOAD}/{key}/record.zip")
        assert file.headers["Content-Disposition"] == f'attachment; filename="record-{today}.zip"'
        assert zipfile.ZipFile(io.BytesIO(file.data)).testzip() is None
        assert actions(database) == ["record.export_asked", "record.downloaded"]

    def test_a_second_tab_gets_the_same_one(self, visitor: FlaskClient, database: Database) -> None:
        values = form_values(visitor.get(DOWNLOAD).text) | {"current_password": PASSWORD}
        for _ in range(2):
            assert visitor.post(DOWNLOAD, data=values).status_code == 303
        with database.unit_of_work() as session:
            assert len(session.scalars(select(RecordExport.id)).all()) == 1

    def test_a_wrong_password_is_told_and_the_choice_kept(
        self, visitor: FlaskClient, patient: Any, child: Any, database: Database
    ) -> None:
        page = submit(visitor, DOWNLOAD, patient=child.id, current_password="wrong")
        assert page.status_code == 400
        assert '<a href="#current_password">This is not your present password. Enter it again.</a>' in page.text
        assert f'value="{child.id}" selected' in page.text
        assert "Enter your password." in submit(visitor, DOWNLOAD, patient=child.id).text
        with database.unit_of_work() as session:
            assert session.scalars(select(RecordExport.id)).all() == []

    def test_a_failed_one_can_be_repeated(self, visitor: FlaskClient, patient: Any) -> None:
        RecordExportFactory(patient=patient, state=ExportState.FAILED, content=None)
        assert "The file could not be made" in visitor.get(DOWNLOAD).text
        assert submit(visitor, DOWNLOAD, current_password=PASSWORD).status_code == 303

    def test_the_last_one_is_shown_first(self, visitor: FlaskClient, patient: Any, child: Any) -> None:
        RecordExportFactory(patient=child)
        assert "The record of Yusuf Hassan is ready." in visitor.get(DOWNLOAD).text
        assert "is ready." not in visitor.get(f"{DOWNLOAD}?patient={patient.id}").text

    def test_nobody_elses_is_there(self, visitor: FlaskClient) -> None:
        theirs = RecordExportFactory()
        assert visitor.get(f"{DOWNLOAD}/{theirs.id}/record.zip").status_code == 404
        assert visitor.get(f"{DOWNLOAD}?patient={theirs.patient_id}").status_code == 404
        assert submit(visitor, DOWNLOAD, patient=theirs.patient_id, current_password=PASSWORD).status_code == 404
