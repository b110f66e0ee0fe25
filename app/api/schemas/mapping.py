"""Mappings of patients to doctors on the wire (contract, section 11; document 003)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api.schemas.fields import Incoming, Moment, WholeNumber
from app.models import CareTeamMember


class MappingIn(Incoming):
    """Who shall treat whom."""

    patient_id = WholeNumber(data_key="patient", required=True)
    doctor_id = WholeNumber(data_key="doctor", required=True)


class MappingOut(Schema):
    """A doctor in a patient's care team."""

    id = WholeNumber(required=True)
    patient = WholeNumber(required=True)
    doctor = WholeNumber(required=True)
    patient_name = fields.String(required=True)
    doctor_name = fields.String(required=True)
    created_at = Moment(required=True)


def mapping(row: CareTeamMember) -> dict[str, Any]:
    """A place in a care team, its people loaded, as MappingOut."""
    return {
        "id": row.id,
        "patient": row.patient_id,
        "doctor": row.doctor_id,
        "patient_name": row.patient.name,
        "doctor_name": row.doctor.name,
        "created_at": row.created_at,
    }
