"""What is written after visits: clinical records with their former versions, and patients' reviews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from app.demo import texts
from app.demo.diary import Visit
from app.demo.doctors import Practitioner
from app.demo.hospital import Hospital
from app.demo.patients import Enrolment
from app.demo.rows import Row, Words, chance, some, write
from app.models import (
    EMERGENCY_LASTS,
    AuditEvent,
    ClinicalRecord,
    ClinicalRecordVersion,
    EmergencyAccess,
    Review,
    ReviewHiding,
    ReviewReply,
    VisitState,
)
from app.services.audit import EMERGENCY

_RATINGS = {5: 55, 4: 28, 3: 11, 2: 4, 1: 2}
_MISC = ("", "", "", "No known allergies.", "Allergic to penicillin.", "Interpreter present.", "Came with a relative.")
_REPORTS = 24
_PLAIN_NOTES = 40
_UNVERIFIED_REVIEWS = 30
_HIDDEN_REVIEWS = 2


class _Entry(NamedTuple):
    record: Row
    former: list[Row]


def write_records(visits: list[Visit], enrolments: list[Enrolment], house: Hospital, moment: datetime) -> None:
    """Record most completed visits to doctors who can sign in; some notes without a visit; what patients reported."""
    random = chance("records")
    completed = [v for v in visits if v.state is VisitState.COMPLETED and v.doctor.person.account_id]
    entries = [_entry(random, v, house, moment) for v in completed if not v.patient.picked_for or some(random, 0.65)]
    entries += [_note(random, v, house) for v in random.sample(completed, _PLAIN_NOTES)]
    own = [enrolment for enrolment in enrolments if enrolment.is_own and enrolment.picked_for]
    entries += [_report(random, enrolment) for enrolment in (enrolments[0], *random.sample(own, _REPORTS))]
    entries.sort(key=lambda entry: entry.record["created_at"])
    keys = write(ClinicalRecord, (entry.record for entry in entries))
    write(
        ClinicalRecordVersion,
        (former | {"record_id": key} for entry, key in zip(entries, keys, strict=True) for former in entry.former),
    )
    acts = [act for entry, key in zip(entries, keys, strict=True) for act in _acts(entry, key)]
    write(AuditEvent, sorted(acts, key=lambda act: act["at"]))


def write_reviews(visits: list[Visit], moment: datetime) -> None:
    """Let patients who were seen say how it was, and a few who were not; each once a doctor."""
    random = chance("reviews")
    pairs = {(v.patient.patient_id, v.doctor.doctor_id): v for v in visits if v.patient.manager}
    seen = {
        (v.patient.patient_id, v.doctor.doctor_id): v
        for v in visits
        if v.patient.manager and v.state is VisitState.COMPLETED and v.row["ends_at"] < moment - timedelta(days=1)
    }
    unseen = [visit for key, visit in pairs.items() if key not in seen and visit.patient.picked_for]
    reviewed = [v for v in seen.values() if v.doctor.rank == 0 if not v.patient.picked_for]
    reviewed += [v for v in seen.values() if v.patient.picked_for and some(random, 0.38)]
    reviewed += random.sample(unseen, min(len(unseen), _UNVERIFIED_REVIEWS))
    words = Words(random)
    rows = [_review(random, words, visit, moment) for visit in reviewed]
    for row in [row for row in rows if row["rating"] == 1][:_HIDDEN_REVIEWS]:
        row["hidden_at"] = row["created_at"] + (moment - row["created_at"]) / 2
    rows.sort(key=lambda row: row["created_at"])
    keys = write(Review, rows)
    write(
        ReviewHiding,
        [
            {"review_id": key, "reason": texts.HIDING_REASON}
            for key, row in zip(keys, rows, strict=True)
            if row["hidden_at"]
        ],
    )
    _write_replies({(v.patient.patient_id, v.doctor.doctor_id): v for v in reviewed}, rows, keys, moment)


def _write_replies(reviewed: dict[tuple[int, int], Visit], rows: list[Row], keys: list[int], moment: datetime) -> None:
    """Let the known doctor reply to some reviews, and whomever the known patient has reviewed to hers."""
    random = chance("replies")
    replies = []
    for key, row in zip(keys, rows, strict=True):
        visit = reviewed[row["patient_id"], row["doctor_id"]]
        is_told = not visit.patient.picked_for or (visit.doctor.is_demo_doctor and some(random, 0.4))
        at = row["created_at"] + timedelta(hours=random.randint(2, 40))
        if is_told and at < moment:
            answers = Review(rating=row["rating"], body=row["body"]).fingerprint
            reply = {"review_id": key, "body": random.choice(texts.REPLIES[row["rating"]]), "answers": answers}
            replies.append(reply | {"version": 1, "created_at": at, "updated_at": at})
    write(ReviewReply, replies)


def write_emergency(patient: Enrolment, doctor: Practitioner, moment: datetime) -> None:
    """Twelve nights ago the known patient came by ambulance: somebody who does not treat her opened her record."""
    at = moment - timedelta(days=12, hours=3)
    access = {"doctor_id": doctor.doctor_id, "patient_id": patient.patient_id, "reason": texts.EMERGENCY_REASON}
    (key,) = write(EmergencyAccess, [access | {"opened_at": at, "ends_at": at + EMERGENCY_LASTS}])
    act = {"account_id": doctor.person.account_id, "patient_id": patient.patient_id, "origin": ""}
    opened = {"at": at, "action": "emergency.opened", "object_type": EmergencyAccess.__tablename__, "object_id": key}
    looked = {"at": at + timedelta(minutes=1), "action": "records.listed", "object_type": "", "object_id": None}
    flag = {EMERGENCY: [patient.patient_id]}
    write(AuditEvent, [act | opened | {"details": {}}, act | looked | {"details": flag}])


def _entry(random: Random, visit: Visit, house: Hospital, moment: datetime) -> _Entry:
    """The record of a visit; where time has passed, some are completed with results, and some were corrected before."""
    case, account_id = visit.case, visit.doctor.person.account_id
    created_at = min(visit.row["ends_at"] + timedelta(minutes=random.randint(1, 40)), moment)
    content = {
        "diagnostics": case.diagnostics,
        "observations": case.observations,
        "treatments": case.treatments,
        "misc": random.choice(_MISC),
        "notes": case.notes,
    }
    former: list[Row] = []
    updated_at = created_at
    result_at = created_at + timedelta(days=random.randint(3, 25), minutes=random.randrange(400))
    corrected_at = created_at + timedelta(minutes=random.randint(5, 90))
    is_told, is_corrected = some(random, 0.25) or not visit.patient.picked_for, some(random, 0.08)
    if is_corrected and corrected_at < moment:
        former.append(content | {"notes": "", "replaced_at": corrected_at})
        updated_at = corrected_at
    if is_told and result_at < moment:
        former.append(content | {"replaced_at": result_at})
        content["notes"] = f"{case.notes} {case.result}"
        updated_at = result_at
    for version, row in enumerate(former, start=1):
        row |= {"version": version, "written_by_id": account_id}
    record = _record(visit, house) | content
    record |= {"appointment_id": visit.appointment_id, "version": len(former) + 1}
    return _Entry(record | {"created_at": created_at, "updated_at": updated_at}, former)


def _acts(entry: _Entry, key: int) -> Iterator[Row]:
    """What the audit trail tells of an entry: by whom it was written, read again and changed."""
    record = entry.record
    act = {
        "account_id": record["written_by_id"],
        "object_type": ClinicalRecord.__tablename__,
        "object_id": key,
        "patient_id": record["patient_id"],
        "details": {},
        "origin": "192.0.2.10",
    }
    first = "record.reported" if record["reported_by_patient"] else "record.opened"
    yield act | {"action": first, "at": record["created_at"]}
    for former in entry.former:
        yield act | {"action": "record.read", "at": former["replaced_at"] - timedelta(minutes=3)}
        yield act | {"action": "record.changed", "at": former["replaced_at"]}


def _note(random: Random, visit: Visit, house: Hospital) -> _Entry:
    """A short note by the doctor of a visit, made some hours before it, and not part of it."""
    at = visit.row["starts_at"] - timedelta(hours=random.randint(20, 90))
    notes = random.choice(texts.DOCTOR_NOTES)
    return _Entry(_record(visit, house) | {"notes": notes, "created_at": at, "updated_at": at}, [])


def _report(random: Random, enrolment: Enrolment) -> _Entry:
    """What somebody told about themselves at registration."""
    diagnostics, treatments = random.choice(texts.PATIENT_REPORTED)
    told = {"diagnostics": diagnostics, "treatments": treatments, "reported_by_patient": True}
    told["written_by_id"] = enrolment.person.account_id
    at = enrolment.person.joined
    return _Entry(_BLANK | told | {"patient_id": enrolment.patient_id, "created_at": at, "updated_at": at}, [])


_BLANK: Row = {
    "author_id": None,
    "department_id": None,
    "appointment_id": None,
    "reported_by_patient": False,
    "version": 1,
    "written_by_id": None,
    "diagnostics": "",
    "observations": "",
    "treatments": "",
    "misc": "",
    "notes": "",
    "voided_at": None,
    "voided_by_id": None,
    "void_reason": "",
}


def _record(visit: Visit, house: Hospital) -> Row:
    return _BLANK | {
        "patient_id": visit.patient.patient_id,
        "author_id": visit.doctor.doctor_id,
        "written_by_id": visit.doctor.person.account_id,
        "department_id": house.departments[visit.doctor.department.name],
    }


def _review(random: Random, words: Words, visit: Visit, moment: datetime) -> Row:
    rating = random.choices(list(_RATINGS), list(_RATINGS.values()))[0] if visit.patient.picked_for else 5
    since = min(visit.row["ends_at"], moment - timedelta(days=1))
    created_at = since + min(timedelta(hours=random.randint(3, 200)), moment - since) * random.random()
    doctor_id = visit.doctor.doctor_id
    opening = words.next(doctor_id, texts.REVIEW_OPENINGS[rating])
    body = f"{opening} {words.next(doctor_id, texts.REVIEW_DETAILS[rating])}".strip()
    return {
        "patient_id": visit.patient.patient_id,
        "doctor_id": doctor_id,
        "rating": rating,
        "body": body,
        "created_at": created_at,
        "updated_at": created_at,
        "hidden_at": None,
    }
