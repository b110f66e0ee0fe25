"""One small hospital in which every actor of the permission matrix meets the same objects."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app import models
from app.clock import now
from app.extensions import db
from app.policy import Actor
from app.services import account_links, calendar_feeds
from app.services.account_links import Purpose
from tests import factories
from tests.architecture.permissions import ACTORS
from tests.support import databases
from tests.support.clients import api, sign_in
from tests.support.databases import Database


@dataclass(kw_only=True)
class Scene:
    """The objects, by the names that routes give their ids, and the accounts that act."""

    department: models.Department
    unused_department: models.Department
    designation: models.Designation
    specialisation: models.Specialisation
    available_time: models.AvailableTime
    service: models.Service
    contact: models.ContactMessage
    patient: models.Patient
    relative: models.Patient
    opened_patient: models.Patient
    access: models.EmergencyAccess
    doctor: models.Doctor
    pending_doctor: models.Doctor
    appointment: models.Appointment
    waiting_request: models.Appointment
    step: models.VisitStep
    record: models.ClinicalRecord
    amended_record: models.ClinicalRecord
    voided_record: models.ClinicalRecord
    note: str
    change: str
    export: models.RecordExport
    batch: models.ImportBatch
    refused_batch: models.ImportBatch
    running_batch: models.ImportBatch
    imported_batch: models.ImportBatch
    review: models.Review
    reply: models.ReviewReply
    hidden_review: models.Review
    mapping: models.CareTeamMember
    session: models.Session
    message: models.Message
    entry: models.WaitingEntry
    offer: models.WaitingOffer
    hours: models.WeeklyHours
    time_off: models.TimeOff
    closure: models.TimeOff
    draft: str
    password_link: str
    email_link: str
    calendar_token: str
    accounts: dict[str, models.Account | None]

    @property
    def free_time(self) -> str:
        """A time at which the doctor is free, as the JSON face and the pages' links write it."""
        return factories.coming_weekday(days=9).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def profile(self) -> models.Profile:
        """The patient's account's profile."""
        return self.account.profile

    @property
    def account(self) -> models.Account:
        """The patient's account."""
        account = self.accounts["patient"]
        assert account is not None
        return account


def mailed(purpose: Purpose, account: models.Account) -> str:
    """The end of a link as a mail brings it."""
    with databases.arranging().unit_of_work():
        return account_links.token(purpose, account)


def feed_of(patient: models.Patient) -> str:
    """The secret part of the address of a calendar feed."""
    with databases.arranging().unit_of_work():
        reader = Actor(account_id=patient.manager_id)
        calendar_feeds.turn_on(reader)
        return calendar_feeds.token(reader) or ""


def change_of(entry: models.ClinicalRecord, doctor: models.Doctor) -> str:
    """The draft of a change to an entry's first version, which has been replaced meanwhile."""
    factories.ClinicalRecordVersionFactory(record=entry)
    draft = factories.NoteDraftFactory(
        patient=entry.patient, doctor=doctor, record_id=entry.id, based_on=1, kept_at=now(), diagnostics="Croup"
    )
    return draft.public_id


def imported_batch() -> models.ImportBatch:
    """A file whose row was imported by who had brought it in."""
    former_admin = factories.AccountFactory()
    done = {"state": models.ImportState.DONE, "ended_at": now(), "expires_at": None}
    return factories.ImportBatchFactory(account=former_admin, imported_by_id=former_admin.id, **done)


def build_scene() -> Scene:
    """Write the scene into the running test's database."""
    department = factories.DepartmentFactory()
    doctor = factories.DoctorFactory(department=department, hours=True)
    patient = factories.PatientFactory()
    stranger = factories.PatientFactory()
    outsider = factories.DoctorFactory(hours=True)
    pending = factories.DoctorFactory(pending=True)
    invited = factories.AccountFactory(password_hash=None)
    entry = factories.WaitingEntryFactory(patient=patient)
    appointment = factories.AppointmentFactory(patient=patient, doctor=doctor)
    review = factories.ReviewFactory(patient=patient, doctor=doctor)
    amended = factories.ClinicalRecordFactory(patient=patient, author=doctor, version=2)
    moving = factories.AccountFactory(pending_email="another@example.org")
    return Scene(
        department=department,
        unused_department=factories.DepartmentFactory(),
        designation=factories.DesignationFactory(),
        specialisation=factories.SpecialisationFactory(),
        available_time=factories.AvailableTimeFactory(),
        service=factories.ServiceFactory(),
        contact=factories.ContactMessageFactory(),
        patient=patient,
        relative=factories.PatientFactory(manager=patient.manager, is_own=False),
        opened_patient=factories.EmergencyAccessFactory(doctor=outsider, patient=stranger).patient,
        access=factories.EmergencyAccessFactory(doctor=doctor, patient=stranger, opened_at=now() - timedelta(hours=2)),
        doctor=doctor,
        pending_doctor=pending,
        appointment=appointment,
        step=factories.VisitStepFactory(appointment=appointment),
        waiting_request=factories.AppointmentFactory(
            patient=patient,
            doctor=doctor,
            state=models.VisitState.PENDING,
            starts_at=factories.coming_weekday(hour=15),
        ),
        record=factories.ClinicalRecordFactory(patient=patient, author=doctor),
        amended_record=amended,
        voided_record=factories.ClinicalRecordFactory(
            patient=patient, author=doctor, voided_at=now(), voided_by_id=doctor.account_id, void_reason="Twice"
        ),
        note=factories.NoteDraftFactory(patient=patient, doctor=doctor).public_id,
        change=change_of(amended, doctor),
        export=factories.RecordExportFactory(patient=patient),
        batch=factories.ImportBatchFactory(),
        refused_batch=factories.ImportBatchFactory(total=3, refused=1, file_name="more patients.xlsx"),
        running_batch=factories.ImportBatchFactory(
            state=models.ImportState.CHECKING, total=9000, done=4500, lease_until=now() + timedelta(days=1)
        ),
        imported_batch=imported_batch(),
        review=review,
        reply=factories.ReviewReplyFactory(review=review),
        hidden_review=factories.ReviewHidingFactory(review__patient=stranger, review__doctor=outsider).review,
        mapping=factories.CareTeamMemberFactory(patient=patient, doctor=doctor),
        session=factories.SessionFactory(account=patient.manager),
        message=factories.MessageFactory(state=models.MessageState.FAILED, error="ConnectionRefusedError"),
        entry=entry,
        offer=factories.WaitingOfferFactory(entry=entry, held__starts_at=factories.coming_weekday(hour=12)),
        hours=factories.WeeklyHoursFactory(doctor=doctor, starts=time(17), ends=time(18)),
        closure=factories.TimeOffFactory(starts_at=factories.coming_weekday(days=40, hour=0)),
        time_off=factories.TimeOffFactory(doctor_id=doctor.id, starts_at=factories.coming_weekday(days=40, hour=0)),
        draft=factories.BookingDraftFactory(
            patient=patient, doctor=doctor, starts_at=factories.coming_weekday(hour=14)
        ).public_id,
        password_link=mailed(Purpose.SET_PASSWORD, invited),
        email_link=mailed(Purpose.CONFIRM_EMAIL, moving),
        calendar_token=feed_of(patient),
        accounts={
            "anonymous": None,
            "patient": patient.manager,
            "stranger": stranger.manager,
            "doctor": doctor.account,
            "outsider": outsider.account,
            "pending": pending.account,
            "admin": factories.AccountFactory(is_admin=True),
        },
    )


class Stage:
    """The scene as it was, again and again: its SQLite file is put back before each act."""

    def __init__(self, app: Flask, file: Path) -> None:
        self.app = app
        self.file = file
        self.untouched = file.with_name("untouched.sqlite3")
        with Database(app):
            self.scene = build_scene()
        self._tokens = {name: api(app.test_client(), account).token for name, account in self._signed_in()}
        self._cookies: dict[str, list[Any]] = {}
        self._has_pages = "account.sign_in" in app.view_functions
        if self._has_pages:
            for name, account in self._signed_in():
                client = sign_in(app.test_client(), account)
                self._cookies[name] = list(client._cookies.values())
        self._close()
        shutil.copyfile(file, self.untouched)

    def restore(self) -> None:
        """Undo whatever the last act changed."""
        self._close()
        for suffix in ("-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.untouched, self.file)

    def browser(self, actor: str) -> FlaskClient:
        """An actor's browser, signed in."""
        client = self.app.test_client()
        for cookie in self._cookies.get(actor, []):
            client.set_cookie(cookie.key, cookie.value, domain=cookie.domain, path=cookie.path)
        return client

    def headers(self, actor: str) -> dict[str, str]:
        """An actor's bearer token."""
        token = self._tokens.get(actor)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _signed_in(self) -> list[tuple[str, models.Account]]:
        found = [(name, self.scene.accounts[name]) for name in ACTORS]
        return [(name, account) for name, account in found if account is not None]

    def _close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
