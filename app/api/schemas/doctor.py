"""Doctors on the wire (contract, section 5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields

from app.api.paging import PageQuery
from app.api.schemas.fields import LONGEST_SEARCH, Entry, Text, WholeNumber
from app.api.wire import picture_address
from app.models import Doctor
from app.policy import Actor
from app.services import doctors
from app.services.hours import HoursSummary
from app.services.ratings import Rating


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


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page of doctors needs beside the rows, each fetched in one statement for all of them."""

    hours: Mapping[int, HoursSummary]
    ratings: Mapping[int, Rating]
    with_meet_link: Collection[int]

    @classmethod
    def gather(cls, actor: Actor, rows: Collection[Doctor]) -> Facts:
        """The facts of these doctors, as far as the actor may know them."""
        keys = [row.id for row in rows]
        return cls(doctors.hours_summary(keys), doctors.ratings(keys), doctors.with_meet_link(actor, rows))

    def doctor(self, row: Doctor) -> dict[str, Any]:
        """A doctor, its relations loaded, as DoctorOut."""
        hours, rating = self.hours[row.id], self.ratings[row.id]
        return {
            "id": row.id,
            "user": row.name,
            "name": row.name,
            "username": row.account.username if row.account else None,
            "profile": picture_address(row.picture_id),
            "designation": [entry.name for entry in row.designations],
            "specialisation": [entry.name for entry in row.specialisations],
            "available_time": hours.available_time_ids,
            "fee": row.fee,
            "meet_link": (row.meet_link or None) if row.id in self.with_meet_link else None,
            "specialization": row.speciality,
            "available_from": hours.available_from,
            "available_to": hours.available_to,
            "department": {"id": row.department.id, "name": row.department.name} if row.department else None,
            "rating": rating.mean,
            "reviews": rating.reviews,
            "status": row.approval.value,
        }
