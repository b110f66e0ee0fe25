"""Doctors on the wire (contract, section 5)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api.paging import PageQuery
from app.api.schemas.fields import LONGEST_SEARCH, Entry, Text, WholeNumber
from app.api.wire import picture_address
from app.services.doctor_lists import Line


class DoctorQuery(PageQuery):
    """Filters of the list; they never widen what the caller may see."""

    specialisation_id = WholeNumber(data_key="specialisation", metadata={"description": "Id of a specialisation."})
    designation_id = WholeNumber(data_key="designation", metadata={"description": "Id of a designation."})
    available_time_id = WholeNumber(data_key="available_time", metadata={"description": "Id of an available time."})
    department = Entry(metadata={"description": "Id or name of a department."})
    fee = WholeNumber(metadata={"description": "The exact fee."})
    search = Text(
        longest=LONGEST_SEARCH,
        metadata={"description": "Words, each of which occurs in a name, speciality, designation or department."},
    )


class DepartmentRefOut(Schema):
    """A department, named."""

    id = WholeNumber(required=True)
    name = fields.String(required=True)


class DoctorOut(Schema):
    """One doctor."""

    id = WholeNumber(required=True)
    user = fields.String(required=True, metadata={"description": "The name that is shown."})
    name = fields.String(required=True)
    username = fields.String(required=True, allow_none=True, metadata={"description": "Null without an account."})
    profile = fields.String(
        required=True, allow_none=True, metadata={"description": "Time-limited address of the picture."}
    )
    designation = fields.List(fields.String(), required=True)
    specialisation = fields.List(fields.String(), required=True)
    available_time = fields.List(WholeNumber(), required=True)
    fee = WholeNumber(required=True, allow_none=True)
    meet_link = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "For the doctor, administrators, and patients with a confirmed online appointment."},
    )
    specialization = fields.String(required=True)
    available_from = fields.Time(required=True, allow_none=True, metadata={"description": "Hospital-local."})
    available_to = fields.Time(required=True, allow_none=True, metadata={"description": "Hospital-local."})
    department = fields.Nested(DepartmentRefOut, required=True, allow_none=True)
    rating = fields.Float(required=True, allow_none=True, metadata={"description": "Mean of the verified reviews."})
    reviews = WholeNumber(required=True, metadata={"description": "How many reviews there are."})
    status = fields.String(required=True, metadata={"enum": ["pending", "approved", "rejected"]})


def doctor(line: Line) -> dict[str, Any]:
    """A doctor as DoctorOut."""
    return {
        "id": line.id,
        "user": line.name,
        "name": line.name,
        "username": line.username,
        "profile": picture_address(line.picture_id),
        "designation": line.designations,
        "specialisation": line.specialisations,
        "available_time": line.hours.available_time_ids,
        "fee": line.fee,
        "meet_link": line.meet_link or None,
        "specialization": line.specialization or next(iter(line.specialisations), ""),
        "available_from": line.hours.available_from,
        "available_to": line.hours.available_to,
        "department": {"id": line.department_id, "name": line.department_name} if line.department_id else None,
        "rating": line.rating,
        "reviews": line.reviews,
        "status": line.approval.value,
    }
