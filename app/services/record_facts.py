"""What a patient's record says, as plain facts: pages, PDF files and downloads show the same ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import aliased, joinedload

from app import policy
from app.extensions import db
from app.models import (
    Account,
    Appointment,
    CareTeamMember,
    ClinicalRecord,
    ClinicalRecordVersion,
    Department,
    Doctor,
    Patient,
    Review,
    VisitKind,
    VisitState,
)
from app.policy import Actor
from app.services.appointments import WITH_PEOPLE
from app.services.calendar_files import calendar_file
from app.services.records import TEXTS
from app.services.text_differences import Piece, difference

SECTIONS: Mapping[str, str] = {
    "diagnostics": "Diagnosis",
    "observations": "Observations",
    "treatments": "Treatment",
    "misc": "Other",
    "notes": "Notes",
}
"""The five texts of an entry, as patients read their names."""

NOBODY = "The hospital"
"""Whose words an entry has that no account has written."""


@dataclass(frozen=True, slots=True)
class Version:
    """An entry as it read from `written_at` on; `changed` are the texts that differ from the version before."""

    number: int
    texts: Mapping[str, str]
    written_by: str
    written_at: datetime
    changed: tuple[str, ...]

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The titles and texts that say something."""
        return [(title, self.texts[name]) for name, title in SECTIONS.items() if self.texts[name].strip()]

    @property
    def what_changed(self) -> str:
        """The titles of the texts that differ: `Treatment, Notes`."""
        return ", ".join(SECTIONS[name] for name in self.changed)


class SectionChange(NamedTuple):
    """How one of the five texts reads with what was taken away and added."""

    title: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class VisitOf:
    """The visit that an entry belongs to."""

    id: int
    starts_at: datetime
    doctor: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with all its versions, the present one first. Without an author, the patient reported it."""

    id: int
    patient_id: int
    patient: str
    author: str | None
    department: str | None
    visit: VisitOf | None
    reported_by_patient: bool
    created_at: datetime
    versions: Sequence[Version]

    @property
    def present(self) -> Version:
        """How the entry reads now."""
        return self.versions[0]

    @property
    def title(self) -> str:
        """What stands above the entry, without anything clinical."""
        return f"Entry by {self.author}" if self.author else "Entry"


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit, with its people and its place."""

    id: int
    patient_id: int
    patient: str
    doctor: str
    department: str
    location: str
    starts_at: datetime
    ends_at: datetime
    kind: VisitKind
    state: VisitState
    symptoms: str
    cancel_reason: str

    @classmethod
    def of(cls, row: Appointment) -> Visit:
        """The facts of a row that was loaded with its people."""
        department = row.doctor.department
        return cls(
            id=row.id,
            patient_id=row.patient_id,
            patient=row.patient.name,
            doctor=row.doctor.name,
            department=department.name if department else "",
            location=department.location if department else "",
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            kind=row.kind,
            state=row.state,
            symptoms=row.symptoms,
            cancel_reason=row.cancel_reason,
        )


@dataclass(frozen=True, slots=True)
class Person:
    """The patient."""

    id: int
    name: str
    date_of_birth: date | None
    phone: str
    address: str
    insurance_number: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the patient said of a doctor."""

    doctor: str
    rating: int
    body: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class CareTeamPlace:
    """A doctor whom the patient's side lets treat the patient."""

    doctor: str
    department: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Outline:
    """All that the hospital keeps of a patient but the entries, of which it has the keys, the newest first.

    `calendar` are the visits as an iCalendar file.
    """

    person: Person
    visits: Sequence[Visit]
    calendar: bytes
    reviews: Sequence[Opinion]
    care_team: Sequence[CareTeamPlace]
    entry_ids: Sequence[int]


def mine(actor: Actor) -> ColumnElement[bool]:
    """The entries of the patients whom the actor acts for, whatever else the actor may read as a doctor or an admin."""
    return and_(policy.may_see(actor, ClinicalRecord), ClinicalRecord.patient_id.in_(policy.managed_patients(actor)))


def entries(readable: ColumnElement[bool], *conditions: ColumnElement[bool]) -> list[Entry]:
    """The entries that fit, the newest first: three statements for any number. `readable` says who may read which.

    It does not note that they were read: whoever shows them does.
    """
    visiting = aliased(Doctor)
    query = (
        select(ClinicalRecord, Patient.name, Doctor.name, Department.name, Appointment, visiting.name)
        .join(Patient, Patient.id == ClinicalRecord.patient_id)
        .outerjoin(Doctor, Doctor.id == ClinicalRecord.author_id)
        .outerjoin(Department, Department.id == ClinicalRecord.department_id)
        .outerjoin(Appointment, and_(Appointment.id == ClinicalRecord.appointment_id, Appointment.removed_at.is_(None)))
        .outerjoin(visiting, visiting.id == Appointment.doctor_id)
        .where(readable, *conditions)
        .order_by(ClinicalRecord.created_at.desc(), ClinicalRecord.id.desc())
    )
    rows = db.session.execute(query).all()
    if not rows:
        return []
    former = _former_versions([row[0].id for row in rows])
    names = _names(
        {row[0].written_by_id for row in rows} | {one.written_by_id for all_ in former.values() for one in all_}
    )
    return [_entry(row, former[row[0].id], names) for row in rows]


def changes(before: Version, after: Version) -> list[SectionChange]:
    """What differs between two versions, text by text; those that are the same are left out."""
    return [
        SectionChange(title, difference(before.texts[name], after.texts[name]))
        for name, title in SECTIONS.items()
        if before.texts[name] != after.texts[name]
    ]


def _former_versions(record_ids: Collection[int]) -> Mapping[int, list[ClinicalRecordVersion]]:
    query = select(ClinicalRecordVersion).where(ClinicalRecordVersion.record_id.in_(record_ids))
    found: dict[int, list[ClinicalRecordVersion]] = defaultdict(list)
    for version in db.session.scalars(query.order_by(ClinicalRecordVersion.record_id, ClinicalRecordVersion.version)):
        found[version.record_id].append(version)
    return found


def _names(account_ids: Collection[int | None]) -> Mapping[int | None, str]:
    """Who stands behind accounts: the doctor, or the account's own name."""
    query = (
        select(Account, Doctor.name)
        .outerjoin(Doctor, Doctor.account_id == Account.id)
        .where(Account.id.in_([key for key in account_ids if key is not None]))
    )
    return {account.id: doctor or account.display_name for account, doctor in db.session.execute(query)}


def _entry(row: Any, former: Sequence[ClinicalRecordVersion], names: Mapping[int | None, str]) -> Entry:
    record, patient, author, department, visit, visit_doctor = row
    versions: list[Version] = []
    written_at: datetime = record.created_at
    before: dict[str, str] | None = None
    for number, one in enumerate((*former, record), start=1):
        texts = {name: getattr(one, name) for name in TEXTS}
        changed = () if before is None else tuple(name for name in TEXTS if texts[name] != before[name])
        versions.append(Version(number, texts, names.get(one.written_by_id, NOBODY), written_at, changed))
        before, written_at = texts, getattr(one, "replaced_at", written_at)
    return Entry(
        id=record.id,
        patient_id=record.patient_id,
        patient=patient,
        author=author,
        department=department,
        visit=None if visit is None else VisitOf(visit.id, visit.starts_at, visit_doctor),
        reported_by_patient=record.reported_by_patient,
        created_at=record.created_at,
        versions=versions[::-1],
    )


def outline(actor: Actor, patient: Patient) -> Outline:
    """What stands around the entries of a patient whom the actor acts for: four statements."""
    visits = policy.visible(actor, Appointment).where(
        Appointment.patient_id == patient.id, Appointment.state != VisitState.HELD
    )
    rows = db.session.scalars(visits.order_by(Appointment.starts_at.desc(), Appointment.id).options(*WITH_PEOPLE)).all()
    # The patient's own words, also those that the hospital has hidden from others.
    reviews = db.session.scalars(
        select(Review).where(Review.patient_id == patient.id).order_by(Review.id).options(joinedload(Review.doctor))
    )
    team = db.session.scalars(
        policy.visible(actor, CareTeamMember)
        .where(CareTeamMember.patient_id == patient.id)
        .order_by(CareTeamMember.id)
        .options(joinedload(CareTeamMember.doctor).joinedload(Doctor.department))
    )
    keys = select(ClinicalRecord.id).where(mine(actor), ClinicalRecord.patient_id == patient.id)
    return Outline(
        person=Person(
            patient.id,
            patient.name,
            patient.date_of_birth,
            patient.phone,
            patient.address,
            patient.insurance_number,
        ),
        visits=[Visit.of(row) for row in rows],
        calendar=calendar_file(rows),
        reviews=[Opinion(row.doctor.name, row.rating, row.body, row.created_at) for row in reviews],
        care_team=[
            CareTeamPlace(row.doctor.name, row.doctor.department.name if row.doctor.department else "", row.created_at)
            for row in team
        ],
        entry_ids=db.session.scalars(keys.order_by(ClinicalRecord.created_at.desc(), ClinicalRecord.id.desc())).all(),
    )
