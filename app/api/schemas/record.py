"""Clinical records on the wire (contract, section 8; documents 000, 002 and 004)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api.paging import PageQuery
from app.api.schemas.doctor import DepartmentRefOut
from app.api.schemas.fields import LONGEST_SEARCH, Entry, Incoming, Moment, Text, WholeNumber
from app.models import ClinicalRecord
from app.services.records import LONGEST_TEXT, TEXTS, Line


class _TextsIn(Incoming):
    """The five texts."""

    diagnostics = Text(longest=LONGEST_TEXT)
    observations = Text(longest=LONGEST_TEXT)
    treatments = Text(longest=LONGEST_TEXT)
    misc = Text(longest=LONGEST_TEXT)
    notes = Text(longest=LONGEST_TEXT)


class RecordIn(_TextsIn):
    """A new record."""

    patient_id = WholeNumber(data_key="patient", required=True, metadata={"description": "Id of any patient."})
    appointment_id = WholeNumber(
        data_key="appointment",
        allow_none=True,
        metadata={"description": "Id of a visit of that patient, one that the caller sees."},
    )


class RecordChangeIn(_TextsIn):
    """What is changed; what is not sent is kept."""

    patient_id = WholeNumber(data_key="patient", metadata={"description": "Cannot be changed."})
    appointment_id = WholeNumber(
        data_key="appointment", allow_none=True, metadata={"description": "Cannot be changed."}
    )
    version = WholeNumber(
        metadata={"description": "The version that was read: where another is there by now, nothing is changed (409)."}
    )


class RecordQuery(PageQuery):
    """Filters of the list; they never widen what the caller may see."""

    patient_id = WholeNumber(data_key="patient", metadata={"description": "Id of a patient."})
    department = Entry(metadata={"description": "Id or name of a department."})
    search = Text(
        longest=LONGEST_SEARCH, metadata={"description": "Words, each of which begins a word in one of the texts."}
    )


class RecordOut(Schema):
    """One clinical record."""

    id = WholeNumber(required=True)
    patient = WholeNumber(required=True)
    patient_name = fields.String(required=True)
    doctor = WholeNumber(
        required=True, allow_none=True, metadata={"description": "Who opened it; null where the patient reported it."}
    )
    department = fields.Nested(DepartmentRefOut, required=True, allow_none=True)
    appointment = WholeNumber(required=True, allow_none=True)
    diagnostics = fields.String(required=True)
    observations = fields.String(required=True)
    treatments = fields.String(required=True)
    misc = fields.String(required=True)
    notes = fields.String(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    version = WholeNumber(required=True, metadata={"description": "From 1, one more with every change."})


def record(row: ClinicalRecord) -> dict[str, Any]:
    """A record, its patient and department loaded, as RecordOut."""
    return _told(row, row.patient.name, row.department.name if row.department else None)


def line(row: Line) -> dict[str, Any]:
    """A line of a list as RecordOut."""
    return _told(row, row.patient_name, row.department_name)


def _told(row: ClinicalRecord | Line, patient_name: str, department_name: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "patient": row.patient_id,
        "patient_name": patient_name,
        "doctor": row.author_id,
        "department": None if row.department_id is None else {"id": row.department_id, "name": department_name},
        "appointment": row.appointment_id,
        **{name: getattr(row, name) for name in TEXTS},
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "version": row.version,
    }
